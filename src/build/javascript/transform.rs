//! One source file → plain JavaScript: types stripped, JSX turned into calls, async functions turned into generators.
//!
//! The engine's own promises are never run to their end inside a call, so nothing native may be async: see
//! `prelude/promise.js`.

use super::diagnose::{Diagnostic, Source};
use super::reach::{self, Reach};
use super::trace::Mark;
use oxc::allocator::Allocator;
use oxc::ast::ast::{Decorator, Program};
use oxc::ast_visit::Visit;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::minifier::{
    CompressOptions, CompressOptionsKeepNames, MangleOptions, MangleOptionsKeepNames, Minifier,
    MinifierOptions,
};
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::{SourceType, Span};
use oxc::transformer::{DecoratorOptions, HelperLoaderMode, TransformOptions, Transformer};

/// How many mistakes of one file are reported.
const REPORTED: usize = 10;

/// What a file's name and package say about how it is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// An ECMAScript module.
    #[default]
    Module,
    /// A CommonJS module.
    CommonJs,
    /// Whichever its syntax shows.
    Either,
}

/// Plain JavaScript, and where it came from.
#[derive(Debug)]
pub(super) struct Transformed {
    /// The text.
    pub(super) code: String,
    /// Whether it is an ECMAScript module, and not CommonJS.
    pub(super) is_module: bool,
    /// For each line of `code` the line of the source it came from, counted from 1; 0 where nothing is known.
    pub(super) lines: Vec<usize>,
    /// For each line of `code` where its pieces come from.
    pub(super) marks: Vec<Vec<Mark>>,
    /// Which host bindings its functions use.
    pub(super) reach: Reach,
}

/// How a source is transformed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// What its name and package say.
    pub(super) format: Format,
    /// Whether it is made small.
    pub(super) minify: bool,
    /// Whether its decorators are TypeScript's own, as they were before the standard had any.
    pub(super) decorators: bool,
}

/// Transforms `source`; every mistake in its syntax is reported.
pub(super) fn transform(source: &Source, options: Options) -> Result<Transformed, Vec<Diagnostic>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &source.text, source_type(source, options.format)).parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        return Err(report(source, parsed.diagnostics.errors()));
    }
    let mut program = parsed.program;
    // The first line of a program for the shell; a module in the middle of a script has none.
    program.hashbang = None;
    if !options.decorators
        && source.text.contains('@')
        && let Some(refused) = decorators(source, &program)
    {
        return Err(vec![refused]);
    }
    let checked = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    if checked.diagnostics.has_errors() {
        return Err(report(source, checked.diagnostics.errors()));
    }
    let scoping = checked.semantic.into_scoping();
    let reach = reach::reach(&program, &scoping);
    let is_module = match options.format {
        Format::Module => true,
        // Bundlers read a `.cjs` with `import` or `export` in it, and so do we.
        Format::CommonJs => parsed.module_record.has_module_syntax,
        Format::Either => parsed.module_record.has_module_syntax || !uses_common_js(&scoping),
    };
    let transformed =
        Transformer::new(&allocator, &source.path, &lowered()).build_with_scoping(scoping, &mut program);
    if transformed.diagnostics.has_errors() {
        return Err(report(source, transformed.diagnostics.errors()));
    }
    let comments =
        CommentOptions { normal: false, jsdoc: false, annotation: false, ..CommentOptions::disabled() };
    // Our own modules are none of the author's.
    let path = Some(source.path.clone()).filter(|path| !path.as_os_str().is_empty());
    let names =
        options.minify.then(|| Minifier::new(minifying()).minify(&allocator, &mut program).scoping).flatten();
    // The engine keeps the text of every function. Ours is never shown, so it goes without spaces.
    let is_small = options.minify || source.is_ours();
    let printing =
        CodegenOptions { comments, minify: is_small, source_map_path: path, ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(printing).with_scoping(names).build(&program);
    let marks = printed.map.as_ref().map_or_else(Vec::new, |map| {
        let tokens = map.get_tokens().map(|token| {
            [token.get_dst_line(), token.get_dst_col(), token.get_src_line(), token.get_src_col()]
        });
        marks(tokens, &printed.code, &source.text)
    });
    let mut lines = vec![0; printed.code.lines().count() + 1];
    for (line, marks) in lines.iter_mut().zip(&marks) {
        *line = marks.first().map_or(0, |mark| mark.line);
    }
    Ok(Transformed { code: printed.code, is_module, lines, marks, reach })
}

/// The tokens of a source map: line and column in the code, then in the source.
fn marks(tokens: impl Iterator<Item = [u32; 4]>, code: &str, source: &str) -> Vec<Vec<Mark>> {
    let printed: Vec<Line<'_>> = code.split('\n').map(Line::new).collect();
    let sources: Vec<Line<'_>> = source.split('\n').map(Line::new).collect();
    let mut marks: Vec<Vec<Mark>> = vec![Vec::new(); printed.len()];
    for token in tokens {
        let [to, to_column, from, from_column] = token.map(|number| number as usize);
        let (Some(to_line), Some(from_line), Some(marks)) =
            (printed.get(to), sources.get(from), marks.get_mut(to))
        else {
            continue;
        };
        let (at, _) = to_line.units(to_column);
        let (_, column) = from_line.units(from_column);
        let mut mark = Mark { at, line: from + 1, column, follows: false };
        mark.follows =
            marks.last().is_some_and(|last| last.line == mark.line && last.column + at == column + last.at);
        marks.push(mark);
    }
    marks
}

