//! The routes a page calls against the endpoints that are declared (contract/registry.md §5.4, contract/ui.md §1.5).

use super::declared::Declared;
use super::judge::{Judge, with_help};
use crate::build::javascript::survey::{Call, Literal, METHODS, Survey, Value};
use crate::findings::Code;
use std::collections::BTreeSet;

/// A call of a route, as a page's source says it.
struct Route<'a> {
    /// None when the source does not tell.
    method: Option<String>,
    literal: &'a Literal,
    /// The route; what of the literal leads to the gateway is left out.
    path: String,
    /// Whether the route ends where the literal does.
    is_whole: bool,
}

/// What a script of a page calls and the manifest does not declare.
pub(super) fn judge(found: &Survey, declared: &Declared, judge: &mut Judge) {
    let calls = found.calls.iter().filter_map(call);
    // `request.open('GET', path)` asks the page's own origin, which is no gateway.
    let unnamed = found.routes.iter().filter(|call| call.path.last().is_none_or(|name| name != "open"));
    let messages = found.messages.iter().filter_map(message);
    let mut told = BTreeSet::new();
    for route in calls.chain(unnamed.filter_map(unnamed_call)).chain(messages) {
        // Where a nested call is read with the one around it, once is enough.
        if told.insert((route.literal.span.start, route.path.clone())) {
            undeclared(judge, &route, declared);
        }
    }
}

/// The route of a call by name: the bridge's own functions, and `fetch` of the gateway.
fn call(call: &Call) -> Option<Route<'_>> {
    let argument = |index: usize| call.arguments.get(index);
    let method_in = |index: usize, default: &str| match argument(index).map(|literal| &literal.value) {
        None => Some(default.to_owned()),
        Some(Value::Object(_)) => match argument(index).and_then(|options| options.get("method")) {
            None => Some(default.to_owned()),
            Some(named) => method(named),
        },
        Some(_) => None,
    };
    match call.path.last()?.as_str() {
        "callProxy" | "callRoute" => route(argument(0)?, method_in(2, "POST")),
        "callHandlerJson" => route(argument(1)?, method_in(2, "GET")),
        "fetch" => {
            let literal = argument(0)?;
            let text = literal.beginning()?;
            let rest = ["/api/ext-proxy/", "/api/ext/"].iter().find_map(|front| text.strip_prefix(front))?;
            // Behind the extension's id, which must be part of the literal for its route to be.
            let (_, rest) = rest.split_once('/')?;
            let (path, is_whole) = path(&format!("/{rest}"), literal);
            Some(Route { method: method_in(1, "GET"), literal, path, is_whole })
        }
        _ => None,
    }
}

/// The route of any call that takes a method and a path.
fn unnamed_call(call: &Call) -> Option<Route<'_>> {
    let method = method(call.arguments.first()?)?;
    route(call.arguments.get(1)?, Some(method))
}

/// The route of a message's payload: `{ route, method }`.
fn message(payload: &Literal) -> Option<Route<'_>> {
    let method = match payload.get("method") {
        None => Some("POST".to_owned()),
        Some(named) => method(named),
    };
    route(payload.get("route")?, method)
}

fn method(literal: &Literal) -> Option<String> {
    let word = literal.text()?.to_ascii_uppercase();
    METHODS.contains(&word.as_str()).then_some(word)
}

fn route(literal: &Literal, method: Option<String>) -> Option<Route<'_>> {
    let (path, is_whole) = path(literal.beginning()?, literal);
    // A second slash begins a host, and a path of the gateway is no route.
    let is_route = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/api/ext");
    is_route.then_some(Route { method, literal, path, is_whole })
}

/// The path alone, and whether it ends where the literal does.
fn path(text: &str, literal: &Literal) -> (String, bool) {
    match text.split_once(['?', '#']) {
        Some((path, _)) => (path.to_owned(), true),
        None => (text.to_owned(), literal.text().is_some()),
    }
}

