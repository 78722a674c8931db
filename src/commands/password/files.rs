//! Secrets in files: of passwords the first line, of keys all.

use crate::error::Error;
use crate::release;
use crate::wipe;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The longest password or key that is read, in bytes.
const LONGEST: u64 = 4_096;

/// What is read from an open file descriptor.
pub(in crate::commands) fn descriptor(number: u32) -> PathBuf {
    Path::new("/dev/fd").join(number.to_string())
}

/// A short secret file, whole.
pub(in crate::commands) fn secret(path: &Path) -> Result<Zeroizing<String>, Error> {
    wipe::from_now_on();
    let bytes = Zeroizing::new(release::read_bounded(path, LONGEST)?);
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A file's first line, which must not be empty.
pub(super) fn first_line(file: &Path) -> Result<Zeroizing<String>, Error> {
    let text = secret(file)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let what = format!("the first line of `{}` holds no password", file.display());
        return Err(Error::Usage { what, hint: None });
    }
    Ok(Zeroizing::new(line.to_owned()))
}
