//! From a specifier to a module: files and packages as Node finds them, the platform's interfaces, our own modules.

use super::analyze::RequestKind;
use super::builtin;
use super::world::Function;
use crate::build::Input;
use oxc_resolver::{
    ResolveError, ResolveOptions, Resolver as Files, TsconfigDiscovery, TsconfigOptions, TsconfigReferences,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The namespace of the platform's interfaces.
const PLATFORM: &str = "alga:extension/";
/// Node's own modules, none of which exist here.
const NODE: [&str; 43] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "sqlite",
];

/// What a specifier stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// A file, by its absolute path.
    File(PathBuf),
    /// A module of ours.
    Builtin(&'static str),
    /// An interface of the platform, by its full name.
    Interface(String),
}

/// Why a specifier stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Resolves specifiers for one project.
pub(super) struct Resolver {
    imports: Files,
    requires: Files,
    interfaces: BTreeMap<String, Vec<Function>>,
    /// Why `tsconfig.json` is not heeded.
    pub(super) warning: Option<String>,
    /// Whether it says `experimentalDecorators`.
    pub(super) decorators: bool,
    /// It, when there is one: what is built depends on it.
    pub(super) configuration: Option<Input>,
}

impl Resolver {
    /// For the project in `root`. Paths of its `tsconfig.json` are heeded when it can be read.
    pub(super) fn new(root: &Path, interfaces: BTreeMap<String, Vec<Function>>) -> Resolver {
        let tsconfig = root.join("tsconfig.json");
        let mut options = options();
        let mut warning = None;
        let mut decorators = None;
        let mut configuration = None;
        if tsconfig.is_file() {
            // Before it is read by others: what is saved meanwhile is another build's.
            configuration = fs_err::read(&tsconfig).ok().map(|bytes| Input::of(&tsconfig, &bytes));
            options.tsconfig = Some(TsconfigDiscovery::Manual(TsconfigOptions {
                config_file: tsconfig.clone(),
                references: TsconfigReferences::Disabled,
            }));
            // A configuration that cannot be read, or that extends a package nobody installed, is no reason not to
            // build: only its path aliases matter here.
            let files = Files::new(options.clone());
            if let Ok(configuration) = files.resolve_tsconfig(&tsconfig) {
                decorators = configuration.compiler_options.experimental_decorators;
            }
            if let Err(error) = files.resolve(root, "./tsconfig.json")
                && is_configuration(&error)
            {
                warning = Some(format!("`tsconfig.json` is not heeded: {error}"));
                options.tsconfig = None;
            }
        }
        let imports = Files::new(options.clone());
        // What is required is CommonJS where a package has that too: `module` stands for what is imported.
        let required = ResolveOptions {
            condition_names: words(&["require", "default"]),
            main_fields: words(&["main", "module"]),
            ..options
        };
        Resolver {
            requires: imports.clone_with_options(required),
            imports,
            interfaces,
            warning,
            decorators: decorators.unwrap_or_default(),
            configuration,
        }
    }

    /// The functions of an interface of the platform.
    pub(super) fn functions(&self, interface: &str) -> &[Function] {
        self.interfaces.get(interface).map(Vec::as_slice).unwrap_or_default()
    }

    /// What `specifier` stands for in the file `from`; our own modules have no file.
    pub(super) fn resolve(
        &self,
        from: Option<&Path>,
        specifier: &str,
        kind: RequestKind,
    ) -> Result<Resolved, Unresolved> {
        let Some(from) = from else { return self.resolve_own(specifier) };
        if specifier.starts_with(PLATFORM) {
            return self.interface(specifier);
        }
        if let Some((scheme, _)) = specifier.split_once(':')
            && scheme != "node"
            && !Path::new(specifier).is_absolute()
        {
            let help = "only `alga:extension/…` has interfaces an extension can import".to_owned();
            return Err(Unresolved {
                message: format!("`{specifier}` cannot be imported"),
                help: Some(help),
            });
        }
        let node = node_module(specifier);
        if specifier.starts_with("node:") {
            return Err(no_node(node.unwrap_or(specifier)));
        }
        let files = match kind {
            RequestKind::Require | RequestKind::TriedRequire | RequestKind::LateRequire => &self.requires,
            RequestKind::Import | RequestKind::Dynamic | RequestKind::Helper => &self.imports,
        };
        let folder = from.parent().unwrap_or(from);
        let error = match files.resolve(folder, specifier) {
            Ok(resolution) => return Ok(Resolved::File(resolution.into_path_buf())),
            Err(error) => error,
        };
        if let Some(name) = builtin::package(specifier) {
            return Ok(Resolved::Builtin(name));
        }
        Err(match node {
            Some(node) => no_node(node),
            None => unresolved(specifier, &error),
        })
    }

