//! Scripts of the UI against the policy they are served with and the sandbox they run in.

use super::declared::Declared;
use super::judge::{Judge, with_help};
use super::routes;
use crate::build::javascript::survey::{self, Asked, Call, Literal, Value};
use crate::findings::{Code, Finding};
use std::path::Path;

/// The last names of the calls that are looked at.
pub(super) const CALLS: [&str; 22] = [
    "eval",
    "Function",
    "setTimeout",
    "setInterval",
    "fetch",
    "open",
    "WebSocket",
    "EventSource",
    "sendBeacon",
    "importScripts",
    "Worker",
    "SharedWorker",
    "import",
    "FontFace",
    "alert",
    "confirm",
    "prompt",
    "postMessage",
    "setAttribute",
    "callProxy",
    "callRoute",
    "callHandlerJson",
];

/// What the functions that code in a package is made of text by come to when there is no `globalThis`: never reached.
const HARMLESS: [&str; 2] = ["return this", "return this;"];

/// The largest script whose routes are judged, in bytes: what is larger was put together of libraries.
const LARGEST_ROUTED: usize = 1 << 20;

/// Judges one script; its routes too when it is known which are declared.
pub(super) fn judge(path: &str, file: &str, text: &str, declared: Option<&Declared>) -> Vec<Finding> {
    let declared = declared.filter(|_| text.len() <= LARGEST_ROUTED && has_path(text));
    // Parsing is the dear part: many files of a UI have none of these words.
    if declared.is_none() && !CALLS.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    let asked = Asked { calls: &CALLS, routes: declared.is_some(), texts: false };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(found) = survey::survey(Path::new(path), body, asked) else { return Vec::new() };
    let mut judge = Judge::new(text, file);
    if let Some(declared) = declared {
        routes::judge(&found, declared, &mut judge);
    }
    for call in &found.calls {
        if judge.is_full() {
            break;
        }
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let path = match path.as_slice() {
            ["window" | "globalThis" | "self", rest @ ..] if call.is_global && !rest.is_empty() => rest,
            path => path,
        };
        match path {
            ["eval" | "Function"] if call.is_global => made_of_text(call, &mut judge),
            ["setTimeout" | "setInterval"] if call.is_global => timer(call, &mut judge),
            ["fetch" | "WebSocket" | "EventSource"] | ["navigator", "sendBeacon"] if call.is_global => {
                connects(call, call.arguments.first(), &mut judge);
            }
            // `request.open('GET', url)`
            [.., "open"] if path.len() > 1 && is_method(call.arguments.first()) => {
                connects(call, call.arguments.get(1), &mut judge);
            }
            ["importScripts" | "Worker" | "SharedWorker" | "import"] if call.is_global => {
                loads(call, call.arguments.first(), &mut judge);
            }
            ["FontFace"] if call.is_global => font(call, &mut judge),
            ["alert" | "confirm" | "prompt"] if call.is_global => dialog(call, path, &mut judge),
            [.., "postMessage"] => message(call, &mut judge),
            [.., "setAttribute"] => attribute(call, &mut judge),
            _ => {}
        }
    }
    judge.findings
}

/// Whether a text of the script begins with `/`.
fn has_path(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair, [b'"' | b'\'' | b'`', b'/']))
}

fn say(judge: &mut Judge, span: &std::ops::Range<usize>, code: Code, message: impl Into<String>, help: &str) {
    judge.add(span.start, span.end, with_help(code, message, help));
}

fn made_of_text(call: &Call, judge: &mut Judge) {
    let body = call.arguments.last();
    let is_harmless = body.is_none_or(|body| body.text().is_some_and(|text| HARMLESS.contains(&text.trim())));
    if call.is_tried || is_harmless {
        return;
    }
    let message = format!("`{}` throws: pages are served with `script-src 'self'`", call.name());
    say(
        judge,
        &call.span,
        Code::UI_EVAL,
        message,
        "write the code itself; of a library, take the build for pages with a content security policy",
    );
}

