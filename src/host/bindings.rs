//! The Rust face of `wit/`, generated: types, one `Host` trait for each interface, the handler's export.
//!
//! Imports are plain functions of the store's data (never `store`, which makes them concurrent and unlinkable,
//! contract/runner.md §8 A0); only what waits for the outside is `async`, only what may trap is `trappable`.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::indexing_slicing,
    reason = "written by wasmtime's bindgen; the words are documented in wit/extension.wit"
)]

wasmtime::component::bindgen!({
    path: "wit",
    world: "runner",
    imports: {
        "alga:extension/http.fetch": async,
        "alga:extension/context.get-context": trappable,
    },
    exports: { default: async },
    require_store_data_send: true,
});

pub use alga::extension::types::*;
pub use alga::extension::{
    clients, context, http, invoicing, logging, scheduler, secrets, services, storage, ui_proxy, user,
    user_v2,
};
