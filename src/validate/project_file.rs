//! The values of alga-ext.yaml: what the development runner refuses, what has no effect, what leads out of the project.

use super::judge::{Judge, with_help};
use super::{literals, secrets};
use crate::config::Config;
use crate::findings::{Code, Finding};
use crate::host::{self, Platform, refusals};
use crate::manifest::source::{Member, Node};
use crate::manifest::{Capability, Manifest};
use crate::project::CONFIG;
use crate::yaml;
use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path};

/// More schedules than the 50 that one installation may have.
pub(super) const MOST_SCHEDULES: usize = 200;

/// A step to a value: a key, or the place in a list.
#[derive(Clone, Copy)]
enum Step<'k> {
    Key(&'k str),
    Item(usize),
}
use Step::{Item, Key};

/// Judges a configuration that could be read; `text` is its own. Without a manifest what one has a say in is left out.
pub(super) fn judge(config: &Config, text: &str, manifest: Option<&Manifest>) -> Vec<Finding> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Ok(root) = yaml::tree(text) else { return Vec::new() };
    if root.members().is_none_or(<[Member]>::is_empty) {
        return Vec::new();
    }
    let mut file = File { config, manifest, root: &root, judge: Judge::new(text, CONFIG) };
    file.paths();
    file.people();
    file.schedules();
    file.http();
    file.storage();
    file.grants();
    file.secrets();
    file.rest();
    file.judge.findings
}

struct File<'a> {
    config: &'a Config,
    manifest: Option<&'a Manifest>,
    root: &'a Node,
    judge: Judge<'a>,
}

