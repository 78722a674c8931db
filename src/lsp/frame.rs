//! Messages on a stream: `Content-Length` headers and a body, as the protocol frames them; all sizes bounded.

use super::Error;
use serde_json::Value;
use std::io::{self, BufRead, Read};

/// The largest message that is taken, in bytes.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// The most bytes of headers.
const LONGEST_HEADERS: u64 = 8 * 1024;

/// What stood on the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message's body.
    Message(Vec<u8>),
    /// A message of so many bytes, more than [`LARGEST`]; it was read past.
    TooLarge(u64),
}

impl Frame {
    /// Bytes it holds.
    pub fn size(&self) -> usize {
        match self {
            Frame::Message(bytes) => bytes.len(),
            Frame::TooLarge(_) => 0,
        }
    }
}

/// The next message; none when the stream has ended between two.
pub(super) fn read(input: &mut impl BufRead) -> Result<Option<Frame>, Error> {
    let Some(length) = headers(&mut input.by_ref().take(LONGEST_HEADERS))? else { return Ok(None) };
    let mut body = input.by_ref().take(length);
    if length > LARGEST {
        let skipped = io::copy(&mut body, &mut io::sink())?;
        return if skipped == length { Ok(Some(Frame::TooLarge(length))) } else { Err(Error::CutOff) };
    }
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|read| read == length);
    if whole { Ok(Some(Frame::Message(bytes))) } else { Err(Error::CutOff) }
}

/// The length that the headers tell; none at the stream's end.
fn headers(input: &mut impl BufRead) -> Result<Option<u64>, Error> {
    let mut length = None;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        if line.is_empty() && is_first {
            return Ok(None);
        }
        let shown = || String::from_utf8_lossy(line.get(..60).unwrap_or(&line)).trim().to_owned();
        let Some(header) = line.strip_suffix(b"\n") else {
            return Err(if line.is_empty() { Error::CutOff } else { Error::Header { line: shown() } });
        };
        let header = header.strip_suffix(b"\r").unwrap_or(header);
        if header.is_empty() {
            return length.map(Some).ok_or(Error::NoLength);
        }
        let header = std::str::from_utf8(header).ok().and_then(|header| header.split_once(':'));
        let Some((name, value)) = header else { return Err(Error::Header { line: shown() }) };
        if name.trim().eq_ignore_ascii_case("content-length") {
            let value = value.trim().parse().map_err(|_| Error::Header { line: shown() })?;
            length = Some(value);
        }
        is_first = false;
    }
}

/// A message as it goes onto the stream.
pub fn write(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_headers_are_passed_over() {
        let written = write(&serde_json::json!({ "a": "ü" }));
        let mut input = written.as_slice();
        assert_eq!(read(&mut input).unwrap(), Some(Frame::Message("{\"a\":\"ü\"}".into())));
        assert_eq!(read(&mut input).unwrap(), None);
        let mut input = b"Content-Type: x; charset=utf-8\r\ncontent-length:2\n\n{}".as_slice();
        assert_eq!(read(&mut input).unwrap(), Some(Frame::Message(b"{}".to_vec())));
    }

    #[test]
    fn what_is_no_message_ends_with_a_reason() {
        let endless = vec![b'x'; 100_000];
        for (bytes, words) in [
            (b"GET / HTTP/1.1\r\n\r\n".as_slice(), "GET / HTTP/1.1"),
            (b"Content-Length: -1\r\n\r\n", "-1"),
            (b"Content-Length: 99999999999999999999\r\n\r\n", "9999"),
            (b"Content-Type: x\r\n\r\n", "Content-Length"),
            (b"Content-Length: 5\r\n\r\n{}", "cut off"),
            (b"Content-Length: 5\r\n", "cut off"),
            (b"Content-Length: 99999999999\r\n\r\n{}", "cut off"),
            (&endless, "xxx"),
            (b"\xff\xfe:\n", "header"),
        ] {
            let error = read(&mut { bytes }).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
