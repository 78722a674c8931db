//! Our Promise against the rules of Promises/A+ and of ECMAScript, and the order of jobs.

use super::testing::{build_as, build_text, call};

/// Each case is a rule, what it comes to, and a function that shows it. The handler answers with those that fail.
const CASES: &str = include_str!("prelude/promise_cases.js");

#[test]
fn promises_keep_every_rule() {
    let answer = call(&build_text(CASES).component);
    assert_eq!(answer.body(), "", "{:?}", answer.logs);
    // The one case in which a promise of another class throws inside a job.
    assert_eq!(answer.logs.len(), 1, "{:?}", answer.logs);
    assert!(answer.logs[0].starts_with("error uncaught Error: in resolve"), "{:?}", answer.logs);
}

#[test]
fn a_minified_promise_keeps_them_too() {
    let built = build_as(&[("src/handler.ts", CASES)], true).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(call(&built.component).body(), "");
}
