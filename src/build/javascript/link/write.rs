//! The script as it is written, once everything has its name.

use super::super::analyze::{Edit, Export, RequestKind, Text};
use super::super::graph::Target;
use super::super::trace::{Lines, Mark};
use super::super::world::Function;
use super::{Found, Linker, Script};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::ops::Range;

/// Functions the linked script may need, one a line.
const SOURCE: &str = include_str!("../prelude/link.js");
/// Their names, in the order of the lines.
pub(super) const RUNTIME: [&str; 8] =
    ["$namespace", "$commonjs", "$require", "$missing", "$interop", "$star", "$lazily", "$name"];

impl Linker<'_> {
    pub(super) fn write(&self, entry: usize, export: &str) -> Script {
        let mut out = Output::default();
        let mut used: BTreeMap<String, bool> = BTreeMap::new();
        for ((interface, function), imported) in &self.interfaces {
            let raw = &imported.raw;
            match function {
                Some(function) => {
                    out.line(&format!("import {{ {function} as {raw} }} from {};", quoted(interface)));
                }
                None => out.line(&format!("import * as {raw} from {};", quoted(interface))),
            }
            *used.entry(interface.clone()).or_insert(true) &= !imported.is_direct;
        }
        for ((interface, function), imported) in &self.interfaces {
            if imported.is_checked {
                let value = self.checked(interface, function.as_deref(), &imported.raw, entry);
                out.line(&format!("const {} = {value};", imported.checked));
            }
        }
        for (number, name) in &self.namespaces {
            let mut text = format!("const {name} = $namespace({{ __proto__: null");
            for (export, found) in self.exports_of(*number) {
                let _ = write!(
                    text,
                    ", get {}() {{ return {}; }}",
                    quoted(&export),
                    self.expression(*number, &found)
                );
            }
            let (is_whole, is_required) =
                (self.common_stars(*number).is_empty(), self.required.contains(number));
            out.line(&format!("{text} }}, {is_whole}{});", if is_required { ", true" } else { "" }));
        }
        for (number, name) in &self.wrappers {
            out.line(&format!("const {name} = $commonjs(function (module, exports, require) {{"));
            sized(*number, &mut out, |out| self.write_module(*number, out));
            out.line("});");
        }
        let eager = self.eager();
        for number in &self.order {
            if let Some(wrapper) = self.wrappers.get(number) {
                if eager.contains(number) {
                    out.line(&format!("{wrapper}();"));
                }
                continue;
            }
            for ((user, binding), found) in self.imports_of(*number) {
                if matches!(found, Found::CommonJs(..)) && self.is_used(user, binding) {
                    let name = self.binding(user, binding);
                    out.line(&format!("const {name} = {};", self.expression(user, found)));
                }
            }
            sized(*number, &mut out, |out| self.write_module(*number, out));
            if let Some(namespace) = self.namespaces.get(number) {
                for common in self.common_stars(*number) {
                    let all = self.expression(*number, &Found::CommonJs(common, None));
                    out.line(&format!("$star({namespace}, {all});"));
                }
            }
        }
        if let Some(found) = self.find_export(entry, export, &mut HashSet::new()) {
            out.line(&format!("export {{ {} as {export} }};", self.expression(entry, &found)));
        }
        // Functions are there before anything runs, wherever they stand; one may need another that comes later.
        for (name, line) in RUNTIME.iter().zip(SOURCE.lines()) {
            if out.text.contains(&format!("{name}(")) || out.text.contains(&format!("{name})")) {
                out.line(line);
            }
        }
        let Output { mut text, lines, modules } = out;
        let _ = writeln!(text, "function $lines() {{ return {}; }}", quoted(&lines.encode()));
        Script { text, lines, interfaces: used, modules }
    }

    /// One function of an interface, or all of them, behind the one that looks at what they are given.
    fn checked(&self, interface: &str, wanted: Option<&str>, raw: &str, entry: usize) -> String {
        let platform = self.platform().map(|found| self.expression(entry, &found)).unwrap_or_default();
        let short = interface.rsplit('/').next().unwrap_or_default();
        let behind = |whole: &str, function: &Function| {
            let place = quoted(&format!("{short}.{}", function.name));
            format!("{platform}({place}, {whole}, {}, {})", function.required, function.checks)
        };
        let mut functions = self.graph.functions(interface).iter();
        if let Some(wanted) = wanted {
            let found = functions.find(|function| function.name == wanted);
            return found.map_or_else(|| raw.to_owned(), |function| behind(raw, function));
        }
        let own = functions.map(|function| {
            format!("{}: {}", function.name, behind(&format!("{raw}.{}", function.name), function))
        });
        format!("{{ __proto__: null, {} }}", own.collect::<Vec<_>>().join(", "))
    }

    fn is_used(&self, number: usize, binding: usize) -> bool {
        let analysis = &self.module(number).analysis;
        let exported = analysis
            .exports
            .values()
            .any(|export| matches!(export, Export::Local(local) if *local == binding));
        exported || analysis.bindings.get(binding).is_some_and(|binding| binding.is_used)
    }

    fn imports_of(&self, number: usize) -> Vec<((usize, usize), &Found)> {
        (0..self.module(number).analysis.bindings.len())
            .filter_map(|binding| Some(((number, binding), self.imports.get(&(number, binding))?)))
            .collect()
    }

    /// The CommonJS modules that an ECMAScript module asks for: they run in their turn, not when first required.
    fn eager(&self) -> HashSet<usize> {
        let mut eager = HashSet::new();
        for number in &self.order {
            let module = self.module(*number);
            for (request, target) in module.analysis.requests.iter().zip(&module.targets) {
                if let (RequestKind::Import | RequestKind::Dynamic, Target::Module(target)) =
                    (request.kind, target)
                {
                    eager.insert(*target);
                }
            }
        }
        eager
    }

    fn write_module(&self, number: usize, out: &mut Output) {
        let module = self.module(number);
        let mut text = String::with_capacity(module.code.len());
        let mut moves = Vec::new();
        let mut at = 0;
        for edit in &module.analysis.edits {
            text.push_str(module.code.get(at..edit.start).unwrap_or_default());
            let start = text.len();
            text.push_str(&self.replacement(number, edit));
            // The lines of what is removed stay, so that every line keeps its number.
            let removed = module.code.get(edit.start..edit.end).unwrap_or_default();
            text.extend(removed.chars().filter(|character| *character == '\n'));
            moves.push(Move { from: edit.start..edit.end, to: start..text.len() });
            at = edit.end;
        }
        text.push_str(module.code.get(at..).unwrap_or_default());
        let file = if module.is_ours { 0 } else { out.lines.file(&module.source.name) };
        let has_columns = module.is_authors() && !module.marks.is_empty();
        let (mut old_start, mut new_start) = (0, 0);
        let mut old_lines = module.code.split_inclusive('\n');
        let mut origin = 0;
        for (index, line) in text.lines().enumerate() {
            if let Some(known) = module.lines.get(index).filter(|line| **line > 0) {
                origin = *known;
            }
            // Blank ones too: they may stand in a template literal.
            let marks = module.marks.get(index).map(Vec::as_slice).unwrap_or_default();
            let end = new_start + line.len();
            let placed = marks.iter().filter_map(|mark| {
                let at = moved(&moves, old_start + mark.at)?;
                (new_start..=end).contains(&at).then(|| Mark { at: at - new_start, ..*mark })
            });
            let placed = if file == 0 { Vec::new() } else { placed.collect() };
            out.text.push_str(line);
            out.text.push('\n');
            if has_columns {
                out.lines.push_marks(file, placed);
            } else {
                out.lines.push(file, origin, placed);
            }
            new_start = end + 1;
            old_start += old_lines.next().map_or(0, str::len);
        }
    }

    fn replacement(&self, number: usize, edit: &Edit) -> String {
        match &edit.text {
            Text::Literal(text) => text.clone(),
            Text::Binding(binding) => self.binding(number, *binding),
            Text::Naming(binding) => format!(" {}", self.binding(number, *binding)),
            Text::ClassName(binding) => match self.lost_name(number, *binding) {
                Some(name) => format!(" static {{ $name(this, {}); }} ", quoted(name)),
                None => String::new(),
            },
            Text::FunctionName(binding) => match self.lost_name(number, *binding) {
                Some(name) => format!(" $name({}, {});", self.binding(number, *binding), quoted(name)),
                None => String::new(),
            },
            Text::Declaration(binding) => format!("const {} = ", self.binding(number, *binding)),
            Text::Property(binding) => {
                let name =
                    self.module(number).analysis.bindings.get(*binding).map(|binding| binding.name.as_str());
                format!("{}: {}", name.unwrap_or_default(), self.binding(number, *binding))
            }
            Text::Request(request) => self.requested(number, *request),
            Text::Call(request) => self.requested(number, *request) + "(",
            Text::Place(at) => {
                format!("), {})", quoted(&self.module(number).place(*at).unwrap_or_default()))
            }
            Text::Throw(request) => {
                // What is thrown may be `a, b`, which is one value and would be two arguments.
                format!("throw {}((", self.requested(number, *request))
            }
        }
    }

    /// The name a function or class has in its source, when it has another one in the script.
    fn lost_name(&self, number: usize, binding: usize) -> Option<&str> {
        let analysis = &self.module(number).analysis;
        if analysis.default == Some(binding) {
            return Some("default");
        }
        let name = analysis.bindings.get(binding)?.name.as_str();
        (name != self.binding(number, binding)).then_some(name)
    }

    fn requested(&self, number: usize, request: usize) -> String {
        let module = self.module(number);
        let (Some(asked), Some(target)) =
            (module.analysis.requests.get(request), module.targets.get(request))
        else {
            return String::new();
        };
        let missing = || format!("$missing({})", quoted(&asked.specifier));
        match asked.kind {
            RequestKind::Import => String::new(),
            RequestKind::Helper => self
                .helper(target, &asked.specifier)
                .map_or_else(missing, |found| self.expression(number, &found)),
            RequestKind::Require | RequestKind::TriedRequire | RequestKind::LateRequire => match target {
                Target::Module(target) if !self.module(*target).is_esm => {
                    format!("{}()", self.wrappers.get(target).cloned().unwrap_or_default())
                }
                target => self.all_of(target).map_or_else(missing, |found| self.expression(number, &found)),
            },
            RequestKind::Dynamic => {
                let value = self.all_of(target).map_or_else(missing, |found| self.expression(number, &found));
                format!("$lazily(() => {value})")
            }
        }
    }
}

/// A piece of a module's code that was replaced, and where its replacement stands.
struct Move {
    from: Range<usize>,
    to: Range<usize>,
}

/// Where a place of the code went; none when it is inside of what was replaced.
fn moved(moves: &[Move], at: usize) -> Option<usize> {
    let before = moves.partition_point(|one| one.from.start <= at);
    let Some(last) = before.checked_sub(1).and_then(|index| moves.get(index)) else { return Some(at) };
    if at == last.from.start && !last.from.is_empty() {
        return Some(last.to.start);
    }
    (at >= last.from.end).then(|| last.to.end + (at - last.from.end))
}

/// A string of JavaScript. JSON's strings are.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The script as it is written.
#[derive(Default)]
struct Output {
    text: String,
    lines: Lines,
    /// The modules that were written, with their bytes.
    modules: Vec<(usize, usize)>,
}

/// Writes a module and notes how long it is.
fn sized(number: usize, out: &mut Output, write: impl FnOnce(&mut Output)) {
    let start = out.text.len();
    write(out);
    out.modules.push((number, out.text.len() - start));
}

impl Output {
    /// A line of ours.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push(0, 0, Vec::new());
    }
}
