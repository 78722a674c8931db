//! What only the folder can tell: the configuration, the handler's source, the UI's files, the built component.

use super::judge::{Judge, with_help};
use super::subject::LARGEST_COMPONENT;
use super::ui_contents::Contents;
use super::{
    Bounds, Overlay, allow, component, configuration, handler, manifest, project_file, rust, secrets, ui,
    ui_files, uses,
};
use crate::build::{self, javascript};
use crate::component::Component;
use crate::config::Config;
use crate::files;
use crate::findings::{Code, Finding, Findings};
use crate::host::refusals;
use crate::manifest::source::{Member, Node};
use crate::manifest::{Capability, Manifest, stored_path, trim};
use crate::project::{self, CONFIG, MANIFEST, Project};
use jiff::civil::Date;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Judges the project in `root`: its manifest, and everything only its folder can tell.
///
/// Fails only when there is nothing to judge: no manifest, or a folder that cannot be read.
pub fn project(root: &Path) -> Result<Findings, project::Error> {
    project_with(root, &Overlay::default(), allow::today(), &[])
}

/// [`project()`], looking into files within these bounds.
pub fn project_within(root: &Path, bounds: Bounds) -> Result<Findings, project::Error> {
    project_with(root, &Overlay::within(bounds), allow::today(), &[])
}

/// [`project()`], with texts that stand in for files, on this day, and with what was found by other means.
pub(super) fn project_with(
    root: &Path,
    overlay: &Overlay,
    today: Date,
    more: &[Finding],
) -> Result<Findings, project::Error> {
    let path = root.join(MANIFEST);
    if !path.exists() {
        return Err(project::Error::NotThere { folder: root.to_path_buf() });
    }
    for name in [MANIFEST, CONFIG] {
        files::refuse_special(&root.join(name))?;
    }
    let text = match manifest::read(&path, MANIFEST, overlay)? {
        Ok(text) => text,
        Err(finding) => return Ok(Findings::new(vec![*finding])),
    };
    let (mut findings, tree) = manifest::judge(&text, MANIFEST);
    let config = match configuration::read(root, overlay)? {
        Ok(config) => Some(config),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    };
    findings.extend_from_slice(more);
    let mut is_whole = false;
    if let (Some(tree), Ok(manifest), Some((config, config_text))) = (tree, Manifest::parse(&text), &config) {
        let mut folder = Folder {
            root,
            tree: &tree,
            manifest: &manifest,
            config,
            overlay,
            judge: Judge::new(&text, MANIFEST),
            is_whole: true,
        };
        folder.handler();
        folder.ui();
        folder.judge.findings.extend(secrets::judge(MANIFEST, MANIFEST, text.as_bytes()));
        folder.judge.findings.extend(project_file::judge(config, config_text, Some(&manifest)));
        findings.append(&mut folder.judge.findings);
        is_whole = folder.is_whole;
    }
    Ok(match config {
        Some((config, text)) => allow::apply(findings, &config.validate, &text, today, is_whole),
        None => Findings::new(findings),
    })
}

/// Whether the sources would be built to something else now, or nobody knows.
fn is_stale(root: &Path, manifest: &Manifest, config: &Config) -> bool {
    let project = Project { root: root.to_path_buf(), manifest: manifest.clone(), config: config.clone() };
    build::is_stale(&project).unwrap_or(true)
}

/// A project's folder as the rules see it.
struct Folder<'a> {
    root: &'a Path,
    tree: &'a Node,
    manifest: &'a Manifest,
    config: &'a Config,
    overlay: &'a Overlay,
    judge: Judge<'a>,
    /// Whether all that will be packed could be looked at: an allowance that nothing needs here may be needed there.
    is_whole: bool,
}

