//! The compressed frame around a tar: one zstd frame or one gzip member, and not a byte after it.

use super::limits::Meter;
use super::{Container, Error, tar};
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read, Write};

/// zstd's level: what the platform's own packer uses (contract/registry.md §2.2).
const ZSTD_LEVEL: i32 = 19;

/// One zstd frame with checksum and content size, made by a single thread so that the bytes never differ.
pub(super) fn zstd(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    compressor.include_checksum(true)?;
    compressor.include_contentsize(true)?;
    Ok(compressor.compress(bytes)?)
}

/// One gzip member that names no file, no time and no system.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Reads the tar in a zstd frame.
pub(super) fn read_zstd(bytes: &[u8]) -> Result<super::Bundle, Error> {
    let decoder = zstd::stream::read::Decoder::with_buffer(bytes)?.single_frame();
    read(bytes, decoder, Container::TarZst, zstd::stream::read::Decoder::finish)
}

/// Reads the tar in a gzip member.
pub(super) fn read_gzip(bytes: &[u8]) -> Result<super::Bundle, Error> {
    read(bytes, GzDecoder::new(bytes), Container::TarGz, GzDecoder::into_inner)
}

/// Unpacks `decoder` within bounds, then asks it for what it left of `bytes`.
fn read<'a, D: Read>(
    bytes: &'a [u8],
    mut decoder: D,
    container: Container,
    rest: impl FnOnce(D) -> &'a [u8],
) -> Result<super::Bundle, Error> {
    let meter = Meter::new(bytes.len());
    let contents = tar::read(meter.reading(&mut decoder), container);
    // A limit passed is what happened, however the layers above it put it.
    meter.check()?;
    let contents = contents?;
    // The end of the frame holds its checksum: it is read only when one more read finds nothing.
    let mut beyond = [0; 1];
    if decoder.read(&mut beyond).map_err(|error| damaged(container, &error))? != 0 {
        return Err(Error::Damaged { container, why: "the tar does not end where its frame does".into() });
    }
    let rest = rest(decoder).len();
    if rest != 0 {
        return Err(Error::Trailing { count: rest });
    }
    contents.finish(container)
}

/// What a decoder says of bytes it cannot read.
pub(super) fn damaged(container: Container, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
        _ => error.to_string(),
    };
    Error::Damaged { container, why }
}
