//! Every module the entry leads to, read, transformed and analyzed; every mistake on the way is collected.

use super::analyze::{self, Analysis, RequestKind};
use super::builtin;
use super::diagnose::{Diagnostic, Place, Source};
use super::reach::Reach;
use super::resolve::{self, Resolved, Resolver, Unresolved};
use super::trace::Mark;
use super::transform::{self, Format};
use super::world::Function;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

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

/// One module.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not exclude each other")]
pub(super) struct Module {
    pub(super) source: Source,
    /// Whether it is one of ours.
    pub(super) is_ours: bool,
    /// Whether it is an ECMAScript module, and not CommonJS.
    pub(super) is_esm: bool,
    /// Whether its imports of CommonJS are Node's: `default` is `module.exports`.
    pub(super) is_node: bool,
    /// Whether loading it does nothing, so that it is left out when nothing is taken from it.
    pub(super) is_pure: bool,
    pub(super) code: String,
    pub(super) lines: Vec<usize>,
    /// For each line of the code where its pieces come from.
    pub(super) marks: Vec<Vec<Mark>>,
    pub(super) reach: Reach,
    pub(super) analysis: Analysis,
    /// What each request of the analysis leads to.
    pub(super) targets: Vec<Target>,
}

impl Module {
    /// Whether it was written in TypeScript.
    pub(super) fn is_typescript(&self) -> bool {
        let extension = self.source.path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("ts" | "tsx" | "mts" | "cts"))
    }

    /// Whether it is the project's own, and no package's.
    pub(super) fn is_authors(&self) -> bool {
        let mut parts = self.source.path.components();
        !self.is_ours && !parts.any(|part| part.as_os_str() == "node_modules")
    }

    /// A mistake at a line of the transformed code, counted from 0, on `word`.
    pub(super) fn diagnostic(
        &self,
        line: usize,
        word: &str,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        // A line that nothing is known of follows the last one that something is known of.
        let known = self.lines.get(..=line).unwrap_or(&self.lines).iter().rev().find(|line| **line > 0);
        let place = Some(self.source.word_on_line(known.copied().unwrap_or(1), word));
        Diagnostic { message, place, help }
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
    /// The folder of the SDK's package, when it is installed.
    sdk: Option<PathBuf>,
    /// The packages that were warned of for their use of `Intl`.
    localized: HashSet<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) warnings: Vec<String>,
    pub(super) inputs: Vec<PathBuf>,
}

/// Something that has to be read.
enum Wanted {
    File(PathBuf),
    Ours(&'static str),
}

impl<'p> Graph<'p> {
    pub(super) fn new(root: &'p Path, resolver: &'p Resolver, minify: bool) -> Graph<'p> {
        Graph {
            root,
            resolver,
            modules: Vec::new(),
            absent: Module::default(),
            files: HashMap::new(),
            ours: HashMap::new(),
            packages: HashMap::new(),
            minify,
            sdk: None,
            localized: HashSet::new(),
            diagnostics: Vec::new(),
            warnings: resolver.warning.iter().cloned().collect(),
            inputs: Vec::new(),
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
                self.inputs.push(path.clone());
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
        match fs_err::read_to_string(path) {
            Ok(text) => text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
            Err(error) => {
                self.diagnostics.push(complain(error.to_string()));
                String::new()
            }
        }
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

    /// Transforms and analyzes a source, and adds it; a faulty one is added empty.
    fn push(&mut self, source: Source, format: Format, is_ours: bool) -> usize {
        let mut module = Module {
            is_ours,
            is_esm: true,
            is_node: format == Format::Module && !is_typescript(&source.path),
            is_pure: if is_ours {
                source.name.starts_with("sdk/")
            } else {
                self.is_pure_package(&source.path)
            },
            code: String::new(),
            lines: Vec::new(),
            marks: Vec::new(),
            reach: Reach::default(),
            analysis: Analysis::default(),
            targets: Vec::new(),
            source,
        };
        let extension = module.source.path.extension().and_then(|extension| extension.to_str());
        match extension.unwrap_or("js") {
            "json" => self.read_json(&mut module),
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => {
                match transform::transform(&module.source, format, self.minify) {
                    Ok(transformed) => {
                        module.is_esm = transformed.is_module;
                        module.code = transformed.code;
                        module.lines = transformed.lines;
                        module.marks = transformed.marks;
                        module.reach = transformed.reach;
                    }
                    Err(diagnostics) => self.diagnostics.extend(diagnostics),
                }
            }
            _ => {
                let message = format!("`{}` is neither JavaScript, TypeScript nor JSON", module.source.name);
                self.diagnostics.push(Diagnostic { message, place: None, help: None });
            }
        }
        self.analyze(&mut module);
        self.modules.push(module);
        self.modules.len() - 1
    }

    fn read_json(&mut self, module: &mut Module) {
        module.is_esm = false;
        match serde_json::from_str::<serde::de::IgnoredAny>(&module.source.text) {
            // JSON is almost an expression of JavaScript: there, `__proto__` is no key like others.
            Ok(_) => {
                let text = serde_json::Value::from(module.source.text.trim()).to_string();
                module.code = format!("module.exports = JSON.parse({text});");
            }
            Err(error) => {
                let before: usize = module
                    .source
                    .text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1))
                    .map(str::len)
                    .sum();
                let at = before + error.column().saturating_sub(1);
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default().to_owned();
                let place = Some(module.source.place(at, at + 1));
                self.diagnostics.push(Diagnostic { message, place, help: None });
            }
        }
    }

    fn analyze(&mut self, module: &mut Module) {
        let stem = module.source.name.rsplit('/').next().unwrap_or_default();
        let stem = identifier(stem.split('.').next().unwrap_or_default());
        match analyze::analyze(&module.code, module.is_esm, &stem) {
            Ok(analysis) => module.analysis = analysis,
            Err(message) => {
                self.diagnostics.push(Diagnostic {
                    message: format!(
                        "`{}` was transformed into something else than JavaScript: {message}",
                        module.source.name
                    ),
                    place: None,
                    help: None,
                });
            }
        }
        for (line, name) in module.analysis.assigned.clone() {
            let help = "assign to it in the module that exports it, in a function that it exports".to_owned();
            let message = format!("`{name}` is imported, and an import cannot be assigned to");
            self.diagnostics.push(module.diagnostic(line, &name, message, Some(help)));
        }
        if let Some((line, why)) = &module.analysis.sloppy {
            let help =
                "a newer version of the package, or another one, may be written for strict mode".to_owned();
            let message = format!("everything in a component runs in strict mode, and this does not: {why}");
            self.diagnostics.push(module.diagnostic(*line, "", message, Some(help)));
        }
        if let Some(line) = module.analysis.computed_import {
            let help = "write the specifier as a string".to_owned();
            let message = "`import(…)` needs a specifier that is known at build time".to_owned();
            self.diagnostics.push(module.diagnostic(line, "import", message, Some(help)));
        }
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
