//! What listing clients and listing services have in common: pages, searches and who may read.

use super::{Call, Platform, is_uuid};
use std::sync::Arc;

/// Rows of a page when the guest does not say (contract/runner.md §4.11).
const DEFAULT_PAGE_SIZE: u32 = 25;
pub(super) const MAX_PAGE_SIZE: u32 = 100;
pub(super) const MAX_PAGE: u32 = 10_000;
/// UTF-16 units, as the platform counts.
const MAX_SEARCH: usize = 200;

/// Which rows to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) number: u32,
    pub(super) size: u32,
}

/// What the guest asked for is outside the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid;

impl Page {
    /// Checks the bounds; absent means the first 25.
    pub(super) fn new(number: Option<u32>, size: Option<u32>) -> Result<Page, Invalid> {
        let page = Page { number: number.unwrap_or(1), size: size.unwrap_or(DEFAULT_PAGE_SIZE) };
        let bounds = (1..=MAX_PAGE).contains(&page.number) && (1..=MAX_PAGE_SIZE).contains(&page.size);
        if bounds { Ok(page) } else { Err(Invalid) }
    }

    /// The rows of this page.
    pub(super) fn of<T>(self, rows: Vec<T>) -> Vec<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let before =
            usize::try_from(self.number.saturating_sub(1)).unwrap_or(usize::MAX).saturating_mul(size);
        rows.into_iter().skip(before).take(size).collect()
    }
}

/// A search text, ready to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Search {
    /// Everything fits.
    Any,
    /// A part of the text, without regard to case.
    Part(String),
    /// The same with `%` and `_` as wildcards, which the platform forgets to escape (contract/runner.md §8 B20).
    Pattern(Vec<char>),
}

impl Search {
    /// Checks the length; blank means everything.
    pub(super) fn new(text: Option<&str>, as_production: bool) -> Result<Search, Invalid> {
        let Some(text) = text else { return Ok(Search::Any) };
        if text.encode_utf16().count() > MAX_SEARCH {
            return Err(Invalid);
        }
        let text = text.trim().to_lowercase();
        Ok(match text.as_str() {
            "" => Search::Any,
            _ if as_production => Search::Pattern(format!("%{text}%").chars().collect()),
            _ => Search::Part(text),
        })
    }

    /// Whether any of these texts fits.
    pub(super) fn fits<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let mut texts = texts.into_iter().map(str::to_lowercase);
        match self {
            Search::Any => true,
            Search::Part(part) => texts.any(|text| text.contains(part)),
            Search::Pattern(pattern) => texts.any(|text| like(&text, pattern)),
        }
    }
}

