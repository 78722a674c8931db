//! Custom sections: others' are trimmed, and one is added that says which tool built it from which source.

use super::{Error, read};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use wasm_encoder::{ComponentSectionId, CustomSection, Encode, RawSection};
use wasmparser::{Parser, Payload};

/// The section that says what built the component.
pub(super) const IDENTITY: &str = "alga:build";

/// What built a component, from what. Nothing here depends on the time or the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `alga-ext`
    pub tool: String,
    /// The tool's version.
    pub version: String,
    /// What made the component: `quickjs`, `rust`, `prebuilt`.
    pub engine: String,
    /// `sha256:<hex>` of everything it was built from.
    pub source: String,
    /// What is in it, by package, the largest first; empty when nobody knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
}

/// The modules of one package in a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name; the project's own files and those of this program count as one each.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many of its files are in.
    pub files: u64,
    /// How much text they have, as it was built in.
    pub bytes: u64,
}

impl Identity {
    /// This tool's identity for one build; `source` is the hash of the inputs in hexadecimal digits.
    pub fn new(engine: &str, source: &str) -> Identity {
        Identity {
            tool: "alga-ext".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            engine: engine.into(),
            source: format!("sha256:{source}"),
            packages: Vec::new(),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Identity> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Trims the custom sections of a component and adds its identity. Stamping again replaces the stamp.
pub fn stamp(component: &[u8], identity: &Identity) -> Result<Vec<u8>, Error> {
    let text =
        serde_json::to_vec(identity).map_err(|error| Error::Malformed { message: error.to_string() })?;
    let section = CustomSection { name: Cow::Borrowed(IDENTITY), data: Cow::Owned(text) };
    let stripped = strip(component)?;
    let mut bytes = Vec::with_capacity(stripped.len() + section.data.len() + 64);
    bytes.extend_from_slice(&stripped);
    bytes.push(0);
    section.encode(&mut bytes);
    Ok(bytes)
}

/// Trims custom sections at every level: debugging, producers, names of component items. The names of core
/// functions stay, because the trace of a trap is made of them. What has nothing to trim is not copied.
pub fn strip(binary: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    strip_level(binary, 0)
}

/// Nesting deeper than this is nobody's honest work.
const DEEPEST: usize = 32;

fn strip_level(binary: &[u8], depth: usize) -> Result<Cow<'_, [u8]>, Error> {
    if depth > DEEPEST {
        return Err(Error::Malformed { message: format!("components are nested more than {DEEPEST} deep") });
    }
    let cut = || Error::Truncated { message: "a section reaches beyond the end".into() };
    let header = binary.get(..8).ok_or_else(cut)?;
    let (mut sections, mut trimmed) = (Vec::new(), false);
    let mut parser = Parser::new(0);
    let mut rest = binary;
    loop {
        let (payload, consumed) = match parser.parse(rest, true).map_err(|error| read::broken(&error))? {
            wasmparser::Chunk::Parsed { payload, consumed } => (payload, consumed),
            wasmparser::Chunk::NeedMoreData(_) => return Err(cut()),
        };
        rest = rest.get(consumed..).ok_or_else(cut)?;
        match payload {
            Payload::End(_) => break,
            Payload::Version { .. } | Payload::CodeSectionEntry(_) => {}
            Payload::CustomSection(section) if !is_kept(section.name()) => trimmed = true,
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                let range = span(&unchecked_range);
                let nested = binary.get(range.clone()).ok_or_else(cut)?;
                let is_module = matches!(read::kind(nested)?, super::Kind::Module);
                let id =
                    if is_module { ComponentSectionId::CoreModule } else { ComponentSectionId::Component };
                let data = strip_level(nested, depth + 1)?;
                trimmed |= matches!(data, Cow::Owned(_));
                sections.push((id.into(), data));
                rest = rest.get(range.len()..).ok_or_else(cut)?;
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    sections.push((id, Cow::Borrowed(binary.get(span(&range)).ok_or_else(cut)?)));
                }
                if let Payload::CodeSectionStart { size, .. } = payload {
                    parser.skip_section();
                    rest = rest.get(size as usize..).ok_or_else(cut)?;
                }
            }
        }
    }
    if !trimmed {
        return Ok(Cow::Borrowed(binary));
    }
    let mut out = Vec::with_capacity(binary.len());
    out.extend_from_slice(header);
    for (id, data) in sections {
        out.push(id);
        RawSection { id, data: &data }.encode(&mut out);
    }
    Ok(Cow::Owned(out))
}

/// Sections that change what the binary means, or what a trap says.
fn is_kept(name: &str) -> bool {
    name == "name"
        || name.starts_with("component-type")
        || name.starts_with("dylink")
        || name == "metadata.code.branch_hint"
}

fn span(range: &std::ops::Range<u64>) -> std::ops::Range<usize> {
    let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    place(range.start)..place(range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &str = r#"(component
        (core module (func $named (export "f") unreachable) (@custom "producers" "x") (@custom ".debug_info" "y"))
        (@custom "producers" "z"))"#;

    #[test]
    fn others_sections_go_and_the_identity_stands_alone() {
        let identity = Identity::new("rust", "abc");
        let stamped = stamp(&wat::parse_str(GUEST).unwrap(), &identity).unwrap();
        let component = read::read(&stamped).unwrap();
        assert_eq!(component.identity.as_ref(), Some(&identity));
        let names: Vec<&str> = component.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["alga:build"]);
        let text = String::from_utf8_lossy(&stamped);
        assert!(!text.contains("producers") && !text.contains(".debug_info"));
        assert!(text.contains("named"), "the names of core functions stay");
        wasmparser::validate(&stamped).unwrap();
    }

    #[test]
    fn stamping_twice_is_stamping_once() {
        let identity = Identity::new("rust", "abc");
        let once = stamp(&wat::parse_str(GUEST).unwrap(), &identity).unwrap();
        assert_eq!(stamp(&once, &identity).unwrap(), once);
        assert_eq!(strip(&once).unwrap(), strip(&wat::parse_str(GUEST).unwrap()).unwrap());
    }
}
