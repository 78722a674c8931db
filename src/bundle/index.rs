//! The index inside a bundle: every file with its size and hash, and what the bundle was made of.

use super::{Digest, Error, Running, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The index's place in a bundle. The platform puts it beside the manifest and never looks at it
/// (contract/registry.md §2.5).
pub const INDEX: &str = "META/bundle.json";
/// The software bill of materials' place in a bundle, when it was asked for.
pub const SBOM: &str = "META/sbom.cdx.json";
/// The index's form; readers refuse one they do not know.
const FORM: u32 = 1;

/// `META/bundle.json`: what is in a bundle and what it was made of. Nothing in it differs between machines
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The form of this file: 1
    pub form: u32,
    /// What made the bundle
    pub tool: Tool,
    /// What made the component: `quickjs`, `rust`, `prebuilt` or `none`
    pub engine: String,
    /// `sha256:<hex>` of everything the component was built from; absent without a component of this tool
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The lock files of the project's dependencies
    pub locks: Vec<Lock>,
    /// What the platform must have
    pub requires: Requires,
    /// Every file but this one, sorted by path
    pub files: Vec<File>,
}

/// What made the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `alga-ext`
    pub name: String,
    /// Its version
    pub version: String,
}

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Relative to the project, through `..` when it lies outside
    pub path: String,
    /// 64 hex digits
    pub sha256: String,
}

/// What the platform must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// The manifest's runtime, `wasm-js@1`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The interfaces the component imports
    pub interfaces: Vec<String>,
    /// The capabilities the manifest asks for
    pub capabilities: Vec<String>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Relative, `/`-separated
    pub path: String,
    /// Its length in bytes
    pub size: u64,
    /// 64 hex digits
    pub sha256: String,
}

impl File {
    /// The file at `path` with these bytes.
    pub fn of(path: &str, bytes: &[u8]) -> File {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        File { path: path.to_owned(), size, sha256: Digest::of(bytes).hex() }
    }
}

/// What an index says beside the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What made the component.
    pub engine: String,
    /// Hash of what the component was built from.
    pub source: Option<String>,
    /// The lock files of the project's dependencies.
    pub locks: Vec<Lock>,
    /// What the platform must have.
    pub requires: Requires,
}

impl Index {
    /// The index of `files`, in any order.
    pub fn new(about: About, mut files: Vec<File>) -> Index {
        let About { engine, source, mut locks, requires } = about;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        locks.sort_by(|one, other| one.path.cmp(&other.path));
        let tool = Tool { name: "alga-ext".into(), version: env!("CARGO_PKG_VERSION").into() };
        Index { form: FORM, tool, engine, source, locks, requires, files }
    }

    /// The bytes that go into the bundle.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the index a bundle holds.
    pub(super) fn parse(bytes: &[u8]) -> Result<Index, Error> {
        /// The one member every form has.
        #[derive(Deserialize)]
        struct Form {
            form: u32,
        }
        let fault = |error: serde_json::Error| Error::Index { why: error.to_string() };
        let Form { form } = serde_json::from_slice(bytes).map_err(fault)?;
        if form != FORM {
            let why = format!("its form is {form}, and this version reads form {FORM}");
            return Err(Error::Index { why });
        }
        serde_json::from_slice(bytes).map_err(fault)
    }

