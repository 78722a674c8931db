//! What holds of whatever is read.

use alga_ext::bundle::{self, Container};

/// Bytes that may be any archive.
pub fn archive(bytes: &[u8]) {
    if let Some(container) = Container::of(bytes) {
        read(bytes, container);
    }
}

/// What is read is of that container, within the bounds, written again the same, and found unchanged.
pub fn read(bytes: &[u8], container: Container) {
    let Ok(read) = bundle::read(bytes) else { return };
    assert_eq!(read.container, container);
    assert!(read.entries.len() <= bundle::limits::ENTRIES);
    assert!(read.entries.is_sorted_by(|one, other| one.path < other.path));
    for entry in &read.entries {
        assert!(!entry.path.starts_with('/') && !entry.path.split('/').any(|name| name == ".." || name.is_empty()));
    }
    // Zeros may be packed so well that their ratio is too high.
    let Ok(written) = bundle::write(&read.entries, Container::Zip) else { return };
    let again = bundle::read(&written).expect("what was written can be read");
    assert_eq!(again.entries, read.entries);
}
