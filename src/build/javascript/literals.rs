//! What a source says in literals, for rules that read without building: its texts, the calls it makes with texts, and
//! the files it imports.

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportExpression, NumericLiteral, ObjectExpression, ObjectPropertyKind, RegExpLiteral, StringLiteral,
    TemplateLiteral,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};
use std::path::Path;

/// A text of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Its beginning, up to the first `${…}` or `+`.
    pub text: String,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// Its first byte in the source.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// A value as far as the source tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A text, or the beginning of one.
    Text(Literal),
    /// Members with plain names.
    Object(Vec<(String, Said)>),
    /// Anything else.
    Other,
}

impl Said {
    /// The text it is or begins with.
    pub fn text(&self) -> Option<&Literal> {
        match self {
            Said::Text(literal) => Some(literal),
            _ => None,
        }
    }

    /// The member of an object.
    pub fn get(&self, name: &str) -> Option<&Said> {
        match self {
            Said::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, said)| said),
            _ => None,
        }
    }
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The function or method, without what it is a method of; empty when it has no name.
    pub name: String,
    /// In order; a spread ends them.
    pub arguments: Vec<Said>,
}

/// What a source says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    /// Texts, pieces of templates and regular expressions, in order.
    pub texts: Vec<String>,
    /// Whether the number 404 stands in it.
    pub says_404: bool,
    /// Calls that have a text or an object among their first three arguments.
    pub calls: Vec<Call>,
    /// Objects of several members, such as messages, wherever they stand.
    pub objects: Vec<Said>,
    /// What it imports, exports from or requires.
    pub imports: Vec<String>,
    /// Whether something is imported whose name the source does not tell.
    pub imports_unknown: bool,
}

/// Reads a JavaScript or TypeScript source; none when it has a syntax error. `path` says which of the two it is.
pub fn literals(text: &str, path: &Path) -> Option<Literals> {
    let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::mjs());
    let is_plain = path.extension().is_some_and(|extension| extension == "js");
    let kind = if is_plain { SourceType::unambiguous() } else { kind };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind).parse();
    if parsed.panicked {
        return None;
    }
    let mut reader = Reader::default();
    reader.visit_program(&parsed.program);
    Some(reader.found)
}

#[derive(Default)]
struct Reader {
    found: Literals,
}

impl<'a> Visit<'a> for Reader {
    fn visit_string_literal(&mut self, literal: &StringLiteral<'a>) {
        self.found.texts.push(literal.value.to_string());
    }

    fn visit_template_literal(&mut self, literal: &TemplateLiteral<'a>) {
        let pieces = literal.quasis.iter().map(|piece| piece.value.raw.to_string());
        self.found.texts.extend(pieces);
        walk::walk_template_literal(self, literal);
    }

    fn visit_reg_exp_literal(&mut self, literal: &RegExpLiteral<'a>) {
        self.found.texts.push(literal.regex.pattern.text.to_string());
    }

    fn visit_numeric_literal(&mut self, literal: &NumericLiteral<'a>) {
        self.found.says_404 |= (literal.value - 404.0).abs() < f64::EPSILON;
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if !import.import_kind.is_type() {
            self.found.imports.push(import.source.value.to_string());
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.found.imports.push(export.source.value.to_string());
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        self.found.imports.push(export.source.value.to_string());
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match said(&import.source) {
            Said::Text(literal) if literal.is_whole => self.found.imports.push(literal.text),
            _ => self.found.imports_unknown = true,
        }
    }

    fn visit_object_expression(&mut self, object: &ObjectExpression<'a>) {
        if object.properties.len() > 1 {
            self.found.objects.push(members(object));
        }
        walk::walk_object_expression(self, object);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let name = match &call.callee {
            Expression::Identifier(name) => name.name.to_string(),
            Expression::StaticMemberExpression(member) => member.property.name.to_string(),
            _ => String::new(),
        };
        let arguments: Vec<Said> =
            call.arguments.iter().map_while(Argument::as_expression).take(3).map(said).collect();
        if let ("require", Some(Said::Text(literal))) = (name.as_str(), arguments.first()) {
            self.found.imports.push(literal.text.clone());
        }
        if arguments.iter().any(|argument| *argument != Said::Other) {
            self.found.calls.push(Call { name, arguments });
        }
        walk::walk_call_expression(self, call);
    }
}

/// What an expression says without being evaluated.
fn said(expression: &Expression<'_>) -> Said {
    match expression.get_inner_expression() {
        Expression::StringLiteral(literal) => text(&literal.value, true, literal.span),
        Expression::TemplateLiteral(template) => {
            let first = template.quasis.first().map(|piece| piece.value.cooked.unwrap_or(piece.value.raw));
            text(first.as_deref().unwrap_or_default(), template.expressions.is_empty(), template.span)
        }
        Expression::BinaryExpression(sum) if sum.operator.as_str() == "+" => match said(&sum.left) {
            Said::Text(left) => text(&left.text, false, sum.span()),
            other => other,
        },
        Expression::ObjectExpression(object) => members(object),
        _ => Said::Other,
    }
}

fn text(text: &str, is_whole: bool, span: Span) -> Said {
    Said::Text(Literal {
        text: text.to_owned(),
        is_whole,
        start: span.start as usize,
        end: span.end as usize,
    })
}

fn members(object: &ObjectExpression<'_>) -> Said {
    let named = object.properties.iter().filter_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            Some((property.key.static_name()?.to_string(), said(&property.value)))
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    });
    Said::Object(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Literals {
        literals(text, Path::new("a.ts")).unwrap()
    }

    #[test]
    fn calls_are_known_by_name_with_their_texts() {
        let found = read("await api.call('GET', `/notes/${id}`, { method: 'PUT' as const }); go(1);");
        let [call] = found.calls.as_slice() else { panic!("{found:?}") };
        assert_eq!(call.name, "call");
        let route = call.arguments[1].text().unwrap();
        assert_eq!((route.text.as_str(), route.is_whole, route.start), ("/notes/", false, 22));
        assert_eq!(call.arguments[2].get("method").unwrap().text().unwrap().text, "PUT");
    }

    #[test]
    fn texts_come_from_strings_templates_and_expressions() {
        let found = read("x = 'a' + `b${'c'}d`; /^\\/e$/.test(x); throw { status: 404 };");
        assert_eq!(found.texts, ["a", "b", "d", "c", "^\\/e$"]);
        assert!(found.says_404 && !read("let n = 40;").says_404);
    }

    #[test]
    fn imports_are_told_and_what_is_no_source_is_not_read() {
        let found = read(
            "import a from './a'; export * from './b'; export { c } from './c'; await import('./d'); require('./e');",
        );
        assert_eq!(found.imports, ["./a", "./b", "./c", "./d", "./e"]);
        assert!(read("import(name)").imports_unknown);
        assert_eq!(literals("let = = {", Path::new("a.js")), None);
    }
}
