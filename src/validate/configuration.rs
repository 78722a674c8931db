//! `alga-ext.yaml`: read within bounds, and judged alone where there is no manifest beside it.

use super::judge::with_help;
use super::{Overlay, allow, project_file};
use crate::config::Config;
use crate::findings::{Code, Finding, Findings, Text};
use crate::project::CONFIG;
use crate::yaml;
use jiff::civil::Date;
use std::io;
use std::path::Path;

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Judges a configuration's text alone: what no manifest has a say in. `file` is the name findings carry.
pub fn configuration(text: &str, file: &str) -> Findings {
    alone(text, file, allow::today())
}

/// Judges a configuration file alone; what cannot be read as text is a finding too.
pub(super) fn configuration_with(path: &Path, file: &str, overlay: &Overlay) -> io::Result<Findings> {
    if path.is_dir() {
        return Ok(named(vec![mistake("it is a folder, and a file is wanted")], file));
    }
    Ok(match decode(overlay.read(path, LARGEST)?) {
        Ok(text) => configuration(&text, file),
        Err(finding) => named(vec![*finding], file),
    })
}

fn alone(text: &str, file: &str, today: Date) -> Findings {
    let findings = match parse(text) {
        Ok(config) => {
            let mut findings = project_file::judge(&config, text, None);
            findings.extend(allow::entries(&config.validate, text, today));
            findings
        }
        Err(finding) => vec![*finding],
    };
    named(findings, file)
}

fn named(findings: Vec<Finding>, file: &str) -> Findings {
    Findings::new(findings.into_iter().map(|finding| finding.in_file(file)).collect())
}

/// The project's configuration and its text, the defaults when there is none; a mistake in it is a finding.
pub(super) fn read(root: &Path, overlay: &Overlay) -> io::Result<Result<(Config, String), Box<Finding>>> {
    let path = root.join(CONFIG);
    if path.is_dir() {
        return Ok(Err(Box::new(mistake("it is a folder, and a file is wanted"))));
    }
    let bytes = match overlay.read(&path, LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Ok((Config::default(), String::new())));
        }
        Err(error) => return Err(error),
    };
    Ok(decode(bytes).and_then(|text| Ok((parse(&text)?, text))))
}

fn decode(bytes: Vec<u8>) -> Result<String, Box<Finding>> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(Box::new(mistake(format!("it is larger than {} MiB", LARGEST / 1024 / 1024))));
    }
    String::from_utf8(bytes).map_err(|_| Box::new(mistake("it is not UTF-8")))
}

fn parse(text: &str) -> Result<Config, Box<Finding>> {
    yaml::parse::<Config>(text).map_err(|error| {
        let places = Text::new(text);
        let start = places.offset(error.line, error.column);
        let rest = places.as_str().get(start..).unwrap_or_default();
        let end = start + rest.find([':', '\n', ' ']).unwrap_or(rest.len());
        Box::new(mistake(error.message).within(&places, start, end))
    })
}

fn mistake(message: impl Into<String>) -> Finding {
    let help = "`alga-ext schema alga-ext.yaml` prints what it may hold";
    with_help(Code::CONFIG_INVALID, message, help).in_file(CONFIG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        configuration(text, CONFIG).findings.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn alone_only_what_no_manifest_has_a_say_in_is_told() {
        for (text, expected) in [
            ("", vec![]),
            ("schedules: [{endpoint: GET /x, cron: '0 9 * * *'}]", vec![]),
            ("schedules: [{endpoint: GET /x, cron: '* * * * *'}]", vec![Code::CONFIG_VALUE]),
            ("validate: {allow: [{code: endpoint-head, reason: old}]}", vec![]),
            ("validate: {allow: [{code: endpoint-hat, reason: old}]}", vec![Code::ALLOW_UNKNOWN]),
            ("users: [{id: a}, {id: a}]", vec![Code::CONFIG_DUPLICATE]),
            ("usres: []", vec![Code::CONFIG_INVALID]),
            ("a: [", vec![Code::CONFIG_INVALID]),
        ] {
            assert_eq!(codes(text), expected, "{text}");
        }
        assert_eq!(configuration("usres: []", "a/b.yaml").findings[0].file.as_deref(), Some("a/b.yaml"));
    }
}
