//! `wit/` against the tables of the platform's contract: nothing more, nothing less, nothing in another order.

use wit_parser::{Resolve, Type, TypeDefKind, WorldItem, WorldKey};

/// The twelve imports of §1.1, in order.
const IMPORTS: [&str; 12] = [
    "context",
    "secrets",
    "http",
    "storage",
    "logging",
    "ui-proxy",
    "user",
    "user-v2",
    "scheduler",
    "invoicing",
    "clients",
    "services",
];

/// Functions of contract/runner.md §1.2: interface, function, signature.
const FUNCTIONS: [(&str, &str, &str); 25] = [
    ("context", "get-context", "func() -> context-data"),
    ("secrets", "get", "func(key: string) -> result<string, secret-error>"),
    ("secrets", "list-keys", "func() -> list<string>"),
    ("http", "fetch", "func(request: http-request) -> result<http-response, http-error>"),
    ("storage", "get", "func(namespace: string, key: string) -> result<storage-entry, storage-error>"),
    ("storage", "put", "func(entry: storage-entry) -> result<storage-entry, storage-error>"),
    ("storage", "delete", "func(namespace: string, key: string) -> result<_, storage-error>"),
    (
        "storage",
        "list-entries",
        "func(namespace: string, cursor: option<string>) -> result<list<storage-entry>, storage-error>",
    ),
    ("logging", "log-info", "func(message: string)"),
    ("logging", "log-warn", "func(message: string)"),
    ("logging", "log-error", "func(message: string)"),
    (
        "ui-proxy",
        "call-route",
        "func(route: string, payload: option<list<u8>>) -> result<list<u8>, proxy-error>",
    ),
    ("user", "get-user", "func() -> result<user-data, user-error>"),
    ("user-v2", "get-user", "func() -> result<user-data-v2, user-error>"),
    ("scheduler", "list-schedules", "func() -> result<list<schedule-info>, scheduler-error>"),
    (
        "scheduler",
        "get-schedule",
        "func(schedule-id: string) -> result<option<schedule-info>, scheduler-error>",
    ),
    ("scheduler", "create-schedule", "func(input: create-schedule-input) -> create-schedule-result"),
    (
        "scheduler",
        "update-schedule",
        "func(schedule-id: string, input: update-schedule-input) -> update-schedule-result",
    ),
    ("scheduler", "delete-schedule", "func(schedule-id: string) -> delete-schedule-result"),
    ("scheduler", "get-endpoints", "func() -> result<list<endpoint-info>, scheduler-error>"),
    (
        "invoicing",
        "create-manual-invoice",
        "func(input: create-manual-invoice-input) -> create-manual-invoice-result",
    ),
    (
        "clients",
        "list-clients",
        "func(input: clients-list-input) -> result<clients-list-result, client-read-error>",
    ),
    ("clients", "get-client", "func(client-id: string) -> result<option<client-summary>, client-read-error>"),
    (
        "services",
        "list-services",
        "func(input: services-list-input) -> result<services-list-result, service-read-error>",
    ),
    (
        "services",
        "get-service",
        "func(service-id: string) -> result<option<service-summary>, service-read-error>",
    ),
];

/// Enums of §1.3 with their cases in order.
const ENUMS: [(&str, &str); 11] = [
    ("secret-error", "missing, denied, expired, internal"),
    ("http-error", "invalid-url, not-allowed, transport, internal"),
    ("storage-error", "missing, conflict, denied, internal"),
    ("proxy-error", "route-not-found, denied, bad-request, internal"),
    ("user-error", "not-available, not-allowed"),
    ("scheduler-error", "not-found, validation-failed, quota-exceeded, denied, internal"),
    ("discount-type", "percentage, fixed"),
    ("client-read-error", "not-allowed, invalid-input, internal"),
    ("service-item-kind", "service, product"),
    ("service-billing-method", "fixed, hourly, usage"),
    ("service-read-error", "not-allowed, invalid-input, internal"),
];

