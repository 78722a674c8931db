//! Reads one file as its author wrote it.

use super::super::builtin::GROUPS;
use super::super::reach;
use super::literal::{Literals, Value};
use super::{Asked, Call, METHODS, ROUTE_MESSAGE, Survey, Use};
use oxc::ast::ast::{
    Argument, BindingPattern, CallExpression, Declaration, ExportAllDeclaration, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, ExportFromDeclaration, Expression, FormalParameter, FormalParameters,
    Function, IdentifierReference, ImportDeclaration, ImportDeclarationSpecifier, ImportExpression,
    LogicalExpression, NewExpression, NumericLiteral, ObjectExpression, ObjectPattern, Program, PropertyKey,
    RegExpLiteral, Statement, StaticMemberExpression, StringLiteral, TSType, TSTypeAnnotation, TSTypeName,
    TemplateLiteral, TryStatement, VariableDeclaration, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::{ScopeFlags, Scoping, SymbolId};
use oxc::span::{GetSpan, Span};
use std::collections::{HashMap, HashSet};

/// The namespace of the platform's interfaces.
const PLATFORM: &str = "alga:extension/";
/// The SDK's type of what a handler gets second.
const BINDINGS: &str = "HostBindings";
/// What authors call it.
const NAMES: [&str; 3] = ["host", "bindings", "hostBindings"];
/// A request has `http` and `context` of its own.
const REQUESTS: [&str; 6] = ["request", "req", "_request", "_req", "input", "event"];

/// Reads a program.
pub(super) fn read(program: &Program<'_>, scoping: &Scoping, asked: Asked<'_>) -> Survey {
    let constants = constants(program);
    let mut reader = Reader {
        literals: Literals { scoping, constants },
        asked,
        hosts: HashSet::new(),
        imported: HashMap::new(),
        told: HashSet::new(),
        requested: HashSet::new(),
        attempts: 0,
        found: Survey::default(),
    };
    reader.visit_program(program);
    reader.found.uses.sort_by_key(|used| (used.span.start, !used.is_certain));
    reader.found
}

/// `const NAME = 'text'` at the top level.
fn constants(program: &Program<'_>) -> HashMap<SymbolId, Value> {
    let mut constants = HashMap::new();
    let mut add = |variables: &VariableDeclaration<'_>| {
        for declarator in variables.declarations.iter().filter(|_| variables.kind.is_const()) {
            let value = declarator.init.as_ref().and_then(Literals::constant);
            let symbol = declarator.id.get_binding_identifier().and_then(|id| id.symbol_id.get());
            constants.extend(symbol.zip(value));
        }
    };
    for statement in &program.body {
        match statement {
            Statement::VariableDeclaration(variables) => add(variables),
            Statement::ExportDeclaration(export) => {
                if let Declaration::VariableDeclaration(variables) = &export.declaration {
                    add(variables);
                }
            }
            _ => {}
        }
    }
    constants
}

struct Reader<'s> {
    literals: Literals<'s>,
    asked: Asked<'s>,
    /// What holds host bindings.
    hosts: HashSet<SymbolId>,
    /// What is imported from an interface: the interface, and the function, none for all of them.
    imported: HashMap<SymbolId, (String, Option<String>)>,
    /// Starts and ends of members that are a part of a use already told.
    told: HashSet<(u32, u32)>,
    /// The modules that were asked for.
    requested: HashSet<String>,
    /// How many `try` blocks and right sides of `||` and `??` are around.
    attempts: usize,
    found: Survey,
}

/// The group of that key, and the interface behind it.
fn group(key: &str) -> Option<(&'static [&'static str], &'static str)> {
    let group = GROUPS.into_iter().find(|group| group.key == key)?;
    let interface = match group.key {
        "uiProxy" => "ui-proxy",
        "user" => "user-v2",
        key => key,
    };
    Some((group.functions, interface))
}

/// An expression without what changes nothing of it, and what it is waited for with.
fn bare<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    match reach::bare(expression) {
        Expression::AwaitExpression(inner) => bare(&inner.argument),
        other => other,
    }
}

