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
    /// What publishing makes of it (contract/registry.md §1.2, last column, and §1.4).
    pub stored: &'static str,
    /// An example, as JSON; empty for objects, whose keys have theirs.
    pub example: &'static str,
    /// What it is when it is not written, or what it must be, as JSON; empty where nothing can be said.
    pub default: &'static str,
}

impl Key {
    /// The whole path, such as `ui.hooks.appMenu`.
    pub fn path(&self) -> String {
        if self.parent.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.parent, self.name) }
    }
}

/// Every key, parents before children.
pub const KEYS: &[Key] = &[
    Key {
        parent: "",
        name: "name",
        want: Want::Text,
        required: true,
        summary: "Unique name in reverse-domain form, such as `com.acme.reports`",
        stored: "trimmed; any text is accepted",
        example: "\"com.acme.reports\"",
        default: "",
    },
    Key {
        parent: "",
        name: "publisher",
        want: Want::Text,
        required: true,
        summary: "Who publishes the extension",
        stored: "trimmed; optional to the parser, but a first publish without it fails in the database",
        example: "\"Acme Networks\"",
        default: "",
    },
    Key {
        parent: "",
        name: "version",
        want: Want::Text,
        required: true,
        summary: "`X.Y.Z`, or `X.Y.*` for the next free patch",
        stored: "trimmed; `X.Y.*` becomes the next free patch, the manifest in the bundle keeps the `*`",
        example: "\"0.1.0\"",
        default: "",
    },
    Key {
        parent: "",
        name: "runtime",
        want: Want::Text,
        required: true,
        summary: "The runtime: `wasm-js@1`",
        stored: "as written; anything with `@` or `-` is accepted, nothing knows another",
        example: "\"wasm-js@1\"",
        default: "\"wasm-js@1\"",
    },
    Key {
        parent: "",
        name: "capabilities",
        want: Want::Texts,
        required: false,
        summary: "The host interfaces the handler may call",
        stored: "as written; installing drops names it does not know, three are granted always",
        example: "[\"cap:http.fetch\", \"cap:storage.kv\"]",
        default: "[]",
    },
    Key {
        parent: "",
        name: "ui",
        want: Want::Object,
        required: false,
        summary: "The iframe UI",
        stored: "`type`, `entry` and the two known hooks",
        example: "",
        default: "",
    },
    Key {
        parent: "",
        name: "api",
        want: Want::Object,
        required: false,
        summary: "The endpoints the handler answers",
        stored: "its endpoints",
        example: "",
        default: "",
    },
    Key {
        parent: "",
        name: "assets",
        want: Want::Texts,
        required: false,
        summary: "Globs of UI files; informative, the platform does not read them",
        stored: "not stored, and nothing reads it",
        example: "[\"ui/**/*\"]",
        default: "",
    },
    Key {
        parent: "",
        name: "precompiled",
        want: Want::TextMap,
        required: false,
        summary: "Target → path of a precompiled artefact; never read",
        stored: "not stored, and the runner never loads it",
        example: "{\"x86_64-linux-gnu\": \"precompiled/x86_64-linux-gnu.cwasm\"}",
        default: "",
    },
    Key {
        parent: "ui",
        name: "type",
        want: Want::Text,
        required: true,
        summary: "`iframe`",
        stored: "as written; any other word is refused",
        example: "\"iframe\"",
        default: "\"iframe\"",
    },
    Key {
        parent: "ui",
        name: "entry",
        want: Want::Text,
        required: true,
        summary: "`ui/index.html`, the page the platform serves",
        stored: "without `./` in front and with single slashes, and never used",
        example: "\"ui/index.html\"",
        default: "\"ui/index.html\"",
    },
    Key {
        parent: "ui",
        name: "hooks",
        want: Want::Object,
        required: false,
        summary: "Where the UI appears",
        stored: "the two known hooks; left out when none has a label",
        example: "",
        default: "",
    },
    Key {
        parent: "ui.hooks",
        name: "appMenu",
        want: Want::Object,
        required: false,
        summary: "An entry in the staff's navigation",
        stored: "its label",
        example: "",
        default: "",
    },
    Key {
        parent: "ui.hooks",
        name: "clientPortalMenu",
        want: Want::Object,
        required: false,
        summary: "An entry in the client portal; lets client users in",
        stored: "its label; its presence lets client users in",
        example: "",
        default: "",
    },
    Key {
        parent: "ui.hooks.appMenu",
        name: "label",
        want: Want::Text,
        required: true,
        summary: "The entry's text",
        stored: "trimmed",
        example: "\"Reports\"",
        default: "",
    },
    Key {
        parent: "ui.hooks.clientPortalMenu",
        name: "label",
        want: Want::Text,
        required: true,
        summary: "The entry's text",
        stored: "trimmed",
        example: "\"Reports\"",
        default: "",
    },
    Key {
        parent: "api",
        name: "endpoints",
        want: Want::Objects,
        required: true,
        summary: "One object for each endpoint; the first that matches answers",
        stored: "each endpoint's three keys; two of the same method and path break the writing",
        example: "",
        default: "",
    },
    Key {
        parent: "api.endpoints[]",
        name: "method",
        want: Want::Text,
        required: true,
        summary: "GET, POST, PUT, PATCH or DELETE",
        stored: "in upper case; OPTIONS is never called, HEAD counts as GET",
        example: "\"GET\"",
        default: "",
    },
    Key {
        parent: "api.endpoints[]",
        name: "path",
        want: Want::Text,
        required: true,
        summary: "Begins with `/`; a segment `:name` matches any one segment",
        stored: "with a `/` in front, without `./`, with single slashes",
        example: "\"/notes/:id\"",
        default: "",
    },
    Key {
        parent: "api.endpoints[]",
        name: "handler",
        want: Want::Text,
        required: true,
        summary: "`dist/main`; stored, never used to choose code",
        stored: "without `./` in front and with single slashes, and never used",
        example: "\"dist/main\"",
        default: "\"dist/main\"",
    },
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

/// Keys below the top that documents, samples or older tools show and publishing drops: the object, the key, and what to
/// do instead.
pub const DROPPED: &[(&str, &str, &str)] = &[
    ("ui", "routes", "the platform serves `ui/index.html` for every path"),
    ("ui", "basePath", "the platform chooses where the UI is served"),
    ("ui", "assets", "every file below `ui/` is served"),
    ("ui.hooks.appMenu", "icon", "menus show the label alone"),
    ("ui.hooks.clientPortalMenu", "icon", "menus show the label alone"),
    ("api.endpoints[]", "schedulable", "GET and POST endpoints without path parameters can be scheduled"),
    ("api.endpoints[]", "id", "the registry gives each endpoint its id"),
    (
        "api.endpoints[]",
        "permissions",
        "staff need `extension:read` for GET and `extension:write` for the rest",
    ),
];