impl Folder<'_> {
    /// The handler and the endpoints: neither without the other, and the component as the platform wants it.
    fn handler(&mut self) {
        let component = self.root.join("dist/main.wasm");
        let source = self.source();
        let exists = source.is_some() || component.is_file();
        let declared = !self.manifest.endpoints.is_empty();
        match (declared, exists) {
            (true, false) => {
                let help = "write `src/handler.ts` or a Rust crate, or name a prebuilt component as `build.output` in alga-ext.yaml";
                let message = match &self.config.build.entry {
                    Some(entry) => format!(
                        "endpoints are declared, and `{entry}`, the `build.entry` of {CONFIG}, does not exist"
                    ),
                    None => "endpoints are declared, and there is no handler".into(),
                };
                self.at_key("api", with_help(Code::HANDLER_MISSING, message, help));
            }
            (false, true) if !self.names_endpoints() => {
                let what = source.unwrap_or_else(|| "dist/main.wasm".into());
                let message = format!(
                    "there is a handler (`{what}`) and no endpoint: the gateway calls declared endpoints only"
                );
                let help = "declare one: `\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}`";
                self.at_key("api", with_help(Code::ENDPOINTS_MISSING, message, help));
            }
            _ => {}
        }
        self.is_whole = !exists || component.is_file();
        self.uses(&component);
    }

    /// What the handler uses: its source tells where there is any, else what was built.
    fn uses(&mut self, component: &Path) {
        let mut in_component = Vec::new();
        let component = self.read(component).and_then(|bytes| {
            let (component, found) = component::judge(&bytes, "dist/main.wasm");
            self.judge.findings.extend(found);
            in_component = secrets::judge("dist/main.wasm", "dist/main.wasm", &bytes);
            component
        });
        let interfaces = component.as_ref().map(Component::interfaces);
        let (manifest, tree) = (self.manifest, self.tree);
        self.rust();
        if let Some(entry) = self.script() {
            let mut sources = handler::read(self.root, &entry, self.overlay);
            handler::unanswered(&sources, tree, &mut self.judge);
            let (root, config) = (self.root, self.config);
            let is_fresh = || !is_stale(root, manifest, config);
            let built = interfaces.as_deref();
            let built = built.map(|interfaces| handler::Built { interfaces, is_fresh: &is_fresh });
            handler::capabilities(&mut sources, built.as_ref(), root, manifest, tree, &mut self.judge);
            self.judge.findings.extend(handler::limits(&sources, manifest));
            self.judge.findings.extend(handler::secrets(&sources));
        } else if let Some(interfaces) = interfaces {
            let imports = uses::imports(&interfaces);
            uses::missing(&imports, manifest, tree, &mut self.judge);
            // Where there is nothing to build from, what is there is what is shipped.
            let is_certain = !self.root.join("Cargo.toml").is_file() && self.config.build.command.is_none();
            uses::unused(&imports, uses::NOT_IMPORTED, is_certain, tree, &mut self.judge);
        }
        let known = &self.judge.findings;
        in_component.retain(|finding| !known.iter().any(|known| secrets::is_same(finding, known)));
        self.judge.findings.append(&mut in_component);
    }

    /// The component's bytes, where a file is there and is none too large.
    fn read(&mut self, component: &Path) -> Option<Vec<u8>> {
        if !component.is_file() {
            return None;
        }
        match files::read_bounded(component, LARGEST_COMPONENT) {
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                let message = format!("`dist/main.wasm` is larger than {} MiB", LARGEST_COMPONENT >> 20);
                let finding = with_help(Code::COMPONENT_INVALID, message, "no handler is: build it again");
                self.judge.findings.push(finding.in_file("dist/main.wasm"));
                None
            }
            bytes => bytes.ok(),
        }
    }

    /// What the sources of a handler written in Rust show.
    fn rust(&mut self) {
        let build = &self.config.build;
        let is_own = build.output.is_some() || build.command.is_some() || build.entry.is_some();
        if !is_own && self.root.join("Cargo.toml").is_file() {
            let sources = rust::read(self.root, self.overlay);
            let found = sources.judge(self.manifest, self.tree, &mut self.judge);
            self.judge.findings.extend(found);
        }
    }

    /// The JavaScript or TypeScript the handler begins with, when the build would take it.
    fn script(&self) -> Option<PathBuf> {
        let build = &self.config.build;
        if build.output.is_some() || build.entry.is_none() && self.root.join("Cargo.toml").is_file() {
            return None;
        }
        Some(javascript::find_entry(self.root, build.entry.as_deref()).ok().flatten()?.0)
    }

    /// Whether the manifest tries to declare endpoints; what is wrong with them has been said.
    fn names_endpoints(&self) -> bool {
        let endpoints = self.tree.get("api").map(|api| api.get("endpoints"));
        endpoints.is_some_and(|endpoints| endpoints.is_none_or(|list| list.items() != Some(&[])))
    }

    /// What the handler is built from, relative to the project: what the build would take, in its order.
    fn source(&self) -> Option<String> {
        let build = &self.config.build;
        if let Some(output) = &build.output {
            let there = build.command.is_some() || self.root.join(output).is_file();
            return there.then(|| output.clone());
        }
        if build.entry.is_none() && self.root.join("Cargo.toml").is_file() {
            return Some("Cargo.toml".into());
        }
        let entry = self.script()?;
        Some(entry.strip_prefix(self.root).unwrap_or(&entry).display().to_string())
    }

    /// The UI's page and files.
    fn ui(&mut self) {
        let given = self.config.ui.dir.as_deref().unwrap_or("ui");
        // What the build does not take is said of the configuration.
        let name = project_file::inside(given).filter(|name| project_file::refused_ui(name).is_none());
        let Some(name) = name else { return };
        let folder = self.root.join(given);
        if !folder.is_dir() {
            if self.tree.get("ui").is_some() && self.config.ui.command.is_none() {
                let message = format!("the UI is declared, and the folder `{name}` does not exist");
                let help = format!("write `{name}/index.html`");
                self.at_key("ui", with_help(Code::UI_ENTRY_MISSING, message, help));
            }
            return;
        }
        if self.tree.get("ui").is_some() {
            if !folder.join("index.html").is_file() && self.config.ui.command.is_none() {
                let message = format!("the UI is declared, and `{name}/index.html` does not exist");
                let help = format!("the platform serves `{}`; write the page there", ui::PAGE);
                self.at_key("ui", with_help(Code::UI_ENTRY_MISSING, message, help));
            }
        } else {
            let message = format!("`{name}` holds a UI that the manifest does not declare");
            let help = "declare `ui`, or remove the folder";
            let finding = with_help(Code::UI_UNDECLARED, message, help);
            self.judge.add(self.tree.start, self.tree.start + 1, finding);
        }
        let (findings, contents) = ui_files::folder(&folder, &name, self.manifest, self.overlay);
        self.judge.findings.extend(findings);
        self.uncalled(&contents);
    }

    /// Endpoints that the UI forgets and no schedule calls either, nor the handler may make one for.
    fn uncalled(&mut self, contents: &Contents<'_>) {
        let schedules = self.manifest.known_capabilities().contains(&Capability::SchedulerManage);
        let named = self.config.schedules.iter().take(project_file::MOST_SCHEDULES);
        let called = named.filter_map(|schedule| refusals::scheduled(self.manifest, &schedule.endpoint));
        let called: HashSet<(&str, &str)> =
            called.map(|endpoint| (endpoint.method.as_str(), endpoint.path.as_str())).collect();
        let list = self.tree.get("api").and_then(|api| api.get("endpoints")).and_then(Node::items);
        for endpoint in list.unwrap_or_default().iter().filter(|one| one.get("schedulable").is_none()) {
            let Some(node) = endpoint.get("path") else { continue };
            let Some(path) = node.as_str().map(trim).filter(|path| contents.forgets(path)) else { continue };
            let method = endpoint.get("method").and_then(Node::as_str).map(trim).unwrap_or_default();
            if schedules && !path.contains(':')
                || called.contains(&(method.to_ascii_uppercase().as_str(), stored_path(path).as_str()))
            {
                continue;
            }
            let message = format!("`{path}` is declared, and no file of the UI names it");
            let help =
                "call it or remove it; where another program does, allow this finding with that reason";
            self.judge.value(node, Code::ENDPOINT_UNCALLED, message, help);
        }
    }

    /// Adds a finding at a top-level key, or at the manifest's beginning.
    fn at_key(&mut self, key: &str, finding: Finding) {
        let member: Option<&Member> =
            self.tree.members().and_then(|members| members.iter().find(|member| member.key == key));
        let (start, end) =
            member.map_or((self.tree.start, self.tree.start + 1), |member| (member.start, member.end));
        self.judge.add(start, end, finding);
    }
}