fn timer(call: &Call, judge: &mut Judge) {
    if let Some(code) = call.arguments.first().filter(|code| code.beginning().is_some()) {
        let message =
            format!("`{}` with text does nothing: pages are served with `script-src 'self'`", call.name());
        say(judge, &code.span, Code::UI_EVAL, message, "hand over a function");
    }
}

fn is_method(literal: Option<&Literal>) -> bool {
    literal.and_then(Literal::text).is_some_and(|method| {
        matches!(
            method.to_ascii_uppercase().as_str(),
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS"
        )
    })
}

/// The beginning of an address of another origin.
fn remote(literal: Option<&Literal>) -> Option<(&Literal, String)> {
    let literal = literal?;
    let address = literal.beginning()?.trim_start();
    let schemes = ["http://", "https://", "ws://", "wss://", "//"];
    let lower = address.get(..8.min(address.len())).unwrap_or(address).to_ascii_lowercase();
    let host = schemes.iter().find(|scheme| lower.starts_with(**scheme))?;
    // `http://${host}` may be the page's own host.
    let named = address.len() > host.len();
    (named && !address.contains('\\')).then(|| (literal, address.chars().take(80).collect()))
}

fn connects(call: &Call, address: Option<&Literal>, judge: &mut Judge) {
    let Some((literal, address)) = remote(address) else { return };
    let message =
        format!("`{}` of `{address}` is blocked: pages are served with `connect-src 'self'`", call.name());
    let help = "call an endpoint of the handler through the bridge, and let it ask with `cap:http.fetch`";
    say(judge, &literal.span, Code::UI_REMOTE_CALL, message, help);
}

fn loads(call: &Call, address: Option<&Literal>, judge: &mut Judge) {
    let name = call.name();
    if let Some((literal, address)) = remote(address) {
        let message =
            format!("`{name}` of `{address}` is blocked: pages are served with `script-src 'self'`");
        let help = "put the file into the UI folder and load it from there";
        say(judge, &literal.span, Code::UI_REMOTE_RESOURCE, message, help);
    } else if let Some(literal) = address.filter(|address| {
        address.beginning().is_some_and(|text| text.starts_with("data:") || text.starts_with("blob:"))
    }) {
        let message = format!(
            "`{name}` of a `data:` or `blob:` address is blocked: pages are served with `script-src 'self'`"
        );
        say(
            judge,
            &literal.span,
            Code::UI_REMOTE_RESOURCE,
            message,
            "put the code into a file of the UI folder",
        );
    }
}

fn font(call: &Call, judge: &mut Judge) {
    let Some(source) = call.arguments.get(1) else { return };
    let Some(text) = source.beginning() else { return };
    let text = text.replace(['"', '\''], "");
    if ["url(data:", "url(http", "url(//"].iter().any(|start| text.contains(start)) {
        let message = "this font is blocked: pages are served with `font-src 'self'`";
        say(
            judge,
            &source.span,
            Code::UI_REMOTE_RESOURCE,
            message,
            "put the font into the UI folder as woff2",
        );
    }
}

fn dialog(call: &Call, path: &[&str], judge: &mut Judge) {
    let name = path.last().copied().unwrap_or_default();
    let answer = match name {
        "confirm" => "shows nothing and answers false",
        "prompt" => "shows nothing and answers null",
        _ => "shows nothing",
    };
    let message = format!("`{name}` {answer}: the frame's sandbox has no `allow-modals`");
    say(judge, &call.span, Code::UI_DIALOG, message, "show it in the page, for example in a `<dialog>`");
}

