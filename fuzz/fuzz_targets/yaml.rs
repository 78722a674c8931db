//! Reads the input as `alga-ext.yaml`, alone: no panic, no hang, places within the text.
#![no_main]

use alga_ext::config::Config;
use alga_ext::manifest::source::Node;
use alga_ext::validate::configuration;
use alga_ext::yaml;

#[path = "said.rs"]
mod said;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(root) = yaml::tree(text) {
        within(&root, text);
    }
    said::findings(&configuration(text, "alga-ext.yaml"), text);
    // What is understood can be written, and is understood the same.
    if let Ok(config) = yaml::parse::<Config>(text) {
        let written = yaml::print(&config).expect("a configuration can be written");
        yaml::parse::<Config>(&written).expect("what is written can be read");
    }
});

fn within(node: &Node, text: &str) {
    assert!(node.start <= node.end && text.get(node.start..node.end).is_some(), "{node:?}");
    node.items().unwrap_or_default().iter().for_each(|item| within(item, text));
    for member in node.members().unwrap_or_default() {
        assert!(text.get(member.start..member.end).is_some(), "{member:?}");
        within(&member.value, text);
    }
}
