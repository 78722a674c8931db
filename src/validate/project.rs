//! What only the folder can tell: the configuration, the handler's source, the UI's files, the built component.

use super::judge::{Judge, with_help};
use super::{
    Bounds, Overlay, allow, component, handler, manifest, project_file, routes, secrets, ui, ui_files, uses,
};
use crate::build::javascript;
use crate::component::Component;
use crate::config::Config;
use crate::findings::{Code, Finding, Findings, Text};
use crate::manifest::Manifest;
use crate::manifest::source::{Member, Node};
use crate::project::{self, CONFIG, MANIFEST};
use crate::yaml;
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// The largest configuration that is read, in bytes.
const LARGEST_CONFIG: u64 = 16 * 1024 * 1024;

/// Judges the project in `root`: its manifest, and everything only its folder can tell.
///
/// Fails only when there is nothing to judge: no manifest, or a folder that cannot be read.
pub fn project(root: &Path) -> Result<Findings, project::Error> {
    project_with(root, &Overlay::default(), allow::today())
}

/// [`project`], looking into files within these bounds.
pub fn project_within(root: &Path, bounds: Bounds) -> Result<Findings, project::Error> {
    project_with(root, &Overlay::within(bounds), allow::today())
}

/// [`project`], with texts that stand in for files, on this day.
pub(super) fn project_with(root: &Path, overlay: &Overlay, today: Date) -> Result<Findings, project::Error> {
    let path = root.join(MANIFEST);
    if !path.exists() {
        return Err(project::Error::NotThere { folder: root.to_path_buf() });
    }
    let text = match manifest::read(&path, MANIFEST, overlay)? {
        Ok(text) => text,
        Err(finding) => return Ok(Findings::new(vec![*finding])),
    };
    let (mut findings, tree) = manifest::judge(&text, MANIFEST);
    let config = config(root, overlay, &mut findings)?;
    if let (Some(tree), Ok(manifest), Some((config, config_text))) = (tree, Manifest::parse(&text), &config) {
        let mut folder = Folder {
            root,
            tree: &tree,
            manifest: &manifest,
            config,
            overlay,
            judge: Judge::new(&text, MANIFEST),
        };
        folder.handler();
        folder.ui();
        folder.judge.findings.extend(secrets::judge(MANIFEST, MANIFEST, text.as_bytes()));
        folder.judge.findings.extend(project_file::judge(config, config_text, &manifest));
        folder.routes();
        findings.append(&mut folder.judge.findings);
    }
    Ok(match config {
        Some((config, text)) => {
            let hashes: Vec<&str> =
                config.validate.not_secret.iter().map(|one| one.sha256.as_str()).collect();
            let before = findings.len();
            findings.retain(|finding| !secrets::is_allowed(finding, &hashes));
            let secrets = before - findings.len();
            let findings = allow::apply(findings, &config.validate, &text, today);
            Findings { allowed: findings.allowed + secrets, ..findings }
        }
        None => Findings::new(findings),
    })
}

/// The configuration and its text; a mistake in it is a finding.
fn config(
    root: &Path,
    overlay: &Overlay,
    findings: &mut Vec<Finding>,
) -> Result<Option<(Config, String)>, project::Error> {
    let mistake = |message: String| {
        let help = "`alga-ext schema alga-ext.yaml` prints what it may hold";
        with_help(Code::CONFIG_INVALID, message, help).in_file(CONFIG)
    };
    let path = root.join(CONFIG);
    if path.is_dir() {
        findings.push(mistake("it is a folder, and a file is wanted".into()));
        return Ok(None);
    }
    let bytes = match overlay.read(&path, LARGEST_CONFIG) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some((Config::default(), String::new())));
        }
        Err(error) => return Err(error.into()),
    };
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_CONFIG {
        findings.push(mistake(format!("it is larger than {} MiB", LARGEST_CONFIG / 1024 / 1024)));
        return Ok(None);
    }
    let Ok(text) = String::from_utf8(bytes) else {
        findings.push(mistake("it is not UTF-8".into()));
        return Ok(None);
    };
    match yaml::parse::<Config>(&text) {
        Ok(config) => Ok(Some((config, text))),
        Err(error) => {
            let places = Text::new(&text);
            let start = places.offset(error.line, error.column);
            let rest = places.as_str().get(start..).unwrap_or_default();
            let end = start + rest.find([':', '\n', ' ']).unwrap_or(rest.len());
            findings.push(mistake(error.message).within(&places, start, end));
            Ok(None)
        }
    }
}

/// A project's folder as the rules see it.
struct Folder<'a> {
    root: &'a Path,
    tree: &'a Node,
    manifest: &'a Manifest,
    config: &'a Config,
    overlay: &'a Overlay,
    judge: Judge<'a>,
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
        self.uses(&component);
    }

    /// What the handler uses: its source tells where there is any, else what was built.
    fn uses(&mut self, component: &Path) {
        let mut in_component = Vec::new();
        let component = fs_err::read(component).ok().and_then(|bytes| {
            let (component, found) = component::judge(&bytes, "dist/main.wasm");
            self.judge.findings.extend(found);
            in_component = secrets::judge("dist/main.wasm", "dist/main.wasm", &bytes);
            component
        });
        let interfaces = component.as_ref().map(Component::interfaces);
        let (manifest, tree) = (self.manifest, self.tree);
        if let Some(entry) = self.script() {
            let sources = handler::read(self.root, &entry, false, self.overlay);
            let again = || handler::read(self.root, &entry, true, self.overlay);
            handler::capabilities(&sources, interfaces.as_deref(), again, manifest, tree, &mut self.judge);
            self.judge.findings.extend(handler::limits(&sources, manifest));
            let in_source = handler::secrets(&sources);
            in_component.retain(|finding| !in_source.iter().any(|known| secrets::is_same(finding, known)));
            self.judge.findings.extend(in_source);
        } else if let Some(interfaces) = interfaces {
            let imports = uses::imports(&interfaces);
            uses::missing(&imports, manifest, tree, &mut self.judge);
            // Where there is nothing to build from, what is there is what is shipped.
            let is_certain = !self.root.join("Cargo.toml").is_file() && self.config.build.command.is_none();
            uses::unused(&imports, uses::NOT_IMPORTED, is_certain, tree, &mut self.judge);
        }
        self.judge.findings.append(&mut in_component);
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
        let name = self.config.ui.dir.as_deref().unwrap_or("ui").trim_matches('/').to_owned();
        let folder: PathBuf = self.root.join(&name);
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
        self.judge.findings.extend(ui_files::folder(&folder, &name, self.overlay));
    }

    /// The endpoints against the handler's source and the calls of the UI's.
    fn routes(&mut self) {
        let build = &self.config.build;
        let is_javascript =
            build.output.is_none() && (build.entry.is_some() || !self.root.join("Cargo.toml").is_file());
        let entry = javascript::find_entry(self.root, build.entry.as_deref()).ok().flatten();
        if let Some((entry, _)) = entry.filter(|_| is_javascript) {
            routes::unanswered(&mut self.judge, self.tree, self.root, &entry, self.overlay);
        }
        let name = self.config.ui.dir.as_deref().unwrap_or("ui").trim_matches('/');
        let found = routes::pages(&self.root.join(name), name, self.manifest, self.overlay);
        self.judge.findings.extend(found);
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
