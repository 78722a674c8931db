//! Which earlier endpoint answers all requests of a later one, found without comparing each with each.

use crate::manifest::segments;
use std::collections::HashMap;

/// The most branches that are followed side by side: each parameter beside a literal doubles them. The path itself is
/// always among the first.
const WIDEST: usize = 64;

/// The endpoints of one method, as a tree of path segments. A segment that begins with `:` matches any one segment.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    /// The root is the first.
    nodes: Vec<Branch<'a>>,
}

#[derive(Debug, Default)]
struct Branch<'a> {
    literal: HashMap<&'a str, usize>,
    any: Option<usize>,
    /// The endpoint whose path ends here.
    endpoint: Option<usize>,
}

impl<'a> Tree<'a> {
    /// The first endpoint that answers every request of the path; without one, the path is entered as `index`'s. What an
    /// entered endpoint answers need not be entered: whatever that one covers, the first covers too.
    pub(super) fn enter(&mut self, path: &'a str, index: usize) -> Option<usize> {
        if self.nodes.is_empty() {
            self.nodes.push(Branch::default());
        }
        let first = self.covering(path);
        if first.is_none() {
            self.add(path, index);
        }
        first
    }

    fn covering(&self, path: &str) -> Option<usize> {
        let mut reached = vec![0];
        for segment in segments(path) {
            let next = reached.iter().filter_map(|node| self.nodes.get(*node));
            let next = next.flat_map(|node| node.literal.get(segment).copied().into_iter().chain(node.any));
            reached = next.take(WIDEST).collect();
        }
        reached.into_iter().filter_map(|node| self.nodes.get(node)?.endpoint).min()
    }

    fn add(&mut self, path: &'a str, index: usize) {
        let mut at = 0;
        for segment in segments(path) {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = if segment.starts_with(':') {
                *node.any.get_or_insert(fresh)
            } else {
                *node.literal.entry(segment).or_insert(fresh)
            };
            if at == fresh {
                self.nodes.push(Branch::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.endpoint.get_or_insert(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_endpoint_that_covers_a_path_is_found() {
        let paths = ["/a/:id", "/a/b", "/:x/b", "/a/:other", "/c", "/:y", "/a", "/", "", "/c/"];
        let expected = [None, Some(0), None, Some(0), None, None, Some(5), None, Some(7), Some(4)];
        let mut tree = Tree::default();
        for (index, (path, expected)) in paths.into_iter().zip(expected).enumerate() {
            assert_eq!(tree.enter(path, index), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_thousands_of_patterns_may_cover_are_looked_up_in_time() {
        let pattern = |number: usize| -> String {
            (0..10).map(|bit| if number >> bit & 1 == 1 { "/:x" } else { "/a" }).collect()
        };
        let mut patterns: Vec<String> = (0..1024).map(|number| format!("{}/z", pattern(number))).collect();
        patterns.sort_by_key(|path| path.matches(':').count());
        let others: Vec<String> = (0..5_000).map(|number| format!("{}/x{number}", "/a".repeat(10))).collect();
        let mut tree = Tree::default();
        for (index, path) in patterns.iter().chain(&others).enumerate() {
            assert_eq!(tree.enter(path, index), None, "{path}");
        }
        for (index, path) in patterns.iter().enumerate() {
            assert!(tree.covering(path).is_some_and(|first| first <= index), "{path}");
        }
    }
}
