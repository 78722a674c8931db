//! Modules → one script. Top-level names of ECMAScript modules become names of the script, renamed where two collide,
//! so that an import costs nothing when it runs and bindings are live; CommonJS modules become functions.

mod shake;
#[cfg(test)]
mod tests;
mod write;

use super::analyze::{Export, RequestKind, Taken};
use super::diagnose::Diagnostic;
use super::graph::{Graph, Module, Target, identifier};
use super::trace::Lines;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use write::quoted;

/// One script.
pub(super) struct Script {
    pub(super) text: String,
    /// Where its lines come from.
    pub(super) lines: Lines,
    /// The interfaces it uses, with whether only the host bindings of the SDK do.
    pub(super) interfaces: BTreeMap<String, bool>,
    /// The modules in it, with the bytes each has.
    pub(super) modules: Vec<(usize, usize)>,
}

/// What a name of another module stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Found {
    Binding(usize, usize),
    Namespace(usize),
    /// A function of an interface, or all of it.
    Interface(String, Option<String>),
    /// A property of what a CommonJS module exports, or all of it.
    CommonJs(usize, Option<String>),
    /// Several things, by several `export *`: nothing, that is, and a mistake where it is imported.
    Ambiguous,
}

/// Links the modules that `entry` leads to; `export` is the name it exports.
pub(super) fn link(graph: &Graph<'_>, entry: usize, export: &str) -> Result<Script, Vec<Diagnostic>> {
    let mut linker = Linker::new(graph, Vec::new());
    linker.order = linker.shaken(entry);
    linker.resolve_imports();
    if !linker.diagnostics.is_empty() {
        return Err(linker.diagnostics);
    }
    linker.name_everything();
    Ok(linker.write(entry, export))
}

/// The names a module exports, as far as they are known before it runs; `None` when it may have any.
pub(super) fn exports(graph: &Graph<'_>, number: usize) -> Option<Vec<String>> {
    let linker = Linker::new(graph, Vec::new());
    let is_open =
        !graph.module(number).is_esm || linker.find_export(number, "", &mut HashSet::new()).is_some();
    (!is_open).then(|| linker.exports_of(number).into_iter().map(|(name, _)| name).collect())
}

/// What the linker's own functions call the language's.
const GLOBALS: [&str; 4] = ["Error", "Object", "Promise", "Symbol"];

/// Whether a module's calls of an interface are looked at first: all but those of the prelude, which are right.
fn checks(user: &Module, interface: &str) -> bool {
    interface.starts_with("alga:") && (!user.is_ours || user.source.name.starts_with("sdk/"))
}

/// Words that cannot be names, and names that mean something everywhere.
const RESERVED: [&str; 51] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "NaN",
    "Infinity",
];

/// How something of an interface is used, and what it is called.
#[derive(Debug, Default)]
struct Imported {
    /// The engine's own function or namespace.
    raw: String,
    /// The same behind `prelude/platform.js`, for everyone but the prelude.
    checked: String,
    /// Whether anyone calls it behind that.
    is_checked: bool,
    /// Whether anything but host bindings uses it.
    is_direct: bool,
}

struct Linker<'g> {
    graph: &'g Graph<'g>,
    order: Vec<usize>,
    /// What each imported binding stands for.
    imports: HashMap<(usize, usize), Found>,
    /// The final names of bindings that have one of their own.
    names: HashMap<(usize, usize), String>,
    /// The modules whose namespace is an object, with its name.
    namespaces: BTreeMap<usize, String>,
    /// Those of them that something requires.
    required: BTreeSet<usize>,
    /// The CommonJS modules, with the name of the function that evaluates them.
    wrappers: BTreeMap<usize, String>,
    /// What is imported of interfaces: one function, or all of them.
    interfaces: BTreeMap<(String, Option<String>), Imported>,
    /// Names of the script.
    taken: HashSet<String>,
    diagnostics: Vec<Diagnostic>,
}

