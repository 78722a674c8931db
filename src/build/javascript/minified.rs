//! What is minified means what was written: the same sources, as they are and made small.

use super::testing::{build_as, call};

/// The body of the answer, which is the same either way.
#[track_caller]
fn either(text: &str) -> String {
    let [plain, small] = [false, true].map(|minify| {
        let built =
            build_as(&[("src/handler.ts", text)], minify).unwrap_or_else(|error| panic!("{error}\n{text}"));
        call(&built.component).body().to_owned()
    });
    assert_eq!(plain, small, "made small: {text}");
    plain
}

#[test]
fn what_is_thrown_is_what_is_caught() {
    let cases = [
        ("console.error('about to fail'); throw new Error('real reason');", "Error: real reason"),
        ("console.error('about to fail'); throw Error('called');", "Error: called"),
        ("const failure = new Error('kept'); log.push('x'); throw failure;", "Error: kept"),
        ("log.push('y'); throw log;", "y"),
        ("log.push('x'); throw { toString: () => 'own' };", "own"),
        ("throw 1, 'two';", "two"),
        ("throw (1, 'second');", "second"),
        ("throw log.length ? 'none' : (log.push('a'), log);", "a"),
        ("throw(log.push('b'), function named() {});", "named"),
        ("try { throw new Error('inner'); } catch (error) { log.push('c'); throw error; }", "Error: inner"),
        ("if (log.length === 0) { log.push('d'); throw 'first'; } log.push('e'); throw 'last';", "first"),
    ];
    let functions: Vec<String> = cases.iter().map(|(throws, _)| format!("() => {{ {throws} }}")).collect();
    let text = format!(
        "let log = [];
        const fails = [{}];
        const caught = (fail) => {{ log = []; try {{ fail(); }} catch (error) {{ return error.name && !error.stack ? error.name : String(error); }} }};
        export const handler = () => ({{ body: fails.map(caught).join('|') }});",
        functions.join(", ")
    );
    let expected: Vec<&str> = cases.iter().map(|(_, caught)| *caught).collect();
    assert_eq!(either(&text), expected.join("|"));
}

#[test]
fn what_is_no_error_is_told_with_the_place_that_threw_it() {
    let text =
        "const log: string[] = [];\nexport function handler() {\n  log.push('a');\n  throw { code: 1 };\n}";
    for minify in [false, true] {
        let built = build_as(&[("src/handler.ts", text)], minify).unwrap();
        let logs = call(&built.component).logs;
        assert!(logs[0].contains("code") && logs[0].contains("src/handler.ts:"), "{minify}: {logs:?}");
    }
}

#[test]
fn a_default_export_is_the_handler_whatever_ends_it() {
    for handler in [
        "export default (request) => ({ body: name(request) })",
        "export default async (request) => ({ body: name(request) }); const last = 1",
        "class Routes { static answer = (request) => ({ body: name(request) }); } export default Routes.answer",
    ] {
        let text = format!("function name(request) {{ return request.http.method; }}\n{handler}");
        assert_eq!(either(&text), "POST", "{handler}");
    }
}