impl File<'_> {
    /// Adds a finding at the value these steps lead to, or as far as they do.
    fn say(&mut self, steps: &[Step<'_>], code: Code, message: String, help: &str) {
        let place = place(self.root, steps);
        self.say_at(place, code, message, help);
    }

    fn say_at(&mut self, (start, end): (usize, usize), code: Code, message: String, help: &str) {
        self.judge.add(start, end, with_help(code, message, help));
    }

    fn refused(&mut self, steps: &[Step<'_>], why: Option<String>, help: &str) {
        if let Some(why) = why {
            self.refused_at(place(self.root, steps), &why, help);
        }
    }

    fn refused_at(&mut self, place: (usize, usize), why: &str, help: &str) {
        let message = format!("the development runner does not start with it: {why}");
        self.say_at(place, Code::CONFIG_VALUE, message, help);
    }

    fn paths(&mut self) {
        let config = self.config;
        for (steps, value) in [
            ([Key("build"), Key("entry")], &config.build.entry),
            ([Key("build"), Key("output")], &config.build.output),
            ([Key("ui"), Key("dir")], &config.ui.dir),
        ] {
            let Some(value) = value.as_deref().filter(|value| inside(value).is_none()) else { continue };
            let message = format!("`{value}` leads out of the project");
            self.say(&steps, Code::CONFIG_PATH, message, "name a path inside of the project, relative to it");
        }
        if let Some(value) = &config.ui.dir
            && let Some(why) = inside(value).and_then(|folder| refused_ui(&folder))
        {
            let help = "name the folder with the UI's finished files alone, such as `dist/web`";
            let message = format!("`{value}` {why}");
            self.say(&[Key("ui"), Key("dir")], Code::CONFIG_PATH, message, help);
        }
    }

    /// Ids that stand twice, and ids that nothing has.
    fn people(&mut self) {
        let config = self.config;
        let of = |ids: Vec<&str>| ids.into_iter().map(str::to_lowercase).collect::<Vec<_>>();
        let users = of(config.users.iter().map(|user| user.id.as_str()).collect());
        let clients = of(config.clients.iter().map(|client| client.id.as_str()).collect());
        let services = of(config.services.iter().map(|service| service.id.as_str()).collect());
        for (list, ids) in [("users", &users), ("clients", &clients), ("services", &services)] {
            for index in again(ids) {
                let id = ids.get(index).map_or("", String::as_str);
                let message = format!("the id `{id}` stands in `{list}` before");
                self.say(
                    &[Key(list), Item(index), Key("id")],
                    Code::CONFIG_DUPLICATE,
                    message,
                    "give it one of its own",
                );
            }
        }
        let [users, clients] =
            [&users, &clients].map(|ids| ids.iter().map(String::as_str).collect::<HashSet<_>>());
        for (index, user) in config.users.iter().enumerate() {
            if let Some(id) = &user.client_id
                && !clients.is_empty()
                && !clients.contains(id.to_lowercase().as_str())
            {
                let message = format!("no client of `clients` has the id `{id}`");
                let steps = [Key("users"), Item(index), Key("client_id")];
                let help = "name one of `clients`, or add it there";
                self.say(&steps, Code::CONFIG_REFERENCE, message, help);
            }
        }
        for (index, client) in config.clients.iter().enumerate() {
            if let Some(id) = client.account_manager_id.as_ref().filter(|id| !id.is_empty())
                && !users.is_empty()
                && !users.contains(id.to_lowercase().as_str())
            {
                let message = format!("no user of `users` has the id `{id}`");
                let steps = [Key("clients"), Item(index), Key("account_manager_id")];
                self.say(&steps, Code::CONFIG_REFERENCE, message, "name one of `users`, or add it there");
            }
        }
    }

    fn schedules(&mut self) {
        let config = self.config;
        for (index, schedule) in config.schedules.iter().enumerate().take(MOST_SCHEDULES) {
            let steps = |key| [Key("schedules"), Item(index), Key(key)];
            self.refused(&steps("cron"), refusals::cron(&schedule.cron), literals::CRON);
            let manifest = self.manifest;
            let endpoint =
                manifest.and_then(|manifest| refusals::scheduled_endpoint(manifest, &schedule.endpoint));
            self.refused(&steps("endpoint"), endpoint, literals::ENDPOINT);
            let timezone = schedule.timezone.as_deref().and_then(refusals::timezone);
            self.refused(&steps("timezone"), timezone, "write an IANA name, such as `Europe/Berlin`");
            let name = schedule.name.as_deref().and_then(refusals::schedule_name);
            self.refused(&steps("name"), name, "shorten it");
        }
        let names: Vec<String> = config
            .schedules
            .iter()
            .map(|schedule| schedule.name.as_deref().unwrap_or_default().trim().to_owned())
            .collect();
        for index in again(&names) {
            let message =
                format!("a schedule before has the name `{}`", names.get(index).map_or("", String::as_str));
            let steps = [Key("schedules"), Item(index), Key("name")];
            self.say(
                &steps,
                Code::CONFIG_DUPLICATE,
                message,
                "the platform refuses the second one; give it a name of its own",
            );
        }
    }

    fn http(&mut self) {
        let http = &self.config.http;
        for (index, host) in http.allow.iter().enumerate() {
            if host.contains(['/', '*', ' ', '?'])
                || host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
            {
                let message = format!("`{host}` fits no host: hosts are compared by name alone");
                let help = "write the name without scheme, port and path; it covers its subdomains";
                self.say(&[Key("http"), Key("allow"), Item(index)], Code::CONFIG_UNUSED, message, help);
            }
        }
        let mut seen: Vec<(Option<&str>, &str)> = Vec::new();
        for (index, reply) in http.replies.iter().enumerate() {
            let steps = |key| [Key("http"), Key("replies"), Item(index), Key(key)];
            let lower = reply.url.to_ascii_lowercase();
            let is_web = ["http://", "https://"]
                .iter()
                .any(|scheme| lower.len() > scheme.len() && lower.starts_with(scheme));
            if !is_web && reply.url != "*" && !"https://".starts_with(lower.trim_end_matches('*')) {
                let message = format!(
                    "`{}` is no address a request can have: it begins with neither `http://` nor `https://`",
                    reply.url
                );
                self.say(
                    &steps("url"),
                    Code::CONFIG_UNUSED,
                    message,
                    "write the whole address, or a beginning of it that ends in `*`",
                );
            }
            if !(100..=599).contains(&reply.status) {
                let message = format!("the status {} is none", reply.status);
                self.say(&steps("status"), Code::CONFIG_UNUSED, message, "write one from 100 to 599");
            }
            let stays = reply.times.is_none();
            self.never(&mut seen, reply.method.as_deref(), &reply.url, stays, &steps("url"));
        }
        let mut seen: Vec<(Option<&str>, &str)> = Vec::new();
        for (index, route) in self.config.routes.iter().enumerate() {
            let steps = [Key("routes"), Item(index), Key("route")];
            self.never(&mut seen, route.method.as_deref(), &route.route, true, &steps);
        }
    }

    /// Tells an answer that one before it always takes the place of; one that is given a number of times does not stay.
    fn never<'s>(
        &mut self,
        seen: &mut Vec<(Option<&'s str>, &'s str)>,
        method: Option<&'s str>,
        url: &'s str,
        stays: bool,
        steps: &[Step<'_>],
    ) {
        let covers = |(earlier, before): &(Option<&str>, &str)| {
            let same = earlier
                .is_none_or(|earlier| method.is_some_and(|method| method.eq_ignore_ascii_case(earlier)));
            let fits = match before.strip_suffix('*') {
                Some(prefix) => url.strip_suffix('*').unwrap_or(url).starts_with(prefix),
                None => before == &url,
            };
            same && fits
        };
        match seen.iter().find(|earlier| covers(earlier)) {
            Some((_, before)) => {
                let message = format!("`{url}` is never answered by this one: `{before}` stands before it");
                self.say(
                    steps,
                    Code::CONFIG_UNUSED,
                    message,
                    "put the one that fits less first, or remove it",
                );
            }
            // A file of thousands is compared in part.
            None if stays && seen.len() < 1_000 => seen.push((method, url)),
            None => {}
        }
    }

    /// Namespaces and keys can be very many, so that each is looked up, and only when it is needed.
    fn storage(&mut self) {
        let storage = self.root.get("storage").unwrap_or(self.root);
        let namespaces = LazyCell::new(|| Members::of(storage));
        for (namespace, entries) in &self.config.storage {
            if let Some(why) = refusals::namespace(namespace) {
                self.refused_at(namespaces.place(namespace), &why, "shorten it");
            }
            let keys = LazyCell::new(|| Members::of(namespaces.value(namespace)));
            for key in entries.keys() {
                if let Some(why) = refusals::key(key) {
                    self.refused_at(keys.place(key), &why, "a key has 1 to 256 characters and no `/`");
                }
            }
        }
    }

    fn grants(&mut self) {
        for (index, name) in self.config.grants.iter().flatten().enumerate() {
            if !name.trim().is_empty() && Capability::named(name).is_none() {
                let message = format!("`{name}` is no capability, so nothing is granted by it");
                let meant = super::suggest::capability(name).map(|near| format!("did you mean `{near}`?"));
                let help =
                    meant.unwrap_or_else(|| "`alga-ext explain capability-unknown` tells of them".into());
                self.say(&[Key("grants"), Item(index)], Code::CONFIG_UNUSED, message, &help);
            }
        }
    }

    /// Real secrets: those of the installation, and wherever else one was put.
    fn secrets(&mut self) {
        for (table, values) in [("secrets", &self.config.secrets), ("config", &self.config.config)] {
            let members = LazyCell::new(|| Members::of(self.root.get(table).unwrap_or(self.root)));
            for (key, value) in values {
                if let Some((kind, shown)) = secrets::in_config(value) {
                    let message = format!("`{table}.{key}` looks like {kind}");
                    let help = format!(
                        "write a made-up one here, and keep the real one in a file that git ignores, named with `--data`: {shown}"
                    );
                    self.say_at(members.place(key), Code::CONFIG_SECRET, message, &help);
                }
            }
        }
        // The line would show it.
        for finding in self.judge.findings.iter_mut().filter(|finding| finding.code == Code::CONFIG_SECRET) {
            finding.excerpt = None;
        }
    }

    /// Whatever else the development runner refuses; it stops at the first.
    fn rest(&mut self) {
        let told = [Code::CONFIG_VALUE, Code::CONFIG_DUPLICATE];
        if self.judge.findings.iter().any(|finding| told.contains(&finding.code)) {
            return;
        }
        let options = host::Options::default();
        let built = if let Some(manifest) = self.manifest {
            Platform::new(self.config, manifest, &options)
        } else {
            let config = Config { schedules: Vec::new(), ..self.config.clone() };
            Platform::new(&config, &Manifest::default(), &options)
        };
        let (place, why) = match built {
            Err(host::Error::Rule { place, why }) => (place, why),
            Err(host::Error::Data { place, found, wanted }) => {
                (place, format!("{found}, and {wanted} is wanted"))
            }
            _ => return,
        };
        let (start, end) = named(self.root, &place);
        let message = format!("the development runner does not start with it: `{place}`: {why}");
        self.judge.add(start, end, with_help(Code::CONFIG_VALUE, message, ""));
    }
}

/// The members of one object, found by their keys.
struct Members<'t> {
    node: &'t Node,
    by_key: HashMap<&'t str, &'t Member>,
}

