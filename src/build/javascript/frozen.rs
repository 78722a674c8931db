//! What loading a source does that is frozen in the component, each with a code that never changes its meaning.

use super::graph::Module;
use super::quote;
use std::collections::BTreeSet;
use std::fmt;

/// What was done while the source was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frozen {
    Clock,
    Random,
    Timer,
    Environment,
    Console,
}

impl Frozen {
    /// What a message of the prelude is about.
    pub(super) fn of(kind: &str) -> Option<Frozen> {
        match kind {
            "clock" => Some(Frozen::Clock),
            "random" => Some(Frozen::Random),
            "timer" => Some(Frozen::Timer),
            _ => None,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Frozen::Clock => "frozen-clock",
            Frozen::Random => "frozen-random",
            Frozen::Timer => "frozen-timer",
            Frozen::Environment => "frozen-environment",
            Frozen::Console => "frozen-console",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Frozen::Clock => {
                "the clock is read while the source is loaded; the time stands still in the component: read it in `handler`"
            }
            Frozen::Random => {
                "a random number is drawn while the source is loaded; it is the same in every call of the handler: draw it \
                 in `handler`"
            }
            Frozen::Timer => {
                "a timer is set while the source is loaded; its time begins anew in each call of the handler"
            }
            Frozen::Environment => {
                "`process.env` is read, and there is neither an environment nor `process`: a setting belongs into \
                 `alga:extension/secrets`"
            }
            Frozen::Console => "the source prints while it is loaded, at build time and never again",
        }
    }
}

/// One sentence for the author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Warning {
    what: Frozen,
    /// `src/handler.ts:3:12`, where it is known.
    place: Option<String>,
    /// What was printed.
    text: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        write!(formatter, "{} ({})", self.what.what(), self.what.code())?;
        self.text.as_ref().map_or(Ok(()), |text| write!(formatter, ": {text}"))
    }
}

/// The warnings of one build, each place once.
#[derive(Debug, Default)]
pub(super) struct Warnings(BTreeSet<Warning>);

impl Warnings {
    /// Adds what was done at the first frame of `stack`.
    pub(super) fn add(&mut self, what: Frozen, stack: &str) {
        let place = stack.lines().find_map(quote::frame).map(str::to_owned);
        self.0.insert(Warning { what, place, text: None });
    }

    /// Adds what was printed.
    pub(super) fn add_console(&mut self, text: &str) {
        self.0.insert(Warning { what: Frozen::Console, place: None, text: Some(text.to_owned()) });
    }

    /// Adds where one of the author's modules reads the environment.
    pub(super) fn add_environment(&mut self, module: &Module) {
        if !module.is_authors() || !module.analysis.globals.contains("process") {
            return;
        }
        for (index, line) in module.code.lines().enumerate() {
            for (at, _) in line.match_indices("process.env") {
                let marks = module.marks.get(index).map(Vec::as_slice).unwrap_or_default();
                let rest = line.get(at..).unwrap_or_default();
                if let Some(mark) = marks.iter().rev().find(|mark| mark.at <= at)
                    && !rest.starts_with("process.env.NODE_ENV")
                {
                    let column = mark.column + at - mark.at + 1;
                    let place = Some(format!("{}:{}:{column}", module.source.name, mark.line));
                    self.0.insert(Warning { what: Frozen::Environment, place, text: None });
                }
            }
        }
    }

    /// Whether there is one about `what`.
    pub(super) fn has(&self, what: Frozen) -> bool {
        self.0.iter().any(|warning| warning.what == what)
    }

    /// In sentences, in order.
    pub(super) fn sentences(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|warning| warning.to_string())
    }
}
