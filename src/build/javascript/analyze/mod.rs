//! What a module asks of others and offers to them, and where its text has to change when modules become one script.

mod declarations;
mod visit;

use oxc::allocator::Allocator;
use oxc::ast::ast::{Class, Expression, IdentifierReference};
use oxc::ast_visit::Visit;
use oxc::parser::Parser;
use oxc::semantic::{Scoping, SemanticBuilder, SymbolId};
use oxc::span::{SourceType, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The object the transformer calls its helpers on.
const HELPERS: &str = "babelHelpers";

/// Methods whose arguments are a locale and options; without `Intl` they are not heeded.
const LOCALIZED: [&str; 3] = ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"];

/// How a module asks for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// `import … from`, `export … from`.
    Import,
    /// `require(…)`.
    Require,
    /// `require(…)` inside `try`: it may fail when it runs, not before.
    TriedRequire,
    /// `require(…)` inside a function, which may never be called.
    LateRequire,
    /// `import(…)`.
    Dynamic,
    /// A helper of the transformer.
    Helper,
}

/// One specifier a module asks for in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) specifier: String,
    pub(super) kind: RequestKind,
    /// The line of the transformed code, counted from 0.
    pub(super) line: usize,
}

/// What an import or re-export takes of the other module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    Name(String),
    Namespace,
}

/// A name at the top level of a module.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) name: String,
    /// What it stands for, when it is imported: which request, and what of it.
    pub(super) import: Option<(usize, Taken)>,
    /// Whether anything in the module refers to it; exporting it does not count.
    pub(super) is_used: bool,
    /// Where it is declared in the transformed code, in bytes.
    pub(super) at: usize,
}

/// What an exported name stands for.
#[derive(Debug, Clone)]
pub(super) enum Export {
    /// A binding of the module.
    Local(usize),
    /// Something of another module.
    From(usize, Taken),
}

/// What is put in the place of a piece of text.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Literal(String),
    /// The final name of a binding.
    Binding(usize),
    /// `name: final`, where `{ name }` was written.
    Property(usize),
    /// The value of a `require(…)`, `import(…)` or helper.
    Request(usize),
    /// The value of a helper and the parenthesis that a call of it begins with.
    Call(usize),
    /// The same behind `throw`, and a parenthesis around what is thrown.
    Throw(usize),
    /// The end of that parenthesis, and where the byte of the transformed code comes from as a last argument.
    Place(usize),
    /// `const final = `, where `export default` was written before an expression.
    Declaration(usize),
    /// The final name, put into a function or class that has none.
    Naming(usize),
    /// What tells a class, inside its body, the name its source knows it by.
    ClassName(usize),
    /// The same for a function, behind it.
    FunctionName(usize),
}

/// A piece of text to replace, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: Text,
}

/// What is known about a module's text.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    pub(super) requests: Vec<Request>,
    pub(super) bindings: Vec<Binding>,
    pub(super) exports: BTreeMap<String, Export>,
    /// The binding of a default export that has no name of its own.
    pub(super) default: Option<usize>,
    /// The requests of `export * from`.
    pub(super) stars: Vec<usize>,
    /// Names declared below the top level.
    pub(super) nested: HashSet<String>,
    /// Names nothing declares.
    pub(super) globals: BTreeSet<String>,
    /// In order, without overlaps.
    pub(super) edits: Vec<Edit>,
    /// The line, counted from 0, of the first use of `Intl`, or of a method that heeds a locale only with it.
    pub(super) intl: Option<(usize, &'static str)>,
    /// The imported names that are assigned to, with lines counted from 0.
    pub(super) assigned: Vec<(usize, String)>,
    /// The line, counted from 0, of what only sloppy mode allows, and what is wrong with it.
    pub(super) sloppy: Option<(usize, String)>,
    /// The line of an `import(…)` whose specifier is not a literal, counted from 0.
    pub(super) computed_import: Option<usize>,
}

/// Reads a module's transformed code. `stem` names a default export that has no name of its own; `notes_throws` is
/// whether what it throws is noted where it may be no error.
pub(super) fn analyze(
    code: &str,
    is_module: bool,
    stem: &str,
    notes_throws: bool,
) -> Result<Analysis, String> {
    let allocator = Allocator::default();
    let kind = if is_module { SourceType::mjs() } else { SourceType::cjs() };
    let parsed = Parser::new(&allocator, code, kind).parse();
    if let Some(diagnostic) = parsed.diagnostics.errors().next() {
        return Err(diagnostic.message.to_string());
    }
    let program = parsed.program;
    let semantic = SemanticBuilder::new().build(&program).semantic;
    let scoping = semantic.scoping();
    let mut reader = Reader::new(code, scoping, is_module);
    reader.notes_throws = notes_throws;
    if is_module {
        reader.read_declarations(&program, stem);
    }
    reader.visit_program(&program);
    let mut found = reader.finish();
    if !is_module {
        found.sloppy = sloppy(code);
    }
    Ok(found)
}

/// What strict mode, in which every part of a script runs, refuses of a CommonJS module.
fn sloppy(code: &str) -> Option<(usize, String)> {
    const DIRECTIVE: &str = "'use strict';";
    let strict = format!("{DIRECTIVE}{code}");
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &strict, SourceType::cjs()).parse();
    let checked = SemanticBuilder::new().with_check_syntax_error(true).build(&parsed.program);
    let diagnostic = parsed.diagnostics.errors().chain(checked.diagnostics.errors()).next()?;
    let offset = diagnostic.labels.first().map_or(0, |label| label.offset() as usize);
    let line = strict.get(..offset).unwrap_or_default().matches('\n').count();
    Some((line, diagnostic.message.to_string()))
}

