//! The generated pages of `docs/`: findings, and the quick reference.

use super::outputs::{self, Field, Output};
use super::{config_schema, man};
use alga_ext::exit::Exit;
use alga_ext::findings::{Code, Explanation};
use alga_ext::manifest::{Capability, keys};
use clap::{Arg, Command};
use serde_json::Value;
use std::fmt::Write;

const NOTE: &str = "<!-- written by `cargo xtask codegen`; do not edit -->\n";

/// `docs/findings.md`
pub(super) fn findings() -> String {
    let mut page = format!("# Findings\n\n{NOTE}\n");
    page.push_str(
        "What `alga-ext validate` says, and `pack` and `publish` with it. An **error** is what the platform would \
         refuse, or what would never work there; a **warning** works, and probably not as meant. Codes are stable.\n\n\
         | code | severity | what |\n|---|---|---|\n",
    );
    for code in Code::all() {
        let _ = writeln!(page, "| [`{code}`](#{code}) | {} | {} |", code.severity().as_str(), code.summary());
    }
    for (subject, codes) in Code::subjects() {
        let _ = write!(page, "\n## {subject}\n");
        for code in *codes {
            finding(*code, &mut page);
        }
    }
    page
}

/// One rule: what `alga-ext explain` says of it.
fn finding(code: Code, page: &mut String) {
    let _ = write!(
        page,
        "\n### {code}\n\n**{}** ({}). {}\n\n",
        code.summary(),
        code.severity().as_str(),
        code.explanation()
    );
    let example = Explanation::of(code).example;
    let _ = match example.file {
        None => writeln!(page, "- For example: {}\n- Mended: {}", example.wrong, example.mended),
        Some(file) => {
            let language = file.rsplit('.').next().unwrap_or_default();
            let wrong = example.wrong.replace('\u{feff}', "<U+FEFF>");
            let fence = |text: &str| format!("```{language}\n{}\n```", text.trim_end());
            writeln!(page, "In `{file}`:\n\n{}\n\nMended:\n\n{}", fence(&wrong), fence(example.mended))
        }
    };
    if code.platform() != "alga-ext" {
        let _ = writeln!(page, "\nThe platform: {}.", code.platform());
    }
}

/// `docs/quick-reference.md`
pub(super) fn quick_reference(config: &Value) -> String {
    let mut page = format!("# Quick reference\n\n{NOTE}\n## Commands\n\n| command | does |\n|---|---|\n");
    let root = man::command();
    commands(&root, &mut page);
    page.push_str("\nOptions of every command:\n\n");
    page.push_str(&options(&root, true));
    page.push_str("\n## Options\n");
    details(&root, &mut page);
    page.push_str("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (exit, meaning) in Exit::TABLE {
        let _ = writeln!(page, "| {} | {meaning} |", exit.code());
    }
    page.push_str("\n## Capabilities\n\n| capability | opens | granted |\n|---|---|---|\n");
    for capability in Capability::ALL {
        let opens: Vec<String> = capability.interfaces().iter().map(|name| format!("`{name}`")).collect();
        let granted = if capability.is_default() { "always" } else { "when asked for" };
        let _ = writeln!(page, "| `{capability}` | {} | {granted} |", opens.join(", "));
    }
    page.push_str("\n## manifest.json\n\n| key | must | what |\n|---|---|---|\n");
    for key in keys::KEYS {
        let must = if key.required { "yes" } else { "" };
        let _ = writeln!(page, "| `{}` | {must} | {} |", key.path(), cell(key.summary));
    }
    page.push_str("\n## alga-ext.yaml\n\nEvery key is optional unless its list entry needs it.\n\n");
    page.push_str("| key | type | default | what |\n|---|---|---|---|\n");
    for [path, kind, default, what] in config_schema::rows(config) {
        let _ = writeln!(page, "| `{path}` | {kind} | {default} | {} |", cell(&what));
    }
    page.push_str("\n## JSON output\n\nWith `--format json`. `?` marks what may be `null` or absent.\n\n");
    page.push_str("| command | keys |\n|---|---|\n");
    for output in outputs::all() {
        let _ = writeln!(page, "| {} | {} |", heading(output), fields(output.fields));
    }
    page
}

