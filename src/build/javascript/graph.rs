//! Every module the entry leads to, read, transformed and analyzed; every mistake on the way is collected.

use super::analyze::{self, RequestKind};
use super::builtin;
use super::diagnose::{Diagnostic, Place, Source};
use super::kept::{Kept, Text};
use super::resolve::{self, Resolved, Resolver, Unresolved};
use super::transform::{self, Format};
use super::world::Function;
use crate::build::Input;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

/// No source file is larger; what is, is data.
const LARGEST: u64 = 16 << 20;
/// How many modules one component may be made of.
const MODULES: usize = 20_000;

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Another module.
    Module(usize),
    /// An interface of the platform.
    Interface(String),
    /// Nothing; the source is ready for that.
    Missing,
}

/// One module: what its file says, and what that means here.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) text: Arc<Text>,
    /// Whether it is one of ours.
    pub(super) is_ours: bool,
    /// Whether its imports of CommonJS are Node's: `default` is `module.exports`.
    pub(super) is_node: bool,
    /// Whether loading it does nothing, so that it is left out when nothing is taken from it.
    pub(super) is_pure: bool,
    /// What each request of the analysis leads to.
    pub(super) targets: Vec<Target>,
}

impl Deref for Module {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.text
    }
}

impl Module {
    /// Whether it was written in TypeScript.
    pub(super) fn is_typescript(&self) -> bool {
        let extension = self.source.path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("ts" | "tsx" | "mts" | "cts"))
    }
}

/// What a `package.json` says of the modules below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Package {
    is_module: bool,
    is_pure: bool,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

/// Modules, and what was found on the way.
pub(super) struct Graph<'p> {
    root: &'p Path,
    resolver: &'p Resolver,
    pub(super) modules: Vec<Module>,
    /// What stands under a number that was never given.
    absent: Module,
    files: HashMap<PathBuf, usize>,
    ours: HashMap<&'static str, usize>,
    packages: HashMap<PathBuf, Package>,
    minify: bool,
    kept: &'p mut Kept,
    /// The folder of the SDK's package, when it is installed.
    sdk: Option<PathBuf>,
    /// The packages that were warned of for their use of `Intl`.
    localized: HashSet<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) warnings: Vec<String>,
    /// What was read, by what it held then.
    pub(super) inputs: Vec<Input>,
}