fn message(call: &Call, judge: &mut Judge) {
    let target = call.arguments.get(1);
    let origin = target
        .and_then(|target| if target.text().is_some() { Some(target) } else { target.get("targetOrigin") });
    // Workers and ports take no origin, so a `*` is one of a window.
    if let Some(origin) = origin.filter(|origin| origin.text() == Some("*")) {
        let message = "whatever page frames this one can read the message: its target origin is `*`";
        let help = "name the host's origin: `location.ancestorOrigins?.[0]`, the query's `parentOrigin`, or the origin of `document.referrer`";
        say(judge, &origin.span, Code::UI_ORIGIN_ANY, message, help);
    }
}

/// `element.setAttribute('onclick', …)`
fn attribute(call: &Call, judge: &mut Judge) {
    let Some(name) = call.arguments.first().and_then(Literal::text) else { return };
    let event = name.to_ascii_lowercase();
    let is_event = event.len() > 3
        && event.strip_prefix("on").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_text =
        call.arguments.get(1).is_some_and(|code| matches!(code.value, Value::Text(_) | Value::Prefix(_)));
    if is_event && is_text {
        let message = format!("`{name}` does not run: pages are served with `script-src 'self'`");
        say(judge, &call.span, Code::UI_INLINE_SCRIPT, message, "use `addEventListener`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(Code, String)> {
        let found = judge("ui/app.js", "ui/app.js", text, None);
        let shown = |finding: &Finding| finding.span.map(|span| text[span.start..span.end].to_owned());
        found.iter().map(|finding| (finding.code, shown(finding).unwrap_or_default())).collect()
    }

    #[test]
    fn what_the_policy_or_the_sandbox_blocks_is_named_where_it_stands() {
        for (text, code, place) in [
            ("eval('1 + ' + a)", Code::UI_EVAL, "eval"),
            ("const f = new Function('a', 'return a + 1')", Code::UI_EVAL, "Function"),
            ("window.setTimeout('go()', 10)", Code::UI_EVAL, "'go()'"),
            ("fetch('https://api.example.com/x')", Code::UI_REMOTE_CALL, "'https://api.example.com/x'"),
            (
                "fetch(`https://api.example.com/${id}`)",
                Code::UI_REMOTE_CALL,
                "`https://api.example.com/${id}`",
            ),
            ("const API = 'https://a.example'; fetch(API + '/x')", Code::UI_REMOTE_CALL, "API + '/x'"),
            ("x.open('post', '//a.example')", Code::UI_REMOTE_CALL, "'//a.example'"),
            ("new WebSocket('wss://a.example')", Code::UI_REMOTE_CALL, "'wss://a.example'"),
            ("import('https://esm.sh/react')", Code::UI_REMOTE_RESOURCE, "'https://esm.sh/react'"),
            ("new Worker('data:text/javascript,1')", Code::UI_REMOTE_RESOURCE, "'data:text/javascript,1'"),
            ("if (window.confirm('sure?')) go()", Code::UI_DIALOG, "window.confirm"),
            ("parent.postMessage({ alga: true }, '*')", Code::UI_ORIGIN_ANY, "'*'"),
            ("parent.postMessage(1, { targetOrigin: '*' })", Code::UI_ORIGIN_ANY, "'*'"),
            ("e.setAttribute('onclick', 'go()')", Code::UI_INLINE_SCRIPT, "e.setAttribute"),
        ] {
            assert_eq!(codes(text), [(code, place.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_runs_has_no_finding() {
        for text in [
            "Function('return this')()",
            "var root = self || Function('return window')()",
            "try { eval('let a') } catch {}",
            "fetch('./data.json'); fetch('/api/x'); fetch(`${base}/x`); fetch(url)",
            "fetch(`https://${location.host}/x`)",
            "const alert = show; alert('x'); notices.confirm('x'); prompt",
            "worker.postMessage('*'); parent.postMessage(m, origin); parent.postMessage(m, '/')",
            "dialog.open('https://example.com'); window.open('https://example.com')",
            "e.setAttribute('href', 'x'); setTimeout(go, 1)",
            "broken(",
        ] {
            assert_eq!(codes(text), [], "{text}");
        }
    }
}
