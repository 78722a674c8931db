//! The modules that are part of this program: what the engine lacks, the wrapper around the handler, the SDK.

/// The scheme of our own modules; no source can import them by it.
const SCHEME: &str = "alga-ext:";
/// The SDK's package, and the name it had before.
pub(super) const SDK: &str = "@alga-psa/extension-runtime";
pub(super) const OLD_SDK: &str = "@alga/extension-runtime";

/// Every module, by name without the scheme.
const MODULES: [(&str, &str); 57] = [
    ("prelude/abort", include_str!("prelude/abort.js")),
    ("prelude/abort_timeout", include_str!("prelude/abort_timeout.js")),
    ("prelude/async", include_str!("prelude/async.js")),
    ("prelude/awaited", include_str!("prelude/awaited.js")),
    ("prelude/blob", include_str!("prelude/blob.js")),
    ("prelude/body", include_str!("prelude/body.js")),
    ("prelude/clone", include_str!("prelude/clone.js")),
    ("prelude/console", include_str!("prelude/console.js")),
    ("prelude/crypto", include_str!("prelude/crypto.js")),
    ("prelude/date", include_str!("prelude/date.js")),
    ("prelude/decorators", include_str!("prelude/decorators.js")),
    ("prelude/define", include_str!("prelude/define.js")),
    ("prelude/digest", include_str!("prelude/digest.js")),
    ("prelude/encoding", include_str!("prelude/encoding.js")),
    ("prelude/encodings", include_str!("prelude/encodings.js")),
    ("prelude/events", include_str!("prelude/events.js")),
    ("prelude/fetch", include_str!("prelude/fetch.js")),
    ("prelude/form_data", include_str!("prelude/form_data.js")),
    ("prelude/from_async", include_str!("prelude/from_async.js")),
    ("prelude/headers", include_str!("prelude/headers.js")),
    ("prelude/hmac", include_str!("prelude/hmac.js")),
    ("prelude/inspect", include_str!("prelude/inspect.js")),
    ("prelude/instance", include_str!("prelude/instance.js")),
    ("prelude/platform", include_str!("prelude/platform.js")),
    ("prelude/promise", include_str!("prelude/promise.js")),
    ("prelude/random", include_str!("prelude/random.js")),
    ("prelude/random_values", include_str!("prelude/random_values.js")),
    ("prelude/request", include_str!("prelude/request.js")),
    ("prelude/response", include_str!("prelude/response.js")),
    ("prelude/search_params", include_str!("prelude/search_params.js")),
    ("prelude/serve", include_str!("prelude/serve.js")),
    ("prelude/shown", include_str!("prelude/shown.js")),
    ("prelude/stack", include_str!("prelude/stack.js")),
    ("prelude/thrown", include_str!("prelude/thrown.js")),
    ("prelude/time_origin", include_str!("prelude/time_origin.js")),
    ("prelude/timers", include_str!("prelude/timers.js")),
    ("prelude/url", include_str!("prelude/url.js")),
    ("prelude/url_domain", include_str!("prelude/url_domain.js")),
    ("prelude/url_host", include_str!("prelude/url_host.js")),
    ("prelude/url_percent", include_str!("prelude/url_percent.js")),
    ("prelude/using", include_str!("prelude/using.js")),
    ("prelude/utf8", include_str!("prelude/utf8.js")),
    ("sdk/index", include_str!("sdk/index.js")),
    ("sdk/mock", include_str!("sdk/mock.js")),
    ("sdk/user", include_str!("sdk/user.js")),
    ("sdk/host/bindings", include_str!("sdk/host/bindings.js")),
    ("sdk/host/clients", include_str!("sdk/host/clients.js")),
    ("sdk/host/context", include_str!("sdk/host/context.js")),
    ("sdk/host/http", include_str!("sdk/host/http.js")),
    ("sdk/host/invoicing", include_str!("sdk/host/invoicing.js")),
    ("sdk/host/logging", include_str!("sdk/host/logging.js")),
    ("sdk/host/scheduler", include_str!("sdk/host/scheduler.js")),
    ("sdk/host/secrets", include_str!("sdk/host/secrets.js")),
    ("sdk/host/services", include_str!("sdk/host/services.js")),
    ("sdk/host/storage", include_str!("sdk/host/storage.js")),
    ("sdk/host/ui_proxy", include_str!("sdk/host/ui_proxy.js")),
    ("sdk/host/user", include_str!("sdk/host/user.js")),
];

/// The source of a module.
pub(super) fn source(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(module, _)| *module == name).map(|(_, source)| *source)
}

/// The module that `alga-ext:…` names.
pub(super) fn name(specifier: &str) -> Option<&'static str> {
    let wanted = specifier.strip_prefix(SCHEME)?;
    MODULES.iter().map(|(module, _)| *module).find(|module| *module == wanted)
}

/// The module that stands in for a package nobody installed.
pub(super) fn package(specifier: &str) -> Option<&'static str> {
    (specifier == SDK || specifier == OLD_SDK).then_some("sdk/index")
}

