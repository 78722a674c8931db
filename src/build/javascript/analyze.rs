//! What a module asks of others and offers to them, and where its text has to change when modules become one script.

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, AssignmentTargetPropertyIdentifier, AwaitExpression, BindingIdentifier, BindingPattern,
    BindingProperty, CallExpression, Class, ClassType, Declaration, ExportDefaultDeclarationKind,
    ExportNamedDeclaration, Expression, ForOfStatement, FunctionType, IdentifierReference,
    ImportDeclarationSpecifier, ImportExpression, ImportMeta, ModuleExportName, ObjectProperty, Program,
    Statement, StaticMemberExpression, TryStatement, UnaryExpression, UnaryOperator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::semantic::{ScopeFlags, Scoping, SemanticBuilder, SymbolId};
use oxc::span::{GetSpan, SourceType, Span};
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

/// Reads a module's transformed code. `stem` names a default export that has no name of its own.
pub(super) fn analyze(code: &str, is_module: bool, stem: &str) -> Result<Analysis, String> {
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
}

impl<'s> Reader<'s> {
    fn new(code: &'s str, scoping: &'s Scoping, is_module: bool) -> Reader<'s> {
        let mut found = Analysis::default();
        let mut places = HashMap::new();
        for symbol in scoping.symbol_ids() {
            let name = scoping.symbol_name(symbol).to_owned();
            if is_module && scoping.symbol_scope_id(symbol) == scoping.root_scope_id() {
                places.insert(symbol, found.bindings.len());
                found.bindings.push(Binding { name, import: None, is_used: false });
            } else {
                found.nested.insert(name);
            }
        }
        found.globals =
            scoping.root_unresolved_references().keys().map(|name| name.as_str().to_owned()).collect();
        Reader { code, scoping, found, places, functions: 0, tries: 0 }
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
        self.places.get(&self.scoping.get_root_binding(name.into())?).copied()
    }

    /// Reads `import` and `export`, and takes them out of the text.
    fn read_declarations(&mut self, program: &Program<'_>, stem: &str) {
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => {
                    let request =
                        self.request(&import.source.value, RequestKind::Import, import.source.span.start);
                    for specifier in import.specifiers.iter().flatten() {
                        let taken = match specifier {
                            ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                                Taken::Name(specifier.imported.name().to_string())
                            }
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                                Taken::Name("default".into())
                            }
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => Taken::Namespace,
                        };
                        let place = specifier.local().symbol_id.get().and_then(|id| self.places.get(&id));
                        if let Some(binding) = place.and_then(|place| self.found.bindings.get_mut(*place)) {
                            binding.import = Some((request, taken));
                        }
                    }
                    self.remove(import.span);
                }
                Statement::ExportAllDeclaration(export) => {
                    let request =
                        self.request(&export.source.value, RequestKind::Import, export.source.span.start);
                    match &export.exported {
                        Some(name) => {
                            let export = Export::From(request, Taken::Namespace);
                            self.found.exports.insert(name.name().to_string(), export);
                        }
                        None => self.found.stars.push(request),
                    }
                    self.remove(export.span);
                }
                Statement::ExportFromDeclaration(export) => {
                    let request =
                        self.request(&export.source.value, RequestKind::Import, export.source.span.start);
                    for specifier in &export.specifiers {
                        let taken = Taken::Name(specifier.local.name().to_string());
                        let name = specifier.exported.name().to_string();
                        self.found.exports.insert(name, Export::From(request, taken));
                    }
                    self.remove(export.span);
                }
                Statement::ExportNamedDeclaration(export) => {
                    for specifier in &export.specifiers {
                        self.export(&specifier.local, specifier.exported.name().as_str());
                    }
                    self.remove(export.span);
                }
                Statement::ExportDeclaration(export) => {
                    self.export_declaration(&export.declaration);
                    self.edit(
                        export.span.start,
                        export.declaration.span().start,
                        Text::Literal(String::new()),
                    );
                }
                Statement::ExportDefaultDeclaration(export) => {
                    self.export_default(export.span, &export.declaration, stem);
                }
                _ => {}
            }
        }
    }

    fn export(&mut self, local: &ModuleExportName<'_>, exported: &str) {
        if let Some(binding) = self.binding(local.name().as_str()) {
            self.found.exports.insert(exported.to_owned(), Export::Local(binding));
        }
    }

    fn export_declaration(&mut self, declaration: &Declaration<'_>) {
        let mut names = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for declarator in &variables.declarations {
                    let identifiers = declarator.id.get_binding_identifiers();
                    names.extend(identifiers.into_iter().map(|identifier| identifier.name.to_string()));
                }
            }
            Declaration::FunctionDeclaration(function) => {
                names.extend(function.name().map(|name| name.to_string()));
            }
            Declaration::ClassDeclaration(class) => names.extend(class.name().map(|name| name.to_string())),
            _ => {}
        }
        for name in names {
            if let Some(binding) = self.binding(&name) {
                self.found.exports.insert(name, Export::Local(binding));
            }
        }
    }

    fn export_default(&mut self, span: Span, declaration: &ExportDefaultDeclarationKind<'_>, stem: &str) {
        let start = declaration.span().start;
        let (name, insertion) = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                (function.name(), Some(function.params.span.start))
            }
            // `class` is five letters long.
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                (class.name(), Some(class.span.start + 5))
            }
            _ => (None, None),
        };
        if let Some(binding) = name.and_then(|name| self.binding(name.as_str())) {
            self.found.exports.insert("default".into(), Export::Local(binding));
            self.edit(span.start, start, Text::Literal(String::new()));
            return;
        }
        let binding = self.found.bindings.len();
        self.found.bindings.push(Binding { name: format!("{stem}_default"), import: None, is_used: true });
        self.found.default = Some(binding);
        self.found.exports.insert("default".into(), Export::Local(binding));
        match declaration {
            ExportDefaultDeclarationKind::ClassDeclaration(class) => self.name_class(class, binding),
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::ArrowFunctionExpression(_) => {
                self.edit(span.end, span.end, Text::FunctionName(binding));
            }
            _ => {}
        }
        if let Some(at) = insertion {
            self.edit(span.start, start, Text::Literal(String::new()));
            self.edit(at, at, Text::Naming(binding));
        } else {
            self.edit(span.start, start, Text::Declaration(binding));
        }
    }

    /// The binding a reference is of, which is used by it.
    fn refer(&mut self, identifier: &IdentifierReference<'_>) -> Option<usize> {
        let reference = self.scoping.get_reference(identifier.reference_id.get()?);
        let place = self.places.get(&reference.symbol_id()?).copied()?;
        let binding = self.found.bindings.get_mut(place)?;
        binding.is_used = true;
        if reference.is_write() && binding.import.is_some() {
            let name = binding.name.clone();
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

    fn note_intl(&mut self, offset: u32, what: &'static str) {
        if self.found.intl.is_none() {
            self.found.intl = Some((self.line(offset), what));
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        if it.name == "Intl" && self.is_unresolved(it) {
            self.note_intl(it.span.start, "Intl");
        }
        if let Some(place) = self.refer(it) {
            self.edit(it.span.start, it.span.end, Text::Binding(place));
        }
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        if let Some(place) = it.symbol_id.get().and_then(|symbol| self.places.get(&symbol).copied()) {
            self.edit(it.span.start, it.span.end, Text::Binding(place));
        }
    }

    /// It is taken out of the text, and is no use of what it names.
    fn visit_export_named_declaration(&mut self, _: &ExportNamedDeclaration<'a>) {}

    fn visit_class(&mut self, it: &Class<'a>) {
        if it.r#type == ClassType::ClassDeclaration
            && let Some(id) = &it.id
            && let Some(place) = id.symbol_id.get().and_then(|symbol| self.places.get(&symbol).copied())
        {
            self.name_class(it, place);
        }
        walk::walk_class(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        if let (true, Expression::Identifier(value)) = (it.shorthand, &it.value) {
            if let Some(place) = self.refer(value) {
                self.edit(it.span.start, it.span.end, Text::Property(place));
            }
            return;
        }
        walk::walk_object_property(self, it);
    }

    fn visit_binding_property(&mut self, it: &BindingProperty<'a>) {
        if it.shorthand {
            let identifier = it.value.get_binding_identifier();
            if let Some(identifier) = identifier
                && let Some(place) =
                    identifier.symbol_id.get().and_then(|symbol| self.places.get(&symbol).copied())
            {
                self.edit(identifier.span.start, identifier.span.end, Text::Property(place));
            }
            if let BindingPattern::AssignmentPattern(pattern) = &it.value {
                self.visit_expression(&pattern.right);
            }
            return;
        }
        walk::walk_binding_property(self, it);
    }

    fn visit_assignment_target_property_identifier(&mut self, it: &AssignmentTargetPropertyIdentifier<'a>) {
        if let Some(place) = self.refer(&it.binding) {
            self.edit(it.binding.span.start, it.binding.span.end, Text::Property(place));
        }
        if let Some(init) = &it.init {
            self.visit_expression(init);
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let [Argument::StringLiteral(specifier)] = it.arguments.as_slice()
            && self.is_global(&it.callee, "require")
        {
            let kind = match (self.tries, self.functions) {
                (0, 0) => RequestKind::Require,
                (0, _) => RequestKind::LateRequire,
                _ => RequestKind::TriedRequire,
            };
            let request = self.request(&specifier.value, kind, specifier.span.start);
            self.edit(it.span.start, it.span.end, Text::Request(request));
            return;
        }
        if let (Expression::StaticMemberExpression(member), false) = (&it.callee, it.arguments.is_empty())
            && let Some(name) = LOCALIZED.iter().find(|name| member.property.name == **name)
        {
            self.note_intl(member.property.span.start, name);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        let specifier = match &it.source {
            Expression::StringLiteral(literal) => Some(literal.value),
            Expression::TemplateLiteral(template) => template.single_quasi(),
            _ => None,
        };
        if let Some(specifier) = specifier {
            let request = self.request(specifier.as_str(), RequestKind::Dynamic, it.source.span().start);
            self.edit(it.span.start, it.span.end, Text::Request(request));
            return;
        }
        if self.found.computed_import.is_none() {
            self.found.computed_import = Some(self.line(it.span.start));
        }
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.edit(it.span.start, it.span.end, Text::Literal("({ url: \"file:///\" })".into()));
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if self.is_global(&it.object, HELPERS) {
            let request = self.request(it.property.name.as_str(), RequestKind::Helper, it.span.start);
            self.edit(it.span.start, it.span.end, Text::Request(request));
            return;
        }
        // What half of npm asks, and nothing else of `process` is there.
        if it.property.name == "NODE_ENV"
            && let Expression::StaticMemberExpression(environment) = &it.object
            && environment.property.name == "env"
            && self.is_global(&environment.object, "process")
        {
            self.edit(it.span.start, it.span.end, Text::Literal("\"production\"".into()));
            return;
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_function(&mut self, it: &oxc::ast::ast::Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        // A function's `try` is its own: what it requires later is not caught by the one around it.
        let tries = std::mem::take(&mut self.tries);
        // The name of a declaration belongs outside; visiting it here changes nothing.
        if it.r#type == FunctionType::FunctionDeclaration
            && let Some(id) = &it.id
            && let Some(place) = id.symbol_id.get().and_then(|symbol| self.places.get(&symbol).copied())
        {
            self.edit(it.span.end, it.span.end, Text::FunctionName(place));
        }
        walk::walk_function(self, it, flags);
        self.tries = tries;
        self.functions -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &oxc::ast::ast::ArrowFunctionExpression<'a>) {
        self.functions += 1;
        walk::walk_arrow_function_expression(self, it);
        self.functions -= 1;
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        self.tries += 1;
        self.visit_block_statement(&it.block);
        self.tries -= 1;
        if let Some(handler) = &it.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    /// `await x` outside of functions becomes `awaited(x)`, a call that runs jobs until `x` has settled.
    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        if self.functions == 0 {
            let helper = self.request("awaited", RequestKind::Helper, it.span.start);
            // `await` is five letters long.
            self.edit(it.span.start, it.span.start + 5, Text::Call(helper));
            self.edit(it.span.end, it.span.end, Text::Literal(")".into()));
        }
        walk::walk_await_expression(self, it);
    }

    /// `for await (x of y)` outside of functions becomes `for (x of awaitedEach(y))`.
    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if it.r#await && self.functions == 0 {
            let helper = self.request("awaitedEach", RequestKind::Helper, it.span.start);
            let (left, of, right) = (it.left.span(), it.left.span().end, it.right.span());
            self.edit(it.span.start, left.start, Text::Literal("for (".into()));
            self.edit(of, of + 1, Text::Literal(" of ".into()));
            self.edit(of + 1, right.start, Text::Call(helper));
            self.edit(right.end, right.end, Text::Literal(")".into()));
        }
        walk::walk_for_of_statement(self, it);
    }

    /// Asking whether something is there is no use of it.
    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator != UnaryOperator::Typeof || !self.is_global(&it.argument, "Intl") {
            walk::walk_unary_expression(self, it);
        }
    }
}
