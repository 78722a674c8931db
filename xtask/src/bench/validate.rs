//! `validate` of more than a template: the `fullstack` example, and one with as many endpoints as a manifest holds.

use super::process::{Cost, cost};
use super::{Bench, Part, Row, median};
use crate::Problem;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What judging takes.
pub(super) const VALIDATE: Part = Part { figures: &[EXAMPLE, ENDPOINTS], measure: judgements };
const EXAMPLE: &str = "`validate` of the `fullstack` example";
const ENDPOINTS: &str = "`validate` of 10,000 endpoints";

fn judgements(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let example = fullstack(bench, "fullstack")?;
    let many = fullstack(bench, "endpoints")?;
    let path = many.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs_err::read(&path)?)?;
    let endpoint = |number: u32| json!({ "method": "GET", "path": format!("/orders/{number}/:id"), "handler": "dist/main" });
    if let Some(list) = manifest.pointer_mut("/api/endpoints").and_then(Value::as_array_mut) {
        list.extend((list.len()..10_000).filter_map(|number| u32::try_from(number).ok()).map(endpoint));
    }
    fs_err::write(&path, manifest.to_string())?;
    Ok(vec![
        row(bench, EXAMPLE, &example, "≤ 20 ms CPU", 20.0)?,
        row(bench, ENDPOINTS, &many, "≤ 200 ms CPU", 200.0)?,
    ])
}

/// A copy of the example, built.
fn fullstack(bench: &Bench, name: &str) -> Result<PathBuf, Problem> {
    let folder = bench.folder.join(name);
    copy(&bench.root.join("examples/fullstack"), &folder)?;
    bench.alga(&["build"], &folder)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn row(
    bench: &Bench,
    what: &'static str,
    project: &Path,
    promise: &'static str,
    most: f64,
) -> Result<Row, Problem> {
    let (mut base, mut times, mut walls, mut ratios) = (vec![], vec![], vec![], vec![]);
    let milliseconds = |cost: &Cost| cost.cpu.as_secs_f64() * 1e3;
    for _ in 0..31 {
        let version = milliseconds(&cost(&mut bench.command(&["--version"], project))?);
        let judged = cost(&mut bench.command(&["validate"], project))?;
        ratios.push(milliseconds(&judged) / version);
        base.push(version);
        times.push(milliseconds(&judged));
        walls.push(judged.wall.as_secs_f64() * 1e3);
    }
    let (time, wall) = (median(times), median(walls));
    Ok(Row {
        what,
        figure: format!("{time:.1} ms CPU, {wall:.1} ms"),
        baseline: format!("`--version`, {:.1} ms CPU", median(base)),
        ratio: median(ratios),
        promise,
        kept: time <= most,
    })
}
