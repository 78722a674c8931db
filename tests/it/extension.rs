//! An extension under test: made from a template or copied from `examples/`, built and called as its author would.

use crate::foreign_host::{self, Job};
use crate::harness::{Run, Sandbox, link_packages, tool};
use crate::lifecycle;
use crate::rust_handlers::run_with_rust;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A project in a sandbox.
pub(crate) struct Extension {
    pub(crate) sandbox: Sandbox,
    folder: PathBuf,
}

/// What the handler answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    /// The body, parsed when it is JSON, else as text.
    pub(crate) body: Value,
    /// The whole document of `invoke`.
    pub(crate) document: Value,
}

impl Extension {
    /// A new project from this template.
    pub(crate) fn from_template(template: &str) -> Extension {
        let sandbox = Sandbox::new();
        let line = format!("new trial --template {template} --publisher Acme");
        sandbox.run(&line).ok();
        Extension { sandbox, folder: "trial".into() }
    }

    /// A copy of the example, with the WIT package where Rust examples look for it.
    pub(crate) fn from_example(name: &str) -> Extension {
        let sandbox = Sandbox::new();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new("examples").join(name);
        copy(&repository.join(&folder), &sandbox.path(&folder));
        copy(&repository.join("wit"), &sandbox.path("wit"));
        Extension { sandbox, folder }
    }

    /// A copy of a project of `tests/handlers`, with the packages its lock file names as `cargo xtask setup` has them.
    pub(crate) fn from_handler(name: &str) -> Extension {
        let sandbox = Sandbox::new();
        let folder = Path::new("tests/handlers").join(name);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder), &sandbox.path(&folder));
        let extension = Extension { sandbox, folder };
        let lock: Value =
            serde_json::from_slice(&fs_err::read(extension.path("package-lock.json")).unwrap()).unwrap();
        for (path, locked) in
            lock["packages"].as_object().unwrap().iter().filter(|(path, _)| !path.is_empty())
        {
            let manifest = fs_err::read(tool(&format!("node/{path}/package.json"))).unwrap();
            let installed: Value = serde_json::from_slice(&manifest).unwrap();
            assert_eq!(installed["version"], locked["version"], "{path}");
        }
        link_packages(&extension.path(""));
        extension
    }

    /// A file of the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.sandbox.path(&self.folder).join(path)
    }

    /// Runs `alga-ext` in the project's folder, with JSON results.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.sandbox.alga(["--format", "json"]);
        command.args(arguments).current_dir(self.sandbox.path(&self.folder));
        if self.path("Cargo.toml").exists() {
            return run_with_rust(&self.sandbox, &mut command);
        }
        self.sandbox.run_command(&mut command)
    }

    /// Builds without a warning, validates with no finding, does as its README says, packs; answers the paths in the bundle.
    pub(crate) fn becomes_a_bundle(&self) -> Vec<String> {
        let built = self.run(&["build"]).ok().json();
        assert_eq!(built["warnings"], json!([]), "{built}");
        let judged = self.run(&["validate"]).ok().json();
        assert_eq!(judged["findings"], json!([]), "{judged}");
        self.does_as_its_readme_says();
        let packed = self.run(&["pack"]).ok().json();
        let bundle = self.path("dist/bundle.tar.zst");
        assert!(packed["content_hash"].as_str().unwrap().starts_with("sha256:"), "{packed}");
        let inspected = self.run(&["inspect", bundle.to_str().unwrap()]).ok().json();
        assert_eq!(inspected["content_hash"], packed["content_hash"]);
        assert_eq!(inspected["files_digest"], packed["files_digest"]);
        let listed = inspected["index"]["files"].as_array().unwrap();
        listed.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    }

    /// One call; the handler must have answered.
    #[track_caller]
    pub(crate) fn invoke(&self, method: &str, path: &str, more: &[&str]) -> Answer {
        let run = self.run(&[&["invoke", method, path], more].concat()).ok();
        let document = run.json();
        let text = document["body"].as_str().unwrap_or_default().to_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status: document["status"].as_u64().unwrap(), body, document }
    }

    /// A call that must be answered with this status; answers the body.
    #[track_caller]
    pub(crate) fn answers(&self, status: u64, method: &str, path: &str, more: &[&str]) -> Value {
        let answer = self.invoke(method, path, more);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.document);
        answer.body
    }

    /// Types what the project's README says, but for the server, which other tests run.
    fn does_as_its_readme_says(&self) {
        let readme = fs_err::read_to_string(self.path("README.md")).unwrap();
        let lines = lifecycle::blocks(&readme).into_iter().flat_map(|block| block.lines);
        let mut typed = 0;
        for line in lines.filter(|line| line.starts_with("alga-ext ") && !line.starts_with("alga-ext dev")) {
            let words = lifecycle::words(&line);
            let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            let run = self.run(&words);
            assert_eq!(run.code, 0, "{line}\nstdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
            let answer = run.json();
            let promised =
                line.split_once("# ").and_then(|(_, comment)| comment.split(':').next()?.parse::<u64>().ok());
            if words[0] == "invoke" {
                let status = answer["status"].as_u64().unwrap();
                assert!(promised.map_or(status < 300, |promised| status == promised), "{line}: {answer}");
            }
            typed += 1;
        }
        assert!(typed >= 2, "{readme}");
    }

    /// The same component on the platform's own generation of wasmtime, with host functions in Python; the body.
    #[track_caller]
    pub(crate) fn answers_on_wasmtime_44(
        &self,
        status: u64,
        method: &str,
        path: &str,
        body: Option<&str>,
    ) -> Value {
        let request = json!({ "method": method, "url": path, "headers": [], "body": body });
        let job = Job { component: self.path("dist/main.wasm"), requests: vec![request] };
        let ran = foreign_host::run(&self.sandbox, &[job]).remove(0);
        let answer = &ran["answers"][0];
        assert_eq!(answer["status"], status, "{method} {path}: {ran}");
        serde_json::from_str(answer["body"].as_str().unwrap_or_default())
            .unwrap_or_else(|_| answer["body"].clone())
    }
}

/// Copies a folder, but for what building leaves behind.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.file_type().unwrap().is_file() {
            fs_err::copy(entry.path(), to.join(name)).unwrap();
        } else if name != "dist" && name != "target" && name != "node_modules" {
            copy(&entry.path(), &to.join(name));
        }
    }
}
