//! The JSON Schemas in `schemas/`, which `cargo xtask codegen` writes.

/// A schema and its text.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The name `alga-ext schema` takes.
    pub name: &'static str,
    /// JSON: draft 7 for what people write as YAML, because the editors' YAML servers read it, else draft 2020-12.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal)*) => {
        /// Every schema.
        pub const ALL: &[Schema] = &[
            $(Schema { name: $name, text: include_str!(concat!("../schemas/", $name, ".json")) }),*
        ];
    };
}

schemas! {
    "manifest.v2"
    "alga-ext.yaml"
    "trust.yaml"
    "bundle.index"
    "output.error"
    "output.new"
    "output.new.list"
    "output.build"
    "output.validate"
    "output.validate.against"
    "output.explain"
    "output.explain.list"
    "output.pack"
    "output.convert"
    "output.ls"
    "output.unpack"
    "output.keys.generate"
    "output.keys.import"
    "output.keys.export"
    "output.keys.list"
    "output.keys.change-password"
    "output.keys.default"
    "output.sign"
    "output.attest"
    "output.verify"
    "output.verify.dir"
    "output.verify.rebuild"
    "output.trust.init"
    "output.trust.add"
    "output.trust.remove"
    "output.trust.rotate"
    "output.trust.revoke"
    "output.trust.list"
    "output.trust.explain"
    "output.inspect"
    "output.diff"
    "output.dev"
    "output.invoke"
    "output.publish"
    "output.registry.serve"
    "output.registry.ls"
    "output.registry.versions"
    "output.registry.fetch"
    "output.registry.install"
    "output.registry.uninstall"
    "output.wit"
    "output.types"
    "output.schema"
    "output.cache"
    "output.doctor"
    "output.tour"
}

/// The schema of that name; its file's name will do as well.
pub fn named(name: &str) -> Option<Schema> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    ALL.iter().copied().find(|schema| schema.name == name)
}
