//! Guests without a toolchain: core modules in WAT, wrapped with wit-component against `wit/`.

use std::fmt::Write;

/// Where the results of a guest's calls lie: one slot after another.
pub(crate) const RESULTS: usize = 1024;
/// Bytes of one slot.
pub(crate) const SLOT: usize = 256;
/// Where texts of arguments begin.
const TEXTS: usize = 16_384;

/// Makes a component of a core module in WAT.
pub(crate) fn component(wat: &str) -> Vec<u8> {
    let module = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    alga_ext::component::from_module(&module).unwrap_or_else(|error| panic!("{error:?}\n{wat}"))
}

/// A guest whose `handler` has this body, which leaves the response's address; 16 is free for a response,
/// `$imports` come first. Memory is `pages` long; `$top` is where free memory begins.
pub(crate) fn guest(imports: &str, pages: usize, handler: &str) -> Vec<u8> {
    component(&module(imports, pages, TEXTS, handler))
}

fn module(imports: &str, pages: usize, top: usize, handler: &str) -> String {
    format!(
        r#"(module
  {imports}
  (memory (export "memory") {pages})
  (global $top (mut i32) (i32.const {top}))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    (local.set 4 (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get 4) (local.get 3)))
    (local.get 4))
  (func (export "handler") (param $request i32) (result i32)
    {handler}))"#
    )
}

/// WAT that writes a response at 16 with this status and a body at these two expressions.
pub(crate) fn respond(status: u16, pointer: &str, length: &str) -> String {
    format!(
        "(i32.store16 (i32.const 16) (i32.const {status}))
    (i32.store8 (i32.const 28) (i32.const 1))
    (i32.store (i32.const 32) {pointer})
    (i32.store (i32.const 36) {length})
    (i32.const 16)"
    )
}

/// One flat argument of a host call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    /// A string or list of bytes: pointer and length.
    Text(&'a str),
    /// A number, enum, bool, or an option's or variant's case.
    I32(i32),
    /// A wide number.
    I64(i64),
    /// The address of a record or list that lies in memory, as its words.
    Memory(&'a [Word<'a>]),
}

/// Part of a record in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word<'a> {
    /// Four bytes.
    U32(u32),
    /// A real number.
    F64(f64),
    /// A string: pointer and length.
    Text(&'a str),
}

/// Static data of a guest, and where the next piece goes.
struct Texts {
    wat: String,
    top: usize,
}

impl Texts {
    /// Lays bytes down, eight-aligned; their address.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let at = self.top.next_multiple_of(8);
        let escaped = bytes.iter().fold(String::new(), |mut escaped, byte| {
            let _ = write!(escaped, "\\{byte:02x}");
            escaped
        });
        let _ = write!(self.wat, "(data (i32.const {at}) \"{escaped}\")");
        self.top = at + bytes.len();
        at
    }

    fn put_words(&mut self, words: &[Word<'_>]) -> usize {
        let mut bytes = Vec::new();
        for word in words {
            match word {
                Word::U32(value) => bytes.extend(value.to_le_bytes()),
                Word::F64(value) => bytes.extend(value.to_bits().to_le_bytes()),
                Word::Text(text) => {
                    let at = u32::try_from(self.put(text.as_bytes())).unwrap();
                    bytes.extend(at.to_le_bytes());
                    bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
                }
            }
        }
        self.put(&bytes)
    }
}

/// `none` of `option<string>`.
pub(crate) const NO_TEXT: [Arg<'static>; 3] = [Arg::I32(0), Arg::I32(0), Arg::I32(0)];
/// `none` of an option of a small number, enum or bool.
pub(crate) const NO_SMALL: [Arg<'static>; 2] = [Arg::I32(0), Arg::I32(0)];

/// `some` of `option<string>` or `option<list<u8>>`.
pub(crate) fn text(text: &str) -> [Arg<'_>; 2] {
    [Arg::I32(1), Arg::Text(text)]
}

/// `some` of an option of a small number, enum or bool.
pub(crate) fn small(value: i32) -> [Arg<'static>; 2] {
    [Arg::I32(1), Arg::I32(value)]
}

/// One host call of a [`probe`].
pub(crate) struct Ask<'a> {
    interface: &'a str,
    function: &'a str,
    arguments: Vec<Arg<'a>>,
}

/// A host call with flat arguments; its result goes to the next slot.
pub(crate) fn ask<'a>(
    interface: &'a str,
    function: &'a str,
    arguments: impl IntoIterator<Item = Arg<'a>>,
) -> Ask<'a> {
    Ask { interface, function, arguments: arguments.into_iter().collect() }
}

