//! JSON-RPC: what comes in told apart, and the shapes of what goes out.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Text that is no JSON.
pub(super) const PARSE: i32 = -32700;
/// JSON that is no message, or one that has no place now.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// A request this server does not know.
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
/// A request that lacks something.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// A request before `initialize`.
pub(super) const NOT_INITIALIZED: i32 = -32002;
/// A request that was taken back.
pub(super) const CANCELLED: i32 = -32800;

/// What the client says.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// Wants an answer.
    Request { id: Value, method: String, params: Value },
    /// Wants none.
    Notification { method: String, params: Value },
    /// Answers a request of the server.
    Response,
}

/// Why something is not done: the code and the words of an error answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i32,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }

    /// The answer that says so; `id` is null when nobody knows which request it was.
    pub(super) fn answer(&self, id: &Value) -> Value {
        let error = json!({ "code": self.code, "message": self.message });
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

impl Message {
    /// Tells a message's body apart.
    pub(super) fn parse(bytes: &[u8]) -> Result<Message, Refusal> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| Refusal::new(PARSE, format!("the message is no JSON: {error}")))?;
        let Value::Object(mut members) = value else {
            return Err(Refusal::new(INVALID_REQUEST, "a message is a JSON object"));
        };
        let params = members.remove("params").unwrap_or_default();
        match (members.remove("id"), members.remove("method")) {
            (None, Some(Value::String(method))) => Ok(Message::Notification { method, params }),
            (Some(id @ (Value::Number(_) | Value::String(_))), Some(Value::String(method))) => {
                Ok(Message::Request { id, method, params })
            }
            (Some(_), None) => Ok(Message::Response),
            _ => Err(Refusal::new(
                INVALID_REQUEST,
                "a message has a `method`, and an `id` that is a number or a string",
            )),
        }
    }
}

/// A request's parameters as what the method takes.
pub(super) fn params<T: DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| Refusal::new(INVALID_PARAMS, error.to_string()))
}

/// The answer to a request.
pub(super) fn answer(id: &Value, result: Value) -> Value {
    let mut answer = json!({ "jsonrpc": "2.0", "id": id });
    if let Value::Object(members) = &mut answer {
        // Last, so that nothing is copied; a result that is null is written all the same.
        members.insert("result".into(), result);
    }
    answer
}

/// Something said unasked.
pub(super) fn notification(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "method": method });
    if let Value::Object(members) = &mut message {
        members.insert("params".into(), params);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_refused_by_the_right_code() {
        for (text, code) in [
            ("{", PARSE),
            ("\u{0}", PARSE),
            ("[]", INVALID_REQUEST),
            ("{}", INVALID_REQUEST),
            ("{\"id\": null, \"method\": \"x\"}", INVALID_REQUEST),
            ("{\"id\": 1, \"method\": 2}", INVALID_REQUEST),
        ] {
            assert_eq!(Message::parse(text.as_bytes()).unwrap_err().code, code, "{text}");
        }
        assert_eq!(Message::parse(br#"{"id": 1, "result": null}"#), Ok(Message::Response));
    }
}