/// Records of §1.4 with their fields in order.
const RECORDS: [(&str, &str); 25] = [
    (
        "context-data",
        "request-id: option<string>, tenant-id: string, extension-id: string, install-id: option<string>, version-id: option<string>",
    ),
    ("http-header", "name: string, value: string"),
    ("http-request", "method: string, url: string, headers: list<http-header>, body: option<list<u8>>"),
    ("http-response", "status: u16, headers: list<http-header>, body: option<list<u8>>"),
    ("execute-request", "context: context-data, http: http-request"),
    ("execute-response", "status: u16, headers: list<http-header>, body: option<list<u8>>"),
    ("storage-entry", "namespace: string, key: string, value: list<u8>, revision: option<u64>"),
    (
        "user-data",
        "tenant-id: string, client-name: string, user-id: string, user-email: string, user-name: string, user-type: string",
    ),
    (
        "user-data-v2",
        "tenant-id: string, client-name: string, user-id: string, user-email: string, user-name: string, user-type: string, client-id: option<string>, additional-fields: list<tuple<string, string>>",
    ),
    (
        "schedule-info",
        "id: string, endpoint-path: string, endpoint-method: string, name: option<string>, cron: string, timezone: string, enabled: bool, payload: option<string>, last-run-at: option<string>, last-run-status: option<string>, last-error: option<string>, created-at: option<string>",
    ),
    ("endpoint-info", "id: string, method: string, path: string, handler: string, schedulable: bool"),
    (
        "create-schedule-input",
        "endpoint: string, cron: string, timezone: option<string>, enabled: option<bool>, name: option<string>, payload: option<string>",
    ),
    (
        "create-schedule-result",
        "success: bool, schedule-id: option<string>, error: option<string>, field-errors: option<string>",
    ),
    (
        "update-schedule-input",
        "endpoint: option<string>, cron: option<string>, timezone: option<string>, enabled: option<bool>, name: option<string>, payload: option<string>",
    ),
    ("update-schedule-result", "success: bool, error: option<string>, field-errors: option<string>"),
    ("delete-schedule-result", "success: bool, error: option<string>"),
    (
        "manual-invoice-item-input",
        "service-id: string, quantity: f64, description: string, rate: f64, is-discount: option<bool>, discount-type: option<discount-type>, applies-to-item-id: option<string>, applies-to-service-id: option<string>",
    ),
    (
        "create-manual-invoice-input",
        "client-id: string, items: list<manual-invoice-item-input>, invoice-date: option<string>, due-date: option<string>, po-number: option<string>",
    ),
    (
        "create-manual-invoice-result",
        "success: bool, invoice-id: option<string>, invoice-number: option<string>, status: option<string>, subtotal: option<f64>, tax: option<f64>, total: option<f64>, error: option<string>, field-errors: option<string>",
    ),
    (
        "client-summary",
        "client-id: string, client-name: string, client-type: option<string>, is-inactive: bool, default-currency-code: option<string>, account-manager-id: option<string>, account-manager-name: option<string>, billing-email: option<string>",
    ),
    (
        "clients-list-input",
        "search: option<string>, include-inactive: option<bool>, page: option<u32>, page-size: option<u32>",
    ),
    ("clients-list-result", "items: list<client-summary>, total-count: u32, page: u32, page-size: u32"),
    (
        "service-summary",
        "service-id: string, service-name: string, item-kind: service-item-kind, billing-method: service-billing-method, service-type-id: option<string>, service-type-name: option<string>, default-rate: f64, unit-of-measure: string, is-active: bool, sku: option<string>",
    ),
    (
        "services-list-input",
        "search: option<string>, item-kind: option<service-item-kind>, is-active: option<bool>, billing-method: option<service-billing-method>, page: option<u32>, page-size: option<u32>",
    ),
    ("services-list-result", "items: list<service-summary>, total-count: u32, page: u32, page-size: u32"),
];

fn package() -> (Resolve, wit_parser::WorldId) {
    alga_ext::component::resolve().unwrap().clone()
}

