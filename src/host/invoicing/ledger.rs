//! The invoices extensions made, and the rules for making one (contract/runner.md §4.10).

use crate::config::{Client, Service};
use crate::host::bindings::{CreateManualInvoiceInput, DiscountType, ManualInvoiceItemInput};
use crate::host::{is_uuid, made_up_id, platform::timestamp};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

pub(in crate::host) const MAX_DESCRIPTION: usize = 500;
pub(in crate::host) const MAX_PO_NUMBER: usize = 128;
/// Lines of one invoice. The platform's own bound is that of its request bodies; here no deadline reaches into the call.
const MAX_ITEMS: usize = 10_000;
/// Invoices kept; the oldest go first.
const MAX_INVOICES: usize = 1_000;
/// Lines of all of them together.
const MAX_LINES: usize = 100_000;

/// A draft invoice. Amounts are minor units of the currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Invoice {
    /// UUID.
    pub invoice_id: String,
    /// Counted from `INV-000001`.
    pub invoice_number: String,
    /// `draft`.
    pub status: String,
    /// For whom.
    pub client_id: String,
    /// YYYY-MM-DD.
    pub invoice_date: String,
    /// YYYY-MM-DD.
    pub due_date: String,
    /// The customer's order number.
    pub po_number: Option<String>,
    /// Its lines.
    pub items: Vec<Line>,
    /// Sum of all lines, discounts included.
    pub subtotal: f64,
    /// Always 0 here: the data file knows no taxes.
    pub tax: f64,
    /// Subtotal and tax.
    pub total: f64,
    /// When it was made.
    pub created_at: String,
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The service it is for.
    pub service_id: String,
    /// What it says.
    pub description: String,
    /// How many.
    pub quantity: f64,
    /// Of one, rounded; per cent for a percentage discount.
    pub rate: f64,
    /// Whether it takes away.
    pub is_discount: bool,
    /// What it adds; negative for a discount.
    pub amount: f64,
}

/// All broken rules, or the one that was found later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
    /// Field → message, in order.
    pub(super) fields: Map<String, Value>,
}

/// All invoices made so far.
#[derive(Debug, Default)]
pub(in crate::host) struct Ledger {
    invoices: Vec<Invoice>,
    made: u64,
}

impl Ledger {
    pub(in crate::host) fn all(&self) -> &[Invoice] {
        &self.invoices
    }

    pub(super) fn create(
        &mut self,
        input: CreateManualInvoiceInput,
        clients: &[Client],
        services: &[Service],
        now: Timestamp,
    ) -> Result<Invoice, Refusal> {
        let fields = broken_rules(&input);
        if !fields.is_empty() {
            return Err(Refusal { error: "Validation error".into(), fields });
        }
        let known = |id: &str| clients.iter().any(|client| client.id.eq_ignore_ascii_case(id));
        if !known(&input.client_id) {
            return Err(not_found("clientId", "Client not found"));
        }
        let sold: HashSet<String> = services.iter().map(|service| service.id.to_ascii_lowercase()).collect();
        let sold = |id: &str| sold.contains(&id.to_ascii_lowercase());
        let named = |item: &ManualInvoiceItemInput| {
            sold(&item.service_id) && item.applies_to_service_id.as_deref().is_none_or(sold)
        };
        if !input.items.iter().all(named) {
            return Err(not_found("serviceId", "Service not found"));
        }
        self.made += 1;
        let today = timestamp(now).chars().take(10).collect();
        let invoice_date = given(input.invoice_date.as_ref()).unwrap_or(today);
        let items = lines(&input.items);
        let subtotal = items.iter().map(|line| line.amount).sum();
        let invoice = Invoice {
            invoice_id: made_up_id(&["invoice", &input.client_id, &self.made.to_string()]),
            invoice_number: format!("INV-{:06}", self.made),
            status: "draft".into(),
            client_id: input.client_id,
            due_date: given(input.due_date.as_ref()).unwrap_or_else(|| invoice_date.clone()),
            invoice_date,
            po_number: given(input.po_number.as_ref()),
            items,
            subtotal,
            tax: 0.0,
            total: subtotal,
            created_at: timestamp(now),
        };
        self.keep(invoice.clone());
        Ok(invoice)
    }

