//! Speaks the input to the language server: once as it is, once as what an editor does to two open documents.
#![no_main]

use alga_ext::lsp::{Frame, Server, read, write};
use serde_json::{Value, json};

/// More messages than one input is worth.
const MOST: usize = 64;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    stream(bytes);
    let mut server = Server::default();
    say(&mut server, &request("initialize", json!({ "capabilities": {} })));
    let half = bytes.len() / 2;
    let (one, other) = bytes.split_at(half);
    // A folder that is nowhere: only what is open is judged.
    for (name, text) in [("manifest.json", one), ("alga-ext.yaml", other)] {
        let uri = format!("file:///alga-ext-fuzz-nowhere/{name}");
        let text = String::from_utf8_lossy(text);
        let document = json!({ "uri": uri, "languageId": "x", "version": 1, "text": text });
        say(&mut server, &notification("textDocument/didOpen", json!({ "textDocument": document })));
        let mut places = bytes.chunks_exact(2).map(|pair| (pair[0] % 32, pair[1])).take(8);
        while let (Some(start), Some(end)) = (places.next(), places.next()) {
            let range = json!({ "start": position(start), "end": position(end) });
            let at = json!({ "textDocument": { "uri": uri }, "position": position(start) });
            say(&mut server, &request("textDocument/hover", at.clone()));
            say(&mut server, &request("textDocument/completion", at));
            let asked = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
            say(&mut server, &request("textDocument/codeAction", asked));
            let change = json!({ "range": range, "text": text.get(..8).unwrap_or_default() });
            let changed = json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [change] });
            say(&mut server, &notification("textDocument/didChange", changed));
        }
    }
});

/// The input as the whole stream.
fn stream(bytes: &[u8]) {
    let mut server = Server::default();
    say(&mut server, &request("initialize", json!({ "capabilities": {} })));
    let mut input = bytes;
    for _ in 0..MOST {
        let Ok(Some(frame)) = read(&mut input) else { return };
        server.take(frame);
        settle(&mut server);
    }
}

/// One message, and everything the server does about it.
fn say(server: &mut Server, message: &Value) {
    let written = write(message);
    let frame = read(&mut written.as_slice()).expect("what is written is read").expect("it is one message");
    assert!(matches!(frame, Frame::Message(_)));
    server.take(frame);
    settle(server);
}

fn settle(server: &mut Server) {
    for _ in 0..MOST {
        if server.is_idle() {
            return;
        }
        server.step();
    }
    assert!(server.is_idle(), "the server comes to rest");
}

fn position((line, character): (u8, u8)) -> Value {
    json!({ "line": line, "character": character })
}

fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}