impl<'t> Members<'t> {
    /// Of a key that stands twice the last one counts.
    fn of(node: &'t Node) -> Members<'t> {
        let members = node.members().unwrap_or_default().iter();
        Members { node, by_key: members.map(|member| (member.key.as_str(), member)).collect() }
    }

    /// The value of a key; what holds the key where there is none, as behind an alias.
    fn value(&self, key: &str) -> &'t Node {
        self.by_key.get(key).map_or(self.node, |member| &member.value)
    }

    /// The bytes of a key's value, or of the key.
    fn place(&self, key: &str) -> (usize, usize) {
        self.by_key.get(key).map_or((self.node.start, self.node.end), |member| {
            within(&member.value).unwrap_or((member.start, member.end))
        })
    }
}

/// The bytes of a value that is neither object nor list, and not empty.
fn within(value: &Node) -> Option<(usize, usize)> {
    let stands_alone = value.members().is_none() && value.items().is_none() && value.end > value.start;
    stands_alone.then_some((value.start, value.end))
}

/// The bytes of the value these steps lead to, or of the last one there is; a key that is not the last stands for itself.
fn place(root: &Node, steps: &[Step<'_>]) -> (usize, usize) {
    let mut node = root;
    let mut place = (root.start, (root.start + 1).min(root.end));
    for step in steps {
        let next = match step {
            Key(key) => {
                let member =
                    node.members().and_then(|members| members.iter().rev().find(|member| member.key == *key));
                let Some(member) = member else { return place };
                place = (member.start, member.end);
                &member.value
            }
            Item(index) => {
                let Some(item) = node.items().and_then(|items| items.get(*index)) else { return place };
                place = (item.start, item.end);
                item
            }
        };
        place = within(next).unwrap_or(place);
        node = next;
    }
    place
}

/// The same for a place in words, such as `schedules[0].cron`.
fn named(root: &Node, words: &str) -> (usize, usize) {
    let mut steps = Vec::new();
    for part in words.split('.') {
        let (key, index) = part.split_once('[').unwrap_or((part, ""));
        steps.push(Key(key));
        steps.extend(index.trim_end_matches(']').parse().ok().map(Item));
    }
    place(root, &steps)
}

/// The places of ids that stood before; a blank one is none.
fn again(ids: &[String]) -> Vec<usize> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut again = Vec::new();
    for (index, id) in ids.iter().enumerate().filter(|(_, id)| !id.is_empty()) {
        if seen.insert(id, index).is_some() {
            again.push(index);
        }
    }
    again
}

