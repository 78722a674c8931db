//! What the validators have in common: paths in three spellings, JavaScript's blanks, and the simplest checks.

use serde_json::{Map, Value};

/// One step of a path into a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// How a validator writes paths.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    /// `api.endpoints[0].path`
    Brackets,
    /// `api.endpoints.0.path`
    Dots,
    /// `/api/endpoints/0/path`
    Pointer,
}

impl Style {
    pub(super) fn path(self, steps: &[Step]) -> String {
        let mut path = String::new();
        for step in steps {
            match (self, step) {
                (Style::Brackets, Step::Index(index)) => path.extend(["[", &index.to_string(), "]"]),
                (Style::Brackets | Style::Dots, step) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&word(step));
                }
                (Style::Pointer, step) => {
                    path.push('/');
                    path.push_str(&word(step).replace('~', "~0").replace('/', "~1"));
                }
            }
        }
        if path.is_empty() { "$".into() } else { path }
    }
}

fn word(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}

/// Complaints as they are collected.
#[derive(Debug, Default)]
pub(super) struct Issues(Vec<(Vec<Step>, String)>);

impl Issues {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_list(self) -> impl Iterator<Item = (Vec<Step>, String)> {
        self.0.into_iter()
    }
}

/// A value and how it was reached. Complaints about it go to the list it is given.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    steps: Vec<Step>,
    /// None when the key is missing.
    pub(super) value: Option<&'a Value>,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> At<'a> {
        At { steps: Vec::new(), value: Some(value) }
    }

    /// A member, there or not.
    pub(super) fn key(&self, key: &str) -> At<'a> {
        let mut steps = self.steps.clone();
        steps.push(Step::Key(key.to_owned()));
        At { steps, value: self.value.and_then(|value| value.as_object()?.get(key)) }
    }

    pub(super) fn is_there(&self) -> bool {
        self.value.is_some()
    }

    pub(super) fn complain(&self, issues: &mut Issues, message: impl Into<String>) {
        issues.0.push((self.steps.clone(), message.into()));
    }

    /// The text it is, or a complaint.
    pub(super) fn text(&self, issues: &mut Issues) -> Option<&'a str> {
        self.wanted(issues, "a string", Value::as_str)
    }

    /// The object it is, or a complaint.
    pub(super) fn object(&self, issues: &mut Issues) -> Option<&'a Map<String, Value>> {
        self.wanted(issues, "an object", Value::as_object)
    }

    /// The items of the array it is, or a complaint.
    pub(super) fn items(&self, issues: &mut Issues) -> Option<Vec<At<'a>>> {
        let items = self.wanted(issues, "an array", Value::as_array)?;
        let at = |(index, value)| {
            let mut steps = self.steps.clone();
            steps.push(Step::Index(index));
            At { steps, value: Some(value) }
        };
        Some(items.iter().enumerate().map(at).collect())
    }

    /// Its members, when it is an object.
    pub(super) fn members(&self) -> Vec<(&'a str, At<'a>)> {
        let members = self.value.and_then(Value::as_object);
        members.into_iter().flatten().map(|(key, _)| (key.as_str(), self.key(key))).collect()
    }

    /// Complains of every key that is none of `known`.
    pub(super) fn only(&self, issues: &mut Issues, known: &[&str]) {
        for (key, member) in self.members() {
            if !known.contains(&key) {
                member.complain(issues, "is no key that may stand here");
            }
        }
    }

    fn wanted<T>(&self, issues: &mut Issues, what: &str, read: fn(&'a Value) -> Option<T>) -> Option<T> {
        match self.value {
            None => self.complain(issues, "is missing"),
            Some(value) => match read(value) {
                Some(read) => return Some(read),
                None => self.complain(issues, format!("is not {what}")),
            },
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_each_validator_writes_it() {
        let key = |key: &str| Step::Key(key.into());
        let steps = [key("api"), key("endpoints"), Step::Index(0), key("a/b")];
        assert_eq!(Style::Brackets.path(&steps), "api.endpoints[0].a/b");
        assert_eq!(Style::Dots.path(&steps), "api.endpoints.0.a/b");
        assert_eq!(Style::Pointer.path(&steps), "/api/endpoints/0/a~1b");
        assert_eq!(Style::Pointer.path(&[]), "$");
    }
}
