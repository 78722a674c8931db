//! Whether a component fits the world `runner`: what it lacks, has too much, or has with another signature.

use super::types::{Difference, difference};
use super::{Error, HANDLER, Kind, PACKAGE, list, read, resolve};
use semver::Version;
use std::fmt;
use wit_parser::{Function, InterfaceId, Resolve, WorldId, WorldItem, WorldKey};

/// WASI as the platform links it: any 0.2 version of these (contract/runner.md §6.4).
const WASI: [(&str, &[&str]); 7] = [
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:clocks", &["wall-clock", "monotonic-clock"]),
    ("wasi:random", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:filesystem", &["preopens", "types"]),
    (
        "wasi:sockets",
        &[
            "network",
            "instance-network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
            "ip-name-lookup",
        ],
    ),
    ("wasi:http", &["types", "outgoing-handler"]),
];

/// One way in which a component does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A core module where a component is wanted.
    CoreModule,
    /// There is no handler at the root.
    NoHandler {
        /// What is exported instead.
        exports: Vec<String>,
    },
    /// The handler is inside an exported interface, where the platform does not look.
    NestedHandler {
        /// The interface.
        interface: String,
    },
    /// The handler has another signature.
    Handler(Difference),
    /// Something else is exported too; the platform ignores it.
    ExtraExport {
        /// Its name.
        name: String,
    },
    /// Something is imported that the platform does not have.
    ForeignImport {
        /// Its name.
        name: String,
    },
    /// An interface of the platform is imported with a function that it does not have.
    UnknownFunction {
        /// The interface, with its package.
        interface: String,
        /// The function.
        function: String,
        /// What the interface has.
        known: Vec<String>,
    },
    /// A function of the platform is imported with another signature.
    Signature {
        /// The interface, with its package.
        interface: String,
        /// The function.
        function: String,
        /// Where they part.
        difference: Difference,
    },
}

impl Problem {
    /// Whether the platform would refuse or never call the component.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Problem::ExtraExport { .. })
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Problem::CoreModule => {
                "name it as `build.output` in `alga-ext.yaml` and run `alga-ext build`: that makes a component of it"
            }
            Problem::NoHandler { .. } | Problem::Handler(_) => {
                "export the world's one function, `handler: func(request: execute-request) -> execute-response`; \
                 `alga-ext wit` prints the world"
            }
            Problem::NestedHandler { .. } => {
                "export `handler` from the world itself, as `alga-ext wit` prints it"
            }
            Problem::ExtraExport { .. } => "leave it out of the world the component is built for",
            Problem::ForeignImport { .. } => {
                "build for the world that `alga-ext wit` prints; besides it the platform links WASI 0.2 alone"
            }
            Problem::UnknownFunction { .. } | Problem::Signature { .. } => {
                "generate the bindings anew from the WIT that `alga-ext wit` prints"
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::CoreModule => write!(formatter, "it is a core module, and the platform runs components"),
            Problem::NoHandler { exports } => {
                write!(formatter, "it does not export `{HANDLER}`; it exports {}", list(exports))
            }
            Problem::NestedHandler { interface } => {
                write!(
                    formatter,
                    "it exports `{HANDLER}` inside `{interface}`, and the platform looks at the root"
                )
            }
            Problem::Handler(difference) => {
                write!(formatter, "its `{HANDLER}` has another signature: {difference}")
            }
            Problem::ExtraExport { name } => {
                write!(formatter, "it exports `{name}`, which the platform never calls")
            }
            Problem::ForeignImport { name } => {
                write!(formatter, "it imports `{name}`, which the platform does not have")
            }
            Problem::UnknownFunction { interface, function, known } => {
                write!(formatter, "it imports `{function}` of `{interface}`, which has {}", list(known))
            }
            Problem::Signature { interface, function, difference } => {
                write!(
                    formatter,
                    "it imports `{function}` of `{interface}` with another signature: {difference}"
                )
            }
        }
    }
}

/// Everything in which `bytes` does not fit the world; compared by structure, as the platform links.
pub fn check_world(bytes: &[u8]) -> Result<Vec<Problem>, Error> {
    if read::read(bytes)?.kind == Kind::Module {
        return Ok(vec![Problem::CoreModule]);
    }
    let (theirs, their_world) = match wit_parser::decoding::decode(bytes) {
        Ok(wit_parser::decoding::DecodedWasm::Component(resolve, world)) => (resolve, world),
        Ok(wit_parser::decoding::DecodedWasm::WitPackage(..)) => return Err(Error::WitPackage),
        Err(error) => return Err(Error::Malformed { message: format!("{error:#}") }),
    };
    let (ours, our_world) = resolve()?;
    let check = Check { theirs, their_world, ours, our_world: *our_world };
    Ok(check.imports().into_iter().chain(check.exports()).collect())
}

struct Check {
    theirs: Resolve,
    their_world: WorldId,
    ours: &'static Resolve,
    our_world: WorldId,
}

