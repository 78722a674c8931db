//! What may go out, and how it goes: one HTTP client for all calls, made when it is first needed.

use crate::config::{Http, Reply};
use crate::host::bindings::{HttpError, HttpHeader, HttpRequest, HttpResponse};
use crate::host::{Platform, body_of};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// From connecting to the last byte (contract/runner.md §4.3).
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a response body.
const MAX_BODY: usize = 32 << 20;

/// The allowed hosts, what is answered in their place, and the client.
#[derive(Debug, Default)]
pub(in crate::host) struct Egress {
    allow: Vec<String>,
    replies: Vec<Counted>,
    client: OnceLock<Client>,
}

/// A reply, and how often it was given.
#[derive(Debug)]
struct Counted {
    reply: Reply,
    given: AtomicU32,
}

impl Counted {
    /// Counts one more, when there is one more to give.
    fn take(&self) -> bool {
        let Some(times) = self.reply.times else { return true };
        let more = |given| (given < times.get()).then_some(given + 1);
        self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// Why there is no response, in the guest's words and in ours.
type Refusal = (HttpError, String);

impl Egress {
    pub(in crate::host) fn new(http: &Http) -> Egress {
        let allow = http.allow.iter().map(|host| host.trim().to_lowercase()).filter(|host| !host.is_empty());
        let counted = |reply: &Reply| Counted { reply: reply.clone(), given: AtomicU32::new(0) };
        Egress {
            allow: allow.collect(),
            replies: http.replies.iter().map(counted).collect(),
            client: OnceLock::new(),
        }
    }

    /// In the platform's order: address, allowed hosts, method, headers.
    pub(super) async fn fetch(
        &self,
        platform: &Platform,
        request: HttpRequest,
    ) -> Result<HttpResponse, Refusal> {
        let url = Url::parse(&request.url).map_err(|error| {
            (HttpError::InvalidUrl, format!("`{}` is no absolute URL: {error}", address(&request.url)))
        })?;
        let gives = |counted: &&Counted| answers(&counted.reply, &request, &url) && counted.take();
        let reply = self.replies.iter().find(gives).map(|counted| &counted.reply);
        if reply.is_none() {
            self.check(&url, platform.is_as_production())?;
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| (HttpError::InvalidUrl, format!("`{}` is no method", request.method)))?;
        let headers = headers(&request.headers)?;
        if let Some(reply) = reply {
            return canned(reply).await;
        }
        let client = self.client()?;
        let mut builder = client.request(method, url).headers(headers);
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let response = builder.send().await.map_err(|error| (HttpError::Transport, chain(&error)))?;
        receive(response).await
    }

    /// A host is allowed by its own name or that of a domain above it; port, scheme and path do not matter.
    fn check(&self, url: &Url, as_production: bool) -> Result<(), Refusal> {
        if self.allow.is_empty() && as_production {
            return Ok(());
        }
        let Some(host) = url.host_str().map(str::to_lowercase) else {
            return Err((HttpError::NotAllowed, format!("`{}` names no host", address(url.as_str()))));
        };
        let covers = |allowed: &String| {
            host == *allowed || host.strip_suffix(allowed.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        if self.allow.iter().any(covers) {
            return Ok(());
        }
        let why = format!(
            "`{host}` is not among `http.allow` of the platform data; add it there, or answer with `http.replies`"
        );
        Err((HttpError::NotAllowed, why))
    }

    fn client(&self) -> Result<&Client, Refusal> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .http1_only()
            .build()
            .map_err(|error| (HttpError::Internal, chain(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// Reads a response up to the bound. Header values that are no text become empty, as on the platform.
async fn receive(mut response: reqwest::Response) -> Result<HttpResponse, Refusal> {
    let status = response.status().as_u16();
    let headers = response.headers().iter().map(|(name, value)| HttpHeader {
        name: name.as_str().to_owned(),
        value: value.to_str().unwrap_or_default().to_owned(),
    });
    let headers = headers.collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| (HttpError::Internal, chain(&error)))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err((HttpError::Internal, format!("the response is longer than {} MiB", MAX_BODY >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body: Some(body) })
}

fn headers(lines: &[HttpHeader]) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for HttpHeader { name, value } in lines {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(parsed), Ok(value)) = parsed else {
            return Err((
                HttpError::Transport,
                format!("the header `{name}` has a name or value HTTP does not allow"),
            ));
        };
        headers
            .try_append(parsed, value)
            .map_err(|_| (HttpError::Transport, "there are too many headers".into()))?;
    }
    Ok(headers)
}

fn answers(reply: &Reply, request: &HttpRequest, url: &Url) -> bool {
    let method = reply.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method));
    let fits = |candidate: &str| match reply.url.strip_suffix('*') {
        Some(prefix) => candidate.starts_with(prefix),
        None => candidate == reply.url,
    };
    method && (fits(&request.url) || fits(url.as_str()))
}

async fn canned(reply: &Reply) -> Result<HttpResponse, Refusal> {
    if reply.delay_ms > 0 {
        let delay = Duration::from_millis(reply.delay_ms);
        tokio::time::sleep(delay.min(TIMEOUT)).await;
        if delay >= TIMEOUT {
            return Err((HttpError::Transport, "the time was up: `delay_ms` of the reply".into()));
        }
    }
    let line =
        |(name, value): (&String, &String)| HttpHeader { name: name.to_lowercase(), value: value.clone() };
    Ok(HttpResponse {
        status: reply.status,
        headers: reply.headers.iter().map(line).collect(),
        body: Some(body_of(&reply.body)),
    })
}

/// Method and address, without the parts that may hold secrets.
pub(super) fn summary(request: &HttpRequest) -> String {
    format!("{} {}", request.method, address(&request.url))
}

/// An address without the parts that may hold secrets.
fn address(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        let address = text.split(['?', '#']).next().unwrap_or_default();
        return match address.rsplit_once('@') {
            Some((_, rest)) => format!("…@{rest}"),
            None => address.to_owned(),
        };
    };
    if !url.has_host() {
        // `user:password@host` reads as a scheme and what belongs to it.
        return format!("{}:…", url.scheme());
    }
    let query = if url.query().is_some() { "?…" } else { "" };
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    format!("{url}{query}")
}

/// An error with its causes, without the address, which may hold secrets.
fn chain(error: &reqwest::Error) -> String {
    let mut text =
        if error.is_timeout() { "the time was up".to_owned() } else { "the request failed".to_owned() };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
