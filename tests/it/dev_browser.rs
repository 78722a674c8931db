//! The host page in Debian's chromium, driven by playwright-core; `cargo xtask setup` installs both.

use crate::dev::manifest;
use crate::harness::{self, Sandbox, Server};
use std::path::Path;

const PAGE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Probe</title>
<link rel="stylesheet" href="style.css"></head><body><h1>Renewals</h1>
<p id="theme"></p><p id="answer"></p><p id="refused"></p><p id="broken"></p><p id="inline">blocked</p>
<script>document.getElementById("inline").textContent = "ran";</script><script src="app.js"></script></body></html>"#;

const STYLE: &str =
    "body { margin: 24px; font: 15px system-ui; color: var(--alga-fg); background: var(--alga-card-bg); }";

const SCRIPT: &str = r#"
const waiting = new Map();
const at = (id) => document.getElementById(id);
const post = (type, payload, request_id) =>
  parent.postMessage({ alga: true, version: "1", type, payload, request_id }, location.origin);
const call = (id, route, method) => {
  waiting.set(id, at(id));
  post("apiproxy", { route, method }, id);
};
addEventListener("message", ({ data, source }) => {
  if (source !== parent || data?.alga !== true) return;
  if (data.type === "theme") {
    for (const [name, value] of Object.entries(data.payload)) document.documentElement.style.setProperty(name, value);
    at("theme").textContent = `${data.payload["--alga-bg"]}, ${Object.keys(data.payload).length} tokens`;
  }
  if (data.type === "apiproxy_response") waiting.get(data.request_id).textContent = data.payload.error ?? atob(data.payload.body);
});
post("ready");
call("answer", "/items?greeting=hello", "GET");
call("refused", "nowhere");
call("broken", "/items?fail", "GET");
"#;

const HANDLER: &str = "import { logInfo } from 'alga:extension/logging';
export async function handler(request: any) {
  if (request.http.url.includes('fail')) {
    throw new Error('no', { cause: new RangeError('why') });
  }
  logInfo(`asked for ${request.http.url}`);
  return { status: 200, headers: [], body: new TextEncoder().encode(`you asked ${request.http.url}`) };
}
";

#[test]
fn the_host_page_shows_the_ui_and_answers_its_messages() {
    let library = harness::tool("node/node_modules/playwright-core");
    let sandbox = Sandbox::new();
    let hooks = r#"{ "appMenu": { "label": "Renewals" }, "clientPortalMenu": { "label": "Mine" } }"#;
    sandbox.write("manifest.json", manifest(hooks));
    sandbox.write("ui/index.html", PAGE);
    sandbox.write("ui/style.css", STYLE);
    sandbox.write("ui/app.js", SCRIPT);
    sandbox.write("src/handler.ts", HANDLER);
    let mut server = Server::start(&sandbox, "dev --port 0");
    while server.next_event()["event"] != "swapped" {}
    let shots = sandbox.write("shots/.keep", "").parent().unwrap().to_path_buf();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/host_page.mjs");
    let mut node = sandbox.command("node");
    node.arg(script).arg(library).arg(&server.url).arg(&shots);
    let seen = sandbox.run_command(&mut node).ok().json();

    assert_eq!(seen["problems"], serde_json::json!([]));
    assert_eq!(seen["title"], "Renewals");
    assert_eq!(seen["sandbox"], "allow-scripts allow-forms allow-popups allow-same-origin");
    assert!(seen["address"].as_str().unwrap().starts_with("/msp/extensions/"));
    assert_eq!(seen["answer"], "you asked /items?greeting=hello");
    assert!(
        seen["refused"].as_str().unwrap().starts_with("Proxy error 404: {\"error\":\"endpoint_not_found\"")
    );
    assert_eq!((&seen["light"], &seen["dark"]), (&"#f7f8fa, 31 tokens".into(), &"#0c0a18, 31 tokens".into()));
    assert_eq!(seen["inline"], "blocked");
    assert_eq!(seen["portal"], "client-portal");
    let why = seen["why"].as_str().unwrap();
    for expected in
        ["Error: no", "(src/handler.ts:4:", "> 4 |     throw new Error('no'", "caused by RangeError: why"]
    {
        assert!(why.contains(expected), "{expected}\n{why}");
    }
    assert!(seen["nobody"].as_str().unwrap().starts_with("Proxy error 401: "));
    assert!(seen["requests"].as_u64().unwrap() >= 2);
    assert!(seen["facts"].as_str().unwrap().contains("com.acme.probe"));
    assert_eq!(seen["tried"], "200 OK");
    assert_eq!(seen["sideways"], 0, "the page is wider than a narrow window");
    for shot in ["light.png", "dark.png", "details.png", "try.png", "narrow.png"] {
        assert!(fs_err::metadata(shots.join(shot)).unwrap().len() > 1000, "{shot}");
    }
}
