//! What holds of whatever is read.

use alga_ext::bundle::{self, Container, Error};
use std::collections::HashSet;
use std::io::{Cursor, Read};

/// More than this is read piece by piece alone, as `verify` and `unpack` do: what that holds in memory is what counts.
const SMALL: u64 = 1 << 20;

/// Bytes that may be any archive.
pub fn archive(bytes: &[u8]) {
    if let Some(container) = Container::of(bytes) {
        read(bytes, container);
    }
}

/// What is read is of that container, within the bounds, written again the same, and found unchanged.
pub fn read(bytes: &[u8], container: Container) {
    let mut seen = Vec::new();
    let walked = bundle::walk(Cursor::new(bytes), &mut |path: &str, body: &mut dyn Read| {
        // A visitor may stop early; what it leaves is read for it.
        let mut some = [0; 100];
        let _ = body.read(&mut some)?;
        seen.push(path.to_owned());
        Ok::<_, Error>(())
    });
    let listing = match walked {
        Ok(listing) => listing,
        Err(error) => {
            // Whatever it says can stand in a terminal.
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
            return;
        }
    };
    assert_eq!(listing.container, container);
    assert_eq!(listing.files.len(), seen.len());
    assert!(listing.files.len() <= bundle::limits::ENTRIES);
    assert!(listing.files.is_sorted_by(|one, other| one.path < other.path));
    let mut folded = HashSet::new();
    for file in &listing.files {
        assert!(!file.path.starts_with('/') && !file.path.contains(['\\', ':', '\0']));
        assert!(!file.path.split('/').any(|name| matches!(name, "" | "." | "..")));
        assert!(folded.insert(bundle::folded(&file.path)), "{}", file.path);
    }
    let total: u64 = listing.files.iter().map(|file| file.size).sum();
    assert!(total <= bundle::limits::UNPACKED);
    if total > SMALL {
        return;
    }
    let read = bundle::read(bytes).expect("what was walked through can be read");
    assert_eq!(read.index, listing.index);
    // Zeros may be packed so well that their ratio is too high.
    let Ok(written) = bundle::write(&read.entries, Container::Zip) else { return };
    let again = bundle::read(&written).expect("what was written can be read");
    assert_eq!(again.entries, read.entries);
}
