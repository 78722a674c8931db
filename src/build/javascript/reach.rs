//! Which host bindings a two-parameter `handler(request, host)` can reach, so that a component imports no interface
//! its source never uses.
//!
//! Where `host` is only taken apart (`host.secrets`, `{ secrets }`), the answer is exact. Where it is handed on, every
//! place in the source that looks like a use of the bindings counts.

use super::builtin::{GROUPS, Group};
use oxc::ast::ast::{ArrowFunctionExpression, Function};
use oxc::ast::ast::{
    BindingPattern, Expression, FormalParameters, FunctionBody, IdentifierReference, ObjectPattern, Program,
    PropertyKey, StaticMemberExpression, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::{ScopeFlags, Scoping, SymbolId};
use std::collections::{BTreeSet, HashMap};

/// How a function uses its second parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostUse {
    /// It has none.
    None,
    /// Only these groups.
    Groups(BTreeSet<Group>),
    /// It hands it on.
    Escapes,
}

/// What one file shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// The functions at the top level, by name; a default export is `default`.
    pub(super) functions: HashMap<String, HostUse>,
    /// The groups of every place that looks like a use of host bindings.
    pub(super) mentioned: BTreeSet<Group>,
}

/// Reads a file as its author wrote it.
pub(super) fn reach(program: &Program<'_>, scoping: &Scoping) -> Reach {
    let mut reader = Reader { scoping, host: None, uses: BTreeSet::new(), found: Reach::default(), depth: 0 };
    reader.visit_program(program);
    reader.found
}

fn group(key: &str) -> Option<Group> {
    GROUPS.into_iter().find(|group| group.key == key)
}

struct Reader<'s> {
    scoping: &'s Scoping,
    /// The second parameter of the function being read at the top level.
    host: Option<SymbolId>,
    uses: BTreeSet<Use>,
    found: Reach,
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Group(Group),
    Escape,
}

impl Reader<'_> {
    fn is_host(&self, expression: &Expression<'_>) -> bool {
        match expression {
            Expression::Identifier(identifier) => self.refers_to_host(identifier),
            Expression::ParenthesizedExpression(inner) => self.is_host(&inner.expression),
            Expression::TSNonNullExpression(inner) => self.is_host(&inner.expression),
            Expression::TSAsExpression(inner) => self.is_host(&inner.expression),
            _ => false,
        }
    }

    fn refers_to_host(&self, identifier: &IdentifierReference<'_>) -> bool {
        self.host.is_some()
            && identifier
                .reference_id
                .get()
                .is_some_and(|reference| self.scoping.get_reference(reference).symbol_id() == self.host)
    }

    /// The keys an object pattern takes; anything but plain keys may take all.
    fn take_apart(&mut self, pattern: &ObjectPattern<'_>) {
        if pattern.rest.is_some() {
            self.uses.insert(Use::Escape);
        }
        for property in &pattern.properties {
            match property.key.static_name() {
                Some(name) if !property.computed || matches!(property.key, PropertyKey::StringLiteral(_)) => {
                    self.uses.extend(group(&name).map(Use::Group));
                }
                _ => {
                    self.uses.insert(Use::Escape);
                }
            }
        }
    }

    /// Reads a function at the top level under `name`.
    fn read(&mut self, name: &str, params: &FormalParameters<'_>, body: impl FnOnce(&mut Self)) {
        self.uses.clear();
        let mut has_host = params.items.len() > 1;
        match params.items.get(1).map(|parameter| &parameter.pattern) {
            Some(BindingPattern::BindingIdentifier(identifier)) => self.host = identifier.symbol_id.get(),
            Some(BindingPattern::ObjectPattern(pattern)) => self.take_apart(pattern),
            Some(_) => {
                self.uses.insert(Use::Escape);
            }
            None if params.rest.is_some() => {
                has_host = true;
                self.uses.insert(Use::Escape);
            }
            None => {}
        }
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.host = None;
        let used = std::mem::take(&mut self.uses);
        let host_use = if used.contains(&Use::Escape) {
            HostUse::Escapes
        } else if has_host {
            let groups = used.iter().filter_map(|used| match used {
                Use::Group(group) => Some(*group),
                Use::Escape => None,
            });
            HostUse::Groups(groups.collect())
        } else {
            HostUse::None
        };
        self.found.functions.insert(name.to_owned(), host_use);
    }

    fn read_body(&mut self, body: Option<&FunctionBody<'_>>) {
        if let Some(body) = body {
            self.visit_function_body(body);
        }
    }

    fn mention(&mut self, key: &str, function: Option<&str>) {
        if let Some(group) = group(key)
            && function.is_none_or(|function| group.functions.contains(&function))
        {
            self.found.mentioned.insert(group);
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if self.depth > 0 {
            walk::walk_function(self, it, flags);
            return;
        }
        let name = it.id.as_ref().map_or("default", |id| id.name.as_str()).to_owned();
        self.read(&name, &it.params, |reader| {
            reader.visit_formal_parameters(&it.params);
            reader.read_body(it.body.as_deref());
        });
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, it);
        self.depth -= 1;
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (BindingPattern::ObjectPattern(pattern), Some(init)) = (&it.id, &it.init) {
            if self.is_host(init) {
                self.take_apart(pattern);
                return;
            }
            let is_request =
                matches!(init, Expression::Identifier(identifier) if is_request(&identifier.name));
            for property in &pattern.properties {
                if let Some(name) = property.key.static_name()
                    && !is_request
                {
                    self.mention(&name, None);
                }
            }
        }
        let name = it.id.get_binding_identifier().map(|identifier| identifier.name.to_string());
        match (&it.init, name) {
            (Some(Expression::ArrowFunctionExpression(arrow)), Some(name)) if self.depth == 0 => {
                self.read(&name, &arrow.params, |reader| walk::walk_arrow_function_expression(reader, arrow));
            }
            (Some(Expression::FunctionExpression(function)), Some(name)) if self.depth == 0 => {
                self.read(&name, &function.params, |reader| {
                    reader.visit_formal_parameters(&function.params);
                    reader.read_body(function.body.as_deref());
                });
            }
            _ => walk::walk_variable_declarator(self, it),
        }
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if self.is_host(&it.object) {
            self.uses.extend(group(&it.property.name).map(Use::Group));
            self.mention(&it.property.name, None);
            return;
        }
        match &it.object {
            Expression::StaticMemberExpression(inner) => {
                self.mention(&inner.property.name, Some(&it.property.name));
            }
            Expression::Identifier(identifier) if !is_request(&identifier.name) => {
                // `bindings.secrets`, kept in a variable and used later.
                self.mention(&it.property.name, None);
            }
            _ => {}
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        if self.refers_to_host(it) || self.host.is_some() && it.name == "arguments" {
            self.uses.insert(Use::Escape);
        }
    }

    fn visit_binding_pattern(&mut self, it: &BindingPattern<'a>) {
        // `({ secrets }: HostBindings) => …`
        if let BindingPattern::ObjectPattern(pattern) = it {
            for property in &pattern.properties {
                if let Some(name) = property.key.static_name()
                    && !matches!(&*name, "http" | "context")
                {
                    self.mention(&name, None);
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
