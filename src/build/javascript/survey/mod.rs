//! What source files show without being built: which interfaces of the platform they use, and which calls they make with
//! which literals. Checks read it; a build does not.

mod literal;
mod reader;
mod sources;

pub use literal::{LONGEST_NAMED, Literal, Value};
pub use sources::{Read, Source, Sources};

use oxc::allocator::Allocator;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use std::ops::Range;
use std::path::Path;

/// What a file is asked for, besides what it asks of other modules and uses of the platform.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The last names of the calls that are told.
    pub calls: &'a [&'a str],
    /// Whether requests are told: calls that take a method and a path, and messages that ask for a route.
    pub routes: bool,
    /// Whether all texts are told.
    pub texts: bool,
}

/// What one file shows.
#[derive(Debug, Default)]
pub struct Survey {
    /// What it asks of other modules, types aside.
    pub requests: Vec<String>,
    /// Whether it asks for a module whose name the text does not tell.
    pub requests_unknown: bool,
    /// Where it uses, or may use, an interface of the platform.
    pub uses: Vec<Use>,
    /// The calls whose last name was asked for.
    pub calls: Vec<Call>,
    /// Object literals with both `status` and `headers`: responses.
    pub responses: Vec<Literal>,
    /// Calls that begin with a method of HTTP, whatever their name is.
    pub routes: Vec<Call>,
    /// Messages to the page around that ask for a route.
    pub messages: Vec<Literal>,
    /// Strings, pieces of templates and regular expressions, in order.
    pub texts: Vec<String>,
    /// Whether the number 404 stands in it.
    pub says_404: bool,
}

/// A place that uses an interface of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Without the package: `secrets`.
    pub interface: String,
    /// As it is written, shortened: `host.secrets.get`.
    pub what: String,
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// Whether it is one beyond doubt, and not a name that looks like one.
    pub is_certain: bool,
}

/// The methods a request can have.
pub const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// The type of a message that asks the page around for a route (contract/ui.md §1.5).
const ROUTE_MESSAGE: &str = "apiproxy";

/// A call of a function, or `new` of a class.
#[derive(Debug, Clone)]
pub struct Call {
    /// The names it is reached by, outermost first: `window`, `parent`, `postMessage`. Empty at the front when the
    /// first thing is no name.
    pub path: Vec<String>,
    /// Whether the first name is declared nowhere in the file.
    pub is_global: bool,
    /// Whether a host binding is called: the path then begins with the group.
    pub is_host: bool,
    /// Whether it stands inside `try`, or after `||` or `??`: it is an attempt.
    pub is_tried: bool,
    /// In order; a spread ends them.
    pub arguments: Vec<Literal>,
    /// What is called, in bytes of the text.
    pub span: Range<usize>,
}

impl Call {
    /// The names joined with dots.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Reads a file. None when it is no JavaScript or TypeScript.
pub fn survey(path: &Path, text: &str, asked: Asked<'_>) -> Option<Survey> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(path)).parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        return None;
    }
    let scoping = SemanticBuilder::new().build(&parsed.program).semantic.into_scoping();
    Some(reader::read(&parsed.program, &scoping, asked))
}

fn source_type(path: &Path) -> SourceType {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let language = match extension {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::unambiguous().with_jsx(true),
    };
    match extension {
        "mts" | "mjs" => language.with_module(true),
        _ => language.with_unambiguous(true),
    }
}

#[cfg(test)]
mod tests;