impl<'g> Linker<'g> {
    fn new(graph: &'g Graph<'g>, order: Vec<usize>) -> Linker<'g> {
        let taken = RESERVED.iter().chain(&GLOBALS).chain(&write::RUNTIME);
        Linker {
            graph,
            order,
            imports: HashMap::new(),
            names: HashMap::new(),
            namespaces: BTreeMap::new(),
            required: BTreeSet::new(),
            wrappers: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            taken: taken.map(|word| (*word).to_owned()).collect(),
            diagnostics: Vec::new(),
        }
    }

    fn module(&self, number: usize) -> &'g Module {
        self.graph.module(number)
    }

    fn use_interface(&mut self, user: usize, interface: &str, function: Option<&str>) {
        let key = (interface.to_owned(), function.map(str::to_owned));
        let module = self.module(user);
        let is_checked = self.platform().is_some() && checks(module, interface);
        let entry = self.interfaces.entry(key).or_default();
        entry.is_checked |= is_checked;
        entry.is_direct |= !(module.is_ours && module.source.name.starts_with("sdk/host/"));
    }

    /// The function that stands before those of the platform.
    fn platform(&self) -> Option<Found> {
        let is_it = |number: &&usize| {
            let module = self.module(**number);
            module.is_ours && module.source.name == "prelude/platform"
        };
        let number = self.order.iter().find(is_it)?;
        self.find_export(*number, "platform", &mut HashSet::new())
    }

    fn resolve_imports(&mut self) {
        for number in self.order.clone() {
            let module = self.module(number);
            if !module.is_esm {
                self.wrappers.insert(number, String::new());
            }
            for (index, binding) in module.analysis.bindings.iter().enumerate() {
                let Some((request, taken)) = &binding.import else { continue };
                // A type that is only exported again looks like a value.
                let may_be_type = module.is_typescript() && !binding.is_used && *taken != Taken::Namespace;
                let found = match module.targets.get(*request) {
                    Some(target) if may_be_type => self.find(target, taken, &mut HashSet::new()),
                    _ => self.find_or_complain(number, *request, taken),
                };
                let Some(found) = found else { continue };
                if binding.is_used {
                    self.demand(number, &found);
                }
                self.imports.insert((number, index), found);
            }
            for export in module.analysis.exports.values() {
                if let Export::From(request, taken) = export
                    && (!module.is_typescript() || *taken == Taken::Namespace)
                {
                    self.find_or_complain(number, *request, taken);
                }
            }
            for (request, target) in module.analysis.requests.iter().zip(&module.targets) {
                let found = match (request.kind, target) {
                    (
                        RequestKind::Require
                        | RequestKind::TriedRequire
                        | RequestKind::LateRequire
                        | RequestKind::Dynamic,
                        target,
                    ) => self.all_of(target),
                    _ => None,
                };
                if let Some(found) = found {
                    if let (Found::Namespace(target), true) = (&found, request.kind != RequestKind::Dynamic) {
                        self.required.insert(*target);
                    }
                    self.demand(number, &found);
                }
            }
        }
        // A namespace object needs what its names stand for, which may be other namespaces.
        let mut done = BTreeSet::new();
        while let Some(number) = self.namespaces.keys().copied().find(|number| !done.contains(number)) {
            done.insert(number);
            for (_, found) in self.exports_of(number) {
                self.demand(number, &found);
            }
        }
    }

    /// Notes what has to be there for `user`.
    fn demand(&mut self, user: usize, found: &Found) {
        match found {
            Found::Namespace(number) => {
                self.namespaces.entry(*number).or_default();
            }
            Found::Interface(interface, function) => self.use_interface(user, interface, function.as_deref()),
            Found::Binding(..) | Found::CommonJs(..) | Found::Ambiguous => {}
        }
    }

    fn all_of(&self, target: &Target) -> Option<Found> {
        match target {
            Target::Module(number) if self.module(*number).is_esm => Some(Found::Namespace(*number)),
            Target::Module(number) => Some(Found::CommonJs(*number, None)),
            Target::Interface(interface) => Some(Found::Interface(interface.clone(), None)),
            Target::Missing => None,
        }
    }

    fn find_or_complain(&mut self, number: usize, request: usize, taken: &Taken) -> Option<Found> {
        let module = self.module(number);
        let target = module.targets.get(request)?;
        if *target == Target::Missing {
            return None;
        }
        let found = self.find(target, taken, &mut HashSet::new());
        if matches!(found, None | Some(Found::Ambiguous))
            && let Taken::Name(name) = taken
            && let Some(asked) = module.analysis.requests.get(request)
        {
            let offered = match target {
                _ if found.is_some() => Vec::new(),
                Target::Module(target) => {
                    self.exports_of(*target).into_iter().map(|(name, _)| name).collect()
                }
                Target::Interface(interface) => {
                    self.graph.functions(interface).iter().map(|function| function.name.clone()).collect()
                }
                Target::Missing => Vec::new(),
            };
            let offered: Vec<_> = offered.iter().take(30).map(|name| format!("`{name}`")).collect();
            let help = if found.is_some() {
                "export the one that is meant by its name".to_owned()
            } else if offered.is_empty() {
                "it exports nothing".to_owned()
            } else {
                format!("it has {}", offered.join(", "))
            };
            let message = match found {
                Some(_) => format!("`{}` exports `{name}` twice, by two `export *`", asked.specifier),
                None => format!("`{}` has no export `{name}`", asked.specifier),
            };
            self.diagnostics.push(module.diagnostic(asked.line, name, message, Some(help)));
            return None;
        }
        found
    }

    /// A helper of the transformer.
    fn helper(&self, target: &Target, name: &str) -> Option<Found> {
        self.find(target, &Taken::Name(name.to_owned()), &mut HashSet::new())
    }

    fn find(&self, target: &Target, taken: &Taken, seen: &mut HashSet<(usize, String)>) -> Option<Found> {
        match (target, taken) {
            (Target::Missing, _) => None,
            (Target::Module(number), Taken::Name(name)) => self.find_export(*number, name, seen),
            (Target::Interface(interface), Taken::Name(name)) if name != "default" => {
                let is_known = interface.starts_with("wasi:")
                    || self.graph.functions(interface).iter().any(|function| function.name == *name);
                is_known.then(|| Found::Interface(interface.clone(), Some(name.clone())))
            }
            (target, _) => self.all_of(target),
        }
    }

    fn find_export(&self, number: usize, name: &str, seen: &mut HashSet<(usize, String)>) -> Option<Found> {
        if !seen.insert((number, name.to_owned())) {
            return None;
        }
        let module = self.module(number);
        if !module.is_esm {
            return Some(Found::CommonJs(number, Some(name.to_owned())));
        }
        match module.analysis.exports.get(name) {
            Some(Export::Local(binding)) => {
                let import =
                    module.analysis.bindings.get(*binding).and_then(|binding| binding.import.as_ref());
                return match import {
                    Some((request, taken)) => self.find(module.targets.get(*request)?, taken, seen),
                    None => Some(Found::Binding(number, *binding)),
                };
            }
            Some(Export::From(request, taken)) => {
                return self.find(module.targets.get(*request)?, taken, seen);
            }
            None => {}
        }
        if name == "default" {
            return None;
        }
        let taken = Taken::Name(name.to_owned());
        let found = |target: &Target, seen: &mut _| self.find(target, &taken, seen);
        let mut guess = None;
        let mut first = None;
        for target in module.analysis.stars.iter().filter_map(|request| module.targets.get(*request)) {
            match found(target, seen) {
                // Whether a CommonJS module has a name is known when it runs: any other module that has it comes first.
                Some(common @ Found::CommonJs(..)) => guess = guess.or(Some(common)),
                Some(found) if first.as_ref().is_some_and(|first| *first != found) => {
                    return Some(Found::Ambiguous);
                }
                Some(found) => first = Some(found),
                None => {}
            }
        }
        first.or(guess)
    }

    /// Every name a module exports, with what it stands for.
    fn exports_of(&self, number: usize) -> Vec<(String, Found)> {
        let mut names = BTreeSet::new();
        self.export_names(number, &mut names, &mut HashSet::new());
        names
            .into_iter()
            .filter_map(|name| {
                let found = self.find_export(number, &name, &mut HashSet::new())?;
                (found != Found::Ambiguous).then_some((name, found))
            })
            .collect()
    }

    fn export_names(&self, number: usize, names: &mut BTreeSet<String>, seen: &mut HashSet<usize>) {
        if !seen.insert(number) {
            return;
        }
        let module = self.module(number);
        names.extend(module.analysis.exports.keys().cloned());
        for target in module.analysis.stars.iter().filter_map(|request| module.targets.get(*request)) {
            match target {
                Target::Module(target) => {
                    let mut inner = BTreeSet::new();
                    self.export_names(*target, &mut inner, seen);
                    inner.remove("default");
                    names.extend(inner);
                }
                Target::Interface(interface) => {
                    names
                        .extend(self.graph.functions(interface).iter().map(|function| function.name.clone()));
                }
                Target::Missing => {}
            }
        }
    }

    /// The CommonJS modules a namespace takes names of that are known only when it runs.
    fn common_stars(&self, number: usize) -> Vec<usize> {
        let module = self.module(number);
        let targets = module.analysis.stars.iter().filter_map(|request| module.targets.get(*request));
        targets
            .filter_map(|target| match target {
                Target::Module(target) if !self.module(*target).is_esm => Some(*target),
                _ => None,
            })
            .collect()
    }

    fn name_everything(&mut self) {
        let mut nested = HashSet::new();
        for number in &self.order {
            let analysis = &self.module(*number).analysis;
            self.taken.extend(analysis.globals.iter().cloned());
            nested.extend(analysis.nested.iter().cloned());
        }
        // An import must not be caught by a name that is declared further in, in the module that imports it.
        let mut caught = HashSet::new();
        for ((number, _), found) in &self.imports {
            if let Found::Binding(target, binding) = found
                && let Some(name) = self.module(*target).analysis.bindings.get(*binding)
                && self.module(*number).analysis.nested.contains(&name.name)
            {
                caught.insert((*target, *binding));
            }
        }
        for number in &self.order {
            let module = self.module(*number);
            for (request, target) in module.analysis.requests.iter().zip(&module.targets) {
                if request.kind == RequestKind::Helper
                    && module.analysis.nested.contains(&request.specifier)
                    && let Some(Found::Binding(target, binding)) = self.helper(target, &request.specifier)
                {
                    caught.insert((target, binding));
                }
            }
        }
        for number in self.order.clone() {
            for (index, binding) in self.module(number).analysis.bindings.iter().enumerate() {
                let is_own = match self.imports.get(&(number, index)) {
                    Some(found) => matches!(found, Found::CommonJs(..)),
                    None => binding.import.is_none(),
                };
                if is_own {
                    let keep = !caught.contains(&(number, index));
                    let name = self.unique(&binding.name, keep, &nested);
                    self.names.insert((number, index), name);
                }
            }
        }
        let stem = |name: &str| {
            identifier(name.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default())
        };
        for number in self.namespaces.keys().copied().collect::<Vec<_>>() {
            let name =
                self.unique(&format!("{}_namespace", stem(&self.module(number).source.name)), false, &nested);
            self.namespaces.insert(number, name);
        }
        for number in self.wrappers.keys().copied().collect::<Vec<_>>() {
            let name =
                self.unique(&format!("require_{}", stem(&self.module(number).source.name)), false, &nested);
            self.wrappers.insert(number, name);
        }
        for key in self.interfaces.keys().cloned().collect::<Vec<_>>() {
            let (interface, function) = &key;
            let wanted = match function {
                Some(function) => function.clone(),
                None => stem(interface),
            };
            let name = self.unique(&wanted, false, &nested);
            let raw = self.unique(&format!("{wanted}_raw"), false, &nested);
            if let Some(entry) = self.interfaces.get_mut(&key) {
                entry.checked = name;
                entry.raw = raw;
            }
        }
    }

    /// A name nobody has: `wanted` itself where it may stay, else with a number.
    fn unique(&mut self, wanted: &str, may_stay: bool, nested: &HashSet<String>) -> String {
        if may_stay && !self.taken.contains(wanted) {
            self.taken.insert(wanted.to_owned());
            return wanted.to_owned();
        }
        let mut name = wanted.to_owned();
        let mut number = 0;
        while self.taken.contains(&name) || nested.contains(&name) {
            number += 1;
            name = format!("{wanted}${number}");
        }
        self.taken.insert(name.clone());
        name
    }

    /// The expression that a name of another module is read with.
    fn expression(&self, user: usize, found: &Found) -> String {
        match found {
            Found::Binding(number, binding) => {
                self.names.get(&(*number, *binding)).cloned().unwrap_or_default()
            }
            Found::Namespace(number) => self.namespaces.get(number).cloned().unwrap_or_default(),
            Found::Ambiguous => "undefined".to_owned(),
            Found::Interface(interface, function) => {
                let key = (interface.clone(), function.clone());
                let Some(imported) = self.interfaces.get(&key) else { return String::new() };
                let is_checked = imported.is_checked && checks(self.module(user), interface);
                if is_checked { imported.checked.clone() } else { imported.raw.clone() }
            }
            Found::CommonJs(number, property) => {
                let wrapper = self.wrappers.get(number).cloned().unwrap_or_default();
                let all = format!("$interop({wrapper}(), {})", self.module(user).is_node);
                match property {
                    Some(name) => format!("{all}[{}]", quoted(name)),
                    None => all,
                }
            }
        }
    }

    /// The final name of a binding.
    fn binding(&self, number: usize, binding: usize) -> String {
        match self.imports.get(&(number, binding)) {
            Some(found) if !matches!(found, Found::CommonJs(..)) => self.expression(number, found),
            _ => self.names.get(&(number, binding)).cloned().unwrap_or_default(),
        }
    }
}
