//! The language server: `manifest.json` and `alga-ext.yaml` as they are written, judged by the same rules as `validate`.
//!
//! A [`Server`] takes messages and gives messages; who reads and writes the streams is not its business. It answers in
//! order, and judges when nothing else is waiting, so that fast typing costs one judgement and not one per letter.

mod actions;
mod ahead;
mod complete;
mod diagnostics;
mod document;
mod frame;
mod hover;
mod message;
mod paths;
mod place;
mod position;
mod words;

pub use ahead::Ahead;
pub use frame::{Frame, LARGEST, write};

use crate::exit::Exit;
use crate::findings::{Code, Explanation};
use diagnostics::Judged;
use document::{Changed, Closed, Document, Kind, Opened};
use message::{Message, Refusal};
use position::Encoding;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use words::Words;

/// The command that says what a finding means.
const EXPLAIN: &str = "alga-ext.explain";

/// More messages than an editor sends while one is answered.
const MOST_WAITING: usize = 256;

/// Why a stream holds no messages.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line that is no header.
    #[error("`{line}` is no header of the Language Server Protocol")]
    Header {
        /// How it begins.
        line: String,
    },
    /// Headers that do not say how long the message is.
    #[error("the headers have no `Content-Length`")]
    NoLength,
    /// The stream ends within a message.
    #[error("the message is cut off")]
    CutOff,
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Header { .. } | Error::NoLength | Error::CutOff => Exit::AtFault,
            Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Header { .. } | Error::NoLength => {
                Some("editors start `alga-ext lsp` and speak to it; docs/editors.md says how".into())
            }
            Error::CutOff | Error::Io(_) => None,
        }
    }
}

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    ShutDown,
}

/// What the client can do.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol has a flag for each")]
struct Client {
    encoding: Encoding,
    versioned_edits: bool,
    plain_hover: bool,
    snippets: bool,
    watches: bool,
}

/// The server's side of one conversation.
#[derive(Debug)]
pub struct Server {
    state: State,
    client: Client,
    /// By the client's own names.
    documents: BTreeMap<String, Document>,
    /// What is said of each folder with an open document.
    judged: BTreeMap<PathBuf, Judged>,
    /// With the bytes each has.
    waiting: VecDeque<(Message, usize)>,
    outgoing: Vec<Value>,
    exit: Option<Exit>,
    manifest: Words,
    config: Words,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            state: State::New,
            client: Client::default(),
            documents: BTreeMap::new(),
            judged: BTreeMap::new(),
            waiting: VecDeque::new(),
            outgoing: Vec::new(),
            exit: None,
            manifest: Words::of("manifest.v2"),
            config: Words::of("alga-ext.yaml"),
        }
    }
}

impl Server {
    /// Takes a message in; [`Server::step`] answers it. One that takes back a waiting request does so at once.
    pub fn take(&mut self, frame: Frame) {
        let size = frame.size();
        let bytes = match frame {
            Frame::Message(bytes) => bytes,
            Frame::TooLarge(length) => {
                let message = format!("the message has {length} bytes, more than {LARGEST}");
                let refusal = Refusal::new(message::INVALID_REQUEST, message);
                return self.outgoing.push(refusal.answer(&Value::Null));
            }
        };
        match Message::parse(&bytes) {
            Ok(Message::Notification { method, params }) if method == "$/cancelRequest" => {
                self.cancel(params.get("id").unwrap_or(&Value::Null));
            }
            Ok(message) => self.waiting.push_back((message, size)),
            Err(refusal) => self.outgoing.push(refusal.answer(&Value::Null)),
        }
    }

