//! `lsp`: a client's whole conversation, through the binary.

use crate::harness::Sandbox;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// An editor's side.
struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    /// Messages of the server that nobody has waited for yet.
    said: VecDeque<Value>,
}

impl Client {
    /// Starts the server and says nothing.
    fn start(sandbox: &Sandbox) -> Client {
        let mut command = sandbox.alga(["lsp", "--stdio"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Client { child, input, output, next: 0, said: VecDeque::new() }
    }

    /// Starts a conversation with these capabilities; the server's answer too.
    fn with(sandbox: &Sandbox, capabilities: &Value) -> (Client, Value) {
        let mut client = Client::start(sandbox);
        let answer = client.ask("initialize", &json!({ "processId": null, "capabilities": capabilities }));
        client.tell("initialized", &json!({}));
        (client, answer)
    }

    fn new(sandbox: &Sandbox) -> Client {
        Client::with(sandbox, &json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } })).0
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.said.iter().position(&wanted) {
            return self.said.remove(index).unwrap();
        }
        loop {
            let message = self.read().expect("the server goes on");
            if wanted(&message) {
                return message;
            }
            self.said.push_back(message);
        }
    }

    /// The next message; none at the end.
    fn read(&mut self) -> Option<Value> {
        let mut header = String::new();
        self.output.read_line(&mut header).unwrap();
        let length = header.strip_prefix("Content-Length: ")?.trim().parse().unwrap();
        self.output.read_line(&mut header).unwrap();
        assert!(header.ends_with("\r\n\r\n"), "{header:?}");
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        Some(serde_json::from_slice(&body).unwrap())
    }

    fn open(&mut self, path: &Path, text: &str) -> String {
        let uri = format!("file://{}", path.display());
        let document = json!({ "uri": uri, "languageId": "json", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        uri
    }

    fn change(&mut self, uri: &str, version: u64, changes: &Value) {
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// The next diagnostics of a document.
    fn diagnostics(&mut self, uri: &str) -> Value {
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        };
        self.wait(is_it)["params"].take()
    }

    /// `shutdown`, `exit`, and the exit code.
    fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", &Value::Null)["result"], Value::Null);
        self.tell("exit", &Value::Null);
        self.close().0
    }

    /// Closes the stream; the exit code and what was said to people.
    fn close(mut self) -> (i32, String) {
        drop(self.input.take());
        while self.read().is_some() {}
        let mut talk = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
        (self.child.wait().unwrap().code().unwrap(), talk)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn codes(diagnostics: &Value) -> Vec<&str> {
    let all = diagnostics["diagnostics"].as_array().unwrap().iter();
    all.map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

fn of<'a>(diagnostics: &'a Value, code: &str) -> &'a Value {
    let all = diagnostics["diagnostics"].as_array().unwrap();
    all.iter().find(|diagnostic| diagnostic["code"] == code).unwrap_or_else(|| panic!("{diagnostics}"))
}

fn range(line: usize, start: usize, end: usize) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

/// `text` with the edits of a document, whose lines are ASCII.
fn edited(text: &str, edits: &Value) -> String {
    let mut text = text.to_owned();
    let mut edits = edits.as_array().unwrap().clone();
    let place = |edit: &Value, end: &str| {
        let at = |key: &str| usize::try_from(edit["range"][end][key].as_u64().unwrap()).unwrap();
        (at("line"), at("character"))
    };
    edits.sort_by_key(|edit| std::cmp::Reverse(place(edit, "start")));
    for edit in edits {
        let byte = |(line, character): (usize, usize)| {
            text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + character
        };
        let (start, end) = (byte(place(&edit, "start")), byte(place(&edit, "end")));
        text.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    text
}

const BROKEN: &str = r#"{
  "name": "com.acme.reports",
  "publisher": "Acme",
  "version": "v1.0.0",
  "runtime": "wasm-js@1",
  "capabilities": ["cap:http.fetch", "CAP:storage.kv"],
  "ui": {"type": "iframe", "entry": "ui/index.html", "hooks": {"appMenu": {"label": "Reports"}}}
}
"#;

fn project(sandbox: &Sandbox, manifest: &str) {
    sandbox.write("project/manifest.json", manifest);
    sandbox.write("project/ui/index.html", "<!doctype html>\n<title>Reports</title>\n");
}

#[test]
fn a_broken_manifest_is_mended_by_the_actions_that_are_offered() {
    let sandbox = Sandbox::new();
    project(&sandbox, "{}");
    let mut client = Client::new(&sandbox);
    // What is written, not what is saved, is judged.
    let uri = client.open(&sandbox.path("project/manifest.json"), BROKEN);
    let first = client.diagnostics(&uri);
    assert_eq!(first["version"], 1);
    let version = of(&first, "version-invalid");
    assert_eq!((&version["range"], &version["severity"]), (&range(3, 13, 21), &json!(1)));
    assert!(version["message"].as_str().unwrap().contains("`v1.0.0`"), "{version}");
    let mut text = BROKEN.to_owned();
    for number in 2..10 {
        let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
        let params =
            json!({ "textDocument": { "uri": uri }, "range": whole, "context": { "diagnostics": [] } });
        let actions = client.ask("textDocument/codeAction", &params)["result"].take();
        let actions = actions.as_array().unwrap();
        let Some(fix) = actions.iter().find(|action| action["isPreferred"] == true) else { break };
        let change = &fix["edit"]["documentChanges"][0];
        assert_eq!(change["textDocument"], json!({ "uri": uri, "version": number - 1 }));
        assert_eq!(fix["diagnostics"].as_array().unwrap().len(), 1);
        text = edited(&text, &change["edits"]);
        client.change(&uri, number, &json!([{ "text": text }]));
        assert_eq!(client.diagnostics(&uri)["version"], number);
    }
    assert!(text.contains("\"version\": \"1.0.0\"") && text.contains("\"cap:storage.kv\""), "{text}");
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    assert_eq!(client.diagnostics(&uri)["diagnostics"], json!([]));
    assert_eq!(client.end(), 0);
}

#[test]
fn everything_that_can_be_mended_is_one_action_that_can_run_on_saving() {
    let sandbox = Sandbox::new();
    project(&sandbox, BROKEN);
    let mut client = Client::with(&sandbox, &json!({})).0;
    let uri = client.open(&sandbox.path("project/manifest.json"), BROKEN);
    let context = json!({ "diagnostics": [], "only": ["source.fixAll"] });
    let params = json!({ "textDocument": { "uri": uri }, "range": range(0, 0, 0), "context": context });
    let actions = client.ask("textDocument/codeAction", &params)["result"].take();
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions}");
    // Without versioned edits the plain form is used.
    let text = edited(BROKEN, &actions[0]["edit"]["changes"][&uri]);
    client.change(&uri, 2, &json!([{ "text": text }]));
    client.diagnostics(&uri);
    let left = client.diagnostics(&uri);
    assert!(!codes(&left).contains(&"version-invalid"), "{left}");
}

