//! A script with a probe before each of the author's statements.

use super::super::trace::{Lines, SCRIPT};
use oxc::allocator::{Allocator, Vec as Statements};
use oxc::ast::ast::{
    ArrowFunctionBody, DoWhileStatement, ForInStatement, ForOfStatement, ForStatement, IfStatement,
    Statement, WhileStatement,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands before an instrumented script, in its first line, which is one of ours.
const PREFIX: &str = r#"
    import { logInfo as $alga_ext_log } from "alga:extension/logging";
    import { getRandomU64 as $alga_ext_pace } from "wasi:random/random@0.2.0";
    const $alga_ext_Error = Error;
    const $alga_ext_stack = Object.getOwnPropertyDescriptor(Error.prototype, "stack").get;
    const $alga_ext_call = Function.prototype.call.bind(Function.prototype.call);
    const $alga_ext_Number = Number;
    let $alga_ext_left = 1;
    function $alga_ext_at() {
        if (--$alga_ext_left > 0) return;
        $alga_ext_log("\0alga-ext\0at " + $alga_ext_call($alga_ext_stack, new $alga_ext_Error()));
        $alga_ext_left = $alga_ext_Number($alga_ext_pace());
    }
"#;
/// A probe.
const CALL: &str = "$alga_ext_at()";

/// A script with probes. Its lines are those of the script.
pub(super) struct Instrumented {
    pub(super) text: String,
    /// By line, counted from 1: where in the script's line, in bytes, so many were put in.
    added: BTreeMap<usize, Vec<(usize, usize)>>,
}

impl Instrumented {
    /// None where the script cannot be read.
    pub(super) fn new(script: &str, lines: &Lines) -> Option<Instrumented> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, script, SourceType::mjs()).parse();
        if parsed.panicked {
            return None;
        }
        let mut probes = Probes { lines, starts: starts(script), places: Vec::new() };
        probes.visit_program(&parsed.program);
        let Probes { starts, mut places, .. } = probes;
        // What ends comes before what begins; of what ends at one place, what is further in was put first.
        places.sort_by_key(|place| (place.at, !place.closes));
        let prefix: String = PREFIX.lines().map(str::trim).collect();
        let mut added = BTreeMap::from([(1, vec![(0, prefix.len())])]);
        let (mut text, mut from) = (prefix, 0);
        for Place { at, piece, .. } in places {
            text.push_str(script.get(from..at)?);
            text.push_str(&piece);
            from = at;
            let line = starts.partition_point(|start| *start <= at);
            let start = starts.get(line.checked_sub(1)?)?;
            added.entry(line).or_default().push((at - start, piece.len()));
        }
        text.push_str(script.get(from..)?);
        Some(Instrumented { text, added })
    }

    /// A stack with the places of the script as it was.
    pub(super) fn restore(&self, stack: &str) -> String {
        let mut restored = String::new();
        let mut rest = stack;
        while let Some((before, place)) = rest.split_once(SCRIPT) {
            let end = place.find(|character: char| !character.is_ascii_digit() && character != ':');
            let (numbers, after) = place.split_at(end.unwrap_or(place.len()));
            let mut numbers = numbers.split(':').map(|number| number.parse().unwrap_or_default());
            let (line, column) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
            let _ = write!(restored, "{before}{SCRIPT}{line}:{}", self.column(line, column));
            rest = after;
        }
        restored + rest
    }

    /// The column of the script, counted from 1.
    fn column(&self, line: usize, column: usize) -> usize {
        let column = column.saturating_sub(1);
        let mut before = 0;
        for (at, length) in self.added.get(&line).into_iter().flatten() {
            if column < at + before {
                break;
            }
            if column < at + before + length {
                return at + 1;
            }
            before += length;
        }
        column - before + 1
    }
}

/// Where the lines of a text begin.
fn starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Finds where probes go.
struct Probes<'l> {
    lines: &'l Lines,
    starts: Vec<usize>,
    places: Vec<Place>,
}

/// Where something is put in.
struct Place {
    at: usize,
    piece: String,
    /// It ends what began before.
    closes: bool,
}

