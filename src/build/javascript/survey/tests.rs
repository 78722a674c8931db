//! What a file shows.

use super::*;

fn calling<'a>(calls: &'a [&'a str]) -> Asked<'a> {
    Asked { calls, ..Asked::default() }
}

fn uses(text: &str) -> Vec<(String, String, bool)> {
    let found = survey(Path::new("handler.ts"), text, Asked::default()).unwrap();
    found.uses.into_iter().map(|used| (used.interface, used.what, used.is_certain)).collect()
}

fn certain(text: &str) -> Vec<String> {
    let certain = uses(text).into_iter().filter(|(_, _, is_certain)| *is_certain);
    certain.map(|(interface, what, _)| format!("{interface}: {what}")).collect()
}

#[test]
fn every_way_to_the_host_is_a_use() {
    for (text, expected) in [
        ("export const handler: Handler = async (r, h) => h.secrets.get('a');", "secrets: host.secrets.get"),
        ("export default async (r, h) => h.secrets.get('a');", "secrets: host.secrets.get"),
        ("export function handler(r, { storage }) { return storage.get('a', 'b'); }", "storage: { storage }"),
        (
            "async function list(with_: HostBindings) { return with_.clients.list({}); }",
            "clients: host.clients.list",
        ),
        (
            "const f = (host) => { const { services } = host; return services.list(); };",
            "services: { services }",
        ),
        ("const f = (host) => { const s = host.scheduler; return s.list(); };", "scheduler: host.scheduler"),
        (
            "class A { constructor(private host) {} go() { return this.host.uiProxy.call('/x'); } }",
            "ui-proxy: host.uiProxy.call",
        ),
        ("import { get } from 'alga:extension/secrets'; get('a');", "secrets: get"),
        ("import { get as secret } from 'alga:extension/secrets'; secret('a');", "secrets: secret (`get`)"),
        ("import * as store from 'alga:extension/storage'; store.put({});", "storage: store.put"),
        ("export const a = () => fetch('https://a.example');", "http: fetch"),
        ("export const a = () => globalThis.fetch('https://a.example');", "http: globalThis.fetch"),
    ] {
        assert_eq!(certain(text), [expected], "{text}");
    }
}

#[test]
fn what_only_looks_like_the_host_is_no_certain_use() {
    for text in [
        "import type { SecretError } from 'alga:extension/secrets'; const e: SecretError = 1;",
        "import { get } from 'alga:extension/secrets';",
        "export function handler(request) { return request.http.url; }",
        "const fetch = () => 1; fetch();",
        "db.storage.get('a'); location.host.secrets;",
        "function f({ storage }) { return storage; }",
        "// host.secrets.get('a')\nconst text = 'host.secrets.get';",
    ] {
        assert!(certain(text).is_empty(), "{text}");
    }
}

#[test]
fn a_use_and_a_call_have_their_bytes() {
    let text = "const NS = 'notes';\nexport const handler = (r, host) => host.storage.put({ namespace: NS, key: `a${r}` });";
    let found = survey(Path::new("handler.js"), text, calling(&["put"])).unwrap();
    assert_eq!(&text[found.uses[0].span.clone()], "host.storage.put");
    let call = &found.calls[0];
    assert_eq!((call.name().as_str(), call.is_host), ("storage.put", true));
    let argument = &call.arguments[0];
    assert_eq!(argument.get("namespace").unwrap().text(), Some("notes"));
    assert_eq!(&text[argument.get("namespace").unwrap().span.clone()], "NS");
    assert_eq!(argument.get("key").unwrap().value, Value::Prefix("a".into()));
}

#[test]
fn lengths_are_counted_without_making_the_value() {
    let text = "f(new Uint8Array(50000), 'ab'.repeat(9e9), new TextEncoder().encode('ä'), 'x'.repeat(-1))";
    let found = survey(Path::new("a.js"), text, calling(&["f"])).unwrap();
    let lengths: Vec<_> = found.calls[0].arguments.iter().map(Literal::length).collect();
    assert_eq!(lengths, [Some(50000), Some(18_000_000_000), Some(2), None]);
}

#[test]
fn globals_are_told_from_names_of_the_file() {
    let text = "alert('a'); { const alert = () => 1; alert('b'); } try { eval('c') } catch {} window.parent.postMessage(1, '*')";
    let found = survey(Path::new("a.js"), text, calling(&["alert", "eval", "postMessage"])).unwrap();
    let calls: Vec<_> = found.calls.iter().map(|call| (call.name(), call.is_global, call.is_tried)).collect();
    let call = |name: &str, is_global, is_tried| (name.to_owned(), is_global, is_tried);
    assert_eq!(
        calls,
        [
            call("alert", true, false),
            call("alert", false, false),
            call("eval", true, true),
            call("window.parent.postMessage", true, false),
        ]
    );
}

#[test]
fn what_is_no_script_shows_nothing() {
    assert!(survey(Path::new("a.ts"), "export const = ;", Asked::default()).is_none());
}

#[test]
fn texts_come_from_strings_templates_and_expressions() {
    let asked = Asked { texts: true, ..Asked::default() };
    let found =
        survey(Path::new("a.ts"), "x = 'a' + `b${'c'}d`; /^\\/e$/.test(x); throw { status: 404 };", asked);
    let found = found.unwrap();
    assert_eq!(found.texts, ["a", "b", "d", "c", "^\\/e$"]);
    assert!(found.says_404 && !survey(Path::new("a.ts"), "let n = 40;", asked).unwrap().says_404);
}

#[test]
fn routes_are_calls_with_a_method_and_messages_that_ask_for_one() {
    let asked = Asked { routes: true, ..Asked::default() };
    let text = "await api.call('GET', `/notes/${id}`, { method: 'PUT' as const }); go(1); headers.set('GET');\n\
        post({ alga: true, type: 'apiproxy', payload: { route: '/sync' } }); post({ type: 'ready', payload: {} });";
    let found = survey(Path::new("a.ts"), text, asked).unwrap();
    let [call] = found.routes.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (call.name().as_str(), &call.arguments[1].value),
        ("api.call", &Value::Prefix("/notes/".into()))
    );
    assert_eq!(call.arguments[2].get("method").unwrap().text(), Some("PUT"));
    let [message] = found.messages.as_slice() else { panic!("{found:?}") };
    assert_eq!(message.get("route").unwrap().text(), Some("/sync"));
}

