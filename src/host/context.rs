//! `alga:extension/context`: whose call this is. Without the grant the guest traps with the platform's words; the
//! platform itself panics there (contract/runner.md §8 A24).

use super::bindings::{ContextData, context};
use super::journal::Seat;
use super::{Call, Platform};
use std::sync::Arc;

/// The identifiers of the call.
#[derive(Debug, Default)]
pub(super) struct Context {
    call: Option<Arc<Call>>,
}

impl Context {
    /// With the grant.
    pub(super) fn granted(_: &Arc<Platform>, call: &Arc<Call>) -> Context {
        Context { call: Some(Arc::clone(call)) }
    }

    fn read(&self) -> Option<ContextData> {
        let call = self.call.as_deref()?;
        Some(ContextData {
            request_id: call.request_id.clone(),
            tenant_id: call.ids.tenant_id.clone(),
            extension_id: call.ids.extension_id.clone(),
            install_id: call.ids.install_id.clone(),
            version_id: call.ids.version_id.clone(),
        })
    }
}

impl context::Host for Seat<'_, Context> {
    fn get_context(&mut self) -> wasmtime::Result<ContextData> {
        let started = self.journal.begin("context", "get-context", String::new);
        let read = self.capability.read();
        self.journal.end(started, if read.is_some() { "ok" } else { "trap" });
        read.ok_or_else(|| wasmtime::Error::msg("capability_not_granted: cap:context.read"))
    }
}