/// SQL's LIKE: after each character of the pattern, the set of positions it may have reached.
fn like(text: &str, pattern: &[char]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut before = false;
        for (at, (next, here)) in next.iter_mut().zip(&reached).enumerate() {
            if *wanted == '%' {
                before |= *here;
                *next = before;
            } else {
                let letter = at.checked_sub(1).and_then(|at| text.get(at));
                *next = before && letter.is_some_and(|letter| *wanted == '_' || wanted == letter);
                before = *here;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// A kind of rows that extensions list and get.
pub(super) trait Row: Sized {
    /// What the permission to read it is called after.
    const RESOURCE: &'static str;
    /// All the platform has.
    fn all(platform: &Platform) -> &[Self];
    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

/// Why rows are not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NotAllowed,
    InvalidInput,
    Internal,
}

impl From<Invalid> for Refusal {
    fn from(_: Invalid) -> Refusal {
        Refusal::InvalidInput
    }
}

/// What of a list was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) page: Option<u32>,
    pub(super) size: Option<u32>,
    pub(super) search: Option<&'a str>,
}

impl Asked<'_> {
    /// For the journal.
    pub(super) fn words(&self) -> String {
        format!("page {} search {:?}", self.page.unwrap_or(1), self.search.unwrap_or_default())
    }
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Listed<'a, T> {
    pub(super) rows: Vec<&'a T>,
    pub(super) total_count: u32,
    pub(super) page: Page,
}

/// The way of a call to the platform's rows; without the grant there is none.
#[derive(Debug, Default)]
pub(super) struct Reader {
    known: Option<(Arc<Platform>, Arc<Call>)>,
}

impl Reader {
    /// With the grant. Without an install id there is nothing to reach (contract/runner.md §2.4).
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Reader {
        let install = call.ids.install_id.as_ref();
        Reader { known: install.map(|_| (Arc::clone(platform), Arc::clone(call))) }
    }

    /// The call, when there is a way.
    pub(super) fn call(&self) -> Option<&Call> {
        self.known.as_ref().map(|(_, call)| call.as_ref())
    }

    fn known(&self) -> Result<(&Platform, &Call), Refusal> {
        let (platform, call) = self.known.as_ref().ok_or(Refusal::NotAllowed)?;
        Ok((platform, call))
    }

    fn rows<T: Row>(&self) -> Result<&[T], Refusal> {
        let (platform, call) = self.known()?;
        if !is_installed(platform, call) {
            return Err(Refusal::Internal);
        }
        if may_read(call, T::RESOURCE) { Ok(T::all(platform)) } else { Err(Refusal::NotAllowed) }
    }

    /// The rows that fit, by name, one page of them. Bounds are judged before permissions, as on the platform.
    pub(super) fn list<T: Row>(
        &self,
        asked: &Asked<'_>,
        fits: impl Fn(&T, &Search) -> bool,
    ) -> Result<Listed<'_, T>, Refusal> {
        let (platform, _) = self.known()?;
        let page = Page::new(asked.page, asked.size)?;
        let as_production = platform.is_as_production();
        let search = Search::new(asked.search, as_production)?;
        let mut rows: Vec<&T> = self.rows()?.iter().filter(|row| fits(row, &search)).collect();
        rows.sort_by(|one, other| {
            let names = one.name().cmp(other.name());
            if as_production { names } else { names.then_with(|| one.id().cmp(other.id())) }
        });
        let total_count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Ok(Listed { rows: page.of(rows), total_count, page })
    }

    /// The row of an id.
    pub(super) fn get<T: Row>(&self, id: &str) -> Result<Option<&T>, Refusal> {
        self.known()?;
        if !is_uuid(id) {
            return Err(Refusal::InvalidInput);
        }
        Ok(self.rows::<T>()?.iter().find(|row| row.id().eq_ignore_ascii_case(id)))
    }
}

/// Whether the call may read `resource`: a call without a user is not asked (contract/runner.md §4.11, §8 B21).
fn may_read(call: &Call, resource: &str) -> bool {
    let Some(permissions) = call.user.as_ref().and_then(|user| user.permissions.as_ref()) else {
        return true;
    };
    let wanted = format!("{resource}:read");
    permissions.contains(&wanted)
}

/// Whether the call's installation is the one this platform has.
pub(super) fn is_installed(platform: &Platform, call: &Call) -> bool {
    call.ids.install_id == platform.ids().install_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_bounds() {
        for (number, size, valid) in [
            (None, None, true),
            (Some(0), None, false),
            (Some(10_000), Some(100), true),
            (Some(10_001), None, false),
            (None, Some(0), false),
            (None, Some(101), false),
            (Some(u32::MAX), Some(u32::MAX), false),
        ] {
            assert_eq!(Page::new(number, size).is_ok(), valid, "{number:?} {size:?}");
        }
        let rows = || (1..=7).collect::<Vec<u32>>();
        assert_eq!(Page { number: 2, size: 3 }.of(rows()), [4, 5, 6]);
        assert_eq!(Page { number: 3, size: 3 }.of(rows()), [7]);
        assert!(Page { number: 4, size: 3 }.of(rows()).is_empty());
    }

    #[test]
    fn a_search_is_literal_unless_as_in_production() {
        for (text, row, literal, pattern) in [
            ("cme", "Acme", true, true),
            (" ACME ", "acme", true, true),
            ("a%e", "Acme", false, true),
            ("a_me", "Acme", false, true),
            ("100%", "100% Cotton", true, true),
            ("b", "Acme", false, false),
            ("%%", "", false, true),
            ("é", "CAFÉ", true, true),
        ] {
            assert_eq!(Search::new(Some(text), false).unwrap().fits([row]), literal, "{text} in {row}");
            assert_eq!(Search::new(Some(text), true).unwrap().fits([row]), pattern, "{text} like {row}");
        }
        assert_eq!(Search::new(Some("  "), false), Ok(Search::Any));
        assert!(Search::new(Some(&"x".repeat(201)), false).is_err());
        assert!(Search::new(Some(&"x".repeat(200)), false).is_ok());
    }
}
