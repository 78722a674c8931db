//! Values that stand in a source: what a call is made with, as far as the text tells.

use oxc::ast::ast::{Expression, ObjectPropertyKind, TemplateLiteral};
use oxc::semantic::{Scoping, SymbolId};
use oxc::span::GetSpan;
use std::collections::HashMap;
use std::ops::Range;

/// Deeper and longer values are cut.
const DEEPEST: usize = 6;
const LONGEST: usize = 200;
/// The longest text, in bytes, that is copied to where its name stands: it may stand in very many places.
pub const LONGEST_NAMED: usize = 512;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Literal {
    /// What is known of it.
    pub value: Value,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A string that begins so.
    Prefix(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Bytes or text of this length in bytes, whatever they are.
    Length(usize),
    /// A function that is written here.
    Function,
    /// In order.
    Array(Vec<Literal>),
    /// Plain keys alone.
    Object(Vec<(String, Literal)>),
    /// The text does not tell.
    Unknown,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Literal) -> bool {
        self.value == other.value
    }
}

impl Literal {
    /// The string it is.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// What the string begins with, as far as it is known.
    pub fn beginning(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Prefix(text) => Some(text),
            _ => None,
        }
    }

    /// The number it is.
    pub fn number(&self) -> Option<f64> {
        if let Value::Number(number) = self.value { Some(number) } else { None }
    }

    /// How many bytes it takes as UTF-8.
    pub fn length(&self) -> Option<usize> {
        match &self.value {
            Value::Text(text) => Some(text.len()),
            Value::Length(length) => Some(*length),
            _ => None,
        }
    }

    /// Its items.
    pub fn items(&self) -> &[Literal] {
        if let Value::Array(items) = &self.value { items } else { &[] }
    }

    /// Its members.
    pub fn members(&self) -> &[(String, Literal)] {
        if let Value::Object(members) = &self.value { members } else { &[] }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Literal> {
        self.members().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// Reads values; constants of the file's top level are known by their symbols.
pub(super) struct Literals<'s> {
    pub(super) scoping: &'s Scoping,
    pub(super) constants: HashMap<SymbolId, Value>,
}

impl Literals<'_> {
    pub(super) fn read(&self, expression: &Expression<'_>) -> Literal {
        self.read_at(expression, 0)
    }

    fn read_at(&self, expression: &Expression<'_>, depth: usize) -> Literal {
        let span = expression.span();
        let value = if depth < DEEPEST { self.value(expression, depth) } else { Value::Unknown };
        Literal { value, span: span.start as usize..span.end as usize }
    }

    fn value(&self, expression: &Expression<'_>, depth: usize) -> Value {
        match expression {
            Expression::StringLiteral(text) => Value::Text(text.value.to_string()),
            Expression::NumericLiteral(number) => Value::Number(number.value),
            Expression::BooleanLiteral(boolean) => Value::Boolean(boolean.value),
            Expression::TemplateLiteral(template) => self.template(template, depth),
            Expression::BinaryExpression(sum) if sum.operator.as_str() == "+" => {
                match self.value(&sum.left, depth + 1) {
                    Value::Text(text) | Value::Prefix(text) => Value::Prefix(text),
                    _ => Value::Unknown,
                }
            }
            Expression::Identifier(identifier) => {
                let reference = identifier.reference_id.get();
                let symbol = reference.and_then(|id| self.scoping.get_reference(id).symbol_id());
                symbol.and_then(|symbol| self.constants.get(&symbol).cloned()).unwrap_or(Value::Unknown)
            }
            Expression::ParenthesizedExpression(inner) => self.value(&inner.expression, depth),
            Expression::TSAsExpression(inner) => self.value(&inner.expression, depth),
            Expression::TSSatisfiesExpression(inner) => self.value(&inner.expression, depth),
            Expression::TSNonNullExpression(inner) => self.value(&inner.expression, depth),
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => Value::Function,
            Expression::ArrayExpression(array) => {
                let items = array.elements.iter().take(LONGEST);
                let items = items.filter_map(|item| item.as_expression());
                Value::Array(items.map(|item| self.read_at(item, depth + 1)).collect())
            }
            Expression::ObjectExpression(object) => {
                let members = object.properties.iter().take(LONGEST).filter_map(|property| {
                    let ObjectPropertyKind::ObjectProperty(property) = property else { return None };
                    let key = property.key.static_name()?.to_string();
                    let value = self.read_at(&property.value, depth + 1);
                    // `{ namespace }` stands where its key does.
                    Some((key, value))
                });
                Value::Object(members.collect())
            }
            _ => self.length(expression, depth).map_or(Value::Unknown, Value::Length),
        }
    }

    /// What is known of a constant wherever its name stands.
    pub(super) fn constant(expression: &Expression<'_>) -> Option<Value> {
        match expression {
            Expression::StringLiteral(text) if text.value.len() > LONGEST_NAMED => {
                Some(Value::Length(text.value.len()))
            }
            Expression::StringLiteral(text) => Some(Value::Text(text.value.to_string())),
            Expression::NumericLiteral(number) => Some(Value::Number(number.value)),
            _ => None,
        }
    }

    /// A template as far as its parts are known.
    fn template(&self, template: &TemplateLiteral<'_>, depth: usize) -> Value {
        let mut text = String::new();
        for (index, quasi) in template.quasis.iter().enumerate() {
            let Some(part) = &quasi.value.cooked else { return Value::Prefix(text) };
            text.push_str(part);
            match template.expressions.get(index).map(|inner| self.value(inner, depth + 1)) {
                None => {}
                Some(Value::Text(part)) if text.len() < LONGEST_NAMED => text.push_str(&part),
                Some(_) => return Value::Prefix(text),
            }
        }
        Value::Text(text)
    }

    /// `new Uint8Array(n)`, `text.repeat(n)` and `new TextEncoder().encode(text)`.
    fn length(&self, expression: &Expression<'_>, depth: usize) -> Option<usize> {
        let whole = |number: f64| {
            // Counts beyond any limit need not be told apart.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounded just before"
            )]
            (0.0..=1e12).contains(&number).then_some(number as usize)
        };
        match expression {
            Expression::NewExpression(made) => {
                let Expression::Identifier(class) = &made.callee else { return None };
                let first = made.arguments.first()?.as_expression()?;
                (class.name == "Uint8Array").then(|| whole(self.read_at(first, depth + 1).number()?))?
            }
            Expression::CallExpression(call) => {
                let Expression::StaticMemberExpression(member) = &call.callee else { return None };
                let first = self.read_at(call.arguments.first()?.as_expression()?, depth + 1);
                match member.property.name.as_str() {
                    "repeat" => {
                        let unit = self.read_at(&member.object, depth + 1).length()?;
                        unit.checked_mul(whole(first.number()?)?)
                    }
                    "encode" if matches!(member.object, Expression::NewExpression(_)) => first.length(),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
