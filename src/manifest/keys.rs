//! The keys a manifest may have: the one table that validation, the JSON Schema and the docs read.

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A text that is not blank.
    Text,
    /// A list of texts that are not blank.
    Texts,
    /// A map from text to text.
    TextMap,
    /// An object with keys of this table.
    Object,
    /// A list of objects with keys of this table.
    Objects,
}

/// One key (contract/registry.md §1.2).
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The object it stands in: empty for the top, else a path such as `ui.hooks` or `api.endpoints[]`.
    pub parent: &'static str,
    /// The key.
    pub name: &'static str,
    /// What its value must be.
    pub want: Want,
    /// Whether its object must have it.
    pub required: bool,
    /// What it is for, in one line.
    pub summary: &'static str,
}

impl Key {
    /// The whole path, such as `ui.hooks.appMenu`.
    pub fn path(&self) -> String {
        if self.parent.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.parent, self.name) }
    }
}

const fn key(
    parent: &'static str,
    name: &'static str,
    want: Want,
    required: bool,
    summary: &'static str,
) -> Key {
    Key { parent, name, want, required, summary }
}

/// Every key, parents before children.
pub const KEYS: &[Key] = &[
    key("", "name", Want::Text, true, "Unique name in reverse-domain form, such as `com.acme.reports`"),
    key("", "publisher", Want::Text, true, "Who publishes the extension"),
    key("", "version", Want::Text, true, "`X.Y.Z`, or `X.Y.*` for the next free patch"),
    key("", "runtime", Want::Text, true, "The runtime: `wasm-js@1`"),
    key("", "capabilities", Want::Texts, false, "The host interfaces the handler may call"),
    key("", "ui", Want::Object, false, "The iframe UI"),
    key("", "api", Want::Object, false, "The endpoints the handler answers"),
    key("", "assets", Want::Texts, false, "Globs of UI files; informative, the platform does not read them"),
    key("", "precompiled", Want::TextMap, false, "Target → path of a precompiled artefact; never read"),
    key("ui", "type", Want::Text, true, "`iframe`"),
    key("ui", "entry", Want::Text, true, "`ui/index.html`, the page the platform serves"),
    key("ui", "hooks", Want::Object, false, "Where the UI appears"),
    key("ui.hooks", "appMenu", Want::Object, false, "An entry in the staff's navigation"),
    key(
        "ui.hooks",
        "clientPortalMenu",
        Want::Object,
        false,
        "An entry in the client portal; lets client users in",
    ),
    key("ui.hooks.appMenu", "label", Want::Text, true, "The entry's text"),
    key("ui.hooks.clientPortalMenu", "label", Want::Text, true, "The entry's text"),
    key(
        "api",
        "endpoints",
        Want::Objects,
        true,
        "One object for each endpoint; the first that matches answers",
    ),
    key("api.endpoints[]", "method", Want::Text, true, "GET, POST, PUT, PATCH or DELETE"),
    key(
        "api.endpoints[]",
        "path",
        Want::Text,
        true,
        "Begins with `/`; a segment `:name` matches any one segment",
    ),
    key("api.endpoints[]", "handler", Want::Text, true, "`dist/main`; stored, never used to choose code"),
];

/// The keys of one object.
pub fn of(parent: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.parent == parent)
}

/// Refused keys whose values mean nothing to people or the platform, so that removing them loses nothing.
pub const WITHOUT_MEANING: &[&str] =
    &["$schema", "entry", "main", "sbom", "manifestVersion", "minAppVersion", "autoEnable"];

/// Top-level keys that documents, templates or older tools show and publishing refuses: the key, and what to do.
pub const REFUSED: &[(&str, &str)] = &[
    (
        "$schema",
        "remove it; name the schema in the editor's settings instead (`alga-ext schema manifest.v2`)",
    ),
    ("entry", "remove it; the platform always runs `dist/main.wasm`"),
    ("main", "remove it; the platform always runs `dist/main.wasm`"),
    (
        "events",
        "remove it; the platform delivers no events to extensions, schedules call an endpoint instead",
    ),
    ("sbom", "remove it; nothing reads it"),
    ("permissions", "remove it; capabilities are the v2 word for what an extension may do"),
    ("endpoints", "move it into `api`: `\"api\": {\"endpoints\": […]}`"),
    ("apiEndpoints", "rename it: `\"api\": {\"endpoints\": […]}`"),
    ("hooks", "move it into `ui`: `\"ui\": {\"hooks\": {…}}`"),
    ("displayName", "remove it; people see the hooks' labels"),
    ("description", "remove it; the manifest has no place for prose, a README has"),
    ("id", "remove it; `name` identifies the extension, the registry gives the id"),
    ("title", "remove it; people see the hooks' labels"),
    ("author", "rename it to `publisher`"),
    ("vendor", "rename it to `publisher`"),
    ("license", "remove it; the manifest has no place for it"),
    ("homepage", "remove it; the manifest has no place for it"),
    ("repository", "remove it; the manifest has no place for it"),
    ("extension", "remove the wrapper; its keys stand at the top level"),
    ("manifestVersion", "remove it; the version of the manifest is not written"),
    (
        "settings",
        "remove it; the platform has no settings for extensions, secrets and storage are capabilities",
    ),
    ("requiredExtensions", "remove it; extensions cannot depend on each other"),
    ("minAppVersion", "remove it; the platform does not compare versions"),
    ("autoEnable", "remove it; installing enables an extension"),
    ("components", "remove it; the UI is an iframe, its files lie in `ui/`"),
];
