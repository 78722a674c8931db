//! The compressed frame around a tar: one zstd frame or one gzip member, and not a byte after it.

use super::limits::Meter;
use super::walk::Walk;
use super::{Error, Part, tar};
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, BufRead, Write};

/// zstd's level: what the platform's own packer uses (contract/registry.md §2.2).
const ZSTD_LEVEL: i32 = 19;
/// And its quickest, for those who cannot wait.
const ZSTD_FAST: i32 = 1;
/// The window of that one, 256 KiB: all of it is held in memory, by who reads it too.
const WINDOW_FAST: u32 = 18;
/// The largest window a frame may ask for: 32 MiB, four times what level 19 takes. It bounds the memory of reading.
const WINDOW: u32 = 25;

/// One zstd frame with checksum and content size, made by a single thread so that the bytes never differ.
pub(super) fn write_zstd(parts: &[&Part], fast: bool, out: &mut impl Write) -> Result<(), Error> {
    let level = if fast { ZSTD_FAST } else { ZSTD_LEVEL };
    let mut encoder = zstd::stream::write::Encoder::new(out, level)?;
    encoder.include_checksum(true)?;
    encoder.include_contentsize(true)?;
    if fast {
        encoder.window_log(WINDOW_FAST)?;
    }
    // With the size known before, zstd takes the parameters it would for a file.
    encoder.set_pledged_src_size(Some(tar::length(parts)?))?;
    tar::write(parts, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}

/// One gzip member that names no file, no time and no system.
pub(super) fn write_gzip(parts: &[&Part], fast: bool, out: &mut impl Write) -> Result<(), Error> {
    let level = if fast { Compression::fast() } else { Compression::best() };
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(out, level);
    tar::write(parts, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}

/// Reads the tar in a zstd frame; `length` is the archive's.
pub(super) fn read_zstd<E: From<Error>>(
    reader: impl BufRead,
    length: u64,
    walk: &mut Walk<'_, E>,
) -> Result<(), E> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(Error::Io)?.single_frame();
    decoder.window_log_max(WINDOW).map_err(Error::Io)?;
    let meter = Meter::new(length);
    // The tar is read until nothing comes, and with that the frame's checksum.
    tar::read(&mut meter.reading(&mut decoder), walk)?;
    Ok(nothing_after(decoder.finish())?)
}

/// Reads the tar in a gzip member; `length` is the archive's.
pub(super) fn read_gzip<E: From<Error>>(
    reader: impl BufRead,
    length: u64,
    walk: &mut Walk<'_, E>,
) -> Result<(), E> {
    let mut decoder = GzDecoder::new(reader);
    let meter = Meter::new(length);
    tar::read(&mut meter.reading(&mut decoder), walk)?;
    Ok(nothing_after(decoder.into_inner())?)
}

fn nothing_after(mut rest: impl BufRead) -> Result<(), Error> {
    let count = io::copy(&mut rest, &mut io::sink())?;
    if count == 0 { Ok(()) } else { Err(Error::Trailing { count }) }
}