    fn keep(&mut self, invoice: Invoice) {
        self.invoices.push(invoice);
        let mut lines: usize = self.invoices.iter().map(|invoice| invoice.items.len()).sum();
        let mut count = self.invoices.len();
        let is_over = |invoice: &&Invoice| {
            let over = count > MAX_INVOICES || lines > MAX_LINES;
            (count, lines) = (count - 1, lines - invoice.items.len());
            over
        };
        let oldest = self.invoices.iter().take_while(is_over).count();
        self.invoices.drain(..oldest);
    }
}

fn not_found(field: &str, message: &str) -> Refusal {
    let fields = Map::from_iter([(field.to_owned(), Value::from(message))]);
    Refusal { error: message.into(), fields }
}

/// A text that is there and not blank.
fn given(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Lines with their amounts. A percentage is of the lines of the service it applies to, else of all that are no
/// discount; item ids are made with the invoice, so no guest can name one and they choose nothing here.
fn lines(items: &[ManualInvoiceItemInput]) -> Vec<Line> {
    let is_discount = |item: &ManualInvoiceItemInput| item.is_discount.unwrap_or(false);
    let full = |item: &ManualInvoiceItemInput| (item.quantity * item.rate.round()).round();
    let (mut all, mut of_service) = (0.0, HashMap::<String, f64>::new());
    for item in items.iter().filter(|item| !is_discount(item)) {
        all += full(item);
        *of_service.entry(item.service_id.to_ascii_lowercase()).or_default() += full(item);
    }
    let base = |service: Option<&String>| match service {
        Some(id) => of_service.get(&id.to_ascii_lowercase()).copied().unwrap_or_default(),
        None => all,
    };
    let amount = |item: &ManualInvoiceItemInput| match (is_discount(item), item.discount_type) {
        (false, _) => full(item),
        (true, Some(DiscountType::Percentage)) => {
            -(base(item.applies_to_service_id.as_ref()) * item.rate / 100.0).round()
        }
        (true, _) => -full(item),
    };
    let line = |item: &ManualInvoiceItemInput| Line {
        service_id: item.service_id.clone(),
        description: item.description.clone(),
        quantity: item.quantity,
        rate: if item.discount_type == Some(DiscountType::Percentage) {
            item.rate
        } else {
            item.rate.round()
        },
        is_discount: is_discount(item),
        amount: amount(item),
    };
    items.iter().map(line).collect()
}

/// Every broken rule, by field, in order.
fn broken_rules(input: &CreateManualInvoiceInput) -> Map<String, Value> {
    let mut broken = Map::new();
    let mut say = |field: String, message: Option<&str>| {
        if let Some(message) = message {
            broken.entry(field).or_insert_with(|| message.into());
        }
    };
    say("clientId".into(), required_uuid(&input.client_id));
    say("items".into(), input.items.is_empty().then_some("Must include at least one item"));
    if input.items.len() > MAX_ITEMS {
        say("items".into(), Some("Too many"));
        return broken;
    }
    for (index, item) in input.items.iter().enumerate() {
        for (field, message) in broken_item_rules(item) {
            let dot = if field.is_empty() { "" } else { "." };
            say(format!("items[{index}]{dot}{field}"), Some(message));
        }
    }
    for (field, date) in [("invoiceDate", &input.invoice_date), ("dueDate", &input.due_date)] {
        let wrong = given(date.as_ref()).is_some_and(|date| !is_date(&date));
        say(field.into(), wrong.then_some("Invalid date (expected YYYY-MM-DD)"));
    }
    let long =
        given(input.po_number.as_ref()).is_some_and(|number| number.encode_utf16().count() > MAX_PO_NUMBER);
    say("poNumber".into(), long.then_some("Too long"));
    broken
}

fn broken_item_rules(item: &ManualInvoiceItemInput) -> Vec<(&'static str, &'static str)> {
    let mut broken = Vec::new();
    let mut say =
        |field, message: Option<&'static str>| broken.extend(message.map(|message| (field, message)));
    let discount = item.is_discount.unwrap_or(false);
    say("serviceId", required_uuid(&item.service_id));
    say(
        "description",
        match item.description.trim() {
            "" => Some("Required"),
            text => (text.encode_utf16().count() > MAX_DESCRIPTION).then_some("Too long"),
        },
    );
    say(
        "quantity",
        match item.quantity {
            quantity if !quantity.is_finite() => Some("Must be a finite number"),
            quantity => (quantity <= 0.0).then_some("Must be > 0"),
        },
    );
    say(
        "rate",
        match (item.rate, item.discount_type) {
            (rate, _) if !rate.is_finite() => Some("Must be a finite number"),
            (rate, _) if rate < 0.0 => Some("Must be >= 0"),
            (rate, Some(DiscountType::Percentage)) if rate > 100.0 => {
                Some("Percentage discount rate must be between 0 and 100")
            }
            _ => None,
        },
    );
    say(
        "discountType",
        match (discount, item.discount_type) {
            (true, None) => Some("Required when isDiscount=true"),
            (false, Some(_)) => Some("Not allowed unless isDiscount=true"),
            _ => None,
        },
    );
    let (to_item, to_service) = (item.applies_to_item_id.as_deref(), item.applies_to_service_id.as_deref());
    let wrong = |id: Option<&str>| id.is_some_and(|id| !is_uuid(id)).then_some("Invalid UUID");
    say("appliesToItemId", wrong(to_item));
    say("appliesToServiceId", wrong(to_service));
    say(
        "",
        match (discount, to_item, to_service) {
            (_, None, None) | (true, None, Some(_)) | (true, Some(_), None) => None,
            (false, ..) => Some("appliesTo* fields require isDiscount=true"),
            (true, Some(_), Some(_)) => Some("Provide only one of appliesToItemId or appliesToServiceId"),
        },
    );
    broken
}

fn required_uuid(id: &str) -> Option<&'static str> {
    match id.trim() {
        "" => Some("Required"),
        id => (!is_uuid(id)).then_some("Invalid UUID"),
    }
}