#[test]
fn imports_are_told_and_a_name_that_is_made_is_unknown() {
    let text = "import a from './a'; export * from './b'; export { c } from './c'; await import('./d'); require('./e');";
    let found = survey(Path::new("a.js"), text, Asked::default()).unwrap();
    assert_eq!(
        (found.requests, found.requests_unknown),
        (["./a", "./b", "./c", "./d", "./e"].map(str::to_owned).to_vec(), false)
    );
    for text in ["import(name)", "require('./' + name)"] {
        assert!(survey(Path::new("a.js"), text, Asked::default()).unwrap().requests_unknown, "{text}");
    }
}

#[test]
fn long_constants_are_not_copied_to_all_the_places_their_names_stand_in() {
    let long = "x".repeat(100_000);
    let calls =
        "call('GET', LONG); call('GET', `${SHORT}`); call('GET', `${MOST}${MOST}${MOST}`);".repeat(20_000);
    let most = "y".repeat(512);
    let text = format!("const LONG = '{long}', SHORT = '/a', MOST = '{most}'; {calls}");
    let asked = Asked { routes: true, ..Asked::default() };
    let found = survey(Path::new("a.js"), &text, asked).unwrap();
    let values: Vec<&Value> = found.routes.iter().take(3).map(|call| &call.arguments[1].value).collect();
    assert_eq!(values[..2], [&Value::Length(100_000), &Value::Text("/a".into())]);
    assert_eq!(*values[2], Value::Prefix(most));
    assert_eq!(found.routes.len(), 60_000);
}

#[test]
fn very_many_modules_are_told_once_each() {
    let twice = |number| format!("import 'a{number}';import 'a{number}';");
    let text = (0..50_000).map(twice).collect::<Vec<String>>().concat();
    let found = survey(Path::new("a.js"), &text, Asked::default()).unwrap();
    assert_eq!(found.requests.len(), 50_000);
}
