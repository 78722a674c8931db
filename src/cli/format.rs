//! How results are printed, and which commands take which word.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    Human,
    /// One JSON document, or one line each for streams
    Json,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// JUnit XML, for CI servers
    Junit,
    /// Annotations of a GitHub workflow
    Github,
}

impl Format {
    /// The words every command takes. Those of findings alone are taken too, so that they may stand before `validate`,
    /// and are not listed.
    pub(super) fn of_results() -> impl TypedValueParser<Value = Format> {
        Format::parser(|format, value| value.hide(!matches!(format, Format::Human | Format::Json)))
    }

    /// The words `validate` takes.
    pub(super) fn of_findings() -> impl TypedValueParser<Value = Format> {
        Format::parser(|_, value| value)
    }

    fn parser(shown: fn(Format, PossibleValue) -> PossibleValue) -> impl TypedValueParser<Value = Format> {
        let values = Format::value_variants().iter();
        let values =
            values.filter_map(|format| format.to_possible_value().map(|value| shown(*format, value)));
        PossibleValuesParser::new(values).try_map(|word| Format::from_str(&word, false))
    }
}
