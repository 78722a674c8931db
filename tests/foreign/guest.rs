//! A handler that passes every kind of value across the boundary, both ways, and answers with what it saw.

wit_bindgen::generate!({ world: "runner", path: "wit" });

use alga::extension::types::{
    ClientsListInput, CreateManualInvoiceInput, CreateScheduleInput, DiscountType, HttpHeader, HttpRequest,
    ManualInvoiceItemInput, ServiceItemKind, ServicesListInput, StorageEntry,
};
use alga::extension::{
    clients, context, http, invoicing, logging, scheduler, secrets, services, storage, ui_proxy, user, user_v2,
};

struct Handler;

impl Guest for Handler {
    fn handler(request: ExecuteRequest) -> ExecuteResponse {
        let mut seen = Vec::new();
        logging::log_info("Grüße");
        seen.push(format!("{:?}", context::get_context()));
        seen.push(format!("{:?} {:?} {:?}", secrets::get("api_key"), secrets::get("missing"), secrets::list_keys()));
        let header = HttpHeader { name: "X-Trace".into(), value: "1".into() };
        let outgoing = HttpRequest {
            method: "PUT".into(),
            url: "https://example.com/a".into(),
            headers: vec![header],
            body: Some(b"payload".to_vec()),
        };
        seen.push(format!("{:?}", http::fetch(&outgoing)));
        let entry = StorageEntry { namespace: "n".into(), key: "k".into(), value: vec![1, 2, 3], revision: None };
        seen.push(format!("{:?}", storage::put(&entry)));
        seen.push(format!("{:?}", storage::put(&StorageEntry { revision: Some(9), ..entry })));
        seen.push(format!("{:?} {:?}", storage::list_entries("n", None), storage::delete("n", "other")));
        seen.push(format!("{:?} {:?}", ui_proxy::call_route("/a", Some(b"body")), ui_proxy::call_route("/a", None)));
        seen.push(format!("{:?} {:?}", user::get_user(), user_v2::get_user()));
        let schedule = CreateScheduleInput {
            endpoint: "POST /daily".into(),
            cron: "0 8 * * *".into(),
            timezone: None,
            enabled: Some(true),
            name: None,
            payload: Some("{}".into()),
        };
        seen.push(format!("{:?} {:?}", scheduler::create_schedule(&schedule), scheduler::get_schedule("none")));
        let line = ManualInvoiceItemInput {
            service_id: "s-1".into(),
            quantity: 1.5,
            description: "work".into(),
            rate: 99.75,
            is_discount: Some(true),
            discount_type: Some(DiscountType::Fixed),
            applies_to_item_id: None,
            applies_to_service_id: None,
        };
        let invoice = CreateManualInvoiceInput {
            client_id: "c-1".into(),
            items: vec![line],
            invoice_date: None,
            due_date: None,
            po_number: None,
        };
        seen.push(format!("{:?}", invoicing::create_manual_invoice(&invoice)));
        let wanted = ClientsListInput { search: None, include_inactive: None, page: Some(3), page_size: None };
        seen.push(format!("{:?} {:?}", clients::list_clients(&wanted), clients::get_client("none")));
        let wanted = ServicesListInput {
            search: None,
            item_kind: Some(ServiceItemKind::Product),
            is_active: None,
            billing_method: None,
            page: None,
            page_size: None,
        };
        seen.push(format!("{:?} {:?}", services::list_services(&wanted), services::get_service("none")));
        let echo = HttpHeader { name: "x-method".into(), value: request.http.method };
        ExecuteResponse { status: 200, headers: vec![echo], body: Some(seen.join("\n").into_bytes()) }
    }
}


export!(Handler);
