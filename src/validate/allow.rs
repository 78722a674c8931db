//! `validate.allow` and `validate.not_secret` of alga-ext.yaml: findings that are not told, and what is said about entries
//! that allow nothing.

use super::judge::Judge;
use super::secrets;
use crate::config::{Allow, NotSecret, Validate};
use crate::findings::{Code, Finding, Findings};
use crate::manifest::source::Node;
use crate::project::CONFIG;
use crate::yaml;
use jiff::civil::Date;

/// This day, in UTC.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The findings that are told. `text` is the configuration's; `is_whole` says that all that is packed was looked at.
pub(super) fn apply(
    findings: Vec<Finding>,
    config: &Validate,
    text: &str,
    today: Date,
    is_whole: bool,
) -> Findings {
    let mut told = findings;
    let before = told.len();
    let mut judge = Judge::new(text, CONFIG);
    let file = File::read(text);
    for (index, entry) in config.not_secret.iter().enumerate() {
        let place = file.place("not_secret", index);
        let Some(hash) = hash(&mut judge, entry, &place) else { continue };
        let count = told.len();
        told.retain(|finding| !secrets::is_allowed(finding, hash));
        if told.len() == count && is_whole {
            place.unused(&mut judge, "sha256", format!("nothing that is found has the hash `{hash}`"));
        }
    }
    for (index, entry) in config.allow.iter().enumerate() {
        let place = file.place("allow", index);
        let Some(code) = code(&mut judge, entry, &place, today) else { continue };
        let count = told.len();
        told.retain(|finding| finding.code != code || !entry.covers(finding));
        // Licences are judged only when some are denied.
        let is_judged = (is_whole || !is_of_built(code)) && !code.as_str().starts_with("license-");
        if told.len() == count && is_judged {
            let message = format!("the entry for `{code}` allows nothing that is found");
            place.unused(&mut judge, "code", message);
        }
    }
    let allowed = before - told.len();
    told.append(&mut judge.findings);
    Findings { allowed, ..Findings::new(told) }
}

/// What keeps entries from allowing anything, whatever is found.
pub(super) fn entries(config: &Validate, text: &str, today: Date) -> Vec<Finding> {
    let mut judge = Judge::new(text, CONFIG);
    let file = File::read(text);
    for (index, entry) in config.not_secret.iter().enumerate() {
        hash(&mut judge, entry, &file.place("not_secret", index));
    }
    for (index, entry) in config.allow.iter().enumerate() {
        code(&mut judge, entry, &file.place("allow", index), today);
    }
    judge.findings
}

/// Whether findings of this code may be about what is built, and so be missing before it is.
fn is_of_built(code: Code) -> bool {
    ["component-", "bundle-", "secret-"].iter().any(|subject| code.as_str().starts_with(subject))
}

impl Allow {
    fn covers(&self, finding: &Finding) -> bool {
        let file = finding.file.as_deref().unwrap_or_default();
        let in_file = self.file.as_deref().is_none_or(|wanted| {
            let wanted = wanted.strip_prefix("./").unwrap_or(wanted);
            if wanted.ends_with('/') { file.starts_with(wanted) } else { file == wanted }
        });
        in_file && self.about.as_deref().is_none_or(|words| finding.message.contains(words))
    }
}

/// The code an entry allows today; what keeps it from allowing anything is said.
fn code(judge: &mut Judge, entry: &Allow, place: &Place, today: Date) -> Option<Code> {
    if entry.reason.trim().is_empty() {
        let message = format!("the entry for `{}` has no reason, so it allows nothing", entry.code);
        place.say(judge, "reason", Code::ALLOW_WITHOUT_REASON, message, "write why the findings may stay");
        return None;
    }
    let Some(code) = Code::named(&entry.code) else {
        let near: Vec<Code> = Code::near(&entry.code);
        let help = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`alga-ext explain --list` lists the codes".into(),
        };
        let message = format!("there is no code `{}`", entry.code);
        place.say(judge, "code", Code::ALLOW_UNKNOWN, message, &help);
        return None;
    };
    let Some(until) = &entry.until else { return Some(code) };
    match until.trim().parse::<Date>() {
        Err(_) => {
            let message = format!("`until` is `{until}`, and a day is wanted; the entry allows nothing");
            place.say(judge, "until", Code::ALLOW_WITHOUT_REASON, message, "write it as `YYYY-MM-DD`");
            None
        }
        Ok(until) if until < today => {
            let message = format!("the entry for `{code}` ended on {until}: its findings are told again");
            place.say(judge, "until", Code::ALLOW_EXPIRED, message, "mend them, or think about a later day");
            None
        }
        Ok(_) => Some(code),
    }
}

/// The hash that is allowed; what keeps it from allowing anything is said.
fn hash<'e>(judge: &mut Judge, entry: &'e NotSecret, place: &Place) -> Option<&'e str> {
    let hash = entry.sha256.trim();
    if entry.reason.trim().is_empty() {
        let message = format!("the entry for `{hash}` has no reason, so it allows nothing");
        let help = "write why it may be known to everyone";
        place.say(judge, "reason", Code::ALLOW_WITHOUT_REASON, message, help);
        return None;
    }
    if hash.len() < secrets::DIGITS || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let message = format!("`{hash}` is no hash, so it allows nothing");
        let help = "copy the 16 digits after `sha256:` from the finding";
        place.say(judge, "sha256", Code::ALLOW_UNKNOWN, message, help);
        return None;
    }
    Some(hash)
}

/// The configuration's text as a tree.
struct File(Option<Node>);

impl File {
    fn read(text: &str) -> File {
        let root = yaml::tree(text.strip_prefix('\u{feff}').unwrap_or(text)).ok();
        File(root.and_then(|root| root.get("validate").cloned()))
    }

    fn place(&self, list: &str, index: usize) -> Place<'_> {
        Place(self.0.as_ref().and_then(|validate| validate.get(list)?.items()?.get(index)))
    }
}

/// Where an entry stands.
struct Place<'f>(Option<&'f Node>);

impl Place<'_> {
    fn say(&self, judge: &mut Judge, key: &str, code: Code, message: String, help: &str) {
        let node = self.0.map(|entry| entry.get(key).unwrap_or(entry));
        let (start, end) = node.map_or((0, 0), |node| (node.start, node.end));
        judge.add(start, end, super::judge::with_help(code, message, help));
    }

    fn unused(&self, judge: &mut Judge, key: &str, message: String) {
        self.say(judge, key, Code::ALLOW_UNUSED, message, "remove it");
    }
}
