//! The client of a registry, the platform's or the embedded one (contract/registry.md §3).

mod address;
mod call;
mod catalogue;
mod error;
mod publish;
mod release;

pub use address::Address;
pub use call::plain;
pub use catalogue::Located;
pub use error::Error;
pub use publish::{Outcome, Progress};
pub use release::Release;

use call::Retry;
use reqwest::header::{HeaderMap, HeaderValue};
use std::time::Duration;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which registry, as whom, and how patiently.
pub struct Options<'a> {
    /// Its address.
    pub address: Address,
    /// The tenant calls are made for; the API key's own when absent.
    pub tenant: Option<&'a str>,
    /// The API key; it goes into one header and nowhere else.
    pub key: &'a str,
    /// How long one call may take that moves no bundle.
    pub timeout: Duration,
    /// How often a call is repeated that a later try may save.
    pub retries: u32,
    /// The pause before the first repetition; each later one is twice as long.
    pub pause: Duration,
    /// Hears why a call is repeated.
    pub hear: Box<dyn Fn(&str) + Send + Sync>,
}

/// A registry as it can be called.
pub struct Client {
    http: reqwest::Client,
    address: Address,
    tenant: Option<String>,
    timeout: Duration,
    retry: Retry,
    hear: Box<dyn Fn(&str) + Send + Sync>,
}

impl Client {
    /// Gets ready to call; nothing is sent yet.
    pub fn new(options: Options) -> Result<Client, Error> {
        let key = options.key.trim();
        if key.is_empty() {
            return Err(Error::NoKey);
        }
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_str(key).map_err(|_| Error::KeyText)?;
        value.set_sensitive(true);
        headers.insert("x-api-key", value);
        if let Some(tenant) = options.tenant {
            let value = HeaderValue::from_str(tenant).ok().filter(|_| !tenant.trim().is_empty());
            headers.insert("x-tenant-id", value.ok_or_else(|| Error::Tenant { tenant: tenant.to_owned() })?);
        }
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("alga-ext/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT);
        if options.address.is_loopback() {
            http = http.no_proxy();
        }
        Ok(Client {
            http: http.build().map_err(Error::Http)?,
            address: options.address,
            tenant: options.tenant.map(str::to_owned),
            timeout: options.timeout,
            retry: Retry { retries: options.retries, pause: options.pause },
            hear: options.hear,
        })
    }
}
