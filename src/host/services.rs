//! `alga:extension/services`: the tenant's services and products, from `services` of the data file.
//!
//! As the platform (contract/runner.md §4.12), with two defects done right unless as in production: `%` and `_` in a
//! search are ordinary letters and rows of one name keep an order (§8 B20).

use super::bindings::{
    self, ServiceReadError, ServiceSummary, ServicesListInput, ServicesListResult, services,
};
use super::journal::Seat;
use super::paging::{Asked, Reader, Refusal, Row, Search};
use super::{Call, Platform};
use crate::config::{self, BillingMethod, ItemKind};
use std::sync::Arc;

/// The services a call may read.
#[derive(Debug, Default)]
pub(super) struct Services {
    reader: Reader,
}

impl Row for config::Service {
    const RESOURCE: &'static str = "service";

    fn all(platform: &Platform) -> &[config::Service] {
        &platform.services
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl From<Refusal> for ServiceReadError {
    fn from(refusal: Refusal) -> ServiceReadError {
        match refusal {
            Refusal::NotAllowed => ServiceReadError::NotAllowed,
            Refusal::InvalidInput => ServiceReadError::InvalidInput,
            Refusal::Internal => ServiceReadError::Internal,
        }
    }
}

fn asked(input: &ServicesListInput) -> Asked<'_> {
    Asked { page: input.page, size: input.page_size, search: input.search.as_deref() }
}

impl Services {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Services {
        Services { reader: Reader::granted(platform, call) }
    }

    fn list(&self, input: &ServicesListInput) -> Result<ServicesListResult, ServiceReadError> {
        let listed = self.reader.list(&asked(input), |service: &config::Service, search: &Search| {
            let texts = [service.name.as_str(), service.description.as_str()];
            input.item_kind.is_none_or(|wanted| wanted == kind(service.kind))
                && input.is_active.is_none_or(|wanted| wanted == service.active)
                && input.billing_method.is_none_or(|wanted| wanted == billing(service.billing))
                && search.fits(texts.into_iter().chain(service.sku.as_deref()))
        })?;
        Ok(ServicesListResult {
            items: listed.rows.into_iter().map(summary).collect(),
            total_count: listed.total_count,
            page: listed.page.number,
            page_size: listed.page.size,
        })
    }

    fn get(&self, id: &str) -> Result<Option<ServiceSummary>, ServiceReadError> {
        Ok(self.reader.get(id)?.map(summary))
    }
}

fn kind(kind: ItemKind) -> bindings::ServiceItemKind {
    match kind {
        ItemKind::Service => bindings::ServiceItemKind::Service,
        ItemKind::Product => bindings::ServiceItemKind::Product,
    }
}

fn billing(method: BillingMethod) -> bindings::ServiceBillingMethod {
    match method {
        BillingMethod::Fixed => bindings::ServiceBillingMethod::Fixed,
        BillingMethod::Hourly => bindings::ServiceBillingMethod::Hourly,
        BillingMethod::Usage => bindings::ServiceBillingMethod::Usage,
    }
}

fn summary(service: &config::Service) -> ServiceSummary {
    ServiceSummary {
        service_id: service.id.clone(),
        service_name: service.name.clone(),
        item_kind: kind(service.kind),
        billing_method: billing(service.billing),
        service_type_id: service.type_id.clone(),
        service_type_name: service.type_name.clone(),
        default_rate: service.rate,
        unit_of_measure: service.unit.clone(),
        is_active: service.active,
        sku: service.sku.clone(),
    }
}

impl services::Host for Seat<'_, Services> {
    fn list_services(&mut self, input: ServicesListInput) -> Result<ServicesListResult, ServiceReadError> {
        let started = self.journal.begin("services", "list-services", || asked(&input).words());
        let result = self.capability.list(&input);
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }

    fn get_service(&mut self, service_id: String) -> Result<Option<ServiceSummary>, ServiceReadError> {
        let started = self.journal.begin("services", "get-service", || service_id.clone());
        let result = self.capability.get(&service_id);
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{call, platform};

    const DATA: &str = "services:
  - { id: 00000000-0000-4000-8000-000000000001, name: Support, description: Help desk, billing: hourly, rate: 9500 }
  - { id: 00000000-0000-4000-8000-000000000002, name: Laptop, kind: product, sku: LT-1 }
  - { id: 00000000-0000-4000-8000-000000000003, name: Backup, billing: usage, active: false }
";

    fn input() -> ServicesListInput {
        ServicesListInput {
            search: None,
            item_kind: None,
            is_active: None,
            billing_method: None,
            page: None,
            page_size: None,
        }
    }

    #[test]
    fn lists_are_in_order_and_filtered() {
        let platform = platform(DATA);
        let services = Services::granted(&platform, &call(&platform));
        for (input, expected) in [
            (input(), vec!["Backup", "Laptop", "Support"]),
            (ServicesListInput { is_active: Some(true), ..input() }, vec!["Laptop", "Support"]),
            (ServicesListInput { is_active: Some(false), ..input() }, vec!["Backup"]),
            (
                ServicesListInput { item_kind: Some(bindings::ServiceItemKind::Product), ..input() },
                vec!["Laptop"],
            ),
            (
                ServicesListInput { billing_method: Some(bindings::ServiceBillingMethod::Hourly), ..input() },
                vec!["Support"],
            ),
            (ServicesListInput { search: Some("desk".into()), ..input() }, vec!["Support"]),
            (ServicesListInput { search: Some("lt-".into()), ..input() }, vec!["Laptop"]),
            (ServicesListInput { page: Some(3), page_size: Some(1), ..input() }, vec!["Support"]),
        ] {
            let result = services.list(&input).unwrap();
            let names: Vec<&str> = result.items.iter().map(|item| item.service_name.as_str()).collect();
            assert_eq!(names, expected, "{input:?}");
        }
    }

    #[test]
    fn bounds_and_denials_are_the_platforms() {
        let platform = platform(DATA);
        let services = Services::granted(&platform, &call(&platform));
        for input in [
            ServicesListInput { page: Some(0), ..input() },
            ServicesListInput { page_size: Some(101), ..input() },
            ServicesListInput { search: Some("x".repeat(201)), ..input() },
        ] {
            assert_eq!(services.list(&input).err(), Some(ServiceReadError::InvalidInput), "{input:?}");
        }
        assert_eq!(services.get("support").err(), Some(ServiceReadError::InvalidInput));
        let found = services.get("00000000-0000-4000-8000-000000000003").unwrap().unwrap();
        assert_eq!((found.service_name.as_str(), found.is_active), ("Backup", false));
        assert_eq!(Services::default().get("x").err(), Some(ServiceReadError::NotAllowed));
    }
}
