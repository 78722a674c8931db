//! What an editor is told of a new project: where the schemas of its two files are.
//!
//! The schemas lie in the project, beside the settings that name them, and are committed with it: they work offline, in
//! every clone, and without this tool. Nothing of `.vscode/` is packed.

use crate::schemas;

/// The settings of VS Code, which other editors read too.
const SETTINGS: &str = r#"{
  "json.schemas": [{ "fileMatch": ["/manifest.json"], "url": "./.vscode/manifest.v2.schema.json" }],
  "yaml.schemas": { "./.vscode/alga-ext.yaml.schema.json": "alga-ext.yaml" }
}
"#;

/// The files, by their paths in the project.
pub(super) fn files() -> Vec<(String, String)> {
    let schema = |name: &str| {
        let schema = schemas::named(name)?;
        Some((format!(".vscode/{name}.schema.json"), schema.text.to_owned()))
    };
    let mut files: Vec<(String, String)> =
        ["manifest.v2", "alga-ext.yaml"].into_iter().filter_map(schema).collect();
    files.push((".vscode/settings.json".into(), SETTINGS.into()));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_the_schemas_that_are_written() {
        let files = files();
        let settings: serde_json::Value = serde_json::from_str(SETTINGS).unwrap();
        let url = settings["json.schemas"][0]["url"].as_str().unwrap();
        let yaml = settings["yaml.schemas"].as_object().unwrap().keys();
        let named: Vec<&str> = std::iter::once(url).chain(yaml.map(String::as_str)).collect();
        let written: Vec<String> = files.iter().map(|(path, _)| format!("./{path}")).take(2).collect();
        assert_eq!(named, written);
    }
}
