//! One call: tried again where that may help, answered within bounds, and its error told apart.

use super::{Client, Error};
use crate::registry::wire::Envelope;
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;

/// The largest JSON answer that is read.
const LARGEST_ANSWER: u64 = 8 * 1024 * 1024;
/// The longest pause between two tries that backoff comes to.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The longest pause a registry may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
/// The most that is shown of a registry's own words.
const LONGEST_WORDS: usize = 600;

/// How patient a call is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// Tries after the first.
    pub(super) retries: u32,
    /// Before the second try; doubled for each later one.
    pub(super) pause: Duration,
}

impl Retry {
    /// The pause after try `number` (from 1): doubled each time, bounded, and between half and all of that by chance,
    /// so that many clients do not come back at once.
    fn pause(self, number: u32, chance: u64) -> Duration {
        let doubled = self.pause.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1)));
        let half = doubled.min(LONGEST_PAUSE) / 2;
        let part = u32::try_from(chance % 1000).unwrap_or_default();
        half + half * part / 1000
    }
}

/// An answer of status 2xx, and how many tries it took.
pub(super) struct Answered<T> {
    pub(super) answer: T,
    pub(super) tries: u32,
}

/// The registry's words as they can be shown: no control characters, not endless.
pub fn plain(text: &str, most: usize) -> String {
    let shown: String =
        text.chars().take(most).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().nth(most).is_some() { format!("{words}…") } else { words }
}

impl Client {
    /// Calls, and reads the answer as JSON. `what` names the call; `request` makes it anew for each try; the call
    /// may take `limit`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        what: &'static str,
        limit: Duration,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answered<T>, Error> {
        let Answered { answer, tries } = self.send(what, limit, request).await?;
        let bytes = self.read(what, answer, LARGEST_ANSWER, limit).await?;
        let answer = serde_json::from_slice(&bytes).map_err(|error| {
            let begins = plain(&String::from_utf8_lossy(&bytes), 80);
            Error::Nonsense { what, why: format!("{error}; it begins `{begins}`") }
        })?;
        Ok(Answered { answer, tries })
    }

    /// Calls, and answers a response of status 2xx.
    pub(super) async fn send(
        &self,
        what: &'static str,
        limit: Duration,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answered<Response>, Error> {
        let mut tries = 0_u32;
        loop {
            tries = tries.saturating_add(1);
            let last = tries > self.retry.retries;
            let chance = uuid::Uuid::new_v4().as_u64_pair().0;
            let mut pause = self.retry.pause(tries, chance);
            let why = match request().timeout(limit).send().await {
                Ok(response) if response.status().is_success() => {
                    return Ok(Answered { answer: response, tries });
                }
                Ok(response) => {
                    let asked = asked_pause(&response);
                    if last
                        || !is_passing(response.status())
                        || asked.is_some_and(|asked| asked > LONGEST_WAIT)
                    {
                        return Err(self.refusal(what, response, tries, limit).await);
                    }
                    pause = asked.unwrap_or(pause);
                    format!("the registry answered {}", response.status())
                }
                Err(error) if error.is_timeout() && !error.is_connect() => {
                    return Err(Error::Late { what, address: self.address.to_string(), limit });
                }
                Err(source) if last || source.is_builder() => {
                    return Err(Error::Unreachable {
                        what,
                        address: self.address.to_string(),
                        tries,
                        source,
                    });
                }
                Err(error) if error.is_connect() => "the registry could not be reached".to_owned(),
                Err(_) => "the connection broke off".to_owned(),
            };
            (self.hear)(&format!("{what}: {why}; trying again in {:.1} s", pause.as_secs_f64()));
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads a body of at most `most` bytes.
    pub(super) async fn read(
        &self,
        what: &'static str,
        response: Response,
        most: u64,
        limit: Duration,
    ) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        self.read_each(what, response, most, limit, take).await?;
        Ok(bytes)
    }

    /// Reads a body of at most `most` bytes, and hands on each piece as it comes.
    pub(super) async fn read_each(
        &self,
        what: &'static str,
        mut response: Response,
        most: u64,
        limit: Duration,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut length = 0_u64;
        loop {
            let piece = match response.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(()),
                Err(error) if error.is_timeout() => {
                    return Err(Error::Late { what, address: self.address.to_string(), limit });
                }
                Err(source) => {
                    return Err(Error::Unreachable {
                        what,
                        address: self.address.to_string(),
                        tries: 1,
                        source,
                    });
                }
            };
            length = length.saturating_add(piece.len() as u64);
            if length > most {
                return Err(Error::Nonsense { what, why: format!("it is over {most} bytes") });
            }
            take(&piece)?;
        }
    }

    /// What a response of another status than 2xx says.
    async fn refusal(&self, what: &'static str, response: Response, tries: u32, limit: Duration) -> Error {
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
            return Error::Redirected { what, address: self.address.to_string(), to: plain(to, 200) };
        }
        let status = status.as_u16();
        let bytes = match self.read(what, response, LARGEST_ANSWER, limit).await {
            Ok(bytes) => bytes,
            // The status is known, whatever became of the words.
            Err(error) => error.to_string().into_bytes(),
        };
        let envelope = serde_json::from_slice(&bytes).ok().and_then(|value| Envelope::read(&value));
        let Some(Envelope { code, message, details }) = envelope else {
            let excerpt = plain(&String::from_utf8_lossy(&bytes), 120);
            return Error::Foreign { what, address: self.address.to_string(), status, excerpt, tries };
        };
        let message = plain(&message.unwrap_or_default(), LONGEST_WORDS);
        let message = if message.is_empty() { "it does not say why".to_owned() } else { message };
        let code = code.map(|code| plain(&code, 80)).filter(|code| !code.is_empty());
        Error::Refused { what, status, code, message, details: details.map(Box::new), tries }
    }
}

/// Whether a later try may fare better (contract/registry.md §3.11).
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// `Retry-After` in seconds; the form with a date is not read.
fn asked_pause(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_bound_and_vary() {
        let retry = Retry { retries: 3, pause: Duration::from_millis(500) };
        assert_eq!(retry.pause(1, 0), Duration::from_millis(250));
        assert_eq!(retry.pause(2, 0), Duration::from_millis(500));
        assert!(retry.pause(1, 999) < Duration::from_millis(500));
        assert!(retry.pause(60, 999) <= LONGEST_PAUSE);
    }

    #[test]
    fn a_registry_cannot_write_to_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc", 100), "a [2Jb c");
        assert_eq!(plain("abcdef", 3), "abc…");
    }
}
