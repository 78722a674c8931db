//! The endpoints of a manifest, asked for the routes of a whole UI: found without comparing each with each.

use crate::build::javascript::survey::METHODS;
use crate::findings::nearest;
use crate::manifest::{Manifest, segments};
use std::cell::{Cell, OnceCell};
use std::ops::Range;

/// Routes of one UI of which is said what was probably meant; finding that out compares with every endpoint.
const SUGGESTED: usize = 20;

/// The most branches that are followed side by side: each parameter beside a literal doubles them.
const WIDEST: usize = 64;

/// What all parameters are called here.
const PARAMETER: &str = ":";

/// The declared endpoints.
#[derive(Debug)]
pub(super) struct Declared<'m> {
    manifest: &'m Manifest,
    /// Made when it is first needed.
    index: OnceCell<Index<'m>>,
    suggested: Cell<usize>,
}

/// Paths in order, so that those that begin alike stand together.
#[derive(Debug)]
struct Index<'m> {
    paths: Vec<Vec<&'m str>>,
    /// How often each method stands before a path.
    before: Vec<[usize; METHODS.len()]>,
}

/// The methods declared for a route.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Methods([bool; METHODS.len()]);

impl Methods {
    /// Whether one of them answers a request, of any method when it is not known; HEAD counts as GET.
    pub(super) fn answer(&self, method: Option<&str>) -> bool {
        let is_get = |name: &str| matches!(name, "GET" | "HEAD");
        self.names().any(|name| method.is_none_or(|method| name == method || is_get(name) && is_get(method)))
    }

    /// In the order of METHODS.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        METHODS.into_iter().zip(self.0).filter_map(|(name, is_declared)| is_declared.then_some(name))
    }
}

impl<'m> Declared<'m> {
    /// Those of the manifest.
    pub(super) fn of(manifest: &'m Manifest) -> Declared<'m> {
        Declared { manifest, index: OnceCell::new(), suggested: Cell::new(0) }
    }

    /// The methods whose endpoints answer a path.
    pub(super) fn whole(&self, path: &str) -> Methods {
        let index = self.index();
        let depth = segments(path).count();
        let found = index.follow(segments(path)).into_iter();
        // Those that end here stand before those that go on.
        let ends = |range: Range<usize>| index.narrow(range, |_| true, |path| path.get(depth).is_none());
        index.methods(found.map(ends))
    }

    /// The methods whose endpoints may answer a path that begins so, whatever stands behind.
    pub(super) fn front(&self, path: &str) -> Methods {
        let index = self.index();
        let path = path.trim_start_matches('/');
        let (before, last) =
            path.rsplit_once('/').map_or((None, path), |(before, last)| (Some(before), last));
        let before: Vec<&str> = before.into_iter().flat_map(|before| before.split('/')).collect();
        if before.is_empty() && last.is_empty() {
            return index.methods(std::iter::once(0..index.paths.len()));
        }
        let depth = before.len();
        let found = index.follow(before.into_iter());
        let begun = |range: &Range<usize>| index.begun(range.clone(), depth, last);
        let any = |range: &Range<usize>| index.equal(range.clone(), depth, PARAMETER);
        index.methods(found.iter().flat_map(|range| [begun(range), any(range)]))
    }

    /// The declared path that was probably meant. Of very many routes nobody is told.
    pub(super) fn meant(&self, path: &str) -> Option<&'m str> {
        if self.suggested.replace(self.suggested.get() + 1) >= SUGGESTED {
            return None;
        }
        let paths = || self.manifest.endpoints.iter().map(|endpoint| endpoint.path.as_str());
        let same = paths().find(|declared| declared.eq_ignore_ascii_case(path));
        same.or_else(|| nearest(&path.to_lowercase(), paths()))
    }

    fn index(&self) -> &Index<'m> {
        self.index.get_or_init(|| Index::of(self.manifest))
    }
}

impl<'m> Index<'m> {
    fn of(manifest: &'m Manifest) -> Index<'m> {
        let mut entries: Vec<(Vec<&str>, Option<usize>)> = manifest
            .endpoints
            .iter()
            .map(|endpoint| {
                let named = |part: &'m str| if part.starts_with(':') { PARAMETER } else { part };
                let method = METHODS.iter().position(|method| *method == endpoint.method);
                (segments(&endpoint.path).map(named).collect(), method)
            })
            .collect();
        entries.sort_unstable();
        let mut count = [0; METHODS.len()];
        let mut before = vec![count];
        for (_, method) in &entries {
            if let Some(count) = method.and_then(|method| count.get_mut(method)) {
                *count += 1;
            }
            before.push(count);
        }
        Index { paths: entries.into_iter().map(|(path, _)| path).collect(), before }
    }

    /// The paths that begin with these segments, as ranges.
    fn follow<'s>(&self, segments: impl Iterator<Item = &'s str>) -> Vec<Range<usize>> {
        let all = 0..self.paths.len();
        let mut reached = vec![all];
        for (depth, segment) in segments.enumerate() {
            let next = reached.into_iter().flat_map(|range| {
                let any = if segment.is_empty() { 0..0 } else { self.equal(range.clone(), depth, PARAMETER) };
                [self.equal(range, depth, segment), any]
            });
            reached = next.filter(|range| !range.is_empty()).take(WIDEST).collect();
        }
        reached
    }

