//! What is inside, compared with what was signed: index, manifest, component.

use super::{Failure, Question, Reason, Verification};
use crate::bundle::COMPONENT;
use crate::component;
use crate::release::survey::{self, Walked};
use crate::signing::{Claim, Identity};

/// A bundle that was looked through, and its component.
pub(super) type Looked = (Walked, Option<Vec<u8>>);

pub(super) fn judge(
    verification: &mut Verification,
    (walked, component): &Looked,
    comment: &str,
    claims: &[Option<Claim>],
) -> Result<Reason, Failure> {
    let listing = &walked.listing;
    match &listing.index {
        Some(index) => {
            let (name, version) = (&index.tool.name, &index.tool.version);
            let count = index.files.len();
            let says =
                format!("META/bundle.json, of {name} {version}, lists exactly the {count} files inside");
            verification.pass(Question::Index, says);
        }
        None => verification.skip(Question::Index, "there is none; another tool made this bundle"),
    }
    let held = survey::identity(&walked.manifest, verification.content_hash);
    for claim in claims.iter().flatten() {
        if let Some(why) = difference(&claim.identity, &held) {
            return Err((Question::Manifest, Reason::IdentityDisagrees, why));
        }
    }
    if Claim::is_meant(comment) && claims.first().is_none_or(Option::is_none) {
        let why = "the trusted comment is not one this tool writes; a newer one may read it".to_owned();
        return Err((Question::Manifest, Reason::IdentityDisagrees, why));
    }
    let Identity { name, version, publisher, .. } = held;
    let by = if publisher.is_empty() { String::new() } else { format!(" by `{publisher}`") };
    let is_signed = claims.iter().any(Option::is_some);
    let what = if is_signed { "is the one that was signed" } else { "is not named in the signature" };
    verification.pass(Question::Manifest, format!("{name} {version}{by} {what}"));
    judge_component(verification, component.as_deref())?;
    verification.name = Some(name);
    verification.version = Some(version);
    verification.publisher = Some(publisher);
    Ok(if is_signed {
        verification.message = format!("signed by key {}", verification.key_ids.join(", "));
        Reason::Verified
    } else {
        "the bytes are signed; the signature, made by another tool, names no release"
            .clone_into(&mut verification.message);
        Reason::NoIdentity
    })
}

fn judge_component(verification: &mut Verification, component: Option<&[u8]>) -> Result<(), Failure> {
    let Some(bytes) = component else {
        verification.skip(Question::Component, "there is none");
        return Ok(());
    };
    let fail = |why| Err((Question::Component, Reason::Component, why));
    let judged = component::validate(bytes).and_then(|()| component::check_world(bytes));
    let problems = match judged {
        Ok(problems) => problems,
        Err(error) => return fail(format!("{COMPONENT}: {error}")),
    };
    if let Some(problem) = problems.iter().find(|problem| problem.is_fatal()) {
        return fail(format!("{COMPONENT} does not fit the platform: {problem}"));
    }
    let world = component::WORLD;
    verification.pass(Question::Component, format!("{COMPONENT} is sound and fits the world `{world}`"));
    Ok(())
}

/// The first field in which what was signed and what is held differ.
fn difference(signed: &Identity, held: &Identity) -> Option<String> {
    let fields = [
        ("name", &signed.name, &held.name),
        ("version", &signed.version, &held.version),
        ("publisher", &signed.publisher, &held.publisher),
        ("content hash", &signed.content_hash, &held.content_hash),
    ];
    let (field, signed, held) = fields.into_iter().find(|(_, signed, held)| signed != held)?;
    Some(format!("the signature vouches for {field} `{signed}`, and the bundle's is `{held}`"))
}

/// An error with its causes, in one line.
pub(super) fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
