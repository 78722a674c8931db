//! Bundles: what packing costs against `zstd -19` on the same tar, what it takes of memory, and what verifying costs
//! against `openssl dgst -sha256` on the same file.

use super::process::{Cost, cost};
use super::{Bench, Part, Row, median};
use crate::Problem;
use alga_ext::bundle::Digest;
use fs_err::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A bundle of code, packed as well as can be.
pub(super) const PACKING: Part = Part { figures: &[SIZE, CPU], measure: packing };
const SIZE: &str = "TypeScript template, bundle against `zstd -19`";
const CPU: &str = "TypeScript template, CPU of `pack` against `zstd -19`";

/// A UI of 200 MB that does not compress.
pub(super) const LARGE: Part = Part { figures: &[MEMORY, MEMORY_FAST, HASHING, VERIFYING], measure: large };
const MEMORY: &str = "200 MB of UI, most memory of `pack`";
const MEMORY_FAST: &str = "200 MB of UI, most memory of `pack --fast`";
const HASHING: &str = "200 MB bundle, the SHA-256 of `verify` against openssl's";
const VERIFYING: &str = "200 MB bundle, `verify` against its SHA-256";

const PICTURES: u64 = 40;
const PICTURE: u64 = 5_000_000;

fn packing(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    let (bundle, tar) = (bench.folder.join("packed.tar.zst"), bench.folder.join("packed.tar"));
    let pack = || {
        // What is there already would not be made again.
        let _ = fs_err::remove_file(&bundle);
        let mut command = bench.command(&["pack", "--sbom", "none", "--out"], &project);
        cost(command.arg(&bundle))
    };
    pack()?;
    cost(tool("zstd").args(["-q", "-d", "-f"]).arg(&bundle).arg("-o").arg(&tar))?;
    let theirs = bench.folder.join("theirs.tar.zst");
    let zstd = || {
        let words = ["-19", "-q", "-f", "--single-thread"];
        cost(tool("zstd").args(words).arg(&tar).arg("-o").arg(&theirs))
    };
    let (mut base, mut subject, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..7 {
        let (zstd, pack) = (zstd()?.cpu.as_secs_f64(), pack()?.cpu.as_secs_f64());
        ratios.push(pack / zstd);
        base.push(zstd);
        subject.push(pack);
    }
    let sizes = (length(&bundle)?, length(&theirs)?);
    let (size, ratio) = (sizes.0 / sizes.1, median(ratios));
    Ok(vec![
        Row {
            what: SIZE,
            figure: format!("{:.1} KB", sizes.0 / 1e3),
            baseline: format!("`zstd -19` on the same tar, {:.1} KB", sizes.1 / 1e3),
            ratio: size,
            promise: "≤ 1.02",
            kept: size <= 1.02,
        },
        Row {
            what: CPU,
            figure: format!("{:.2} s CPU", median(subject)),
            baseline: format!("`zstd -19 --single-thread`, {:.2} s CPU", median(base)),
            ratio,
            promise: "≤ 1.1",
            kept: ratio <= 1.1,
        },
    ])
}

fn large(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.folder.join("large-ui");
    pictures(&project)?;
    let empty = cost(&mut bench.command(&["--version"], &project))?.megabytes();
    bench.alga(&["build"], &project)?;
    let bundle = project.join("dist/bundle.tar.zst");
    let pack = |more: &[&str]| -> Result<Cost, Problem> {
        let _ = fs_err::remove_file(&bundle);
        cost(bench.command(&["pack", "--sbom", "none"], &project).args(more))
    };
    let whole = pack(&[])?;
    let fast = pack(&["--fast"])?;
    let memory = |what, cost: &Cost, most: f64, promise| Row {
        what,
        figure: format!("{:.0} MB in {:.1} s", cost.megabytes(), cost.wall.as_secs_f64()),
        baseline: format!("`--version`, {empty:.1} MB"),
        ratio: cost.megabytes() / empty,
        promise,
        kept: cost.megabytes() <= most,
    };
    let mut rows =
        vec![memory(MEMORY, &whole, 128.0, "≤ 128 MB"), memory(MEMORY_FAST, &fast, 32.0, "≤ 32 MB")];
    rows.extend(verifying(bench, &project, &bundle)?);
    Ok(rows)
}

/// In threes: openssl, our pass over the same file, all of `verify`.
fn verifying(bench: &Bench, project: &Path, bundle: &Path) -> Result<[Row; 2], Problem> {
    bench.alga(&["keys", "generate", "--no-password", "--out", "key"], project)?;
    bench.alga(&["sign", "dist/bundle.tar.zst", "--key", "key"], project)?;
    let (mut base, mut passes, mut verifies) = (vec![], vec![], vec![]);
    let (mut pass_ratios, mut verify_ratios) = (vec![], vec![]);
    for _ in 0..9 {
        let openssl = cost(tool("openssl").args(["dgst", "-sha256"]).arg(bundle))?.wall.as_secs_f64();
        let begun = Instant::now();
        Digest::of_reader(&mut File::open(bundle)?)?;
        let pass = begun.elapsed().as_secs_f64();
        let words = ["verify", "dist/bundle.tar.zst", "--key", "key.pub"];
        let verify = cost(&mut bench.command(&words, project))?.wall.as_secs_f64();
        pass_ratios.push(openssl / pass);
        verify_ratios.push(verify / pass);
        base.push(openssl);
        passes.push(pass);
        verifies.push(verify);
    }
    let (speed, ratio) = (median(pass_ratios), median(verify_ratios));
    let pass = median(passes) * 1e3;
    Ok([
        Row {
            what: HASHING,
            figure: format!("{pass:.0} ms"),
            baseline: format!("`openssl dgst -sha256`, {:.0} ms", median(base) * 1e3),
            ratio: speed,
            promise: "≥ 0.9 of its speed",
            kept: speed >= 0.9,
        },
        Row {
            what: VERIFYING,
            figure: format!("{:.0} ms", median(verifies) * 1e3),
            baseline: format!("its SHA-256 pass, {pass:.0} ms"),
            ratio,
            promise: "≤ 2.5",
            kept: ratio <= 2.5,
        },
    ])
}

/// An extension whose UI is a page and pictures of noise, written piece by piece: what this process holds counts.
fn pictures(project: &Path) -> Result<(), Problem> {
    let manifest = r#"{
  "name": "com.acme.pictures", "publisher": "bench", "version": "1.0.0", "runtime": "wasm-js@1",
  "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Pictures" } } }
}
"#;
    let page =
        "<!doctype html>\n<html lang=\"en\"><head><title>Pictures</title></head><body></body></html>\n";
    fs_err::create_dir_all(project.join("ui"))?;
    fs_err::write(project.join("manifest.json"), manifest)?;
    fs_err::write(project.join("ui/index.html"), page)?;
    // The same each time (xorshift).
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 0..PICTURES {
        let path: PathBuf = project.join(format!("ui/{number}.png"));
        let mut file = BufWriter::new(File::create(path)?);
        for _ in 0..PICTURE / 8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            file.write_all(&state.to_le_bytes())?;
        }
        file.flush()?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, for ratios and people")]
fn length(path: &Path) -> Result<f64, Problem> {
    Ok(fs_err::metadata(path)?.len() as f64)
}

#[expect(clippy::disallowed_methods, reason = "what we are compared with is a process of its own")]
fn tool(program: &str) -> Command {
    Command::new(program)
}
