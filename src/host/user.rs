//! `alga:extension/user`: who calls, first form.

use super::bindings::{UserData, UserDataV2, UserError, user};
use super::journal::Seat;
use super::user_v2::UserV2;
use super::{Call, Platform};
use std::sync::Arc;

/// The user of the call: the second form without what it adds.
#[derive(Debug, Default)]
pub(super) struct User(UserV2);

impl User {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> User {
        User(UserV2::granted(platform, call))
    }

    fn read(&self) -> Result<UserData, UserError> {
        let UserDataV2 { tenant_id, client_name, user_id, user_email, user_name, user_type, .. } =
            self.0.read()?;
        Ok(UserData { tenant_id, client_name, user_id, user_email, user_name, user_type })
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