impl Probes<'_> {
    /// Whether something is the author's, or a package's.
    fn is_known(&self, span: Span) -> bool {
        self.lines.is_known(self.starts.partition_point(|start| *start <= span.start as usize))
    }

    fn open(&mut self, at: u32, piece: String) {
        self.places.push(Place { at: at as usize, piece, closes: false });
    }

    fn close(&mut self, at: u32, piece: &str) {
        self.places.push(Place { at: at as usize, piece: piece.to_owned(), closes: true });
    }

    /// A statement that stands alone where several may.
    fn body(&mut self, body: &Statement<'_>) {
        let span = body.span();
        match body {
            _ if !self.is_known(span) => self.visit_statement(body),
            Statement::BlockStatement(_) => {
                self.open(span.start + 1, format!("{CALL};"));
                self.visit_statement(body);
            }
            _ => {
                self.open(span.start, format!("{{{CALL};"));
                self.visit_statement(body);
                self.close(span.end, "}");
            }
        }
    }
}

impl<'a> Visit<'a> for Probes<'_> {
    fn visit_statements(&mut self, it: &Statements<'a, Statement<'a>>) {
        for statement in it {
            // Functions are there before anything runs, and imports and exports do nothing.
            let runs = !matches!(statement, Statement::FunctionDeclaration(_))
                && statement.as_module_declaration().is_none();
            if runs && self.is_known(statement.span()) {
                self.open(statement.span().start, format!("{CALL};"));
            }
            self.visit_statement(statement);
        }
    }

    fn visit_arrow_function_body(&mut self, it: &ArrowFunctionBody<'a>) {
        let span = it.span();
        let is_expression = it.as_expression().is_some() && self.is_known(span);
        if is_expression {
            self.open(span.start, format!("({CALL},"));
        }
        walk::walk_arrow_function_body(self, it);
        if is_expression {
            self.close(span.end, ")");
        }
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        self.body(&it.consequent);
        // An `else if` gets a block around it, which changes nothing.
        it.alternate.iter().for_each(|alternate| self.body(alternate));
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.visit_expression(&it.test);
        self.body(&it.body);
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.body(&it.body);
        self.visit_expression(&it.test);
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        it.init.iter().for_each(|init| self.visit_for_statement_init(init));
        it.test.iter().for_each(|test| self.visit_expression(test));
        it.update.iter().for_each(|update| self.visit_expression(update));
        self.body(&it.body);
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.visit_expression(&it.right);
        self.body(&it.body);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.visit_expression(&it.right);
        self.body(&it.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script whose lines but the first are the author's.
    fn instrumented(script: &str) -> Instrumented {
        let mut lines = Lines::default();
        let file = lines.file("a.js");
        lines.push(0, 0, Vec::new());
        (2..=script.lines().count()).for_each(|line| lines.push(file, line, Vec::new()));
        Instrumented::new(script, &lines).unwrap()
    }

    #[test]
    fn every_statement_and_body_has_its_probe_and_ours_have_none() {
        let script = "import './x'; ours();\nlet a = (b) => c => ({ b });\nif (a) f(); else if (b) g();\n\
                      while (a);\ndo{}while(a)\nfor(;;)for(const x of a)f(()=>x)\nfunction f() { return 1 }\n\
                      label: for (a in b) { continue label }\nexport { a };";
        let at = CALL;
        let expected = format!(
            "let a = (b) => ({at},c => ({at},({{ b }})));\n\
             {at};if (a) {{{at};f();}} else {{{at};if (b) {{{at};g();}}}}\n\
             {at};while (a){{{at};;}}\n{at};do{{{at};}}while(a)\n\
             {at};for(;;){{{at};for(const x of a){{{at};f(()=>({at},x))}}}}\nfunction f() {{ {at};return 1 }}\n\
             {at};label: for (a in b) {{{at}; {at};continue label }}\nexport {{ a }};"
        );
        let instrumented = instrumented(script);
        let (first, rest) = instrumented.text.split_once('\n').unwrap();
        assert!(first.ends_with("import './x'; ours();") && !first.contains('\n'), "{first}");
        assert_eq!(rest, format!("{at};{expected}"));
    }

    #[test]
    fn a_stack_has_the_places_of_the_script() {
        let instrumented = instrumented("ours();\nf(() => g());");
        let text = instrumented.text.lines().nth(1).unwrap();
        let column = |word: &str| text.find(word).unwrap() + 1;
        let stack = format!(
            "    at one ({SCRIPT}2:{})\n    at two ({SCRIPT}2:{})\n    at {SCRIPT}2:{}",
            column("g()"),
            column("f("),
            column(",") - 1
        );
        let expected = format!("    at one ({SCRIPT}2:9)\n    at two ({SCRIPT}2:1)\n    at {SCRIPT}2:9");
        assert_eq!(instrumented.restore(&stack), expected);
    }
}
