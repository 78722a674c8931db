//! Which host bindings a two-parameter `handler(request, host)` can reach, so that a component imports no interface
//! its source never uses.
//!
//! Where `host` is only taken apart (`host.secrets`, `{ secrets }`), the answer is exact. Where it is handed on, every
//! place in the source that looks like a use of the bindings counts, but for what the handler takes of its request.

use super::builtin::{GROUPS, Group};
use oxc::ast::ast::{
    ArrowFunctionExpression, BindingPattern, ComputedMemberExpression, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, Expression, FormalParameters, Function, IdentifierReference, ObjectPattern,
    Program, PropertyKey, StaticMemberExpression, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::{ScopeFlags, Scoping, SymbolId};
use std::collections::{BTreeSet, HashMap};

/// The name of a default export that has none of its own.
pub(super) const DEFAULT: &str = "default";

/// How a function uses its second parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostUse {
    /// It has none.
    None,
    /// Only these groups.
    Groups(BTreeSet<Group>),
    /// It hands it on; these groups it takes of it itself.
    Escapes(BTreeSet<Group>),
}

/// How a function uses its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The groups that its first one looks like being the bindings for. A handler's is the request.
    pub(super) first: BTreeSet<Group>,
    /// Its second one.
    pub(super) host: HostUse,
}

/// What one file shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// The functions at the top level, by name; a default export without one is [`DEFAULT`].
    pub(super) functions: HashMap<String, Parameters>,
    /// The groups of every place that looks like a use of host bindings, first parameters aside.
    pub(super) mentioned: BTreeSet<Group>,
}

/// Reads a file as its author wrote it.
pub(super) fn reach(program: &Program<'_>, scoping: &Scoping) -> Reach {
    let mut reader = Reader {
        scoping,
        request: None,
        host: None,
        is_misnamed: false,
        first: BTreeSet::new(),
        uses: BTreeSet::new(),
        escapes: false,
        found: Reach::default(),
        depth: 0,
    };
    reader.visit_program(program);
    reader.found
}

fn group(key: &str) -> Option<Group> {
    GROUPS.into_iter().find(|group| group.key == key)
}

/// An expression without what changes nothing of it.
pub(super) fn bare<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    match expression {
        Expression::ParenthesizedExpression(inner) => bare(&inner.expression),
        Expression::TSNonNullExpression(inner) => bare(&inner.expression),
        Expression::TSAsExpression(inner) => bare(&inner.expression),
        Expression::TSSatisfiesExpression(inner) => bare(&inner.expression),
        other => other,
    }
}

struct Reader<'s> {
    scoping: &'s Scoping,
    /// The first parameter of the function being read at the top level.
    request: Option<SymbolId>,
    /// Its second one, and whether that is called as a request is.
    host: Option<SymbolId>,
    is_misnamed: bool,
    first: BTreeSet<Group>,
    uses: BTreeSet<Group>,
    escapes: bool,
    found: Reach,
    depth: usize,
}

