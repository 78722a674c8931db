//! `validate.allow` of alga-ext.yaml: findings that are not told, and what is said about entries that allow nothing.

use super::judge::Judge;
use crate::config::{Allow, Validate};
use crate::findings::{Code, Finding, Findings};
use crate::manifest::source::Node;
use crate::project::CONFIG;
use crate::yaml;
use jiff::civil::Date;

/// This day, in UTC.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The findings that are told. `text` is the configuration's.
pub(super) fn apply(findings: Vec<Finding>, config: &Validate, text: &str, today: Date) -> Findings {
    let mut told = findings;
    let before = told.len();
    let mut judge = Judge::new(text, CONFIG);
    for (index, entry) in config.allow.iter().enumerate() {
        let place = Place::of(text, index);
        if let Some(code) = code(&mut judge, entry, &place, today) {
            let count = told.len();
            told.retain(|finding| finding.code != code || !entry.covers(finding));
            if told.len() == count {
                place.unused(&mut judge, code);
            }
        }
    }
    let allowed = before - told.len();
    told.append(&mut judge.findings);
    Findings { allowed, ..Findings::new(told) }
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

/// Where an entry stands.
struct Place {
    list: Option<Node>,
    index: usize,
}

impl Place {
    fn of(text: &str, index: usize) -> Place {
        let root = yaml::tree(text.strip_prefix('\u{feff}').unwrap_or(text)).ok();
        let list = root.and_then(|root| root.get("validate")?.get("allow").cloned());
        Place { list, index }
    }

    fn entry(&self) -> Option<&Node> {
        self.list.as_ref()?.items()?.get(self.index)
    }

    fn say(&self, judge: &mut Judge, key: &str, code: Code, message: String, help: &str) {
        let node = self.entry().map(|entry| entry.get(key).unwrap_or(entry));
        let (start, end) = node.map_or((0, 0), |node| (node.start, node.end));
        judge.add(start, end, super::judge::with_help(code, message, help));
    }

    fn unused(&self, judge: &mut Judge, code: Code) {
        let message = format!("the entry for `{code}` allows nothing that is found");
        self.say(judge, "code", Code::ALLOW_UNUSED, message, "remove it");
    }
}
