//! The whole life of an extension, on this machine, in seconds: what `tour` shows.

use crate::bundle::{Container, Packing};
use crate::error::Error;
use crate::host::{self, Persona, Platform};
use crate::project::Project;
use crate::registry::client::{Address, Client, Options, Outcome, Release};
use crate::registry::{self, server};
use crate::release::{self, Against, KeyFiles, PackOptions, Sbom, SignOptions, Signer, VerifyOptions};
use crate::runner::{self, Request, Runner};
use crate::scaffold::{self, Variables};
use crate::signing::{PublicKey, Time};
use crate::{build, validate};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was done, and how long it took.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The command that does the same.
    pub command: &'static str,
    /// What came of it.
    pub what: String,
    /// Whole microseconds.
    pub duration_us: u64,
}

/// The template the tour begins with: a handler and a UI.
const TEMPLATE: &str = "fullstack";

/// Times the steps and tells of each as it ends.
struct Guide<'a> {
    tell: &'a mut dyn FnMut(&Step) -> Result<(), Error>,
    since: Instant,
}

impl Guide<'_> {
    fn done(&mut self, command: &'static str, what: String) -> Result<(), Error> {
        let duration_us = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        (self.tell)(&Step { command, what, duration_us })?;
        self.since = Instant::now();
        Ok(())
    }
}

/// Walks from an empty folder to a fetched, verified, running bundle. `tell` hears of each step as it ends.
pub async fn tour(
    folder: &Path,
    options: &build::Options<'_>,
    at: Time,
    tell: &mut dyn FnMut(&Step) -> Result<(), Error>,
) -> Result<(), Error> {
    fs_err::create_dir_all(folder)?;
    let mut guide = Guide { tell, since: Instant::now() };
    let root = folder.join("notes");
    make(&root, &mut guide)?;
    let bundle = make_release(&root, options, &mut guide)?;
    let key = vouch(folder, &bundle, at, &mut guide)?;

    let data = folder.join("registry");
    let serving = server::Options { data: &data, port: 0, calls_a_minute: 1000, report: Box::new(|_| {}) };
    let server = server::bind(serving).await.map_err(registry::Error::from)?;
    let (url, admin_key) = (server.url(), fs_err::read_to_string(server.admin_key())?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(async { drop(stopped.await) }));
    guide.done("alga-ext registry serve", format!("a registry listens on {url}"))?;
    let fetched = publish_and_fetch(&url, admin_key.trim(), &bundle, folder, &mut guide).await;
    drop(stop);
    // A server that fell over has nothing left to end.
    let _ = serving.await;
    let fetched = fetched?;

    let against = Against::Key(&key);
    let judged = VerifyOptions { against, signature: None, expected: None, at, require: &[] };
    let verified = release::verify(&fetched, &judged)?;
    let identity = format!("{} {}", verified.name.unwrap_or_default(), verified.version.unwrap_or_default());
    guide
        .done("alga-ext verify", format!("the fetched bytes are {identity}, signed by the key from above"))?;
    run(&fetched, &root, options.cache, &mut guide).await
}

fn make(root: &Path, guide: &mut Guide<'_>) -> Result<(), Error> {
    let template = scaffold::find(TEMPLATE)?;
    let variables = Variables { name: "notes".into(), id: "com.acme.notes".into(), publisher: "Acme".into() };
    let types = build::types_of_new()?;
    let made = scaffold::scaffold(&scaffold::Options {
        template: &template,
        variables: &variables,
        folder: root,
        types: &types,
    })?;
    guide.done("alga-ext new", format!("{} files from the template `{TEMPLATE}`", made.files.len()))
}

