//! Statements about a bundle: what was tested, validated and measured, in an in-toto statement signed as DSSE does it.

use super::{Error, Signer, Surveyed, beside, read_bounded, survey_component};
use crate::bundle::Digest;
use crate::component::{self, Identity};
use crate::manifest::Manifest;
use crate::project::Project;
use crate::signing::trust::Believed;
use crate::signing::{Envelope, PublicKey, Time};
use crate::toolchain;
use crate::{files, validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The payload's type, as in-toto names it.
const PAYLOAD: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "urn:alga-ext:attestation:v1";
/// The largest statement or result that is read.
const LARGEST: u64 = 16 << 20;

/// Where the statement about a bundle lies: `<bundle>.dsse.json`.
pub fn statement_path(bundle: &Path) -> PathBuf {
    beside(bundle, ".dsse.json")
}

/// What a statement must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// There were tests, and all passed.
    Tests,
    /// The rules found no errors.
    Validate,
}

/// What a statement is made from.
#[derive(Debug, Clone, Copy)]
pub struct AttestOptions<'a> {
    /// When.
    pub created: Time,
    /// Results of tests and calls, as JSON files.
    pub results: &'a [PathBuf],
    /// The project at hand, whose commit is named when it is the one the bundle was made from.
    pub project: Option<&'a Path>,
}

/// An in-toto statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// The statement's type.
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about: one bundle.
    pub subject: Vec<Subject>,
    /// What the predicate is.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Predicate,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The bundle's file name.
    pub name: String,
    /// `sha256`: the content hash's hex digits.
    pub digest: BTreeMap<String, String>,
}

/// What is said of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// The manifest's name.
    pub name: String,
    /// The manifest's version.
    pub version: String,
    /// The manifest's publisher.
    pub publisher: String,
    /// When it was said.
    pub created: Time,
    /// The tool that says it.
    pub tool: String,
    /// The commit of the project, when it has one.
    pub git: Option<Git>,
    /// What built the component.
    pub build: Option<Identity>,
    /// What the rules found.
    pub validate: Validated,
    /// What was tested.
    pub tests: Option<Tests>,
    /// What was measured.
    pub measured: Measured,
}

/// Where the sources are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The commit.
    pub commit: String,
    /// Whether there were changes that are in no commit.
    pub dirty: bool,
}

/// What the rules found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validated {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// Each code with how often it was found.
    pub codes: BTreeMap<String, usize>,
}

/// What was tested.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tests {
    /// How many passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// The files that say so.
    pub results: Vec<TestFile>,
}

/// A file of results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// Its name.
    pub file: String,
    /// 64 hex digits.
    pub sha256: String,
    /// How many results in it passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The bundle's bytes.
    pub size: u64,
    /// Its files.
    pub files: usize,
    /// The same in every container.
    pub files_digest: String,
    /// The component's bytes; none without one.
    pub component: Option<u64>,
    /// How long the calls among the results took, in microseconds.
    pub calls_us: Vec<u64>,
}

/// A statement that was written.
#[derive(Debug, Clone)]
pub struct Attested {
    /// Where.
    pub path: PathBuf,
    /// The key's id.
    pub key_id: String,
    /// What it says.
    pub statement: Statement,
    /// What may be wrong.
    pub warnings: Vec<String>,
}

/// Writes a signed statement about the bundle at `path` beside it. `signer` is asked for last.
pub fn attest<E: From<Error>>(
    path: &Path,
    options: &AttestOptions<'_>,
    signer: impl FnOnce(&str) -> Result<Signer, E>,
) -> Result<Attested, E> {
    let mut warnings = Vec::new();
    let statement = state(path, options, &mut warnings)?;
    let signer = signer(&statement.predicate.publisher)?;
    let public = signer.public();
    let sealed = Envelope::seal::<_, Error>(PAYLOAD, &statement, &public, &mut |bytes| signer.sign(bytes))?;
    let path = statement_path(path);
    let text = sealed.text().map_err(Error::from)?;
    files::write(&path, text.as_bytes()).map_err(Error::from)?;
    Ok(Attested { path, key_id: public.id(), statement, warnings })
}

