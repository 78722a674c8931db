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
    for (throws, caught) in [
        ("console.error('about to fail'); throw new Error('real reason');", "Error: real reason"),
        ("console.error('about to fail'); throw Error('real reason');", "Error: real reason"),
        ("const failure = new Error('kept'); log.push('x'); throw failure;", "Error: kept"),
        ("log.push('x'); throw log;", "x"),
        ("log.push('x'); throw { toString: () => 'own' };", "own"),
        ("throw 1, 'two';", "two"),
        ("throw (1, 'two');", "two"),
        ("throw log.length ? 'none' : (log.push('a'), log);", "a"),
        ("throw(log.push('a'), () => 'called');", "() => 'called'"),
        ("try { throw new Error('inner'); } catch (error) { log.push('b'); throw error; }", "Error: inner"),
        ("if (log.length === 0) { log.push('c'); throw 'first'; } log.push('d'); throw 'second';", "first"),
    ] {
        let text = format!(
            "const log = [];
            function fail() {{ {throws} }}
            export async function handler() {{ log.length = 0; try {{ fail(); }} catch (error) {{ return {{ body: `${{error}}`.replace(/^\\(\\)=>/, '() => ').replaceAll('`', \"'\").replaceAll('\"', \"'\") }}; }} }}"
        );
        assert_eq!(either(&text), caught, "{throws}");
    }
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
fn every_form_of_a_default_export_is_the_handler() {
    for handler in [
        "export default (request) => ({ body: name(request) })",
        "export default async (request) => ({ body: name(request) }); const last = 1",
        "export default function (request) { return { body: name(request) }; }",
        "export default async function own(request) { return { body: name(request) }; }",
        "class Routes { static answer = (request) => ({ body: name(request) }); } export default Routes.answer",
        "const own = (request) => ({ body: name(request) }); export { own as default }",
    ] {
        let text = format!("function name(request) {{ return request.http.method; }}\n{handler}");
        assert_eq!(either(&text), "POST", "{handler}");
    }
}