/// The module that has a helper of the transformer.
pub(super) fn helper(name: &str) -> Option<&'static str> {
    match name {
        "asyncToGenerator"
        | "awaitAsyncGenerator"
        | "wrapAsyncGenerator"
        | "asyncIterator"
        | "asyncGeneratorDelegate" => Some("prelude/async"),
        "awaited" | "awaitedEach" => Some("prelude/awaited"),
        "decorate" | "decorateParam" | "decorateMetadata" => Some("prelude/decorators"),
        "usingCtx" => Some("prelude/using"),
        "thrown" => Some("prelude/thrown"),
        _ => None,
    }
}

/// What a source may use without importing it: a word to look for, the global it is a part of, and the module that
/// defines it.
pub(super) const GLOBALS: [(&str, &str, &str); 32] = [
    ("console", "console", "prelude/console"),
    ("TextEncoder", "TextEncoder", "prelude/encoding"),
    ("TextDecoder", "TextDecoder", "prelude/encoding"),
    ("random", "Math", "prelude/random"),
    ("fromAsync", "Array", "prelude/from_async"),
    ("timeOrigin", "performance", "prelude/time_origin"),
    ("setTimeout", "setTimeout", "prelude/timers"),
    ("setInterval", "setInterval", "prelude/timers"),
    ("clearTimeout", "clearTimeout", "prelude/timers"),
    ("clearInterval", "clearInterval", "prelude/timers"),
    ("Event", "Event", "prelude/events"),
    ("EventTarget", "EventTarget", "prelude/events"),
    ("CustomEvent", "CustomEvent", "prelude/events"),
    ("AbortController", "AbortController", "prelude/abort"),
    ("AbortSignal", "AbortSignal", "prelude/abort"),
    ("timeout", "AbortSignal", "prelude/abort_timeout"),
    ("Headers", "Headers", "prelude/headers"),
    ("Request", "Request", "prelude/request"),
    ("Response", "Response", "prelude/response"),
    ("fetch", "fetch", "prelude/fetch"),
    ("Blob", "Blob", "prelude/blob"),
    ("File", "File", "prelude/blob"),
    ("FormData", "FormData", "prelude/form_data"),
    ("URL", "URL", "prelude/url"),
    ("URLSearchParams", "URLSearchParams", "prelude/search_params"),
    ("structuredClone", "structuredClone", "prelude/clone"),
    ("crypto", "crypto", "prelude/crypto"),
    ("Date", "Date", "prelude/date"),
    ("getRandomValues", "crypto", "prelude/random_values"),
    ("randomUUID", "crypto", "prelude/random_values"),
    ("subtle", "crypto", "prelude/digest"),
    ("importKey", "crypto", "prelude/hmac"),
];

/// What any module may ask of a value that one of these prelude modules made: a word to look for, and the module that
/// has it.
pub(super) const MEMBERS: [(&str, &str); 2] = [("blob", "prelude/blob"), ("formData", "prelude/form_data")];
/// The prelude modules that make such values.
pub(super) const WITH_BODY: [&str; 3] = ["prelude/fetch", "prelude/request", "prelude/response"];

/// What the decoder of text knows beside UTF-8, and the starts of calls that need none of it.
pub(super) const ENCODINGS: (&str, [&str; 3]) = ("prelude/encodings", ["()", "(\"utf-8\"", "(\"utf8\""]);

/// The globals that packages keep under a name of their own: what is taken of them may stand in any module.
pub(super) const HANDED_ON: [&str; 1] = ["crypto"];

/// A group of the SDK's host bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    /// Its key in the bindings.
    pub(super) key: &'static str,
    /// The module that defines it.
    pub(super) module: &'static str,
    /// Its functions.
    pub(super) functions: &'static [&'static str],
}

/// Every group.
pub(super) const GROUPS: [Group; 11] = [
    Group { key: "context", module: "sdk/host/context", functions: &["get"] },
    Group { key: "secrets", module: "sdk/host/secrets", functions: &["get", "list"] },
    Group { key: "http", module: "sdk/host/http", functions: &["fetch"] },
    Group { key: "storage", module: "sdk/host/storage", functions: &["get", "put", "delete", "list"] },
    Group { key: "logging", module: "sdk/host/logging", functions: &["info", "warn", "error"] },
    Group { key: "uiProxy", module: "sdk/host/ui_proxy", functions: &["callRoute", "call"] },
    Group {
        key: "scheduler",
        module: "sdk/host/scheduler",
        functions: &["list", "get", "create", "update", "delete", "getEndpoints"],
    },
    Group { key: "invoicing", module: "sdk/host/invoicing", functions: &["createManualInvoice"] },
    Group { key: "user", module: "sdk/host/user", functions: &["getUser"] },
    Group { key: "clients", module: "sdk/host/clients", functions: &["list", "get"] },
    Group { key: "services", module: "sdk/host/services", functions: &["list", "get"] },
];