/// The platform looks at the pattern only; a day no month has passes.
pub(in crate::host) fn is_date(text: &str) -> bool {
    let shape =
        |(at, byte): (usize, &u8)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.as_bytes().iter().enumerate().all(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "00000000-0000-4000-8000-00000000000a";
    const WORK: &str = "00000000-0000-4000-8000-000000000001";
    const GOODS: &str = "00000000-0000-4000-8000-000000000002";

    fn item() -> ManualInvoiceItemInput {
        ManualInvoiceItemInput {
            service_id: WORK.into(),
            quantity: 2.0,
            description: "work".into(),
            rate: 100.4,
            is_discount: None,
            discount_type: None,
            applies_to_item_id: None,
            applies_to_service_id: None,
        }
    }

    fn input(items: Vec<ManualInvoiceItemInput>) -> CreateManualInvoiceInput {
        CreateManualInvoiceInput {
            client_id: CLIENT.into(),
            items,
            invoice_date: None,
            due_date: None,
            po_number: None,
        }
    }

    fn create(input: CreateManualInvoiceInput) -> Result<Invoice, Refusal> {
        let clients = [Client { id: CLIENT.into(), ..Client::default() }];
        let services = [WORK, GOODS].map(|id| Service { id: id.into(), ..Service::default() });
        Ledger::default().create(input, &clients, &services, Timestamp::from_second(1_790_000_000).unwrap())
    }

    #[test]
    fn amounts_are_whole_minor_units_and_discounts_take_away() {
        let discount = |kind, rate, service: Option<&str>| ManualInvoiceItemInput {
            quantity: 1.0,
            rate,
            is_discount: Some(true),
            discount_type: Some(kind),
            applies_to_service_id: service.map(str::to_owned),
            ..item()
        };
        let goods = ManualInvoiceItemInput { service_id: GOODS.into(), quantity: 1.0, rate: 300.0, ..item() };
        for (items, total) in [
            (vec![item()], 200.0),
            (vec![item(), goods.clone()], 500.0),
            (vec![item(), goods.clone(), discount(DiscountType::Percentage, 10.0, None)], 450.0),
            (vec![item(), goods.clone(), discount(DiscountType::Percentage, 10.0, Some(GOODS))], 470.0),
            (vec![item(), goods, discount(DiscountType::Fixed, 50.0, None)], 450.0),
        ] {
            let invoice = create(input(items)).unwrap();
            assert!((invoice.total - total).abs() < 1e-9, "{invoice:?}");
        }
    }

    #[test]
    fn lines_are_bounded_in_one_invoice_and_in_all_that_are_kept() {
        let refusal = create(input(vec![item(); MAX_ITEMS + 1])).unwrap_err();
        assert_eq!(Value::Object(refusal.fields), serde_json::json!({ "items": "Too many" }));
        let mut ledger = Ledger::default();
        let invoice = create(input(vec![item(); MAX_ITEMS])).unwrap();
        (0..MAX_LINES / MAX_ITEMS + 5).for_each(|_| ledger.keep(invoice.clone()));
        assert_eq!(ledger.all().len(), MAX_LINES / MAX_ITEMS);
        let small = create(input(vec![item()])).unwrap();
        (0..MAX_INVOICES + 5).for_each(|_| ledger.keep(small.clone()));
        assert_eq!(ledger.all().len(), MAX_INVOICES);
    }

    #[test]
    fn defaults_are_filled_in() {
        let invoice =
            create(CreateManualInvoiceInput { due_date: Some(" ".into()), ..input(vec![item()]) }).unwrap();
        assert_eq!((invoice.status.as_str(), invoice.invoice_number.as_str()), ("draft", "INV-000001"));
        assert_eq!((invoice.invoice_date.as_str(), invoice.due_date.as_str()), ("2026-09-21", "2026-09-21"));
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let bad = ManualInvoiceItemInput {
            service_id: "x".into(),
            quantity: 0.0,
            description: " ".into(),
            rate: f64::NAN,
            discount_type: Some(DiscountType::Fixed),
            applies_to_item_id: Some(WORK.into()),
            ..item()
        };
        let refusal = create(CreateManualInvoiceInput {
            client_id: String::new(),
            invoice_date: Some("01.02.2026".into()),
            po_number: Some("n".repeat(129)),
            ..input(vec![bad])
        })
        .unwrap_err();
        assert_eq!(refusal.error, "Validation error");
        assert_eq!(
            Value::Object(refusal.fields),
            serde_json::json!({
                "clientId": "Required",
                "items[0].serviceId": "Invalid UUID",
                "items[0].description": "Required",
                "items[0].quantity": "Must be > 0",
                "items[0].rate": "Must be a finite number",
                "items[0].discountType": "Not allowed unless isDiscount=true",
                "items[0]": "appliesTo* fields require isDiscount=true",
                "invoiceDate": "Invalid date (expected YYYY-MM-DD)",
                "poNumber": "Too long",
            })
        );
    }

    #[test]
    fn single_rules_hold() {
        let discounted = ManualInvoiceItemInput { is_discount: Some(true), ..item() };
        let percent =
            ManualInvoiceItemInput { discount_type: Some(DiscountType::Percentage), ..discounted.clone() };
        let both = ManualInvoiceItemInput {
            applies_to_item_id: Some(WORK.into()),
            applies_to_service_id: Some(WORK.into()),
            ..percent.clone()
        };
        for (items, field, message) in [
            (vec![], "items", "Must include at least one item"),
            (vec![ManualInvoiceItemInput { rate: -1.0, ..item() }], "items[0].rate", "Must be >= 0"),
            (
                vec![ManualInvoiceItemInput { quantity: f64::INFINITY, ..item() }],
                "items[0].quantity",
                "Must be a finite number",
            ),
            (
                vec![ManualInvoiceItemInput { description: "d".repeat(501), ..item() }],
                "items[0].description",
                "Too long",
            ),
            (vec![discounted], "items[0].discountType", "Required when isDiscount=true"),
            (
                vec![ManualInvoiceItemInput { rate: 100.1, ..percent }],
                "items[0].rate",
                "Percentage discount rate must be between 0 and 100",
            ),
            (
                vec![ManualInvoiceItemInput { rate: 1.0, ..both }],
                "items[0]",
                "Provide only one of appliesToItemId or appliesToServiceId",
            ),
        ] {
            let refusal = create(input(items)).unwrap_err();
            assert_eq!(refusal.fields.get(field).and_then(Value::as_str), Some(message), "{refusal:?}");
            assert_eq!(refusal.fields.len(), 1, "{refusal:?}");
        }
    }

    #[test]
    fn clients_and_services_must_exist() {
        let nobody = "00000000-0000-4000-8000-0000000000ff";
        let client = CreateManualInvoiceInput { client_id: nobody.into(), ..input(vec![item()]) };
        assert_eq!(create(client).unwrap_err(), not_found("clientId", "Client not found"));
        let service = ManualInvoiceItemInput { service_id: nobody.into(), ..item() };
        assert_eq!(create(input(vec![service])).unwrap_err(), not_found("serviceId", "Service not found"));
    }
}