struct Reader<'s> {
    code: &'s str,
    scoping: &'s Scoping,
    found: Analysis,
    /// The top-level symbols' places in [`Analysis::bindings`].
    places: HashMap<SymbolId, usize>,
    functions: usize,
    tries: usize,
    notes_throws: bool,
}

impl<'s> Reader<'s> {
    fn new(code: &'s str, scoping: &'s Scoping, is_module: bool) -> Reader<'s> {
        let mut found = Analysis::default();
        let mut places = HashMap::new();
        for symbol in scoping.symbol_ids() {
            let name = scoping.symbol_name(symbol).to_owned();
            if is_module && scoping.symbol_scope_id(symbol) == scoping.root_scope_id() {
                places.insert(symbol, found.bindings.len());
                let at = scoping.symbol_span(symbol).start as usize;
                found.bindings.push(Binding { name, import: None, is_used: false, at });
            } else {
                found.nested.insert(name);
            }
        }
        found.globals =
            scoping.root_unresolved_references().keys().map(|name| name.as_str().to_owned()).collect();
        Reader { code, scoping, found, places, functions: 0, tries: 0, notes_throws: false }
    }

    fn finish(mut self) -> Analysis {
        // An outer edit covers the inner ones: what is removed needs no new names.
        self.found.edits.sort_by_key(|edit| (edit.start, std::cmp::Reverse(edit.end)));
        let mut end = 0;
        self.found.edits.retain(|edit| {
            let keep = edit.start >= end;
            if keep {
                end = edit.end;
            }
            keep
        });
        self.found
    }

    fn edit(&mut self, start: u32, end: u32, text: Text) {
        self.found.edits.push(Edit { start: start as usize, end: end as usize, text });
    }

    fn remove(&mut self, span: Span) {
        self.edit(span.start, span.end, Text::Literal(String::new()));
    }

    fn line(&self, offset: u32) -> usize {
        self.code.get(..offset as usize).unwrap_or_default().matches('\n').count()
    }

    fn request(&mut self, specifier: &str, kind: RequestKind, offset: u32) -> usize {
        let same = |request: &Request| request.specifier == specifier && request.kind == kind;
        if let Some(index) = self.found.requests.iter().position(same) {
            return index;
        }
        let line = self.line(offset);
        self.found.requests.push(Request { specifier: specifier.to_owned(), kind, line });
        self.found.requests.len() - 1
    }

    fn binding(&self, name: &str) -> Option<usize> {
        let symbol = self.scoping.get_root_binding(name.into())?;
        self.places.get(&symbol).copied()
    }

    /// The binding a reference is of, which is used by it.
    fn refer(&mut self, identifier: &IdentifierReference<'_>) -> Option<usize> {
        let reference = self.scoping.get_reference(identifier.reference_id.get()?);
        let place = self.places.get(&reference.symbol_id()?).copied()?;
        let binding = self.found.bindings.get_mut(place)?;
        binding.is_used = true;
        if reference.is_write() && binding.import.is_some() {
            let name = binding.name.clone();
            // Counting lines takes its time: only what is reported needs one.
            self.found.assigned.push((self.line(identifier.span.start), name));
        }
        Some(place)
    }

    /// A class that is renamed, or has no name, is told the one its source knows it by, unless it has its own.
    fn name_class(&mut self, class: &Class<'_>, binding: usize) {
        let has_name =
            class.body.body.iter().any(|element| {
                element.r#static() && element.static_name().is_some_and(|name| name == "name")
            });
        if !has_name {
            let at = class.body.span.start + 1;
            self.edit(at, at, Text::ClassName(binding));
        }
    }

    fn is_global(&self, expression: &Expression<'_>, name: &str) -> bool {
        let Expression::Identifier(identifier) = expression else { return false };
        identifier.name == name && self.is_unresolved(identifier)
    }

    fn is_unresolved(&self, identifier: &IdentifierReference<'_>) -> bool {
        let reference = identifier.reference_id.get();
        reference.is_some_and(|reference| self.scoping.get_reference(reference).symbol_id().is_none())
    }

    /// Whether a value is an error for all its text shows: one that is made, or one that was caught.
    fn is_error(&self, thrown: &Expression<'_>) -> bool {
        match thrown {
            Expression::NewExpression(_) => true,
            // A minifier leaves out the `new` of the language's own.
            Expression::CallExpression(call) => matches!(&call.callee, Expression::Identifier(called)
                if called.name.ends_with("Error") && self.is_unresolved(called)),
            // It draws the statements before together with the `throw`, too: the last value is what is thrown.
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.last().is_some_and(|last| self.is_error(last))
            }
            Expression::ParenthesizedExpression(inner) => self.is_error(&inner.expression),
            Expression::Identifier(identifier) => {
                let reference = identifier.reference_id.get();
                let symbol = reference.and_then(|id| self.scoping.get_reference(id).symbol_id());
                symbol.is_some_and(|symbol| self.scoping.symbol_flags(symbol).is_catch_variable())
            }
            _ => false,
        }
    }

    fn note_intl(&mut self, offset: u32, what: &'static str) {
        if self.found.intl.is_none() {
            self.found.intl = Some((self.line(offset), what));
        }
    }
}