    fn resolve_own(&self, specifier: &str) -> Result<Resolved, Unresolved> {
        if let Some(name) = builtin::name(specifier) {
            return Ok(Resolved::Builtin(name));
        }
        if self.interfaces.contains_key(specifier) || specifier.starts_with("wasi:") {
            return Ok(Resolved::Interface(specifier.to_owned()));
        }
        Err(Unresolved { message: format!("there is no module `{specifier}`"), help: None })
    }

    fn interface(&self, specifier: &str) -> Result<Resolved, Unresolved> {
        if self.interfaces.contains_key(specifier) {
            return Ok(Resolved::Interface(specifier.to_owned()));
        }
        let known = self.interfaces.keys().filter_map(|name| name.strip_prefix(PLATFORM));
        let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
        Err(Unresolved {
            message: format!("the platform has no interface `{specifier}`"),
            help: Some(format!("`{PLATFORM}` has {}", known.join(", "))),
        })
    }
}

fn is_configuration(error: &ResolveError) -> bool {
    matches!(
        error,
        ResolveError::TsconfigNotFound(_)
            | ResolveError::TsconfigSelfReference(_)
            | ResolveError::TsconfigCircularExtend(_)
            | ResolveError::TsconfigLoadFailed { .. }
            | ResolveError::Json(_)
    )
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// How what is imported is found.
fn options() -> ResolveOptions {
    // TypeScript names the file that will be, not the one that is.
    let written = |written: &str, meant: &[&str]| (written.to_owned(), words(meant));
    ResolveOptions {
        condition_names: words(&["import", "module", "default"]),
        extensions: words(&[".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json"]),
        extension_alias: vec![
            written(".js", &[".ts", ".tsx", ".js"]),
            written(".jsx", &[".tsx", ".jsx"]),
            written(".mjs", &[".mts", ".mjs"]),
            written(".cjs", &[".cts", ".cjs"]),
        ],
        main_fields: words(&["module", "main"]),
        node_path: false,
        ..ResolveOptions::default()
    }
}

/// Whether `specifier` means a module of Node.
pub(super) fn is_node(specifier: &str) -> bool {
    node_module(specifier).is_some()
}

/// The name of the Node module that `specifier` means, if it means one.
fn node_module(specifier: &str) -> Option<&str> {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    let first = name.split('/').next().unwrap_or(name);
    NODE.contains(&first).then_some(name)
}

fn no_node(name: &str) -> Unresolved {
    let instead = match name.split('/').next().unwrap_or(name) {
        "http" | "https" | "http2" | "net" | "tls" | "dns" => "`fetch` sends requests",
        "timers" => "`setTimeout` and `setInterval` are there without an import",
        "events" => "`EventTarget` is there without an import",
        "perf_hooks" => "`performance` is there without an import",
        "fs" | "sqlite" => "`alga:extension/storage` keeps values",
        "process" | "os" => "`alga:extension/secrets` and the request hold what an environment would",
        "console" => "`console` is there without an import",
        "buffer" => "`Uint8Array`, `TextEncoder` and `TextDecoder` hold bytes and text",
        "crypto" => {
            "`crypto.randomUUID`, `getRandomValues` and, of `subtle`, `digest` and HMAC are there without an import"
        }
        "url" | "querystring" => "`URL` and `URLSearchParams` are there without an import",
        _ => "a package that does not need Node can take its place",
    };
    Unresolved {
        message: format!("`{name}` is a module of Node, and the platform does not run Node"),
        help: Some(instead.to_owned()),
    }
}

fn unresolved(specifier: &str, error: &ResolveError) -> Unresolved {
    let is_path = specifier.starts_with('.') || specifier.starts_with('/');
    match error {
        ResolveError::NotFound(_) | ResolveError::MatchedAliasNotFound(..) if is_path => Unresolved {
            message: format!("`{specifier}` leads to no file"),
            help: Some("correct the path; it is relative to the file that imports it".into()),
        },
        ResolveError::NotFound(_) => Unresolved {
            message: format!("the package `{specifier}` is not installed"),
            help: Some(format!(
                "install it beside the project's package.json: `npm install {}`",
                package(specifier)
            )),
        },
        ResolveError::PackagePathNotExported { .. } => Unresolved {
            message: format!("the package `{}` does not export `{specifier}`", package(specifier)),
            help: Some("import what the `exports` of its package.json name; the conditions are `import` and `module`, or `require`, and `default`".into()),
        },
        error => Unresolved { message: format!("`{specifier}` cannot be resolved: {error}"), help: None },
    }
}

/// The package a bare specifier begins with.
fn package(specifier: &str) -> String {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    specifier.split('/').take(parts).collect::<Vec<_>>().join("/")
}