#[test]
fn positions_are_counted_as_agreed_and_changes_of_ranges_are_followed() {
    let sandbox = Sandbox::new();
    let text = "{\"publisher\": \"Äc𝄞e\", \"version\": \"v1.0.0\"}";
    project(&sandbox, text);
    for (offered, agreed, start) in [
        (json!(["utf-16"]), "utf-16", 34),
        (json!(["utf-8", "utf-16"]), "utf-8", 37),
        (json!(["utf-32", "utf-8"]), "utf-32", 33),
        (json!(["ebcdic"]), "utf-16", 34),
    ] {
        let capabilities = json!({ "general": { "positionEncodings": offered } });
        let (mut client, answer) = Client::with(&sandbox, &capabilities);
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], agreed);
        let uri = client.open(&sandbox.path("project/manifest.json"), text);
        let found = client.diagnostics(&uri);
        assert_eq!(of(&found, "version-invalid")["range"], range(0, start, start + 8), "{agreed}");
        // The `v` goes.
        client.change(&uri, 2, &json!([{ "range": range(0, start + 1, start + 2), "text": "" }]));
        assert!(!codes(&client.diagnostics(&uri)).contains(&"version-invalid"), "{agreed}");
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn the_configuration_is_judged_completed_and_explained_too() {
    let sandbox = Sandbox::new();
    project(&sandbox, BROKEN);
    sandbox.write("project/src/handler.ts", "export function handler() {}\n");
    let mut client = Client::new(&sandbox);
    let broken = "# ü\nbuild:\n  entyr: src/handler.ts\n";
    let path = sandbox.path("project/alga-ext.yaml");
    let uri = client.open(&path, broken);
    let found = client.diagnostics(&uri);
    let invalid = of(&found, "config-invalid");
    assert_eq!(invalid["range"]["start"]["line"], 2, "{invalid}");
    // What is said of the manifest beside is said too.
    let manifest = format!("file://{}", sandbox.path("project/manifest.json").display());
    assert!(codes(&client.diagnostics(&manifest)).contains(&"version-invalid"));
    let text = "build:\n  entry: \ngrants: [cap:log.emit, ca]\nusers:\n  - type: \n    \n";
    client.change(&uri, 2, &json!([{ "text": text }]));
    let labels = |client: &mut Client, line: usize, character: usize| {
        let at =
            json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        let result = client.ask("textDocument/completion", &at)["result"].take();
        let items = result.as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
    };
    assert_eq!(labels(&mut client, 1, 9), ["src/handler.ts"]);
    let grants = labels(&mut client, 2, 25);
    assert!(grants.contains(&"cap:http.fetch".into()) && !grants.contains(&"cap:log.emit".into()));
    assert_eq!(labels(&mut client, 4, 10), ["internal", "client"]);
    let keys = labels(&mut client, 5, 4);
    assert!(keys.contains(&"email".into()) && !keys.contains(&"type".into()), "{keys:?}");
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 4 } });
    let hover = client.ask("textDocument/hover", &at)["result"].take();
    assert_eq!(hover["range"], range(1, 2, 7));
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("**build.entry**"), "{hover}");
    assert_eq!(client.end(), 0);
}