    /// Whether there is nothing to do before the next message.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.outgoing.is_empty() && !self.judged.values().any(Judged::is_stale)
    }

    /// Whether so much waits that nothing more should be taken in.
    pub fn is_full(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(|(_, size)| size).sum();
        self.waiting.len() >= MOST_WAITING || u64::try_from(bytes).unwrap_or(u64::MAX) >= LARGEST
    }

    /// How the conversation ended, once it has.
    pub fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// How the process ends when the client is gone without a word.
    pub fn exit_at_end(&self) -> Exit {
        self.exit.unwrap_or(if self.state == State::ShutDown { Exit::Done } else { Exit::AtFault })
    }

    /// Answers the next message or, when none waits, judges a folder that has changed. What to say comes in order.
    pub fn step(&mut self) -> Vec<Value> {
        match self.waiting.pop_front().map(|(message, _)| message) {
            Some(Message::Request { id, method, params }) => {
                let answer = match self.request(&method, params) {
                    Ok(result) => message::answer(&id, result),
                    Err(refusal) => refusal.answer(&id),
                };
                self.outgoing.push(answer);
            }
            Some(Message::Notification { method, params }) => self.notification(&method, params),
            Some(Message::Response) => {}
            None => {
                let stale = self.judged.iter().find(|(_, judged)| judged.is_stale());
                if let Some(root) = stale.map(|(root, _)| root.clone()) {
                    self.judge(&root);
                }
            }
        }
        std::mem::take(&mut self.outgoing)
    }

    /// Takes back a request that waits. One that does not is answered already.
    fn cancel(&mut self, wanted: &Value) {
        let is_wanted =
            |(message, _): &(Message, usize)| matches!(message, Message::Request { id, .. } if id == wanted);
        let Some(index) = self.waiting.iter().position(is_wanted) else { return };
        self.waiting.remove(index);
        let refusal = Refusal::new(message::CANCELLED, "the request was taken back");
        self.outgoing.push(refusal.answer(wanted));
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        match (self.state, method) {
            (State::New, "initialize") => {
                self.state = State::Running;
                self.client = Client::read(&params);
                Ok(self.capabilities())
            }
            (State::New, _) => Err(Refusal::new(message::NOT_INITIALIZED, "`initialize` comes first")),
            (State::Running, "shutdown") => {
                self.state = State::ShutDown;
                Ok(Value::Null)
            }
            (State::Running, "textDocument/codeAction") => Ok(self.actions(&message::params(params)?)),
            (State::Running, "textDocument/hover") => Ok(self.hover(&message::params(params)?)),
            (State::Running, "textDocument/completion") => Ok(self.complete(&message::params(params)?)),
            (State::Running, "workspace/executeCommand") => self.execute(&params),
            (State::Running, "initialize") => {
                Err(Refusal::new(message::INVALID_REQUEST, "`initialize` comes once"))
            }
            (State::ShutDown, _) => {
                Err(Refusal::new(message::INVALID_REQUEST, "after `shutdown` only `exit` follows"))
            }
            _ => Err(Refusal::new(message::METHOD_NOT_FOUND, format!("there is no `{method}` here"))),
        }
    }

    /// What cannot be understood is passed over: nobody waits for an answer.
    fn notification(&mut self, method: &str, params: Value) {
        match (self.state, method) {
            (_, "exit") => self.exit = Some(self.exit_at_end()),
            (State::Running, "initialized") if self.client.watches => {
                self.outgoing.push(diagnostics::watch());
            }
            (State::Running, "textDocument/didOpen") => {
                if let Ok(opened) = message::params::<Opened>(params) {
                    self.open(opened);
                }
            }
            (State::Running, "textDocument/didChange") => {
                if let Ok(changed) = message::params::<Changed>(params) {
                    self.change(changed);
                }
            }
            (State::Running, "textDocument/didClose") => {
                if let Ok(closed) = message::params::<Closed>(params) {
                    self.close(&closed);
                }
            }
            // A saved file may be one that another document is judged with.
            (State::Running, "textDocument/didSave" | "workspace/didChangeWatchedFiles") => {
                self.judged.values_mut().for_each(Judged::stale);
            }
            _ => {}
        }
    }

    fn open(&mut self, opened: Opened) {
        let Some(document) = Document::open(&opened) else { return };
        self.judged.entry(document.root.clone()).or_default().stale();
        self.documents.insert(opened.text_document.uri, document);
    }

    fn change(&mut self, changed: Changed) {
        let Some(document) = self.documents.get_mut(&changed.text_document.uri) else { return };
        let root = document.root.clone();
        document.change(changed, self.client.encoding);
        self.judged.entry(root).or_default().stale();
    }

    /// What is said of a folder goes with its last document.
    fn close(&mut self, closed: &Closed) {
        let Some(document) = self.documents.remove(&closed.text_document.uri) else { return };
        if self.documents.values().any(|other| other.root == document.root) {
            self.judged.entry(document.root).or_default().stale();
        } else if let Some(judged) = self.judged.remove(&document.root) {
            self.outgoing.extend(judged.clear());
        }
    }

    fn execute(&mut self, params: &Value) -> Result<Value, Refusal> {
        let command = params.get("command").and_then(Value::as_str).unwrap_or_default();
        if command != EXPLAIN {
            return Err(Refusal::new(message::INVALID_PARAMS, format!("there is no command `{command}`")));
        }
        let code = params.pointer("/arguments/0").and_then(Value::as_str).unwrap_or_default();
        let code = Code::named(code)
            .ok_or_else(|| Refusal::new(message::INVALID_PARAMS, format!("there is no code `{code}`")))?;
        let text = Explanation::of(code).text();
        self.outgoing
            .push(message::notification("window/showMessage", json!({ "type": 3, "message": text })));
        Ok(text.into())
    }

    fn words(&self, kind: Kind) -> &Words {
        match kind {
            Kind::Manifest => &self.manifest,
            Kind::Config => &self.config,
        }
    }

    /// The open document at that path.
    fn document_at(&self, path: &Path) -> Option<(&String, &Document)> {
        self.documents.iter().find(|(_, document)| document.path == path)
    }

    fn capabilities(&self) -> Value {
        json!({
            "capabilities": {
                "positionEncoding": self.client.encoding.as_str(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": ["\"", ":", " ", "/", "."] },
                "codeActionProvider": { "codeActionKinds": [actions::FIX, actions::FIX_ALL] },
                "executeCommandProvider": { "commands": [EXPLAIN] },
            },
            "serverInfo": { "name": "alga-ext", "version": env!("CARGO_PKG_VERSION") },
        })
    }
}

