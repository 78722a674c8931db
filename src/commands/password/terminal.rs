//! A line typed on the terminal that nobody sees, and that stays in no buffer.

use crate::interrupt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use zeroize::Zeroizing;

/// A terminal hands over lines of at most so many bytes.
const LONGEST: usize = 4_096;

/// What is typed after `prompt`.
pub(super) fn hidden_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let mut line = Zeroizing::new(vec![0; LONGEST]);
    let read = interrupt::without_echo(&terminal, || {
        // Not before: what was typed until now is thrown away, and who sees the prompt may type.
        write!(&terminal, "{prompt}: ")?;
        (&terminal).read(&mut line)
    });
    // The end of the line was not shown either.
    writeln!(terminal)?;
    match read? {
        0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "no password was typed")),
        length => {
            let typed = line.get(..length).unwrap_or_default();
            let typed = std::str::from_utf8(typed).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
            Ok(Zeroizing::new(typed.trim_end_matches(['\n', '\r']).to_owned()))
        }
    }
}
