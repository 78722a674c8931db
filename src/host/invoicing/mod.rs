//! `alga:extension/invoicing`: draft invoices, kept in memory for the author to look at.
//!
//! Rules are the platform's (contract/runner.md §4.10). Done right unless as in production: a refusal carries its
//! message and the broken fields, where there the guest reads `http 400:` and raw JSON (§8 B16); a quantity or rate
//! that is no finite number is refused, where there it becomes 0 and the line is free (B17).

pub(super) mod ledger;

pub(super) use ledger::Ledger;
pub use ledger::{Invoice, Line};

use super::bindings::{CreateManualInvoiceInput, CreateManualInvoiceResult, invoicing};
use super::journal::Seat;
use super::paging::is_installed;
use super::{Call, Platform, locked};
use serde_json::{Value, json};
use std::sync::Arc;

/// The invoices a call may make.
#[derive(Debug, Default)]
pub(super) struct Invoicing {
    known: Option<(Arc<Platform>, Arc<Call>)>,
}

impl Invoicing {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Invoicing {
        Invoicing { known: Some((Arc::clone(platform), Arc::clone(call))) }
    }

    /// The invoice, or the error and the fields as JSON text.
    fn create(&self, mut input: CreateManualInvoiceInput) -> Result<Invoice, (String, Option<String>)> {
        let plain = |error: &str| (error.to_owned(), None);
        let Some((platform, call)) = &self.known else {
            return Err(plain("Permission denied: cap:invoice.manual.create not granted"));
        };
        if call.ids.install_id.is_none() {
            return Err(plain("Permission denied: install_id missing"));
        }
        let as_production = platform.is_as_production();
        if !is_installed(platform, call) {
            let raw = "http 404: {\"success\":false,\"error\":\"Install not found\"}";
            return Err(plain(if as_production { raw } else { "Install not found" }));
        }
        if as_production {
            for item in &mut input.items {
                item.quantity = finite(item.quantity);
                item.rate = finite(item.rate);
            }
        }
        let made =
            locked(&platform.invoices).create(input, &platform.clients, &platform.services, platform.now());
        made.map_err(|refusal| {
            if as_production {
                let body = json!({ "success": false, "error": refusal.error, "fieldErrors": refusal.fields });
                return (format!("http 400: {body}"), None);
            }
            (refusal.error, Some(Value::Object(refusal.fields).to_string()))
        })
    }
}

fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

impl invoicing::Host for Seat<'_, Invoicing> {
    fn create_manual_invoice(&mut self, input: CreateManualInvoiceInput) -> CreateManualInvoiceResult {
        let started = self.journal.begin("invoicing", "create-manual-invoice", || {
            format!("client {}, {} items", input.client_id, input.items.len())
        });
        let result = self.capability.create(input);
        self.journal.end(started, if result.is_ok() { "ok" } else { "failed" });
        match result {
            Ok(invoice) => CreateManualInvoiceResult {
                success: true,
                invoice_id: Some(invoice.invoice_id),
                invoice_number: Some(invoice.invoice_number),
                status: Some(invoice.status),
                subtotal: Some(invoice.subtotal),
                tax: Some(invoice.tax),
                total: Some(invoice.total),
                error: None,
                field_errors: None,
            },
            Err((error, field_errors)) => CreateManualInvoiceResult {
                success: false,
                invoice_id: None,
                invoice_number: None,
                status: None,
                subtotal: None,
                tax: None,
                total: None,
                error: Some(error),
                field_errors,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{as_production, call, platform};

    fn empty() -> CreateManualInvoiceInput {
        CreateManualInvoiceInput {
            client_id: "00000000-0000-4000-8000-00000000000a".into(),
            items: Vec::new(),
            invoice_date: None,
            due_date: None,
            po_number: None,
        }
    }

    #[test]
    fn a_refusal_is_readable_and_in_production_raw() {
        let fields = r#"{"items":"Must include at least one item"}"#;
        let here = platform("");
        let refused = Invoicing::granted(&here, &call(&here)).create(empty()).unwrap_err();
        assert_eq!(refused, ("Validation error".into(), Some(fields.into())));
        let there = as_production("");
        let refused = Invoicing::granted(&there, &call(&there)).create(empty()).unwrap_err();
        let raw =
            format!(r#"http 400: {{"success":false,"error":"Validation error","fieldErrors":{fields}}}"#);
        assert_eq!(refused, (raw, None));
    }

    #[test]
    fn denials_are_the_platforms() {
        let platform = platform("");
        let mut without = (*call(&platform)).clone();
        Arc::make_mut(&mut without.ids).install_id = None;
        for (invoicing, error) in [
            (Invoicing::default(), "Permission denied: cap:invoice.manual.create not granted"),
            (Invoicing::granted(&platform, &Arc::new(without)), "Permission denied: install_id missing"),
        ] {
            assert_eq!(invoicing.create(empty()).unwrap_err(), (error.to_owned(), None));
        }
    }
}