impl Client {
    /// From the parameters of `initialize`; what is missing cannot be done.
    fn read(params: &Value) -> Client {
        let at = |pointer: &str| params.get("capabilities").and_then(|all| all.pointer(pointer));
        let can = |pointer: &str| at(pointer).and_then(Value::as_bool) == Some(true);
        let words = |pointer: &str| {
            let words = at(pointer).and_then(Value::as_array).into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
        };
        let formats = words("/textDocument/hover/contentFormat");
        Client {
            encoding: words("/general/positionEncodings")
                .iter()
                .find_map(|name| Encoding::named(name))
                .unwrap_or_default(),
            versioned_edits: can("/workspace/workspaceEdit/documentChanges"),
            plain_hover: !formats.is_empty() && !formats.iter().any(|format| format == "markdown"),
            snippets: can("/textDocument/completion/completionItem/snippetSupport"),
            watches: can("/workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(message: &Value) -> Frame {
        Frame::Message(message.to_string().into_bytes())
    }

    fn running() -> Server {
        let mut server = Server::default();
        server.take(frame(&json!({ "id": 0, "method": "initialize", "params": {} })));
        assert_eq!(server.step().len(), 1);
        server
    }

    #[test]
    fn a_request_that_is_taken_back_while_it_waits_is_answered_once_and_never_done() {
        let mut server = running();
        let explain = json!({ "command": EXPLAIN, "arguments": ["version-invalid"] });
        for id in ["x", "y"] {
            server.take(frame(&json!({ "id": id, "method": "workspace/executeCommand", "params": explain })));
        }
        for _ in 0..2 {
            server.take(frame(&json!({ "method": "$/cancelRequest", "params": { "id": "x" } })));
        }
        let mut said = Vec::new();
        while !server.is_idle() {
            said.extend(server.step());
        }
        let of = |id: &str| said.iter().filter(|message| message["id"] == id).collect::<Vec<&Value>>();
        assert_eq!(of("x").len(), 1, "{said:?}");
        assert_eq!(of("x")[0]["error"]["code"], message::CANCELLED);
        assert!(of("y").len() == 1 && of("y")[0]["result"].is_string(), "{said:?}");
        let shown = said.iter().filter(|message| message["method"] == "window/showMessage");
        assert_eq!(shown.count(), 1, "only the other one was done");
    }

    #[test]
    fn so_many_messages_or_bytes_wait_and_no_more() {
        let mut server = running();
        let note = frame(&json!({ "method": "note" }));
        let Frame::Message(bytes) = &note else { panic!() };
        for _ in 0..MOST_WAITING {
            assert!(!server.is_full());
            server.take(Frame::Message(bytes.clone()));
        }
        assert!(server.is_full());
        server.step();
        assert!(!server.is_full());
        let large = "x".repeat(usize::try_from(LARGEST).unwrap());
        server.take(frame(&json!({ "method": large })));
        assert!(server.is_full());
    }
}