/// A guest that makes these host calls and answers with its whole memory, for [`Dump`] to read.
pub(crate) fn probe(asks: &[Ask<'_>]) -> Vec<u8> {
    let (mut imports, mut calls) = (String::new(), String::new());
    let mut texts = Texts { wat: String::new(), top: TEXTS };
    for (index, Ask { interface, function, arguments }) in asks.iter().enumerate() {
        let (mut params, mut pushes) = (String::new(), String::new());
        for argument in arguments {
            match argument {
                Arg::Text(text) => {
                    let at = texts.put(text.as_bytes());
                    let _ = write!(pushes, "(i32.const {at}) (i32.const {}) ", text.len());
                    params.push_str("i32 i32 ");
                }
                Arg::Memory(words) => {
                    let at = texts.put_words(words);
                    let _ = write!(pushes, "(i32.const {at}) ");
                    params.push_str("i32 ");
                }
                Arg::I32(value) => {
                    let _ = write!(pushes, "(i32.const {value}) ");
                    params.push_str("i32 ");
                }
                Arg::I64(value) => {
                    let _ = write!(pushes, "(i64.const {value}) ");
                    params.push_str("i64 ");
                }
            }
        }
        if *interface != "logging" {
            let _ = write!(pushes, "(i32.const {})", RESULTS + index * SLOT);
            params.push_str("i32");
        }
        let _ = writeln!(
            imports,
            "(import \"alga:extension/{interface}\" \"{function}\" (func $ask{index} (param {params})))"
        );
        let _ = writeln!(calls, "(call $ask{index} {pushes})");
    }
    assert!(RESULTS + asks.len() * SLOT <= TEXTS, "too many calls for one guest");
    assert!(texts.top < 10 * 65_536, "the texts are too long for one guest");
    // The heap begins after the texts; the answer is everything up to its end.
    let answer = respond(200, "(i32.const 0)", "(global.get $top)");
    let module = module(&imports, 64, texts.top, &format!("{calls}\n{answer}"));
    component(&module.replacen("(global $top", &format!("{}\n  (global $top", texts.wat), 1))
}

/// The memory of a [`probe`] after its calls.
pub(crate) struct Dump(pub(crate) Vec<u8>);

impl Dump {
    /// Where the result of the call with this number lies.
    pub(crate) fn result(index: usize) -> usize {
        RESULTS + index * SLOT
    }

    /// A byte: a bool, a case, an option's or result's discriminant.
    pub(crate) fn u8(&self, at: usize) -> u8 {
        self.0[at]
    }

    /// Two bytes.
    pub(crate) fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.0[at..at + 2].try_into().unwrap())
    }

    /// Four bytes: a number, a pointer, a length.
    pub(crate) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    /// Eight bytes.
    pub(crate) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    /// A real number.
    pub(crate) fn f64(&self, at: usize) -> f64 {
        f64::from_bits(self.u64(at))
    }

    /// A string or list of bytes.
    pub(crate) fn text(&self, at: usize) -> String {
        let (pointer, length) = self.list(at);
        String::from_utf8(self.0[pointer..pointer + length].to_vec()).unwrap()
    }

    /// An `option<string>`.
    pub(crate) fn option(&self, at: usize) -> Option<String> {
        (self.u8(at) == 1).then(|| self.text(at + 4))
    }

    /// Where a list's items lie, and how many there are.
    pub(crate) fn list(&self, at: usize) -> (usize, usize) {
        (self.u32(at) as usize, self.u32(at + 4) as usize)
    }
}