/// Something that has to be read.
enum Wanted {
    File(PathBuf),
    Ours(&'static str),
}

impl<'p> Graph<'p> {
    pub(super) fn new(root: &'p Path, resolver: &'p Resolver, minify: bool, kept: &'p mut Kept) -> Graph<'p> {
        Graph {
            root,
            resolver,
            modules: Vec::new(),
            absent: Module::default(),
            files: HashMap::new(),
            ours: HashMap::new(),
            packages: HashMap::new(),
            minify,
            kept,
            sdk: None,
            localized: HashSet::new(),
            diagnostics: Vec::new(),
            warnings: resolver.warning.iter().cloned().collect(),
            inputs: resolver.configuration.iter().cloned().collect(),
        }
    }

    /// The module of a number.
    pub(super) fn module(&self, number: usize) -> &Module {
        self.modules.get(number).unwrap_or(&self.absent)
    }

    /// Reads a file and all it leads to; its number.
    pub(super) fn add_file(&mut self, path: &Path) -> usize {
        let first = self.want(Wanted::File(path.to_path_buf()));
        self.read_from(first);
        first
    }

    /// Adds a module of ours with a text of its own. `known` are specifiers that lead to modules already here.
    pub(super) fn add_text(&mut self, name: &str, text: &str, known: &[(&str, usize)]) -> usize {
        let source = Source { path: PathBuf::new(), name: name.to_owned(), text: text.to_owned() };
        let number = self.push(source, Format::Module, true);
        let requests =
            self.modules.get(number).map(|module| module.analysis.requests.clone()).unwrap_or_default();
        let next = self.modules.len();
        for request in requests {
            let known = known.iter().find(|(specifier, _)| *specifier == request.specifier);
            let target = match known {
                Some((_, number)) => Target::Module(*number),
                None => self.target(None, &request.specifier, request.kind).unwrap_or(Target::Missing),
            };
            self.attach(number, target);
        }
        self.read_from(next);
        number
    }

    fn attach(&mut self, number: usize, target: Target) {
        if let Some(module) = self.modules.get_mut(number) {
            module.targets.push(target);
        }
    }

    /// Follows the requests of every module from number `next` on; the modules they lead to are added behind.
    fn read_from(&mut self, mut next: usize) {
        while let Some(module) = self.modules.get(next) {
            let from = (!module.is_ours).then(|| module.source.path.clone());
            for request in module.analysis.requests.clone() {
                let target = match self.target(from.as_deref(), &request.specifier, request.kind) {
                    Ok(target) => target,
                    Err(_) if request.kind == RequestKind::TriedRequire => Target::Missing,
                    // A part of a package that is for Node alone; the others work.
                    Err(_)
                        if request.kind == RequestKind::LateRequire
                            && resolve::is_node(&request.specifier)
                            && from.as_deref().is_some_and(is_package) =>
                    {
                        Target::Missing
                    }
                    Err(Unresolved { message, help }) => {
                        let module = self.modules.get(next);
                        let diagnostic = module
                            .map(|module| module.diagnostic(request.line, &request.specifier, message, help));
                        self.diagnostics.extend(diagnostic);
                        Target::Missing
                    }
                };
                self.attach(next, target);
            }
            next += 1;
        }
    }

    fn target(
        &mut self,
        from: Option<&Path>,
        specifier: &str,
        kind: RequestKind,
    ) -> Result<Target, Unresolved> {
        if kind == RequestKind::Helper {
            let missing = || Unresolved {
                message: format!("the syntax that needs `{specifier}` is not supported"),
                help: None,
            };
            return Ok(Target::Module(
                self.want(Wanted::Ours(builtin::helper(specifier).ok_or_else(missing)?)),
            ));
        }
        match self.resolver.resolve(from, specifier, kind)? {
            Resolved::Interface(name) => Ok(Target::Interface(name)),
            Resolved::Builtin(name) => {
                if specifier == builtin::OLD_SDK {
                    self.warn(format!("`{specifier}` is the old name of `{}`", builtin::SDK));
                }
                Ok(Target::Module(self.want(Wanted::Ours(name))))
            }
            Resolved::File(path) => {
                if builtin::package(specifier).is_some() {
                    let package = path.ancestors().find(|folder| folder.join("package.json").is_file());
                    self.sdk = package.map(Path::to_path_buf);
                }
                Ok(Target::Module(self.want(Wanted::File(path))))
            }
        }
    }

    /// Says something once.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The number of a module, which is read when it is new.
    fn want(&mut self, wanted: Wanted) -> usize {
        match wanted {
            Wanted::Ours(name) => {
                if let Some(number) = self.ours.get(name) {
                    return *number;
                }
                let text = builtin::source(name).unwrap_or_default().to_owned();
                self.ours.insert(name, self.modules.len());
                self.push(Source { path: PathBuf::new(), name: name.to_owned(), text }, Format::Module, true)
            }
            Wanted::File(path) => {
                if let Some(number) = self.files.get(&path) {
                    return *number;
                }
                self.files.insert(path.clone(), self.modules.len());
                let text = self.read(&path);
                let format = self.format(&path);
                self.push(Source::new(self.root, path, text), format, false)
            }
        }
    }

    fn read(&mut self, path: &Path) -> String {
        let complain = |message| Diagnostic { message, place: None, help: None };
        if self.modules.len() >= MODULES {
            self.diagnostics.push(complain(format!("the source is made of more than {MODULES} files")));
            return String::new();
        }
        let size = fs_err::metadata(path).map(|file| file.len()).unwrap_or_default();
        if size > LARGEST {
            let file = path.display();
            let message = format!("`{file}` has {size} bytes; a source file has {LARGEST} at most");
            self.diagnostics.push(complain(message));
            return String::new();
        }
        let bytes = match fs_err::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.diagnostics.push(complain(error.to_string()));
                return String::new();
            }
        };
        self.inputs.push(Input::of(path, &bytes));
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.diagnostics.push(not_utf8(self.root, path, &error));
                return String::new();
            }
        };
        text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
    }

    /// What a file's extension, or the package it belongs to, says.
    fn format(&mut self, path: &Path) -> Format {
        match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
            "mjs" | "mts" | "ts" | "tsx" => Format::Module,
            "cts" => Format::Either,
            "cjs" => Format::CommonJs,
            _ if self.is_module_package(path) => Format::Module,
            _ => Format::Either,
        }
    }

    /// Whether the nearest `package.json` says `"type": "module"`.
    fn is_module_package(&mut self, path: &Path) -> bool {
        self.package(path).is_module
    }

    /// Whether the nearest `package.json` says `"sideEffects": false`.
    fn is_pure_package(&mut self, path: &Path) -> bool {
        self.package(path).is_pure
    }

    /// What the nearest `package.json` says.
    pub(super) fn package(&mut self, path: &Path) -> Package {
        let Some(folder) = path.parent() else { return Package::default() };
        if let Some(known) = self.packages.get(folder) {
            return known.clone();
        }
        let manifest = folder.join("package.json");
        let package = if manifest.is_file() {
            let text = fs_err::read_to_string(&manifest).unwrap_or_default();
            let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let text = |key: &str| package.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
            Package {
                is_module: package.get("type").and_then(serde_json::Value::as_str) == Some("module"),
                is_pure: package.get("sideEffects") == Some(&serde_json::Value::Bool(false)),
                name: text("name"),
                version: text("version"),
            }
        } else {
            self.package(folder)
        };
        self.packages.insert(folder.to_path_buf(), package.clone());
        package
    }

    /// Adds what stands in a source; a faulty one is added empty.
    fn push(&mut self, source: Source, format: Format, is_ours: bool) -> usize {
        let is_node = format == Format::Module && !is_typescript(&source.path);
        let is_pure =
            if is_ours { source.name.starts_with("sdk/") } else { self.is_pure_package(&source.path) };
        let options =
            transform::Options { format, minify: self.minify, decorators: self.resolver.decorators };
        let text = match self.kept.find(&source, options) {
            Some(text) => text,
            None => self.make(source, options),
        };
        self.complain(&text);
        self.modules.push(Module { text, is_ours, is_node, is_pure, targets: Vec::new() });
        self.modules.len() - 1
    }

    /// Transforms and analyzes a source. What is without a mistake is kept.
    fn make(&mut self, source: Source, options: transform::Options) -> Arc<Text> {
        let mistakes = self.diagnostics.len();
        let mut text = Text { source, options, is_esm: true, ..Text::default() };
        let extension = text.source.path.extension().and_then(|extension| extension.to_str());
        match extension.unwrap_or("js") {
            "json" => self.read_json(&mut text),
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => {
                match transform::transform(&text.source, options) {
                    Ok(transformed) => {
                        text.is_esm = transformed.is_module;
                        text.code = transformed.code;
                        text.lines = transformed.lines;
                        text.marks = transformed.marks;
                        text.reach = transformed.reach;
                    }
                    Err(diagnostics) => self.diagnostics.extend(diagnostics),
                }
            }
            _ => {
                let message = format!("`{}` is neither JavaScript, TypeScript nor JSON", text.source.name);
                self.diagnostics.push(Diagnostic { message, place: None, help: None });
            }
        }
        let stem = text.source.name.rsplit('/').next().unwrap_or_default();
        let stem = identifier(stem.split('.').next().unwrap_or_default());
        match analyze::analyze(&text.code, text.is_esm, &stem, text.is_authors()) {
            Ok(analysis) => text.analysis = analysis,
            Err(message) => {
                let file = &text.source.name;
                let message =
                    format!("`{file}` was transformed into something else than JavaScript: {message}");
                self.diagnostics.push(Diagnostic { message, place: None, help: None });
            }
        }
        let text = Arc::new(text);
        if self.diagnostics.len() == mistakes {
            self.kept.keep(&text);
        }
        text
    }

    fn read_json(&mut self, text: &mut Text) {
        text.is_esm = false;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text.source.text) {
            // JSON is almost an expression of JavaScript: there, `__proto__` is no key like others.
            Ok(_) => {
                let json = serde_json::Value::from(text.source.text.trim()).to_string();
                text.code = format!("module.exports = JSON.parse({json});");
            }
            Err(error) => {
                let before: usize = text
                    .source
                    .text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1))
                    .map(str::len)
                    .sum();
                let at = before + error.column().saturating_sub(1);
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default().to_owned();
                let place = Some(text.source.place(at, at + 1));
                self.diagnostics.push(Diagnostic { message, place, help: None });
            }
        }
    }

    /// Says what the analysis found wrong.
    fn complain(&mut self, text: &Text) {
        for (line, name) in &text.analysis.assigned {
            let help = "assign to it in the module that exports it, in a function that it exports".to_owned();
            let message = format!("`{name}` is imported, and an import cannot be assigned to");
            self.diagnostics.push(text.diagnostic(*line, name, message, Some(help)));
        }
        if let Some((line, why)) = &text.analysis.sloppy {
            let help =
                "a newer version of the package, or another one, may be written for strict mode".to_owned();
            let message = format!("everything in a component runs in strict mode, and this does not: {why}");
            self.diagnostics.push(text.diagnostic(*line, "", message, Some(help)));
        }
        if let Some(line) = text.analysis.computed_import {
            let help = "write the specifier as a string".to_owned();
            let message = "`import(…)` needs a specifier that is known at build time".to_owned();
            self.diagnostics.push(text.diagnostic(line, "import", message, Some(help)));
        }
    }

    /// Keeps what the next script may need of these modules, and nothing else.
    pub(super) fn keep(&mut self) {
        self.kept.keep_used();
    }

    /// Says where a module uses what the engine lacks; of a package, the first place is enough.
    pub(super) fn warn_of_intl(&mut self, number: usize) {
        let module = self.module(number);
        let Some((line, what)) = module.analysis.intl.filter(|_| !module.is_ours) else { return };
        let place = module.diagnostic(line, what, String::new(), None).place;
        if !module.is_authors() {
            let path = module.source.path.to_string_lossy().replace('\\', "/");
            let package = path.rsplit_once("node_modules/").map(|(before, path)| {
                let names = if path.starts_with('@') { 2 } else { 1 };
                let path: Vec<_> = path.split('/').take(names).collect();
                format!("{before}node_modules/{}", path.join("/"))
            });
            if what != "Intl" || !self.localized.insert(package.unwrap_or(path)) {
                return;
            }
        }
        let message = if what == "Intl" {
            "`Intl` is not there in a component; using it throws a ReferenceError".to_owned()
        } else {
            format!("`{what}` heeds no locale and no options, because a component has no `Intl`")
        };
        if let Some(Place { file, line, column, .. }) = place {
            self.warn(format!("{file}:{line}:{column}: {message}"));
        }
    }

    /// The modules in the order they are evaluated: each after those it asks for, as far as there are no circles.
    pub(super) fn order(&self, entry: usize) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.modules.len()];
        // A stack of our own: a chain of imports may be longer than the thread's.
        let mut stack = vec![(entry, 0)];
        if let Some(seen) = seen.get_mut(entry) {
            *seen = true;
        }
        while let Some((number, next)) = stack.last_mut() {
            let target = self.modules.get(*number).and_then(|module| module.targets.get(*next));
            *next += 1;
            match target {
                Some(Target::Module(target)) => {
                    if let Some(seen @ false) = seen.get_mut(*target) {
                        *seen = true;
                        stack.push((*target, 0));
                    }
                }
                Some(_) => {}
                None => {
                    order.push(*number);
                    stack.pop();
                }
            }
        }
        order
    }

    /// Whether a module belongs to the SDK as npm has it.
    pub(super) fn is_sdk(&self, module: &Module) -> bool {
        self.sdk.as_ref().is_some_and(|folder| module.source.path.starts_with(folder))
    }

    /// The functions of the platform's interfaces.
    pub(super) fn functions(&self, interface: &str) -> &[Function] {
        self.resolver.functions(interface)
    }

    /// Every mistake, in the order of files and lines.
    pub(super) fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        let mut sorted = BTreeMap::new();
        for (index, diagnostic) in std::mem::take(&mut self.diagnostics).into_iter().enumerate() {
            let place = diagnostic.place.as_ref().map(|place| (place.file.clone(), place.line, place.column));
            sorted.insert((place, index), diagnostic);
        }
        sorted.into_values().collect()
    }
}

/// Where a file stops being text.
fn not_utf8(root: &Path, path: &Path, error: &FromUtf8Error) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    // Up to there both texts are the same.
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let place = Source::new(root, path.to_path_buf(), text).place(at, at + 1);
    Diagnostic {
        message: format!("the byte 0x{byte:02x} is not UTF-8, which a source is written in"),
        place: Some(place),
        help: Some("save the file as UTF-8; the encoding of an editor is often Windows-1252".into()),
    }
}

/// Whether a file belongs to an installed package.
fn is_package(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "node_modules")
}

fn is_typescript(path: &Path) -> bool {
    // A bundler's rule, which TypeScript's own output follows: only `.mts` is Node's.
    matches!(path.extension().and_then(|extension| extension.to_str()), Some("ts" | "tsx"))
}

/// A name for JavaScript out of a file's.
pub(super) fn identifier(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '$' { character } else { '_' })
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}