/// Says so when no endpoint answers the route.
fn undeclared(judge: &mut Judge, route: &Route, declared: &Declared) {
    let path = &route.path;
    let methods = if route.is_whole { declared.whole(path) } else { declared.front(path) };
    if methods.answer(route.method.as_deref()) || judge.is_full() {
        return;
    }
    let shown = if route.is_whole { path.clone() } else { format!("{path}…") };
    let method = route.method.as_deref().map(|method| format!("{method} ")).unwrap_or_default();
    let message = format!("`{method}{shown}` is called and not declared: the gateway answers 404");
    let mut names: Vec<&str> = methods.names().collect();
    names.sort_unstable();
    let help = if names.is_empty() {
        declared.meant(path).map_or_else(
            || "declare it in `api.endpoints` of the manifest".to_owned(),
            |near| format!("did you mean `{near}`? paths are compared letter by letter"),
        )
    } else {
        format!("declared for this path: {}", names.join(", "))
    };
    let span = &route.literal.span;
    judge.add(span.start, span.end, with_help(Code::UI_CALL_UNDECLARED, message, help));
}

#[cfg(test)]
mod tests {
    use super::super::ui_scripts::CALLS;
    use super::*;
    use crate::build::javascript::survey::{Asked, survey};
    use crate::manifest::{Endpoint, Manifest};
    use std::path::Path;

    fn manifest(endpoints: &[(&str, &str)]) -> Manifest {
        let endpoint = |(method, path): &(&str, &str)| Endpoint {
            method: (*method).into(),
            path: (*path).into(),
            handler: "dist/main".into(),
        };
        Manifest { endpoints: endpoints.iter().map(endpoint).collect(), ..Manifest::default() }
    }

    fn complaints(source: &str) -> Vec<String> {
        let declared =
            manifest(&[("GET", "/notes"), ("POST", "/notes"), ("DELETE", "/notes/:id"), ("GET", "/")]);
        let asked = Asked { calls: &CALLS, routes: true, texts: false };
        let found = survey(Path::new("ui/app.js"), source, asked).unwrap();
        let mut said = Judge::new(source, "ui/app.js");
        judge(&found, &Declared::of(&declared), &mut said);
        let findings = said.findings.into_iter();
        findings.map(|finding| finding.message.split('`').nth(1).unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn routes_that_are_declared_pass_in_every_form() {
        for source in [
            "call('GET', '/notes')",
            "call('GET', '/notes?after=5')",
            "call('GET', `/notes${query}`)",
            "call('DELETE', `/notes/${id}`)",
            "call('DELETE', '/notes/' + id)",
            "bridge.uiProxy.callRoute('/notes', bytes)",
            "callHandlerJson(bridge, '/notes')",
            "callHandlerJson(bridge, '/notes', { method: 'POST', body })",
            "fetch('/api/ext-proxy/com.acme.reports/notes')",
            "fetch(`/api/ext-proxy/${id}/anything`)",
            "fetch('./data.json'); fetch('/other')",
            "parent.postMessage({ type: 'apiproxy', payload: { route: '/notes', method: 'GET' } }, '*')",
            "call(method, '/nothing'); load('/nothing'); call('GET', `/${name}`); call('GET', '/')",
            "headers.set('GET', 'notes'); call('GET', '//cdn.example.com/x')",
            "request.open('GET', '/data.json')",
            "const NOTES = '/notes'; call('GET', NOTES); call('DELETE', `${NOTES}/${id}`)",
        ] {
            assert_eq!(complaints(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn routes_that_are_not_declared_are_told_with_their_method() {
        for (source, expected) in [
            ("call('GET', '/note')", "GET /note"),
            ("const BASE = '/api'; call('GET', `${BASE}/notes`)", "GET /api/notes"),
            ("call('PUT', '/notes')", "PUT /notes"),
            ("call('GET', '/Notes')", "GET /Notes"),
            ("call('PATCH', `/notes/${id}`)", "PATCH /notes/…"),
            ("call('GET', `/notes/${id}/tags`)", "GET /notes/…"),
            ("bridge.callProxy('/sync')", "POST /sync"),
            ("callHandlerJson(bridge, '/sync')", "GET /sync"),
            ("fetch('/api/ext-proxy/com.acme.reports/sync', { method: 'post' })", "POST /sync"),
            ("post({ alga: true, type: 'apiproxy', payload: { route: '/sync' } })", "POST /sync"),
        ] {
            assert_eq!(complaints(source), [expected], "{source}");
        }
    }
}