#[test]
fn completion_offers_what_is_missing_and_writes_it_whole() {
    let sandbox = Sandbox::new();
    project(&sandbox, "{}");
    sandbox.write("project/package.json", r#"{"author": {"name": "Acme"}}"#);
    sandbox.write("project/ui/manifest.json", r#"{"name": "a web app"}"#);
    let snippets =
        json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
    let mut client = Client::with(&sandbox, &snippets).0;
    let uri = client.open(&sandbox.path("project/manifest.json"), "");
    let mut version = 1;
    let mut items = |client: &mut Client, text: &str| {
        let before = &text[..text.find('|').unwrap()];
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap().encode_utf16().count();
        version += 1;
        client.change(&uri, version, &json!([{ "text": text.replacen('|', "", 1) }]));
        let at =
            json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        client.ask("textDocument/completion", &at)["result"].as_array().cloned().unwrap_or_default()
    };
    let keys = items(&mut client, "{\n  \"name\": \"ä\",\n  \"|\n}");
    assert_eq!(keys[0]["label"], "publisher", "what must be there comes first");
    assert!(keys.iter().all(|key| key["label"] != "name"), "{keys:?}");
    assert_eq!(
        keys[0]["textEdit"],
        json!({ "range": range(2, 2, 3), "newText": "\"publisher\": \"${1:Acme Networks}\"" })
    );
    let value = items(&mut client, "{\"publisher\": |}");
    assert_eq!(value[0]["textEdit"]["newText"], "\"Acme\"");
    let page = items(&mut client, "{\"ui\": {\"entry\": \"|\"}}");
    assert_eq!(page[0]["textEdit"], json!({ "range": range(0, 17, 19), "newText": "\"ui/index.html\"" }));
    let methods = items(&mut client, "{\"api\": {\"endpoints\": [{\"method\": \"|");
    assert!(methods.iter().any(|item| item["label"] == "PATCH"), "{methods:?}");
    let capabilities = items(&mut client, "{\"capabilities\": [\"cap:http.fetch\", \"|\"]}");
    assert!(capabilities.iter().any(|item| item["label"] == "cap:storage.kv"));
    assert!(capabilities.iter().all(|item| item["label"] != "cap:http.fetch"));
    assert!(items(&mut client, "{\"zebra\": \"|\"}").is_empty());
    // A web app's manifest is none of an extension.
    let other = client.open(&sandbox.path("project/ui/manifest.json"), "{");
    let at = json!({ "textDocument": { "uri": other }, "position": { "line": 0, "character": 1 } });
    assert_eq!(client.ask("textDocument/completion", &at)["result"], Value::Null);
    assert_eq!(client.end(), 0);
}

#[test]
fn hovering_explains_the_finding_and_the_key() {
    let sandbox = Sandbox::new();
    project(&sandbox, BROKEN);
    let mut client = Client::new(&sandbox);
    let uri = client.open(&sandbox.path("project/manifest.json"), BROKEN);
    let mut hover = |line: usize, character: usize| {
        let at =
            json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        client.ask("textDocument/hover", &at)["result"].take()
    };
    let version = hover(3, 15);
    let text = version["contents"]["value"].as_str().unwrap();
    assert!(text.contains("**error[version-invalid]**") && text.contains("**version**"), "{text}");
    let capability = hover(5, 22);
    assert!(capability["contents"]["value"].as_str().unwrap().contains("opens `http`"), "{capability}");
    assert_eq!(capability["range"], range(5, 19, 35));
    assert_eq!(hover(0, 0), Value::Null);
    let explain = json!({ "command": "alga-ext.explain", "arguments": ["version-invalid"] });
    let text = client.ask("workspace/executeCommand", &explain)["result"].take();
    assert_eq!(format!("{}\n", text.as_str().unwrap()), sandbox.run("explain version-invalid").ok().stdout);
    let shown = client.wait(|message| message["method"] == "window/showMessage");
    assert_eq!(shown["params"]["message"], text);
    assert_eq!(client.end(), 0);
}

#[test]
fn other_files_of_the_project_are_said_and_judged_again_when_they_change() {
    let sandbox = Sandbox::new();
    project(&sandbox, BROKEN);
    sandbox.write("project/ui/ä.exe", "");
    let watches = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut client = Client::with(&sandbox, &watches).0;
    let register = client.wait(|message| message["method"] == "client/registerCapability");
    client.send(&json!({ "jsonrpc": "2.0", "id": register["id"], "result": null }));
    let uri = client.open(&sandbox.path("project/manifest.json"), BROKEN);
    client.diagnostics(&uri);
    let file = format!("file://{}/project/ui/%C3%A4.exe", sandbox.root().display());
    assert_eq!(codes(&client.diagnostics(&file)), ["ui-file-type"]);
    fs_err::remove_file(sandbox.path("project/ui/ä.exe")).unwrap();
    client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": file, "type": 3 }] }));
    assert_eq!(client.diagnostics(&file)["diagnostics"], json!([]));
    assert_eq!(client.end(), 0);
}

#[test]
fn a_manifest_that_was_never_saved_is_judged_alone() {
    let sandbox = Sandbox::new();
    let mut client = Client::new(&sandbox);
    let uri = client.open(&sandbox.path("new/manifest.json"), "{\"version\": \"v1.0.0\",}");
    assert_eq!(codes(&client.diagnostics(&uri)), ["manifest-syntax"]);
    assert_eq!(client.end(), 0);
}

#[test]
fn a_configuration_without_a_manifest_is_judged_alone() {
    let sandbox = Sandbox::new();
    let mut client = Client::new(&sandbox);
    let uri = client.open(&sandbox.path("new/alga-ext.yaml"), "users: [{id: a}, {id: a}]\n");
    assert_eq!(codes(&client.diagnostics(&uri)), ["config-duplicate"]);
    client.change(&uri, 2, &json!([{ "text": "schedules: [{ endpoint: GET /x, cron: 0 9 * * * }]\n" }]));
    assert_eq!(codes(&client.diagnostics(&uri)), Vec::<&str>::new());
    assert_eq!(client.end(), 0);
}

#[test]
fn what_is_not_known_or_out_of_turn_is_answered_by_its_code() {
    let sandbox = Sandbox::new();
    let mut client = Client::start(&sandbox);
    let code = |answer: &Value| answer["error"]["code"].as_i64().unwrap();
    assert_eq!(code(&client.ask("textDocument/hover", &json!({}))), -32002);
    client.tell("textDocument/didOpen", &json!({}));
    assert!(client.ask("initialize", &Value::Null)["result"]["capabilities"].is_object());
    assert_eq!(code(&client.ask("initialize", &json!({}))), -32600);
    assert_eq!(code(&client.ask("textDocument/zebra", &json!({}))), -32601);
    assert_eq!(code(&client.ask("textDocument/hover", &json!({ "position": -1 }))), -32602);
    assert_eq!(code(&client.ask("workspace/executeCommand", &json!({ "command": "rm" }))), -32602);
    client.tell("$/cancelRequest", &json!({ "id": 4711 }));
    client.tell("$/zebra", &json!([]));
    client.tell("textDocument/didChange", &json!({ "textDocument": { "uri": "untitled:x" } }));
    for body in ["{", "[]", "null", "{\"id\": 1}{}", "\u{feff}{}"] {
        client.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        let answer = client.wait(|message| message["id"].is_null() && message.get("error").is_some());
        assert!([-32700, -32600].contains(&code(&answer)), "{answer}");
    }
    assert_eq!(client.ask("shutdown", &Value::Null)["result"], Value::Null);
    assert_eq!(code(&client.ask("textDocument/hover", &json!({}))), -32600);
    client.tell("exit", &Value::Null);
    assert_eq!(client.close(), (0, String::new()));
}

#[test]
fn garbage_and_streams_that_end_end_the_server_with_a_reason() {
    let sandbox = Sandbox::new();
    for (bytes, words) in [
        (b"hello\r\n\r\n".as_slice(), "`hello` is no header"),
        (b"Content-Length: many\r\n\r\n", "`Content-Length: many` is no header"),
        (b"Content-Length: 10\r\n\r\n{}", "cut off"),
        (b"\r\n", "no `Content-Length`"),
        (b"\xff\xff\xff\xff\0\0", "no header"),
    ] {
        let mut client = Client::start(&sandbox);
        client.raw(bytes);
        let (code, talk) = client.close();
        assert!(code == 1 && talk.contains(words), "{code} {talk}");
    }
    // A client that is gone without `shutdown`, before and after `initialize`; and `exit` alone.
    assert_eq!(Client::start(&sandbox).close(), (1, String::new()));
    assert_eq!(Client::new(&sandbox).close(), (1, String::new()));
    let mut client = Client::new(&sandbox);
    client.tell("exit", &Value::Null);
    assert_eq!(client.close(), (1, String::new()));
    sandbox.run("lsp --format json").expect_code(2);
}

#[test]
fn a_message_that_is_too_large_is_passed_over() {
    let sandbox = Sandbox::new();
    let mut client = Client::new(&sandbox);
    let length = 64 * 1024 * 1024 + 1;
    client.raw(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let chunk = vec![b' '; 1024 * 1024];
    for _ in 0..64 {
        client.raw(&chunk);
    }
    client.raw(b" ");
    let answer = client.wait(|message| message["id"].is_null() && message.get("error").is_some());
    assert_eq!(answer["error"]["code"], -32600);
    assert_eq!(client.end(), 0);
}
