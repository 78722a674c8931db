//! `alga:extension/clients`: the tenant's clients, from `clients` of the data file.
//!
//! As the platform (contract/runner.md §4.11), with two defects done right unless as in production: `%` and `_` in a
//! search are ordinary letters and rows of one name keep an order (§8 B20). A user of the client portal with
//! `client:read` sees every client of the tenant, as there (B21): hiding them here would hide the leak, so the log
//! says it instead. That a search may fail altogether there (B19) is inferred, not known, and not imitated.

use super::bindings::{ClientReadError, ClientSummary, ClientsListInput, ClientsListResult, clients};
use super::journal::{Level, Seat, Stream};
use super::paging::{Asked, Reader, Refusal, Row, Search};
use super::{Call, Platform};
use crate::config::{self, UserType};
use std::sync::Arc;

/// The clients a call may read.
#[derive(Debug, Default)]
pub(super) struct Clients {
    reader: Reader,
}

impl Row for config::Client {
    const RESOURCE: &'static str = "client";

    fn all(platform: &Platform) -> &[config::Client] {
        &platform.clients
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl From<Refusal> for ClientReadError {
    fn from(refusal: Refusal) -> ClientReadError {
        match refusal {
            Refusal::NotAllowed => ClientReadError::NotAllowed,
            Refusal::InvalidInput => ClientReadError::InvalidInput,
            Refusal::Internal => ClientReadError::Internal,
        }
    }
}

fn asked(input: &ClientsListInput) -> Asked<'_> {
    Asked { page: input.page, size: input.page_size, search: input.search.as_deref() }
}

impl Clients {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Clients {
        Clients { reader: Reader::granted(platform, call) }
    }

    fn list(&self, input: &ClientsListInput) -> Result<ClientsListResult, ClientReadError> {
        let inactive = input.include_inactive.unwrap_or(false);
        let listed = self.reader.list(&asked(input), |client: &config::Client, search: &Search| {
            let texts = [client.name.as_str(), client.id.as_str()];
            (inactive || !client.inactive)
                && search.fits(texts.into_iter().chain(client.billing_email.as_deref()))
        })?;
        Ok(ClientsListResult {
            items: listed.rows.into_iter().map(summary).collect(),
            total_count: listed.total_count,
            page: listed.page.number,
            page_size: listed.page.size,
        })
    }

    fn get(&self, id: &str) -> Result<Option<ClientSummary>, ClientReadError> {
        Ok(self.reader.get(id)?.map(summary))
    }

    fn is_portal(&self) -> bool {
        let user = self.reader.call().and_then(|call| call.user.as_ref());
        user.is_some_and(|user| user.user_type == UserType::Client)
    }
}

fn summary(client: &config::Client) -> ClientSummary {
    ClientSummary {
        client_id: client.id.clone(),
        client_name: client.name.clone(),
        client_type: client.client_type.clone(),
        is_inactive: client.inactive,
        default_currency_code: client.currency.clone(),
        account_manager_id: client.account_manager_id.clone(),
        account_manager_name: client.account_manager_name.clone(),
        billing_email: client.billing_email.clone(),
    }
}

impl Seat<'_, Clients> {
    fn warn_of_the_portal(&mut self) {
        if self.capability.is_portal() {
            let message = "clients: a user of the client portal sees all clients of the tenant, as on the platform; \
                           show only those of `client-id`";
            self.journal.log(Level::Warn, Stream::Host, message.to_owned());
        }
    }
}

