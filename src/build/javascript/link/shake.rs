//! Which modules are in a script: those that do something when they are loaded, and those that something is taken from.
//!
//! A module of a package that says `"sideEffects": false`, and one of the SDK's, is in only for what is taken from it.

use super::super::analyze::{Export, RequestKind, Taken};
use super::super::graph::Target;
use super::{Found, Linker};
use std::collections::HashSet;

impl Linker<'_> {
    /// The modules that `entry` needs, in the order they are evaluated.
    pub(super) fn shaken(&self, entry: usize) -> Vec<usize> {
        let mut needed = HashSet::new();
        let mut queue = vec![entry];
        while let Some(number) = queue.pop() {
            if needed.insert(number) {
                self.needs(number, &mut queue);
            }
        }
        self.graph.order(entry).into_iter().filter(|number| needed.contains(number)).collect()
    }

    /// What a module that is in needs itself.
    fn needs(&self, number: usize, queue: &mut Vec<usize>) {
        let module = self.module(number);
        for (request, target) in module.analysis.requests.iter().zip(&module.targets) {
            let Target::Module(target) = target else { continue };
            match request.kind {
                RequestKind::Import if self.module(*target).is_pure => {}
                RequestKind::Import => queue.push(*target),
                RequestKind::Helper => {
                    let found = self.helper(&Target::Module(*target), &request.specifier);
                    self.takes(found, queue);
                }
                // All of it is there when it is asked for.
                RequestKind::Require
                | RequestKind::LateRequire
                | RequestKind::TriedRequire
                | RequestKind::Dynamic => {
                    self.takes(self.all_of(&Target::Module(*target)), queue);
                }
            }
        }
        for binding in &module.analysis.bindings {
            let Some((request, taken)) = &binding.import else { continue };
            let found = self.taken(number, *request, taken);
            // What an import of CommonJS stands for is written down even where it is only exported again.
            if binding.is_used || matches!(found, Some(Found::CommonJs(..))) {
                self.takes(found, queue);
            }
        }
        for export in module.analysis.exports.values() {
            if let Export::From(request, taken) = export
                && let found @ Some(Found::CommonJs(..)) = self.taken(number, *request, taken)
            {
                self.takes(found, queue);
            }
        }
    }

    fn taken(&self, number: usize, request: usize, taken: &Taken) -> Option<Found> {
        self.find(self.module(number).targets.get(request)?, taken, &mut HashSet::new())
    }

    /// Adds the modules that something stands in.
    fn takes(&self, found: Option<Found>, queue: &mut Vec<usize>) {
        let mut open: Vec<Found> = found.into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(found) = open.pop() {
            match found {
                Found::Binding(number, _) | Found::CommonJs(number, _) => queue.push(number),
                Found::Namespace(number) if seen.insert(number) => {
                    queue.push(number);
                    queue.extend(self.common_stars(number));
                    open.extend(self.exports_of(number).into_iter().map(|(_, found)| found));
                }
                Found::Namespace(_) | Found::Interface(..) | Found::Ambiguous => {}
            }
        }
    }
}
