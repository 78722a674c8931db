//! Everything but the declarations: names, calls and the syntax that changes, each noted where it stands.

use super::{HELPERS, LOCALIZED, Reader, RequestKind, Text};
use oxc::ast::ast::{
    Argument, AssignmentTargetPropertyIdentifier, AwaitExpression, BindingIdentifier, BindingPattern,
    BindingProperty, CallExpression, Class, ClassType, ExportNamedDeclaration, Expression, ForOfStatement,
    FunctionType, IdentifierReference, ImportExpression, ImportMeta, ObjectProperty, StaticMemberExpression,
    ThrowStatement, TryStatement, UnaryExpression, UnaryOperator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::ScopeFlags;
use oxc::span::GetSpan;

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
        let tries = std::mem::take(&mut self.tries);
        walk::walk_arrow_function_expression(self, it);
        self.tries = tries;
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

    /// What is thrown and may be no error is noted with its place: only an error has a stack of its own.
    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        if self.notes_throws && !self.is_error(&it.argument) {
            let helper = self.request("thrown", RequestKind::Helper, it.span.start);
            // `throw` is five letters long.
            self.edit(it.span.start, it.span.start + 5, Text::Throw(helper));
            let end = it.argument.span().end;
            self.edit(end, end, Text::Place(it.span.start as usize));
        }
        walk::walk_throw_statement(self, it);
    }
}
