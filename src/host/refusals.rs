//! What the platform refuses of a single value, for checks that read values before anyone calls.

use super::invoicing::ledger;
use super::scheduler::board;
use super::storage::records;
use super::{is_uuid, paging};
use crate::manifest::{Endpoint, Manifest};

/// Bytes of the largest value that storage takes: what fits into its bound as quoted base64 (contract/runner.md §4.5).
pub const LARGEST_VALUE: usize = (records::MAX_VALUE_JSON - 2) / 4 * 3;

/// The response headers of a handler that reach the UI (contract/runner.md §3.7).
pub const KEPT_HEADERS: [&str; 4] = ["content-type", "cache-control", "x-ext-request-id", "x-ext-warning"];

/// Why storage refuses a namespace.
pub fn namespace(name: &str) -> Option<String> {
    records::check_namespace(name).err().map(|error| error.to_string())
}

/// Why storage refuses a key.
pub fn key(key: &str) -> Option<String> {
    records::check("namespace", key).err().map(|error| error.to_string())
}

/// Why a schedule with this cron expression is refused, or never fires as it is meant.
pub fn cron(text: &str) -> Option<String> {
    board::read_cron(text, false).err().map(board::Refusal::into_message)
}

/// Why a schedule with this time zone is refused.
pub fn timezone(name: &str) -> Option<String> {
    board::read_timezone(name).err().map(board::Refusal::into_message)
}

/// Why a schedule with this name is refused.
pub fn schedule_name(name: &str) -> Option<String> {
    board::read_name(name).err().map(board::Refusal::into_message)
}

/// Why a schedule cannot call this endpoint: `METHOD /path`, or `/path`.
pub fn scheduled_endpoint(manifest: &Manifest, selector: &str) -> Option<String> {
    board::find_endpoint(manifest, selector).err().map(board::Refusal::into_message)
}

/// The endpoint that a schedule with this selector calls.
pub fn scheduled<'m>(manifest: &'m Manifest, selector: &str) -> Option<&'m Endpoint> {
    board::find_endpoint(manifest, selector).ok()
}

/// Why this page of clients or services is refused.
pub fn page(number: f64) -> Option<String> {
    within("page", number, paging::MAX_PAGE)
}

/// Why pages of this size are refused.
pub fn page_size(size: f64) -> Option<String> {
    within("page size", size, paging::MAX_PAGE_SIZE)
}

fn within(what: &str, number: f64, most: u32) -> Option<String> {
    let fits = number.fract() == 0.0 && (1.0..=f64::from(most)).contains(&number);
    (!fits).then(|| format!("the {what} is {number}, 1 to {most} is allowed"))
}

/// Why an invoice with this date is refused.
pub fn invoice_date(date: &str) -> Option<String> {
    let date = date.trim();
    (!date.is_empty() && !ledger::is_date(date)).then(|| "Invalid date (expected YYYY-MM-DD)".into())
}

/// Why an invoice with this order number is refused.
pub fn po_number(number: &str) -> Option<String> {
    let length = number.trim().encode_utf16().count();
    (length > ledger::MAX_PO_NUMBER)
        .then(|| format!("{length} characters, {} are allowed", ledger::MAX_PO_NUMBER))
}

/// Why a line of an invoice with this description is refused.
pub fn description(text: &str) -> Option<String> {
    match text.trim().encode_utf16().count() {
        0 => Some("Required".into()),
        length => (length > ledger::MAX_DESCRIPTION)
            .then(|| format!("{length} characters, {} are allowed", ledger::MAX_DESCRIPTION)),
    }
}

/// Why something is no id of the platform's rows.
pub fn id(id: &str) -> Option<String> {
    (!is_uuid(id.trim())).then(|| "Invalid UUID".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_host() {
        assert_eq!(LARGEST_VALUE, 49_149);
        assert!(
            namespace("notes").is_none() && namespace("").is_some() && namespace(&"n".repeat(129)).is_some()
        );
        assert!(key("a:b").is_none() && key("a/b").is_some());
        assert!(
            cron("0 9 * * 1-5").is_none() && cron("0-59 * * * *").is_some() && cron("99 9 * * *").is_some()
        );
        assert!(timezone("Europe/Berlin").is_none() && timezone("Mars/Olympus").is_some());
        assert!(page_size(100.0).is_none() && page_size(101.0).is_some() && page(0.0).is_some());
        assert!(invoice_date("2026-01-31").is_none() && invoice_date("31.1.2026").is_some());
    }
}
