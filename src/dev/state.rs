//! What the dev server holds: the version that answers now, and what outlives it.

use super::access::Bucket;
use super::events::Events;
use super::replays::Replays;
use super::ui::Files;
use super::{Error, Options};
use crate::bundle::Digest;
use crate::config::{Config, User};
use crate::host::{Persona, Platform};
use crate::manifest::Manifest;
use crate::project::Project;
use crate::runner::Handler;
use axum::http::{HeaderMap, HeaderName, header};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// How long a request waits for the first build.
const FIRST_BUILD: Duration = Duration::from_mins(2);

/// Everything the routes share.
#[derive(Debug)]
pub(super) struct State {
    /// The project's folder.
    pub(super) root: PathBuf,
    /// How it was started.
    pub(super) options: Options,
    /// What happens.
    pub(super) events: Events,
    /// The platform's rate limit, applied as production does.
    pub(super) bucket: Mutex<Bucket>,
    /// Answers to repeat for an idempotency key.
    pub(super) replays: Mutex<Replays>,
    /// True from the moment the server is told to end.
    pub(super) ending: watch::Sender<bool>,
    served: RwLock<Arc<Served>>,
    ready: watch::Sender<bool>,
}

/// One version of the extension, whole; replaced, never changed.
#[derive(Debug, Clone)]
pub(super) struct Served {
    /// The manifest it was loaded with.
    pub(super) manifest: Arc<Manifest>,
    /// The platform data.
    pub(super) config: Arc<Config>,
    /// The simulated platform; none until the data could be used once.
    pub(super) platform: Option<Arc<Platform>>,
    /// The handler, when there is one.
    pub(super) handler: Option<Handler>,
    /// The component's hash.
    pub(super) component: Option<Digest>,
    /// The UI, when there is one.
    pub(super) ui: Option<Arc<Files>>,
    /// What is wrong with the sources now, while this version still answers.
    pub(super) problem: Option<String>,
    /// The digest of everything above that a bundle would hold.
    pub(super) digest: Digest,
}

impl Served {
    /// Nothing but the project's words.
    pub(super) fn empty(project: &Project, config: Config) -> Served {
        let mut served = Served {
            manifest: Arc::new(project.manifest.clone()),
            config: Arc::new(config),
            platform: None,
            handler: None,
            component: None,
            ui: None,
            problem: None,
            digest: Digest::of(b""),
        };
        served.digest = served.digest_now();
        served
    }

    /// The digest of the manifest, the component and the UI.
    pub(super) fn digest_now(&self) -> Digest {
        let component = self.component.map(|digest| digest.to_string()).unwrap_or_default();
        let ui = self.ui.as_ref().map(|ui| ui.digest().to_string()).unwrap_or_default();
        let manifest = format!("{:?}", self.manifest);
        Digest::of(format!("{manifest}\n{component}\n{ui}").as_bytes())
    }

    /// Whether `id` names this extension: registry id, install id, `publisher.name`, or (here alone) the name.
    pub(super) fn is_named(&self, id: &str) -> bool {
        let ids = self.platform.as_ref().map(|platform| platform.ids());
        (!self.manifest.name.is_empty() && self.manifest.name == id)
            || ids.is_some_and(|ids| {
                ids.extension_id.eq_ignore_ascii_case(id)
                    || ids.install_id.as_deref().is_some_and(|install| install.eq_ignore_ascii_case(id))
            })
            || self.manifest.slug().is_some_and(|slug| slug == id.to_lowercase())
    }

    /// The users one can be signed in as, the made-up ones included, each with the key a page names it by.
    pub(super) fn users(&self) -> Vec<(String, Arc<User>)> {
        let Some(platform) = &self.platform else { return Vec::new() };
        let first = [("internal", Persona::Internal), ("client", Persona::Client)];
        let mut users: Vec<(String, Arc<User>)> = first
            .into_iter()
            .filter_map(|(key, persona)| Some((key.to_owned(), platform.user(persona)?)))
            .collect();
        for user in &self.config.users {
            if !users.iter().any(|(_, known)| known.id == user.id) {
                users.push((format!("id:{}", user.id), Arc::new(user.clone())));
            }
        }
        users
    }