/// So many characters lie between two stops.
const STEP: usize = 64;

/// A line in which columns are looked up; a minified file has all its columns in one.
struct Line<'t> {
    text: &'t str,
    /// UTF-16 units and bytes at every so many characters; none in ASCII, where all of them are the same.
    stops: Vec<(usize, usize)>,
}

impl<'t> Line<'t> {
    fn new(text: &'t str) -> Line<'t> {
        let mut stops = Vec::new();
        if !text.is_ascii() {
            let mut units = 0;
            for (number, (bytes, character)) in text.char_indices().enumerate() {
                if number % STEP == 0 {
                    stops.push((units, bytes));
                }
                units += character.len_utf16();
            }
        }
        Line { text, stops }
    }

    /// So many UTF-16 units in bytes and in characters.
    fn units(&self, wanted: usize) -> (usize, usize) {
        let stop = self.stops.partition_point(|(units, _)| *units <= wanted).checked_sub(1);
        let Some((stop, (mut units, mut bytes))) = stop.and_then(|at| Some((at, *self.stops.get(at)?)))
        else {
            return (wanted, wanted);
        };
        let mut characters = stop * STEP;
        for character in self.text.get(bytes..).unwrap_or_default().chars() {
            if units >= wanted {
                break;
            }
            units += character.len_utf16();
            bytes += character.len_utf8();
            characters += 1;
        }
        (bytes, characters)
    }
}

/// The first decorator, refused: only TypeScript's own can be transformed.
fn decorators(source: &Source, program: &Program<'_>) -> Option<Diagnostic> {
    struct First(Option<Span>);
    impl<'a> Visit<'a> for First {
        fn visit_decorator(&mut self, it: &Decorator<'a>) {
            self.0.get_or_insert(it.span);
        }
    }
    let mut first = First(None);
    first.visit_program(program);
    let span = first.0?;
    Some(Diagnostic {
        message: "standard decorators cannot be transformed, and `tsconfig.json` does not say that this is one of TypeScript's own".into(),
        place: Some(source.place(span.start as usize, span.end as usize)),
        help: Some(
            "set `\"experimentalDecorators\": true` in `compilerOptions` if it was written for that; else call the function \
             without `@`"
                .into(),
        ),
    })
}

fn uses_common_js(scoping: &oxc::semantic::Scoping) -> bool {
    ["module", "exports", "require"]
        .iter()
        .any(|name| scoping.root_unresolved_references().keys().any(|global| global.as_str() == *name))
}

fn source_type(source: &Source, format: Format) -> SourceType {
    let extension = source.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let language = match extension {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::unambiguous().with_jsx(true),
    };
    match format {
        Format::Module => language.with_module(true),
        Format::CommonJs => language.with_commonjs(true),
        Format::Either => language.with_unambiguous(true),
    }
}

/// Only what the engine cannot do itself is transformed: its language is ECMAScript 2025.
fn lowered() -> TransformOptions {
    let mut options = TransformOptions::default();
    options.env.es2017.async_to_generator = true;
    options.env.es2018.async_generator_functions = true;
    // `await using` is an `await`.
    options.env.es2026.explicit_resource_management = true;
    options.decorator = DecoratorOptions { legacy: true, ..DecoratorOptions::default() };
    options.helper_loader.mode = HelperLoaderMode::External;
    options
}

/// What stacks and the linker know by name keeps its name: functions, classes and everything at the top level.
fn minifying() -> MinifierOptions {
    let keep_names = CompressOptionsKeepNames::all_true();
    let compress = CompressOptions { keep_names, ..CompressOptions::smallest() };
    let keep_names = MangleOptionsKeepNames::all_true();
    let mangle = MangleOptions { top_level: Some(false), keep_names, ..MangleOptions::default() };
    MinifierOptions { mangle: Some(mangle), mangle_properties: None, compress: Some(compress) }
}

fn report<'a>(source: &Source, diagnostics: impl Iterator<Item = &'a OxcDiagnostic>) -> Vec<Diagnostic> {
    diagnostics
        .take(REPORTED)
        .map(|diagnostic| Diagnostic {
            message: sentence(&diagnostic.message),
            place: diagnostic
                .labels
                .first()
                .map(|label| source.place(label.offset() as usize, (label.offset() + label.len()) as usize)),
            help: diagnostic.help.as_ref().map(|help| sentence(help)),
        })
        .collect()
}

/// The parser's sentence in our words' form: lower case at the start, no full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        // `TS` and the like stay as they are.
        (Some(first), Some(second)) if first.is_ascii_uppercase() && !second.is_ascii_uppercase() => {
            format!("{}{}", first.to_ascii_lowercase(), text.get(1..).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_column_is_found_in_bytes_and_characters_wherever_it_stands() {
        for text in ["plain".repeat(100), "a€𝄞b".repeat(100), format!("{}é", "x".repeat(200))] {
            let line = Line::new(&text);
            let mut units = 0;
            for (characters, (bytes, character)) in text.char_indices().enumerate() {
                assert_eq!(line.units(units), (bytes, characters), "{units} in {text}");
                units += character.len_utf16();
            }
        }
    }
}