fn is_bindings(annotation: Option<&TSTypeAnnotation<'_>>) -> bool {
    let Some(TSType::TSTypeReference(reference)) = annotation.map(|annotation| &annotation.type_annotation)
    else {
        return false;
    };
    match &reference.type_name {
        TSTypeName::IdentifierReference(name) => name.name == BINDINGS,
        TSTypeName::QualifiedName(name) => name.right.name == BINDINGS,
        TSTypeName::ThisExpression(_) => false,
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

impl Reader<'_> {
    fn symbol(&self, identifier: &IdentifierReference<'_>) -> Option<SymbolId> {
        let reference = identifier.reference_id.get()?;
        self.literals.scoping.get_reference(reference).symbol_id()
    }

    fn is_host(&self, expression: &Expression<'_>) -> bool {
        match bare(expression) {
            Expression::Identifier(identifier) => {
                self.symbol(identifier).is_some_and(|symbol| self.hosts.contains(&symbol))
            }
            // `this.host`, `context.host`: what is asked of it tells whether it is one.
            Expression::StaticMemberExpression(member) => {
                NAMES.contains(&member.property.name.as_str())
                    && !matches!(&member.object, Expression::Identifier(of) if of.name == "location" || of.name == "url")
            }
            _ => false,
        }
    }

    fn note(&mut self, interface: &str, what: String, span: Span, is_certain: bool) {
        let interface = interface.to_owned();
        self.found.uses.push(Use { interface, what, span: range(span), is_certain });
    }

    fn request(&mut self, specifier: &str) {
        if self.requested.insert(specifier.to_owned()) {
            self.found.requests.push(specifier.to_owned());
        }
    }

    /// The names of a member expression, and whether the first is global.
    fn path(&self, expression: &Expression<'_>) -> (Vec<String>, bool) {
        match bare(expression) {
            Expression::Identifier(identifier) => {
                (vec![identifier.name.to_string()], self.symbol(identifier).is_none())
            }
            Expression::ThisExpression(_) => (vec!["this".into()], false),
            Expression::StaticMemberExpression(member) => {
                let (mut path, is_global) = self.path(&member.object);
                path.push(member.property.name.to_string());
                (path, is_global)
            }
            Expression::ComputedMemberExpression(member) => {
                let (mut path, is_global) = self.path(&member.object);
                match bare(&member.expression) {
                    Expression::StringLiteral(name) => path.push(name.value.to_string()),
                    _ => path.push(String::new()),
                }
                (path, is_global)
            }
            _ => (vec![String::new()], false),
        }
    }

    fn call(&mut self, callee: &Expression<'_>, arguments: &[Argument<'_>]) {
        let (mut path, is_global) = self.path(callee);
        let is_wanted = path.last().is_some_and(|name| self.asked.calls.contains(&name.as_str()));
        let is_route = self.asked.routes && !is_wanted && self.begins_with_method(arguments);
        if !is_wanted && !is_route {
            return;
        }
        let mut is_host = false;
        if let Expression::StaticMemberExpression(member) = bare(callee)
            && let Expression::StaticMemberExpression(inner) = bare(&member.object)
            && self.is_host(&inner.object)
            && group(&inner.property.name).is_some()
        {
            is_host = true;
            path = vec![inner.property.name.to_string(), member.property.name.to_string()];
        } else if let Expression::Identifier(identifier) = bare(callee)
            && let Some((interface, Some(function))) =
                self.symbol(identifier).and_then(|symbol| self.imported.get(&symbol))
        {
            path = vec![format!("{PLATFORM}{interface}"), function.clone()];
        }
        let arguments = arguments.iter().map_while(Argument::as_expression);
        let arguments = arguments.map(|argument| self.literals.read(argument)).collect();
        let span = range(callee.span());
        let is_tried = self.attempts > 0;
        let found = if is_wanted { &mut self.found.calls } else { &mut self.found.routes };
        found.push(Call { path, is_global, is_host, is_tried, arguments, span });
    }

    /// Whether a method of HTTP and something else are handed over first.
    fn begins_with_method(&self, arguments: &[Argument<'_>]) -> bool {
        let [first, _, ..] = arguments else { return false };
        let first = first.as_expression().map(|first| self.literals.read(first));
        first.as_ref().and_then(|first| first.text()).is_some_and(is_method)
    }

    /// The groups an object pattern takes of host bindings.
    fn take_apart(&mut self, pattern: &ObjectPattern<'_>, is_certain: bool) {
        for property in &pattern.properties {
            let Some(key) = property.key.static_name() else { continue };
            if let Some((_, interface)) = group(&key) {
                self.note(interface, format!("{{ {key} }}"), property.key.span(), is_certain);
            }
        }
    }

    /// The second parameter of what is called `handler`.
    fn handler(&mut self, parameters: &FormalParameters<'_>) {
        match parameters.items.get(1).map(|parameter| &parameter.pattern) {
            Some(BindingPattern::BindingIdentifier(identifier)) => {
                self.hosts.extend(identifier.symbol_id.get());
            }
            Some(BindingPattern::ObjectPattern(pattern)) => self.take_apart(pattern, true),
            _ => {}
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        let is_value = |specifier: &&ImportDeclarationSpecifier<'_>| !matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(one) if one.import_kind.is_type());
        let specifiers: Vec<_> = it.specifiers.iter().flatten().filter(is_value).collect();
        if it.import_kind.is_type() || it.specifiers.is_some() && specifiers.is_empty() {
            return;
        }
        self.request(&it.source.value);
        let Some(interface) = it.source.value.strip_prefix(PLATFORM) else { return };
        let interface = interface.split('@').next().unwrap_or(interface).to_owned();
        for specifier in specifiers {
            let function = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => Some(one.imported.name().to_string()),
                _ => None,
            };
            if let Some(symbol) = specifier.local().symbol_id.get() {
                self.imported.insert(symbol, (interface.clone(), function));
            }
        }
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        if !it.export_kind.is_type() {
            self.request(&it.source.value);
            if let Some(interface) = it.source.value.strip_prefix(PLATFORM) {
                self.note(interface, format!("`export … from '{}'`", it.source.value), it.span, true);
            }
        }
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        if !it.export_kind.is_type() {
            self.request(&it.source.value);
        }
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => self.handler(&function.params),
            ExportDefaultDeclarationKind::ArrowFunctionExpression(arrow) => self.handler(&arrow.params),
            _ => {}
        }
        walk::walk_export_default_declaration(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        let source = self.literals.read(&it.source);
        if let Some(specifier) = source.text() {
            self.request(specifier);
        }
        self.found.requests_unknown |= source.text().is_none();
        if self.asked.calls.contains(&"import") {
            let span = range(it.span);
            let path = vec!["import".to_owned()];
            let is_tried = self.attempts > 0;
            let arguments = vec![source];
            self.found.calls.push(Call { path, is_global: true, is_host: false, is_tried, arguments, span });
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        self.attempts += 1;
        self.visit_block_statement(&it.block);
        self.attempts -= 1;
        if let Some(handler) = &it.handler {
            self.attempts += 1;
            self.visit_catch_clause(handler);
            self.attempts -= 1;
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        self.attempts += 1;
        self.visit_expression(&it.right);
        self.attempts -= 1;
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if it.id.as_ref().is_some_and(|id| id.name == "handler") {
            self.handler(&it.params);
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        let is_typed = is_bindings(it.type_annotation.as_deref());
        match &it.pattern {
            BindingPattern::BindingIdentifier(identifier)
                if is_typed || NAMES.contains(&identifier.name.as_str()) =>
            {
                self.hosts.extend(identifier.symbol_id.get());
            }
            BindingPattern::ObjectPattern(pattern) => self.take_apart(pattern, is_typed),
            _ => {}
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        let name = it.id.get_binding_identifier();
        let is_typed = is_bindings(it.type_annotation.as_deref());
        let init = it.init.as_ref().map(bare);
        match (init, name) {
            (Some(Expression::ArrowFunctionExpression(arrow)), Some(name)) if name.name == "handler" => {
                self.handler(&arrow.params);
            }
            (Some(Expression::FunctionExpression(function)), Some(name)) if name.name == "handler" => {
                self.handler(&function.params);
            }
            (Some(init), Some(name)) if is_typed || self.is_host(init) => {
                self.hosts.extend(name.symbol_id.get());
            }
            (None, Some(name)) if is_typed => self.hosts.extend(name.symbol_id.get()),
            _ => {}
        }
        if let (BindingPattern::ObjectPattern(pattern), Some(init)) = (&it.id, init) {
            let is_request =
                matches!(init, Expression::Identifier(of) if REQUESTS.contains(&of.name.as_str()));
            if !is_request {
                let is_certain = self.is_host(init) && !matches!(init, Expression::StaticMemberExpression(_));
                self.take_apart(pattern, is_certain);
            }
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::StaticMemberExpression(member) = bare(&it.callee)
            && let Expression::StaticMemberExpression(inner) = bare(&member.object)
            && let Some((functions, interface)) = group(&inner.property.name)
        {
            let (group, function) = (&inner.property.name, &member.property.name);
            let is_host = self.is_host(&inner.object);
            if is_host || functions.contains(&function.as_str()) {
                self.told.insert((inner.span.start, inner.span.end));
                let what = if is_host {
                    format!("host.{group}.{function}")
                } else {
                    format!("….{group}.{function}")
                };
                self.note(interface, what, member.span, is_host);
            }
        }
        if let Expression::Identifier(name) = &it.callee
            && name.name == "require"
            && let Some(first) = it.arguments.first()
        {
            match first {
                Argument::StringLiteral(specifier) => self.request(&specifier.value),
                _ => self.found.requests_unknown |= self.symbol(name).is_none(),
            }
        }
        self.call(&it.callee, &it.arguments);
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.call(&it.callee, &it.arguments);
        walk::walk_new_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if let Some((_, interface)) = group(&it.property.name)
            && !self.told.contains(&(it.span.start, it.span.end))
        {
            let key = it.property.name.as_str();
            let is_host = self.is_host(&it.object);
            let is_request =
                matches!(&it.object, Expression::Identifier(of) if REQUESTS.contains(&of.name.as_str()));
            if is_host || !is_request {
                self.note(interface, format!("host.{key}"), it.span, is_host);
            }
        }
        if let Expression::Identifier(namespace) = &it.object
            && let Some((interface, None)) =
                self.symbol(namespace).and_then(|symbol| self.imported.get(&symbol)).cloned()
        {
            let what = format!("{}.{}", namespace.name, it.property.name);
            self.note(&interface, what, it.span, true);
            return;
        }
        if let Expression::Identifier(global) = &it.object
            && matches!(global.name.as_str(), "globalThis" | "self" | "window")
            && it.property.name == "fetch"
            && self.symbol(global).is_none()
        {
            self.note("http", format!("{}.fetch", global.name), it.span, true);
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        match self.symbol(it) {
            None if it.name == "fetch" => self.note("http", "fetch".into(), it.span, true),
            Some(symbol) => {
                if let Some((interface, function)) = self.imported.get(&symbol).cloned() {
                    let what = match function {
                        Some(function) if function != it.name.as_str() => {
                            format!("{} (`{function}`)", it.name)
                        }
                        _ => it.name.to_string(),
                    };
                    self.note(&interface, what, it.span, true);
                }
            }
            None => {}
        }
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        if self.asked.texts {
            self.found.texts.push(it.value.to_string());
        }
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        if self.asked.texts {
            self.found.texts.extend(it.quasis.iter().map(|piece| piece.value.raw.to_string()));
        }
        walk::walk_template_literal(self, it);
    }

    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        if self.asked.texts {
            self.found.texts.push(it.regex.pattern.text.to_string());
        }
    }

    fn visit_numeric_literal(&mut self, it: &NumericLiteral<'a>) {
        self.found.says_404 |= (it.value - 404.0).abs() < f64::EPSILON;
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        let property = |name: &str| {
            let mut properties = it.properties.iter().filter_map(|property| property.as_property());
            properties.find(
                |property| matches!(&property.key, PropertyKey::StaticIdentifier(key) if key.name == name),
            )
        };
        if property("status").is_some() && property("headers").is_some() {
            let members = it.properties.iter().filter_map(|property| property.as_property());
            let members = members.filter_map(|property| {
                Some((property.key.static_name()?.to_string(), self.literals.read(&property.value)))
            });
            let value = Value::Object(members.collect());
            self.found.responses.push(super::Literal { value, span: range(it.span) });
        }
        if self.asked.routes
            && let Some(kind) = property("type")
            && self.literals.read(&kind.value).text() == Some(ROUTE_MESSAGE)
            && let Some(payload) = property("payload")
        {
            self.found.messages.push(self.literals.read(&payload.value));
        }
        walk::walk_object_expression(self, it);
    }
}

/// Whether a text is a method of HTTP, however it is written.
fn is_method(text: &str) -> bool {
    METHODS.iter().any(|method| method.eq_ignore_ascii_case(text))
}