fn heading(output: &Output) -> String {
    match output.command {
        "" => "any, when it fails".into(),
        command => format!("`{command}`"),
    }
}

fn fields(fields: &[Field]) -> String {
    let words: Vec<String> = fields
        .iter()
        .map(|field| format!("`{}`{}", field.name, if field.optional { "?" } else { "" }))
        .collect();
    words.join(", ")
}

fn commands(command: &Command, page: &mut String) {
    for subcommand in visible(command) {
        if visible(subcommand).next().is_some() {
            commands(subcommand, page);
        } else {
            let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(page, "| `{}` | {} |", code(&usage(subcommand)), cell(&about));
        }
    }
}

fn details(command: &Command, page: &mut String) {
    for subcommand in visible(command) {
        let rows = options(subcommand, false);
        if !rows.is_empty() {
            let _ = write!(
                page,
                "\n### {}\n\n{rows}",
                subcommand.get_bin_name().unwrap_or_else(|| subcommand.get_name())
            );
        }
        details(subcommand, page);
    }
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set())
}

/// `alga-ext sign <BUNDLE> --key <FILE>`: what must be written.
fn usage(command: &Command) -> String {
    let mut usage = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    for argument in command.get_positionals() {
        let name = value(argument);
        let _ =
            if argument.is_required_set() { write!(usage, " <{name}>") } else { write!(usage, " [{name}]") };
    }
    for argument in command.get_opts().filter(|argument| argument.is_required_set()) {
        let _ = write!(usage, " --{} <{}>", argument.get_long().unwrap_or_default(), value(argument));
    }
    usage
}

/// A table of arguments: the global ones, or those of the command alone.
fn options(command: &Command, global: bool) -> String {
    let mut table = String::new();
    for argument in command.get_arguments() {
        let built_in = matches!(argument.get_id().as_str(), "help" | "version");
        if argument.is_hide_set() || built_in || argument.is_global_set() != global {
            continue;
        }
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let mut notes = Vec::new();
        let choices = argument.get_possible_values();
        if !choices.is_empty() && argument.get_action().takes_values() {
            let names: Vec<&str> = choices
                .iter()
                .filter(|choice| !choice.is_hide_set())
                .map(clap::builder::PossibleValue::get_name)
                .collect();
            notes.push(format!("one of {}", names.join(", ")));
        }
        if let Some(default) =
            argument.get_default_values().first().filter(|_| argument.get_action().takes_values())
        {
            notes.push(format!("default {}", default.to_string_lossy()));
        }
        if let Some(variable) = argument.get_env() {
            notes.push(format!("or `{}`", variable.to_string_lossy()));
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        let _ = writeln!(table, "| `{}` | {}{notes} |", code(&name(argument)), cell(&help));
    }
    if table.is_empty() { table } else { format!("| option | what |\n|---|---|\n{table}") }
}

fn name(argument: &Arg) -> String {
    let takes = argument.get_action().takes_values();
    match (argument.get_short(), argument.get_long()) {
        (_, None) if takes => format!("<{}>", value(argument)),
        (short, long) => {
            let names: Vec<String> = short
                .map(|short| format!("-{short}"))
                .into_iter()
                .chain(long.map(|long| format!("--{long}")))
                .collect();
            if takes { format!("{} <{}>", names.join(", "), value(argument)) } else { names.join(", ") }
        }
    }
}

fn value(argument: &Arg) -> String {
    let names: Vec<String> =
        argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    if names.is_empty() { argument.get_id().as_str().to_uppercase() } else { names.join(" ") }
}

/// Code that can stand between backticks in a table.
fn code(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Text that can stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").split_whitespace().collect::<Vec<_>>().join(" ")
}
