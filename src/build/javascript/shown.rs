//! What `console` prints: values with all that is in them, as Node prints them.

use super::testing::{build_text, call};

#[test]
fn console_prints_what_is_inside_of_a_value() {
    let cases = [
        ("new Headers({ accept: 'a', 'X-B': '1' })", "Headers { accept: 'a', 'x-b': '1' }"),
        ("new URLSearchParams('a=1&b=2')", "URLSearchParams { 'a' => '1', 'b' => '2' }"),
        (
            "(() => { const form = new FormData(); form.append('a', '1'); return form; })()",
            "FormData { a: '1' }",
        ),
        ("new Map([['k', { a: [1] }], [{}, null]])", "Map(2) { 'k' => { a: [ 1 ] }, {} => null }"),
        ("new Set([1, 'x', undefined])", "Set(3) { 1, 'x', undefined }"),
        ("new Blob(['abc'], { type: 'text/plain' })", "Blob { size: 3, type: 'text/plain' }"),
        ("AbortSignal.abort('why')", "AbortSignal { aborted: true, reason: 'why' }"),
        ("new Uint8Array([1, 255])", "Uint8Array(2) [ 1, 255 ]"),
        ("new Float64Array(1)", "Float64Array(1) [ 0 ]"),
        ("new Uint8Array([1, 255]).buffer", "ArrayBuffer { [Uint8Contents]: <01 ff>, byteLength: 2 }"),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("new Date(NaN)", "Invalid Date"),
        ("new (class Point { x = 1; #hidden = 2; get y() { return 3; } })()", "Point { x: 1 }"),
        ("class A extends Map {}", "[class A extends Map]"),
        ("Object.assign(function named() {}, { a: 1 })", "[Function: named] { a: 1 }"),
        ("(() => () => 1)()", "[Function (anonymous)]"),
        ("[Symbol('s'), { [Symbol.for('k')]: 1 }]", "[ Symbol(s), { [Symbol(k)]: 1 } ]"),
        (
            "(() => { const one = { name: 'one' }; one.self = one; return one; })()",
            "<ref *1> { name: 'one', self: [Circular *1] }",
        ),
        ("[1, , , 4]", "[ 1, <2 empty items>, 4 ]"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("{ get a() { return 1; }, set b(value) {} }", "{ a: [Getter], b: [Setter] }"),
        ("[\"it's\", 'a\"b', 'x\\n']", r#"[ "it's", 'a"b', 'x\n' ]"#),
        ("new WeakMap()", "WeakMap { <items unknown> }"),
        ("[10n, -0, NaN, null, undefined, true, /x/g]", "[ 10n, -0, NaN, null, undefined, true, /x/g ]"),
        ("{ a: { b: { c: { d: { e: { f: 1 } } } } } }", "{ a: { b: { c: { d: { e: [Object] } } } } }"),
    ];
    for (value, expected) in cases {
        let answer = call(
            &build_text(&format!("export const handler = () => {{ console.log({value}); return {{}}; }};"))
                .component,
        );
        assert_eq!(answer.logs, [format!("info {expected}")], "{value}");
    }
    let web = "console.log(new Response('x', { status: 201, headers: { a: 'b' } })); console.log(new Request('https://a.example/', { method: 'PUT' })); console.log(new URL('https://a.example/b?c=d'));";
    let logs =
        call(&build_text(&format!("export const handler = () => {{ {web} return {{}}; }};")).component).logs;
    for (log, parts) in logs.iter().zip([
        ["info Response {", "status: 201", "headers: Headers {", "ok: true"],
        ["info Request {", "method: 'PUT'", "url: 'https://a.example/'", "bodyUsed: false"],
        [
            "info URL {",
            "href: 'https://a.example/b?c=d'",
            "searchParams: URLSearchParams { 'c' => 'd' }",
            "hash: ''",
        ],
    ]) {
        assert!(parts.iter().all(|part| log.contains(part)), "{log}");
    }
    assert_eq!(logs.len(), 3);
}
