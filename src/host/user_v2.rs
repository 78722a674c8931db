//! `alga:extension/user-v2`: who calls, with the client of a portal user and additional fields, sorted by key.

use super::bindings::{UserDataV2, UserError, user_v2};
use super::journal::Seat;
use super::{Call, Platform};
use std::sync::Arc;

/// The user of the call.
#[derive(Debug, Default)]
pub(super) struct UserV2 {
    known: Option<(Arc<Platform>, Arc<Call>)>,
}

impl UserV2 {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> UserV2 {
        UserV2 { known: Some((Arc::clone(platform), Arc::clone(call))) }
    }

    /// The tenant comes from the context, not from the user (contract/runner.md §4.8).
    pub(super) fn read(&self) -> Result<UserDataV2, UserError> {
        let (platform, call) = self.known.as_ref().ok_or(UserError::NotAllowed)?;
        let user = call.user.as_ref().ok_or(UserError::NotAvailable)?;
        Ok(UserDataV2 {
            tenant_id: call.ids.tenant_id.clone(),
            client_name: call.client_name.as_ref().unwrap_or(&platform.config.tenant.name).clone(),
            user_id: user.id.clone(),
            user_email: user.email.clone(),
            user_name: user.name.clone(),
            user_type: call.user_type.as_deref().unwrap_or(user.user_type.as_str()).to_owned(),
            client_id: user.client_id.clone(),
            additional_fields: user.fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        })
    }
}

impl user_v2::Host for Seat<'_, UserV2> {
    fn get_user(&mut self) -> Result<UserDataV2, UserError> {
        let started = self.journal.begin("user-v2", "get-user", String::new);
        let user = self.capability.read();
        self.journal.end(started, user.as_ref().err().map_or("ok", |error| error.name()));
        user
    }
}