impl Reader<'_> {
    fn is_host(&self, expression: &Expression<'_>) -> bool {
        matches!(bare(expression), Expression::Identifier(identifier) if self.refers_to(identifier, self.host))
    }

    fn refers_to(&self, identifier: &IdentifierReference<'_>, symbol: Option<SymbolId>) -> bool {
        let reference = identifier.reference_id.get();
        symbol.is_some()
            && reference.is_some_and(|reference| self.scoping.get_reference(reference).symbol_id() == symbol)
    }

    /// Whether a name is one of the file's own, which nothing else is ever assigned to.
    fn is_top_level(&self, symbol: Option<SymbolId>) -> bool {
        symbol.is_some_and(|symbol| {
            self.scoping.symbol_scope_id(symbol) == self.scoping.root_scope_id()
                && !self.scoping.symbol_is_mutated(symbol)
        })
    }

    /// The keys an object pattern takes of the bindings; anything but plain keys may take all.
    fn take_apart(&mut self, pattern: &ObjectPattern<'_>) {
        self.escapes |= pattern.rest.is_some();
        for property in &pattern.properties {
            match property.key.static_name() {
                Some(name) if !property.computed || matches!(property.key, PropertyKey::StringLiteral(_)) => {
                    self.take(&name);
                }
                _ => self.escapes = true,
            }
        }
    }

    /// A key is taken of a second parameter. It counts among what is mentioned too: only one function is the handler,
    /// and any other may be handed the bindings.
    fn take(&mut self, key: &str) {
        self.uses.extend(group(key));
        if !self.is_misnamed {
            self.mention(key);
        }
    }

    /// A key is taken of a name that may be the bindings': `bindings.secrets`, kept in a variable and used later.
    fn take_of(&mut self, object: &Expression<'_>, key: &str) {
        if let (Expression::Identifier(identifier), Some(group)) = (object, group(key))
            && !is_request(&identifier.name)
        {
            self.note(object, group);
        }
    }

    /// A group is taken of something that may be the bindings.
    fn note(&mut self, object: &Expression<'_>, group: Group) {
        let is_first =
            matches!(object, Expression::Identifier(identifier) if self.refers_to(identifier, self.request));
        if is_first { &mut self.first } else { &mut self.found.mentioned }.insert(group);
    }

    /// Goes past a group that no binding is taken of; of a handler's host it is one all the same.
    fn pass(&mut self, object: &Expression<'_>, group: Group) {
        if self.is_host(object) {
            self.uses.insert(group);
        } else {
            self.visit_expression(object);
        }
    }

    /// Reads a function at the top level under `name`.
    fn read(&mut self, name: &str, params: &FormalParameters<'_>, body: impl FnOnce(&mut Self)) {
        let has_host = params.items.len() > 1 || params.rest.is_some();
        if let Some(BindingPattern::BindingIdentifier(first)) =
            params.items.first().map(|parameter| &parameter.pattern)
        {
            self.request = first.symbol_id.get();
        }
        match params.items.get(1).map(|parameter| &parameter.pattern) {
            Some(BindingPattern::BindingIdentifier(identifier)) => {
                self.host = identifier.symbol_id.get();
                self.is_misnamed = is_request(&identifier.name);
            }
            Some(BindingPattern::ObjectPattern(pattern)) => self.take_apart(pattern),
            Some(_) => self.escapes = true,
            None => self.escapes = has_host,
        }
        self.depth += 1;
        self.visit_formal_parameters(params);
        body(self);
        self.depth -= 1;
        (self.request, self.host, self.is_misnamed) = (None, None, false);
        let (first, groups) = (std::mem::take(&mut self.first), std::mem::take(&mut self.uses));
        let host = match (std::mem::take(&mut self.escapes), has_host) {
            (true, _) => HostUse::Escapes(groups),
            (false, true) => HostUse::Groups(groups),
            (false, false) => HostUse::None,
        };
        self.found.functions.insert(name.to_owned(), Parameters { first, host });
    }

    fn read_function(&mut self, name: &str, function: &Function<'_>) {
        self.read(name, &function.params, |reader| {
            if let Some(body) = &function.body {
                reader.visit_function_body(body);
            }
        });
    }

    fn read_arrow(&mut self, name: &str, arrow: &ArrowFunctionExpression<'_>) {
        self.read(name, &arrow.params, |reader| reader.visit_arrow_function_body(&arrow.body));
    }

    fn mention(&mut self, key: &str) {
        self.found.mentioned.extend(group(key));
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function)
                if function.id.is_none() && function.body.is_some() =>
            {
                self.read_function(DEFAULT, function);
            }
            declaration => match declaration.as_expression().map(bare) {
                Some(Expression::ArrowFunctionExpression(arrow)) => self.read_arrow(DEFAULT, arrow),
                Some(Expression::FunctionExpression(function)) => self.read_function(DEFAULT, function),
                _ => walk::walk_export_default_declaration(self, it),
            },
        }
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        // A method or a function of some call has no name of the file's; an overload has no body.
        let name = it.id.as_ref().filter(|id| self.is_top_level(id.symbol_id.get()) && it.body.is_some());
        match name {
            Some(name) if self.depth == 0 => self.read_function(&name.name, it),
            _ => {
                self.depth += 1;
                walk::walk_function(self, it, flags);
                self.depth -= 1;
            }
        }
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, it);
        self.depth -= 1;
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        let init = it.init.as_ref().map(bare);
        if let (BindingPattern::ObjectPattern(pattern), Some(init)) = (&it.id, init) {
            if self.is_host(init) {
                self.take_apart(pattern);
                return;
            }
            for property in &pattern.properties {
                match (property.key.static_name(), init) {
                    (Some(name), Expression::Identifier(_)) => self.take_of(init, &name),
                    (Some(name), _) => self.mention(&name),
                    (None, _) => {}
                }
            }
            // `const { url } = r.http` takes what the bindings do not have.
            if let Expression::StaticMemberExpression(member) = init
                && let Some(group) = group(&member.property.name)
                && pattern.rest.is_none()
                && pattern.properties.iter().all(|property| {
                    property.key.static_name().is_some_and(|name| !group.functions.contains(&&*name))
                })
            {
                self.visit_binding_pattern(&it.id);
                self.pass(&member.object, group);
                return;
            }
        }
        let name = it.id.get_binding_identifier();
        let name = name.filter(|name| self.depth == 0 && self.is_top_level(name.symbol_id.get()));
        match (init, name) {
            (Some(Expression::ArrowFunctionExpression(arrow)), Some(name)) => {
                self.read_arrow(&name.name, arrow);
            }
            (Some(Expression::FunctionExpression(function)), Some(name)) => {
                self.read_function(&name.name, function);
            }
            _ => walk::walk_variable_declarator(self, it),
        }
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if self.is_host(&it.object) {
            self.take(&it.property.name);
            return;
        }
        if let Expression::StaticMemberExpression(inner) = &it.object
            && let Some(group) = group(&inner.property.name)
        {
            // What has no such function is something else of the same name: `r.http.url`.
            if !group.functions.contains(&it.property.name.as_str()) {
                self.pass(&inner.object, group);
                return;
            }
            if !self.is_host(&inner.object) {
                self.note(&inner.object, group);
            }
        }
        self.take_of(&it.object, &it.property.name);
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let Expression::StringLiteral(key) = &it.expression {
            if self.is_host(&it.object) {
                self.take(&key.value);
                return;
            }
            self.take_of(&it.object, &key.value);
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.escapes |= self.refers_to(it, self.host) || self.host.is_some() && it.name == "arguments";
    }

    fn visit_binding_pattern(&mut self, it: &BindingPattern<'a>) {
        // `({ secrets }: HostBindings) => …`
        if let BindingPattern::ObjectPattern(pattern) = it {
            for property in &pattern.properties {
                if let Some(name) = property.key.static_name()
                    && !matches!(&*name, "http" | "context")
                {
                    self.mention(&name);
                }
            }
        }
        walk::walk_binding_pattern(self, it);
    }
}

/// A request has `http` and `context` of its own.
fn is_request(name: &str) -> bool {
    matches!(name, "request" | "req" | "_request" | "_req" | "input" | "event")
}