    /// Fails unless these files, sorted by path, are the ones listed, and the list is sorted and names none twice.
    pub(super) fn check(&self, files: &[File]) -> Result<(), Error> {
        let shown = |path: &str| super::path::shown(path.as_bytes());
        let fault = |why: String| Err(Error::Index { why });
        if let Some([one, other]) =
            self.files.array_windows::<2>().find(|[one, other]| one.path >= other.path)
        {
            return fault(format!("`{}` comes after `{}`", shown(&other.path), shown(&one.path)));
        }
        let mut found = files.iter().filter(|file| file.path != INDEX);
        let mut listed = self.files.iter();
        loop {
            let (listed, found) = (listed.next(), found.next());
            match (listed, found) {
                (None, None) => return Ok(()),
                (Some(listed), Some(found)) if listed == found => {}
                (Some(listed), Some(found)) if listed.path == found.path => {
                    let path = shown(&found.path);
                    return fault(if listed.size == found.size {
                        format!(
                            "the sha256 of `{path}` is {}, and {} is listed",
                            found.sha256,
                            shown(&listed.sha256)
                        )
                    } else {
                        format!("`{path}` is {} bytes long, and {} are listed", found.size, listed.size)
                    });
                }
                (Some(listed), found) if found.is_none_or(|found| listed.path < found.path) => {
                    return fault(format!("`{}` is listed and missing", shown(&listed.path)));
                }
                (_, found) => {
                    let path = found.map(|found| shown(&found.path)).unwrap_or_default();
                    return fault(format!("`{path}` is there and not listed"));
                }
            }
        }
    }
}

/// The files digest: what stays the same when a bundle goes into another container.
///
/// It is the SHA-256 of these bytes: for each file but `META/bundle.json`, in the order of their paths' bytes, the
/// path in UTF-8, a zero byte, the size in decimal digits without leading zeros, a zero byte, the file's SHA-256 as 64
/// lower-case hexadecimal digits, and a line feed. No path holds a control character, so no two lists are one.
pub fn files_digest<'a>(files: impl IntoIterator<Item = &'a File>) -> Digest {
    let mut files: Vec<&File> = files.into_iter().filter(|file| file.path != INDEX).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut running = Running::default();
    for file in files {
        running.update(format!("{}\0{}\0{}\n", file.path, file.size, file.sha256).as_bytes());
    }
    running.finish().0
}

/// The longest index that is read.
pub(super) const LONGEST: usize = limits::INDEX;

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<File> {
        vec![File::of("manifest.json", b"{}"), File::of("ui/a", b"1")]
    }

    #[test]
    fn the_files_digest_is_of_exactly_these_bytes() {
        let text = format!(
            "manifest.json\x002\0{}\nui/a\x001\0{}\n",
            Digest::of(b"{}").hex(),
            Digest::of(b"1").hex()
        );
        assert_eq!(files_digest(&files()), Digest::of(text.as_bytes()));
        let mut more = files();
        more.reverse();
        more.push(File::of(INDEX, b"whatever"));
        assert_eq!(files_digest(&more), files_digest(&files()));
    }

    #[test]
    fn an_index_that_lists_something_else_is_refused() {
        let index = Index::new(About::default(), files());
        assert_eq!(Index::parse(&index.to_bytes().unwrap()).unwrap(), index);
        index.check(&files()).unwrap();
        let other = |path: &str, bytes: &[u8]| vec![File::of("manifest.json", b"{}"), File::of(path, bytes)];
        for (found, said) in [
            (other("ui/a", b"12"), "`ui/a` is 2 bytes long, and 1 are listed"),
            (other("ui/a", b"2"), "the sha256 of `ui/a` is"),
            (other("ui/b", b"1"), "`ui/a` is listed and missing"),
            (other("ui/0", b"1"), "`ui/0` is there and not listed"),
            (files()[..1].to_vec(), "`ui/a` is listed and missing"),
            ([files(), other("z", b"")[1..].to_vec()].concat(), "`z` is there and not listed"),
        ] {
            let error = index.check(&found).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let mut unsorted = index;
        unsorted.files.reverse();
        assert!(unsorted.check(&files()).unwrap_err().to_string().contains("comes after"));
    }

    #[test]
    fn an_index_of_another_form_is_said_to_be_one() {
        let error = Index::parse(br#"{"form": 2, "more": 1}"#).unwrap_err().to_string();
        assert!(error.contains("its form is 2, and this version reads form 1"), "{error}");
        assert!(Index::parse(b"{").is_err());
    }
}