impl clients::Host for Seat<'_, Clients> {
    fn list_clients(&mut self, input: ClientsListInput) -> Result<ClientsListResult, ClientReadError> {
        let started = self.journal.begin("clients", "list-clients", || asked(&input).words());
        let result = self.capability.list(&input);
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        if result.is_ok() {
            self.warn_of_the_portal();
        }
        result
    }

    fn get_client(&mut self, client_id: String) -> Result<Option<ClientSummary>, ClientReadError> {
        let started = self.journal.begin("clients", "get-client", || client_id.clone());
        let result = self.capability.get(&client_id);
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{as_production, call, platform};

    const DATA: &str = "clients:
  - { id: 00000000-0000-4000-8000-000000000003, name: Acme, billing_email: pay@acme.test }
  - { id: 00000000-0000-4000-8000-000000000001, name: Beta_1 }
  - { id: 00000000-0000-4000-8000-000000000002, name: Acme }
  - { id: 00000000-0000-4000-8000-000000000004, name: Gone, inactive: true }
";

    fn input() -> ClientsListInput {
        ClientsListInput { search: None, include_inactive: None, page: None, page_size: None }
    }

    fn ids(result: Result<ClientsListResult, ClientReadError>) -> Vec<char> {
        result.unwrap().items.iter().map(|item| item.client_id.chars().last().unwrap()).collect()
    }

    #[test]
    fn lists_are_in_order_filtered_and_paged() {
        let platform = platform(DATA);
        let clients = Clients::granted(&platform, &call(&platform));
        for (input, expected) in [
            (input(), vec!['2', '3', '1']),
            (ClientsListInput { include_inactive: Some(true), ..input() }, vec!['2', '3', '1', '4']),
            (ClientsListInput { page: Some(2), page_size: Some(2), ..input() }, vec!['1']),
            (ClientsListInput { search: Some("ACME".into()), ..input() }, vec!['2', '3']),
            (ClientsListInput { search: Some("pay@".into()), ..input() }, vec!['3']),
            (ClientsListInput { search: Some("0001".into()), ..input() }, vec!['1']),
            (ClientsListInput { search: Some("_".into()), ..input() }, vec!['1']),
        ] {
            assert_eq!(ids(clients.list(&input)), expected, "{input:?}");
        }
        let page = clients.list(&ClientsListInput { page_size: Some(1), ..input() }).unwrap();
        assert_eq!((page.total_count, page.page, page.page_size, page.items.len()), (3, 1, 1, 1));
    }

    #[test]
    fn in_production_wildcards_match_and_equal_names_keep_the_order_of_the_rows() {
        let platform = as_production(DATA);
        let clients = Clients::granted(&platform, &call(&platform));
        assert_eq!(
            ids(clients.list(&ClientsListInput { search: Some("_".into()), ..input() })),
            ['3', '2', '1']
        );
    }

    #[test]
    fn a_client_is_found_by_its_uuid_even_when_inactive() {
        let platform = platform(DATA);
        let clients = Clients::granted(&platform, &call(&platform));
        let get = |id: &str| clients.get(id).map(|client| client.map(|client| client.client_name));
        assert_eq!(get("00000000-0000-4000-8000-000000000004"), Ok(Some("Gone".into())));
        assert_eq!(get("00000000-0000-4000-8000-00000000000f"), Ok(None));
        assert_eq!(get("acme"), Err(ClientReadError::InvalidInput));
    }

    #[test]
    fn who_may_not_read_is_told_so() {
        let platform = platform(DATA);
        let base = call(&platform);
        let with = |change: &dyn Fn(&mut Call)| {
            let mut call = (*base).clone();
            change(&mut call);
            Clients::granted(&platform, &Arc::new(call)).list(&input()).map(|result| result.total_count)
        };
        assert_eq!(Clients::default().list(&input()).err(), Some(ClientReadError::NotAllowed));
        assert_eq!(
            with(&|call| Arc::make_mut(&mut call.ids).install_id = None),
            Err(ClientReadError::NotAllowed)
        );
        assert_eq!(
            with(&|call| Arc::make_mut(&mut call.ids).install_id = Some(String::new())),
            Err(ClientReadError::Internal)
        );
        assert_eq!(with(&|call| call.user = None), Ok(3));
        let permitted = |permissions: &[&str]| {
            let permissions: Vec<String> = permissions.iter().map(|text| (*text).to_owned()).collect();
            with(&|call| {
                let permissions = Some(permissions.clone());
                call.user = Some(Arc::new(config::User { permissions, ..config::User::default() }));
            })
        };
        assert_eq!(permitted(&["client:read"]), Ok(3));
        assert_eq!(permitted(&["service:read"]), Err(ClientReadError::NotAllowed));
    }
}