    /// Those of a range with this segment.
    fn equal(&self, range: Range<usize>, depth: usize, segment: &str) -> Range<usize> {
        self.narrow(range, |path| path.get(depth) >= Some(&segment), |path| path.get(depth) == Some(&segment))
    }

    /// Those of a range whose segment begins so.
    fn begun(&self, range: Range<usize>, depth: usize, front: &str) -> Range<usize> {
        let begins = |path: &[&str]| path.get(depth).is_some_and(|segment| segment.starts_with(front));
        self.narrow(range, |path| path.get(depth) >= Some(&front), begins)
    }

    /// The part of a range from the first path on that `begins`, as long as paths `last`.
    fn narrow(
        &self,
        range: Range<usize>,
        begins: impl Fn(&[&str]) -> bool,
        lasts: impl Fn(&[&str]) -> bool,
    ) -> Range<usize> {
        let paths = self.paths.get(range.clone()).unwrap_or_default();
        let start = paths.partition_point(|path| !begins(path));
        let rest = paths.get(start..).unwrap_or_default();
        let start = range.start + start;
        start..start + rest.partition_point(|path| lasts(path))
    }

    /// The methods of the paths in these ranges.
    fn methods(&self, ranges: impl Iterator<Item = Range<usize>>) -> Methods {
        let mut methods = Methods::default();
        for range in ranges {
            let counts = self.before.get(range.start).zip(self.before.get(range.end));
            for (is_declared, (before, after)) in methods
                .0
                .iter_mut()
                .zip(counts.into_iter().flat_map(|(before, after)| before.iter().zip(after)))
            {
                *is_declared |= after > before;
            }
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Endpoint, Match};
    use std::collections::BTreeSet;

    fn manifest(paths: impl IntoIterator<Item = (&'static str, String)>) -> Manifest {
        let endpoint = |(method, path): (&str, String)| Endpoint {
            method: method.into(),
            path,
            handler: "dist/main".into(),
        };
        Manifest { endpoints: paths.into_iter().map(endpoint).collect(), ..Manifest::default() }
    }

    #[test]
    fn the_index_says_what_the_gateway_says() {
        let parts = ["a", "ab", ":x", "b"];
        let two = parts.iter().flat_map(|one| parts.iter().map(move |other| format!("/{one}/{other}")));
        let paths: Vec<String> =
            two.step_by(3).chain(["/", "/a", "/:y", "/a/:z/c"].map(str::to_owned)).collect();
        let declared =
            manifest(paths.into_iter().zip(METHODS.into_iter().cycle()).map(|(path, method)| (method, path)));
        let index = Declared::of(&declared);
        for path in [
            "/", "", "/a", "/a/", "/ab", "/c", "/a/a", "/a/ab", "/x/b", "/b/:x", "/a//c", "/a/q/c", "/a/q/d",
            "/a/q/c/e",
        ] {
            let answers = |endpoint: &&Endpoint| endpoint.matches("GET", path) != Match::No;
            let expected = declared.endpoints.iter().filter(answers).map(|endpoint| endpoint.method.as_str());
            let expected: BTreeSet<&str> = expected.collect();
            assert_eq!(index.whole(path).names().collect::<BTreeSet<_>>(), expected, "{path}");
        }
    }

    #[test]
    fn a_front_is_answered_by_what_may_follow() {
        let declared = manifest([
            ("GET", "/".into()),
            ("POST", "/notes".into()),
            ("PUT", "/notes/:id".into()),
            ("PATCH", "/:any/tags".into()),
        ]);
        let index = Declared::of(&declared);
        let names = |path: &str| index.front(path).names().collect::<Vec<_>>().join(" ");
        for (path, expected) in [
            ("/", "GET POST PUT PATCH"),
            ("/no", "POST PUT PATCH"),
            ("/notes/", "PUT PATCH"),
            ("/notes/5", "PUT"),
            ("/x/t", "PATCH"),
            ("/notes/5/x", ""),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
    }

    #[test]
    fn very_many_routes_of_very_many_endpoints_are_found_in_one_go() {
        let declared = manifest((0..20_000).map(|number| ("GET", format!("/orders/{number}/:id"))));
        let index = Declared::of(&declared);
        for number in 0..100_000 {
            assert_eq!(index.whole(&format!("/orders/{number}/x")).answer(Some("HEAD")), number < 20_000);
            assert_eq!(index.front(&format!("/orders/{number}/")).answer(None), number < 20_000);
            assert_eq!(index.meant(&format!("/ORDERS/{number}/:id")).is_some(), number < SUGGESTED);
        }
    }
}