fn state(path: &Path, options: &AttestOptions<'_>, warnings: &mut Vec<String>) -> Result<Statement, Error> {
    let (mut surveyed, component) = survey_component(path)?;
    let findings = validate::spooled(&surveyed.spool()?)?;
    let Surveyed { size, digest, listing, manifest, .. } = surveyed;
    let mut codes = BTreeMap::new();
    for finding in &findings.findings {
        *codes.entry(finding.code.to_string()).or_insert(0) += 1;
    }
    let build = component.as_ref().and_then(|bytes| component::read(bytes).ok()?.identity);
    let (tests, calls_us) = tests(options.results)?;
    let measured = Measured {
        size,
        files: listing.files.len(),
        files_digest: listing.files_digest().to_string(),
        component: component.map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        calls_us,
    };
    let is_it = |project: &Project| {
        let its = &project.manifest;
        its.name == manifest.name && its.publisher == manifest.publisher && its.version == manifest.version
    };
    let project = options.project.and_then(|root| Project::load(root).ok());
    let git = project.as_ref().filter(|project| is_it(project)).and_then(|project| git(&project.root));
    if let Some(project) = project.filter(|project| !is_it(project)) {
        let (its, bundles) = (called(&project.manifest), called(&manifest));
        let root = project.root.display();
        warnings
            .push(format!("the project in `{root}` is {its}, and the bundle {bundles}: no commit is named"));
    }
    let predicate = Predicate {
        name: manifest.name,
        version: manifest.version,
        publisher: manifest.publisher.unwrap_or_default(),
        created: options.created,
        tool: concat!("alga-ext ", env!("CARGO_PKG_VERSION")).into(),
        git,
        build,
        validate: Validated { errors: findings.errors, warnings: findings.warnings, codes },
        tests,
        measured,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let digest = BTreeMap::from([("sha256".to_owned(), digest.hex())]);
    let (kind, predicate_type) = (STATEMENT.to_owned(), PREDICATE.to_owned());
    Ok(Statement { kind, subject: vec![Subject { name, digest }], predicate_type, predicate })
}

/// Which release a manifest says it is.
fn called(manifest: &Manifest) -> String {
    let Manifest { name, version, publisher, .. } = manifest;
    format!("`{name}` {version} by `{}`", publisher.as_deref().unwrap_or_default())
}

/// What the files say: documents of `invoke --format json`, or of any tool that writes `"passed": true`.
fn tests(paths: &[PathBuf]) -> Result<(Option<Tests>, Vec<u64>), Error> {
    let (mut tests, mut calls) = (Tests::default(), Vec::new());
    for path in paths {
        let bytes = read_bounded(path, LARGEST)?;
        let fault = || Error::Results { path: path.clone() };
        let stream = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        let documents: Vec<Value> = stream.collect::<Result<_, _>>().map_err(|_| fault())?;
        let documents = documents.into_iter().flat_map(|document| match document {
            Value::Array(items) => items,
            other => vec![other],
        });
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut result = TestFile { file, sha256: Digest::of(&bytes).hex(), passed: 0, failed: 0 };
        for document in documents {
            let passed = passed(&document).ok_or_else(fault)?;
            let count = if passed { &mut result.passed } else { &mut result.failed };
            *count += 1;
            calls.extend(document.get("duration_us").and_then(Value::as_u64));
        }
        tests.passed += result.passed;
        tests.failed += result.failed;
        tests.results.push(result);
    }
    Ok((Some(tests).filter(|tests| !tests.results.is_empty()), calls))
}

/// A result says so itself; a call passed when the handler answered, and not with a failure of its own.
fn passed(document: &Value) -> Option<bool> {
    if let Some(passed) = document.get("passed") {
        return passed.as_bool();
    }
    let status = document.get("status")?;
    Some(status.as_u64().is_some_and(|status| status < 500))
}

/// The project's commit; none where git has none to name.
fn git(project: &Path) -> Option<Git> {
    let ask = |words: &[&str]| {
        let answer = toolchain::run(&toolchain::Invocation {
            program: OsStr::new("git"),
            arguments: words.iter().map(Into::into).collect(),
            directory: project,
            environment: Vec::new(),
            stdout: toolchain::Stdout::Return,
            is_quiet: true,
        });
        answer.ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    let commit = ask(&["rev-parse", "HEAD"])?.trim().to_owned();
    let dirty = ask(&["status", "--porcelain"]).is_none_or(|changes| !changes.trim().is_empty());
    Some(Git { commit, dirty })
}

/// What a statement says, and who said so when.
type Stated = (String, (PublicKey, Time));

/// Whether the statement beside a bundle, by one who is believed, says what it must; in words, either way.
pub(super) fn require(
    bundle: &Path,
    content_hash: &Digest,
    requirements: &[Requirement],
    believed: &[Believed],
) -> Result<Result<Stated, String>, Error> {
    let path = statement_path(bundle);
    let refuse = |why: &str| Ok(Err(format!("`{}` {why}", path.display())));
    let bytes = match read_bounded(&path, LARGEST) {
        Ok(bytes) => bytes,
        Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => return refuse("is not there"),
        Err(Error::TooLarge { .. }) => return refuse("is longer than any statement"),
        Err(error) => return Err(error),
    };
    let read =
        Envelope::parse(&bytes).and_then(|sealed| Ok((sealed.statement::<Statement>(PAYLOAD)?, sealed)));
    let (statement, sealed) = match read {
        Ok(read) => read,
        Err(error) => return refuse(&format!("cannot be read: {error}")),
    };
    let mut signers = believed.iter().filter(|believed| sealed.is_signed_by(&believed.key)).peekable();
    let Some(Believed { key, .. }) = signers.peek().copied() else {
        return refuse("is not signed by a key that is believed and signed the bundle");
    };
    let created = statement.predicate.created;
    let Some(Believed { key, .. }) = signers.find(|believed| believed.counts(created)) else {
        let id = key.id();
        return refuse(&format!(
            "is by key {id}, which was not to be believed at {created}, when it was made"
        ));
    };
    let is_about = |subject: &Subject| subject.digest.get("sha256") == Some(&content_hash.hex());
    if statement.kind != STATEMENT || statement.predicate_type != PREDICATE {
        return refuse("states something else");
    }
    if statement.subject.len() != 1 || !statement.subject.iter().any(is_about) {
        return refuse("is about another bundle");
    }
    let Predicate { validate, tests, .. } = &statement.predicate;
    let mut said = Vec::new();
    for requirement in requirements {
        match (requirement, tests) {
            (Requirement::Validate, _) if validate.errors > 0 => {
                return refuse(&format!("says that validating found {} errors", validate.errors));
            }
            (Requirement::Validate, _) => said.push(format!("validated with {} warnings", validate.warnings)),
            (Requirement::Tests, None) => return refuse("names no tests"),
            (Requirement::Tests, Some(tests)) if tests.failed > 0 || tests.passed == 0 => {
                return refuse(&format!(
                    "says that {} tests passed and {} failed",
                    tests.passed, tests.failed
                ));
            }
            (Requirement::Tests, Some(tests)) => said.push(format!("{} tests passed", tests.passed)),
        }
    }
    Ok(Ok((format!("{}, says key {}", said.join(", "), key.id()), (key.clone(), created))))
}