/// A path of the project without `.` and `..`, with `/`; none when it leads out of it.
pub(super) fn inside(path: &str) -> Option<String> {
    // What a Windows shell takes for a root.
    if path.starts_with('\\') || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// Why the build does not take a folder, as [`inside`] names it, for the UI's.
pub(super) fn refused_ui(folder: &str) -> Option<&'static str> {
    match folder {
        "" | "dist" => Some("holds `dist/`, which the build writes"),
        _ if folder.starts_with("dist/ui/") => Some("lies in `dist/ui`, which each build replaces"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"name": "com.acme.reports", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
"api": {"endpoints": [{"method": "GET", "path": "/", "handler": "dist/main"}]}}"#;

    fn found(text: &str) -> Vec<(Code, String)> {
        let config: Config = yaml::parse(text).unwrap();
        let findings = judge(&config, text, Some(&Manifest::parse(MANIFEST).unwrap()));
        let shown = |finding: &Finding| finding.span.map(|span| text[span.start..span.end].to_owned());
        findings.iter().map(|finding| (finding.code, shown(finding).unwrap_or_default())).collect()
    }

    #[test]
    fn a_value_that_cannot_be_is_told_where_it_stands() {
        for (text, code, place) in [
            ("ui: {dir: ../ui}", Code::CONFIG_PATH, "../ui"),
            ("build:\n  entry: a/../../b.ts\n", Code::CONFIG_PATH, "a/../../b.ts"),
            ("build: {output: /tmp/a.wasm}", Code::CONFIG_PATH, "/tmp/a.wasm"),
            ("users: [{id: a}, {id: A}]", Code::CONFIG_DUPLICATE, "A"),
            (
                "clients: [{id: c1}]\nusers: [{id: u, type: client, client_id: c2}]",
                Code::CONFIG_REFERENCE,
                "c2",
            ),
            ("users: [{id: u}]\nclients: [{id: c, account_manager_id: v}]", Code::CONFIG_REFERENCE, "v"),
            ("schedules: [{endpoint: GET /, cron: '* * * * *'}]", Code::CONFIG_VALUE, "'* * * * *'"),
            ("schedules: [{endpoint: GET /x, cron: '0 9 * * *'}]", Code::CONFIG_VALUE, "GET /x"),
            ("schedules: [{endpoint: /, cron: 0 9 * * *, timezone: Mars}]", Code::CONFIG_VALUE, "Mars"),
            ("http: {allow: ['https://a.example/']}", Code::CONFIG_UNUSED, "'https://a.example/'"),
            (
                "http: {replies: [{url: 'http*'}, {url: 'https://a.example'}]}",
                Code::CONFIG_UNUSED,
                "'https://a.example'",
            ),
            ("http: {replies: [{url: ftp://a}]}", Code::CONFIG_UNUSED, "ftp://a"),
            ("routes: [{route: /a, method: GET}, {route: /a, method: get}]", Code::CONFIG_UNUSED, "/a"),
            ("storage: {n: {a/b: 1}}", Code::CONFIG_VALUE, "1"),
            ("grants: [cap:http.fetch, http.fetch]", Code::CONFIG_UNUSED, "http.fetch"),
            ("limits: {timeout_ms: 0}", Code::CONFIG_VALUE, "0"),
        ] {
            assert_eq!(found(text), [(code, place.to_owned())], "{text}");
        }
    }

    #[test]
    fn very_many_bad_keys_ids_and_schedules_are_judged_in_one_go() {
        let lines = |front: &str, line: fn(usize) -> String| {
            let lines: String = (0..15_000).map(line).collect();
            format!("{front}\n{lines}")
        };
        let keys = lines("storage:\n  n:", |number| format!("    a/{number}: 1\n"));
        let namespaces = lines("storage:", |number| format!("  n{number:0130}: {{a/b: 1}}\n"));
        for text in [keys, namespaces] {
            assert_eq!(found(&text).len(), super::super::judge::MOST + 1);
        }
        let clients = lines("clients:", |number| format!("  - {{id: c{number}}}\n"));
        let users =
            lines("users:", |number| format!("  - {{id: u{number}, type: client, client_id: c{number}}}\n"));
        assert_eq!(found(&format!("{clients}{users}")), []);
    }

    #[test]
    fn good_data_has_no_finding() {
        for text in [
            "",
            "# nothing\n",
            "ui: {dir: a/../ui}\nusers: [{id: u, type: client, client_id: c}]",
            "http: {allow: [a.example], replies: [{url: 'https://a.example/x'}, {url: 'https://a.example/*'}]}",
            "routes: [{route: /a, method: GET}, {route: /a}]",
            "http: {replies: [{url: 'https://a.example/*', times: 1}, {url: 'https://a.example/x'}]}",
            "secrets: {token: dev-only}\nstorage: {n: {a: 1}}",
            "schedules: [{endpoint: GET /, cron: 0 9 * * *}, {endpoint: GET /, cron: 0 8 * * *}]",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_real_secret_is_told_and_not_shown() {
        let token = format!("ghp{}{}", '_', "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        let text = format!("secrets:\n  token: {token}\n");
        let config: Config = yaml::parse(&text).unwrap();
        let findings = judge(&config, &text, Some(&Manifest::parse(MANIFEST).unwrap()));
        assert_eq!(findings[0].code, Code::CONFIG_SECRET);
        assert!(!format!("{findings:?}").contains(&token));
    }
}