impl Check {
    fn imports(&self) -> Vec<Problem> {
        let world = self.theirs.worlds.get(self.their_world);
        let mut problems = Vec::new();
        for (key, item) in world.iter().flat_map(|world| &world.imports) {
            let name = self.theirs.name_world_key(key);
            match item {
                WorldItem::Interface { id, .. } => problems.extend(self.interface(*id, &name)),
                WorldItem::Function(_) => problems.push(Problem::ForeignImport { name }),
                WorldItem::Type { .. } => {}
            }
        }
        problems
    }

    fn interface(&self, theirs: InterfaceId, name: &str) -> Vec<Problem> {
        let functions = |resolve: &'_ Resolve, id| -> Vec<Function> {
            resolve
                .interfaces
                .get(id)
                .into_iter()
                .flat_map(|interface| interface.functions.values().cloned())
                .collect()
        };
        let imported = functions(&self.theirs, theirs);
        // An interface of types alone asks nothing of the platform.
        if imported.is_empty() || is_wasi(name) {
            return Vec::new();
        }
        let Some(interface) = name.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) else {
            return vec![Problem::ForeignImport { name: name.to_owned() }];
        };
        let ours = self.ours.interfaces.iter().find(|(_, known)| known.name.as_deref() == Some(interface));
        let Some((ours, _)) = ours else { return vec![Problem::ForeignImport { name: name.to_owned() }] };
        let known = functions(self.ours, ours);
        let judge = |function: &Function| {
            let Some(wanted) = known.iter().find(|known| known.name == function.name) else {
                let known = known.iter().map(|function| function.name.clone()).collect();
                let (interface, function) = (name.to_owned(), function.name.clone());
                return Some(Problem::UnknownFunction { interface, function, known });
            };
            let difference = difference((&self.theirs, function), (self.ours, wanted))?;
            Some(Problem::Signature {
                interface: name.to_owned(),
                function: function.name.clone(),
                difference,
            })
        };
        imported.iter().filter_map(judge).collect()
    }

    fn exports(&self) -> Vec<Problem> {
        let exports: Vec<(&WorldKey, &WorldItem)> =
            self.theirs.worlds.get(self.their_world).into_iter().flat_map(|world| &world.exports).collect();
        let mut problems = Vec::new();
        let mut handler = None;
        let mut nested = None;
        for (key, item) in &exports {
            let name = self.theirs.name_world_key(key);
            match item {
                WorldItem::Function(function) if name == HANDLER => handler = Some(function),
                WorldItem::Interface { id, .. } if self.holds_handler(*id) => nested = Some(name),
                WorldItem::Type { .. } => {}
                _ => problems.push(Problem::ExtraExport { name }),
            }
        }
        match (handler, nested) {
            (Some(found), _) => {
                let world = self.ours.worlds.get(self.our_world);
                let wanted = world.and_then(|world| world.exports.get(&WorldKey::Name(HANDLER.into())));
                if let Some(WorldItem::Function(wanted)) = wanted {
                    problems
                        .extend(difference((&self.theirs, found), (self.ours, wanted)).map(Problem::Handler));
                }
            }
            (None, Some(interface)) => problems.push(Problem::NestedHandler { interface }),
            (None, None) => {
                let exports = exports.iter().map(|(key, _)| self.theirs.name_world_key(key)).collect();
                problems.retain(|problem| !matches!(problem, Problem::ExtraExport { .. }));
                problems.push(Problem::NoHandler { exports });
            }
        }
        problems
    }

    fn holds_handler(&self, id: InterfaceId) -> bool {
        self.theirs.interfaces.get(id).is_some_and(|interface| interface.functions.contains_key(HANDLER))
    }
}

/// Whether the platform links an interface of this name from WASI 0.2.
fn is_wasi(name: &str) -> bool {
    let Some((path, version)) = name.split_once('@') else { return false };
    let Some((package, interface)) = path.split_once('/') else { return false };
    let linked = WASI.iter().any(|(known, interfaces)| *known == package && interfaces.contains(&interface));
    // A version before a release is compatible with itself alone.
    let is_release = |version: Version| (version.major, version.minor) == (0, 2) && version.pre.is_empty();
    linked && Version::parse(version).is_ok_and(is_release)
}

#[cfg(test)]
mod tests {
    use super::is_wasi;

    #[test]
    fn only_releases_of_wasi_0_2_are_linked() {
        for name in ["wasi:io/poll@0.2.0", "wasi:clocks/wall-clock@0.2.12", "wasi:http/types@0.2.3"] {
            assert!(is_wasi(name), "{name}");
        }
        for name in [
            "wasi:io/poll@0.2.0-rc-2023-11-10",
            "wasi:io/poll@0.3.0",
            "wasi:io/poll@0.2",
            "wasi:io/poll",
            "wasi:clocks/timezone@0.2.0",
        ] {
            assert!(!is_wasi(name), "{name}");
        }
    }
}