/// A type as WIT writes it.
fn spell(resolve: &Resolve, ty: &Type) -> String {
    let id = match ty {
        Type::String => return "string".into(),
        Type::Bool => return "bool".into(),
        Type::U8 => return "u8".into(),
        Type::U16 => return "u16".into(),
        Type::U32 => return "u32".into(),
        Type::U64 => return "u64".into(),
        Type::F64 => return "f64".into(),
        Type::Id(id) => *id,
        other => panic!("{other:?} is in no table"),
    };
    let definition = &resolve.types[id];
    if let Some(name) = &definition.name {
        return name.clone();
    }
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| spell(resolve, ty));
    match &definition.kind {
        TypeDefKind::Option(ty) => format!("option<{}>", spell(resolve, ty)),
        TypeDefKind::List(ty) => format!("list<{}>", spell(resolve, ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::Tuple(tuple) => {
            let members: Vec<String> = tuple.types.iter().map(|ty| spell(resolve, ty)).collect();
            format!("tuple<{}>", members.join(", "))
        }
        other => panic!("{} without a name is in no table", other.as_str()),
    }
}

fn signature(resolve: &Resolve, function: &wit_parser::Function) -> String {
    let parameters: Vec<String> = function
        .params
        .iter()
        .map(|param| format!("{}: {}", param.name, spell(resolve, &param.ty)))
        .collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", spell(resolve, ty))).unwrap_or_default();
    format!("func({}){result}", parameters.join(", "))
}

#[test]
fn the_world_imports_twelve_interfaces_and_exports_the_handler() {
    let (resolve, world) = package();
    let world = &resolve.worlds[world];
    assert_eq!(world.name, "runner");
    let package = &resolve.packages[world.package.unwrap()];
    assert_eq!(package.name.to_string(), "alga:extension");
    let imports: Vec<String> = world
        .imports
        .iter()
        .filter(|(_, item)| matches!(item, WorldItem::Interface { .. }))
        .map(|(key, _)| resolve.name_world_key(key).trim_start_matches("alga:extension/").to_owned())
        .filter(|name| name != "types")
        .collect();
    assert_eq!(imports, IMPORTS);
    let used: Vec<String> = world
        .imports
        .iter()
        .filter(|(_, item)| matches!(item, WorldItem::Type { .. }))
        .map(|(key, _)| resolve.name_world_key(key))
        .collect();
    assert_eq!(used, ["execute-request", "execute-response"]);
    assert_eq!(world.exports.len(), 1);
    let WorldItem::Function(handler) = &world.exports[&WorldKey::Name("handler".into())] else { panic!() };
    assert_eq!(signature(&resolve, handler), "func(request: execute-request) -> execute-response");
}

#[test]
fn the_interfaces_hold_the_functions_of_the_table() {
    let (resolve, _) = package();
    let mut found = Vec::new();
    for name in IMPORTS {
        let interface = resolve
            .interfaces
            .iter()
            .find(|(_, interface)| interface.name.as_deref() == Some(name))
            .unwrap()
            .1;
        for function in interface.functions.values() {
            found.push((name.to_owned(), function.name.clone(), signature(&resolve, function)));
        }
    }
    let wanted: Vec<(String, String, String)> =
        FUNCTIONS.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn the_types_hold_the_fields_and_cases_of_the_table_in_its_order() {
    let (resolve, _) = package();
    let types = resolve
        .interfaces
        .iter()
        .find(|(_, interface)| interface.name.as_deref() == Some("types"))
        .unwrap()
        .1;
    let (mut records, mut enums) = (Vec::new(), Vec::new());
    for (name, id) in &types.types {
        match &resolve.types[*id].kind {
            TypeDefKind::Record(record) => {
                let fields: Vec<String> = record
                    .fields
                    .iter()
                    .map(|field| format!("{}: {}", field.name, spell(&resolve, &field.ty)))
                    .collect();
                records.push((name.as_str(), fields.join(", ")));
            }
            TypeDefKind::Enum(cases) => {
                let cases: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
                enums.push((name.as_str(), cases.join(", ")));
            }
            other => panic!("`{name}` is a {}, which is in no table", other.as_str()),
        }
    }
    let sorted = |mut table: Vec<(&str, String)>| {
        table.sort();
        table.into_iter().map(|(name, members)| (name.to_owned(), members)).collect::<Vec<_>>()
    };
    let wanted = |table: &[(&'static str, &'static str)]| {
        sorted(table.iter().map(|(name, members)| (*name, (*members).to_owned())).collect())
    };
    assert_eq!(sorted(records), wanted(&RECORDS));
    assert_eq!(sorted(enums), wanted(&ENUMS));
}
