//! `alga:extension/user`: who calls, first form.

use super::bindings::{UserData, UserError, user};
use super::journal::Seat;
use super::{Call, Platform};
use std::sync::Arc;

/// The user of the call.
#[derive(Debug, Default)]
pub(super) struct User {
    known: Option<(Arc<Platform>, Arc<Call>)>,
}

impl User {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> User {
        User { known: Some((Arc::clone(platform), Arc::clone(call))) }
    }

    /// The tenant comes from the context, not from the user (contract/runner.md §4.8).
    fn read(&self) -> Result<UserData, UserError> {
        let (platform, call) = self.known.as_ref().ok_or(UserError::NotAllowed)?;
        let user = call.user.as_ref().ok_or(UserError::NotAvailable)?;
        Ok(UserData {
            tenant_id: call.ids.tenant_id.clone(),
            client_name: call.client_name.as_ref().unwrap_or(&platform.config.tenant.name).clone(),
            user_id: user.id.clone(),
            user_email: user.email.clone(),
            user_name: user.name.clone(),
            user_type: call.user_type.as_deref().unwrap_or(user.user_type.as_str()).to_owned(),
        })
    }
}

impl user::Host for Seat<'_, User> {
    fn get_user(&mut self) -> Result<UserData, UserError> {
        let started = self.journal.begin("user", "get-user", String::new);
        let user = self.capability.read();
        self.journal.end(started, user.as_ref().err().map_or("ok", |error| error.name()));
        user
    }
}