fn make_release(
    root: &Path,
    options: &build::Options<'_>,
    guide: &mut Guide<'_>,
) -> Result<std::path::PathBuf, Error> {
    let project = Project::load(root)?;
    let built = build::build(&project, options)?;
    let size = kilobytes(built.size.unwrap_or_default());
    guide.done("alga-ext build", format!("src/handler.ts is a component of {size} KB, no Node involved"))?;
    let findings = validate::project(root)?;
    guide.done("alga-ext validate", format!("{} errors, {} warnings", findings.errors, findings.warnings))?;
    let packing = PackOptions {
        build: *options,
        out: None,
        packing: Packing { container: Container::TarZst, fast: false },
        sbom: Sbom::Beside,
        epoch: None,
    };
    let packed = release::pack(&project, &packing)?;
    let size = kilobytes(packed.size);
    guide.done("alga-ext pack", format!("{} files, {size} KB, {}", packed.entries.len(), packed.digest))?;
    Ok(packed.path)
}

fn vouch(folder: &Path, bundle: &Path, at: Time, guide: &mut Guide<'_>) -> Result<PublicKey, Error> {
    let secret = folder.join("release.key");
    let key = release::generate_keys(&KeyFiles::free(&secret)?, None)?;
    guide.done("alga-ext keys generate", format!("key {}", key.id()))?;
    let options = SignOptions { created: at, expires: None };
    release::sign::<Error>(bundle, options, |_| {
        let text = release::read_secret(&secret)?;
        Ok(Signer::Key(release::open_secret("release.key", &text, || Ok::<_, Error>(String::new().into()))?))
    })?;
    guide.done(
        "alga-ext sign",
        "the signature vouches for name, version, publisher and content hash".into(),
    )?;
    Ok(key)
}

async fn publish_and_fetch(
    url: &str,
    key: &str,
    bundle: &Path,
    folder: &Path,
    guide: &mut Guide<'_>,
) -> Result<std::path::PathBuf, Error> {
    let failed = registry::Error::from;
    let client = Client::new(Options {
        address: Address::parse(url).map_err(failed)?,
        tenant: Some("acme"),
        key,
        timeout: Duration::from_secs(30),
        retries: 2,
        pause: Duration::from_millis(100),
        hear: Box::new(|_| {}),
    });
    let client = client.map_err(failed)?;
    let opened = Release::open(bundle).map_err(failed)?;
    let outcome = client.publish(&opened, true, &(Arc::new(|_| {}) as _)).await.map_err(failed)?;
    let Outcome { registry_id, version, .. } = outcome;
    guide.done("alga-ext publish", format!("version {version} is published and installed for `acme`"))?;
    let located = client.locate(&registry_id, &version).await.map_err(failed)?;
    let path = folder.join("fetched.tar.zst");
    let mut file = crate::files::Pending::begin(&path)?;
    let size = client.fetch(&located, &mut file).await.map_err(failed)?;
    file.put()?;
    if let Some(signature) = &located.signature {
        crate::files::write(&release::signature_path(&path), signature.text.as_bytes())?;
    }
    guide.done("alga-ext registry fetch", format!("{} KB came back", kilobytes(size)))?;
    Ok(path)
}

/// Calls the first GET endpoint of the bundle's handler.
async fn run(bundle: &Path, root: &Path, cache: &Path, guide: &mut Guide<'_>) -> Result<(), Error> {
    let opened = release::open(bundle)?;
    let config = Project::load(root)?.config;
    let platform = Platform::new(&config, &opened.manifest, &host::Options::default())?;
    let handler =
        Runner::new(Some(cache))?.load(opened.bundle.entry("dist/main.wasm").unwrap_or_default())?;
    let endpoint = opened.manifest.endpoints.iter().find(|endpoint| endpoint.method == "GET");
    let path = endpoint.map_or("/", |endpoint| endpoint.path.as_str());
    let request = Request { method: "GET".into(), url: path.to_owned(), headers: Vec::new(), body: None };
    let call = platform.call(platform.user(Persona::Internal), None);
    let outcome = handler.call(&platform, call, request).await;
    let micros = outcome.duration.as_micros();
    let status = outcome.result.map_err(runner::Error::Call)?.status;
    let what = format!("GET {path} answers {status} in {micros} µs, in a fresh instance");
    guide.done("alga-ext invoke", what)
}

fn kilobytes(bytes: u64) -> u64 {
    bytes.div_ceil(1000)
}