    /// The user a key names: `internal`, `client`, `id:<user id>`; none for `none` and for a name nobody has.
    pub(super) fn user(&self, key: &str) -> Option<Arc<User>> {
        match (key, &self.platform) {
            (_, None) | ("none", _) => None,
            ("client", Some(platform)) => platform.user(Persona::Client),
            ("internal", Some(platform)) => platform.user(Persona::Internal),
            (other, Some(_)) => {
                let id = other.strip_prefix("id:")?;
                self.config.users.iter().find(|user| user.id == id).cloned().map(Arc::new)
            }
        }
    }
}

impl State {
    /// The state before anything was loaded.
    pub(super) fn new(root: PathBuf, options: Options, served: Served) -> State {
        State {
            root,
            options,
            events: Events::new(),
            bucket: Mutex::default(),
            replays: Mutex::default(),
            ending: watch::Sender::new(false),
            served: RwLock::new(Arc::new(served)),
            ready: watch::Sender::new(false),
        }
    }

    /// The version that answers now.
    pub(super) fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another version in its place.
    pub(super) fn replace(&self, served: Served) {
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
    }

    /// Says that the first version was loaded, or could not be.
    pub(super) fn set_ready(&self) {
        self.ready.send_replace(true);
    }

    /// Whether the first version was loaded, or could not be.
    pub(super) fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// The version that answers, once the first was loaded.
    pub(super) async fn once_ready(&self) -> Arc<Served> {
        if !self.is_ready() {
            let mut ready = self.ready.subscribe();
            // Both ways of failing leave the version that is there, which says that it has no handler yet.
            let _ = tokio::time::timeout(FIRST_BUILD, ready.wait_for(|ready| *ready)).await;
        }
        self.served()
    }
}

/// The header and the cookie that say who is signed in.
pub(super) const PERSONA_HEADER: HeaderName = HeaderName::from_static("x-alga-dev-user");
/// See [`PERSONA_HEADER`].
pub(super) const PERSONA_COOKIE: &str = "alga-dev-user";

/// Who is signed in: the header's word, else the cookie's, else staff.
pub(super) fn persona(headers: &HeaderMap) -> String {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(named) = text(PERSONA_HEADER) {
        return named.trim().to_owned();
    }
    let cookies = text(header::COOKIE).into_iter().flat_map(|cookies| cookies.split(';'));
    let ours =
        cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(name, _)| *name == PERSONA_COOKIE);
    let Some((_, value)) = ours else { return "internal".to_owned() };
    decode(value)
}

/// Percent-decoding, as browsers write cookie values and path segments; what is no UTF-8 becomes replacement marks.
pub(super) fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if digits.is_some_and(|pair| !pair.starts_with('+')) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the platform data: the file that was named, else the project's configuration.
pub(super) fn data(project: &Project, options: &Options) -> Result<Config, Error> {
    match &options.data {
        Some(path) => {
            if !path.is_file() {
                return Err(Error::NoData { path: path.clone() });
            }
            Ok(crate::project::load_config(path)?)
        }
        None => Ok(project.config.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_header_says_who_is_signed_in_and_the_cookie_otherwise() {
        let mut headers = HeaderMap::new();
        assert_eq!(persona(&headers), "internal");
        headers.insert("cookie", HeaderValue::from_static("a=b; alga-dev-user=id%3Au1"));
        assert_eq!(persona(&headers), "id:u1");
        headers.insert(PERSONA_HEADER, HeaderValue::from_static("none"));
        assert_eq!(persona(&headers), "none");
    }

    #[test]
    fn percent_decoding_leaves_what_is_not_encoded() {
        for (text, expected) in
            [("sha256%3Aab", "sha256:ab"), ("100%", "100%"), ("%zz%+1", "%zz%+1"), ("a+b", "a+b")]
        {
            assert_eq!(decode(text), expected);
        }
    }
}
