//! What is written reads back; what is damaged, hostile or ambiguous is refused.

use super::*;

fn entry(path: &str, bytes: impl Into<Vec<u8>>) -> Entry {
    Entry { path: path.into(), bytes: bytes.into() }
}

fn sample() -> Vec<Entry> {
    vec![
        entry("ui/index.html", "<!doctype html>"),
        entry("dist/main.wasm", b"\0asm".repeat(300)),
        entry("manifest.json", r#"{"name":"com.acme.a"}"#),
        entry("ui/empty", ""),
        entry(&format!("ui/{}/{}é.js", "long".repeat(40), "name".repeat(40)), "1"),
    ]
}

#[test]
fn what_is_written_reads_back_sorted() {
    for container in Container::ALL {
        let bytes = write(&sample(), container).unwrap();
        let bundle = read(&bytes).unwrap();
        assert_eq!(bundle.container, container);
        let mut expected = sample();
        expected.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(bundle.entries, expected);
        assert_eq!(bundle.entry("ui/index.html"), Some(&b"<!doctype html>"[..]));
        assert_eq!(bundle.entry("ui"), None);
    }
}

#[test]
fn odd_names_come_back_as_they_were() {
    let names = [
        " x".to_owned(),
        "-rf".into(),
        "...x".into(),
        "ui/ a".into(),
        "ui/con".into(),
        "ui/a%2e%2e".into(),
        "ui/e\u{301}".into(),
        "ui/\u{a0}é".into(),
        "ui/\u{1f600}".repeat(40),
        "n".repeat(limits::NAME),
        format!("{}/{}", "é".repeat(60), "n".repeat(101)),
        "d/".repeat(511) + "ab",
    ];
    let mut entries: Vec<Entry> = names.into_iter().map(|name| entry(&name, "1")).collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    for container in Container::ALL {
        assert_eq!(read(&write(&entries, container).unwrap()).unwrap().entries, entries, "{container}");
    }
}

#[test]
fn the_order_of_entries_does_not_matter() {
    for container in Container::ALL {
        let mut backwards = sample();
        backwards.reverse();
        assert_eq!(write(&sample(), container).unwrap(), write(&backwards, container).unwrap());
    }
}

/// These bytes are what every machine must make; they change only when a compressor in the lock file does.
#[test]
fn the_bytes_are_pinned() {
    let digests: Vec<String> = Container::ALL
        .iter()
        .map(|container| Digest::of(&write(&sample(), *container).unwrap()).hex())
        .collect();
    insta::assert_snapshot!(digests.join("\n"), @r"
    392d6d35d912a1031bbb587af59dddba289ca006eb25fbfe49888e0209755919
    0cc9303d09e998c1b01909fa457e36494d6fd3512ad54fd0f7303c6bdac552a0
    ee13bce6c2c69babf7a0fde5bfbbbcf16a00ca3f9814342ac4ac3ea6cefb88c6
    ");
}

#[test]
fn every_cut_and_every_byte_more_is_refused() {
    for container in Container::ALL {
        let bytes = write(&sample(), container).unwrap();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{container} cut at {length}");
        }
        for more in [&b"\0"[..], b"x", &[0; 1024], &bytes] {
            let longer = [&bytes, more].concat();
            assert!(read(&longer).is_err(), "{container} with {} bytes more", more.len());
        }
    }
}

#[test]
fn no_changed_byte_makes_it_panic() {
    for container in Container::ALL {
        let bytes = write(&sample(), container).unwrap();
        for at in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let _ = read(&changed);
            }
        }
    }
}

#[test]
fn what_cannot_be_read_cannot_be_written() {
    let twice = [entry("a", "1"), entry("a", "2")];
    let both = [entry("a", "1"), entry("a/b", "2")];
    let out = [entry("../a", "1")];
    let zeros = [entry("ui/zeros", vec![0; 8 << 20])];
    for container in Container::ALL {
        assert!(matches!(write(&twice, container), Err(Error::Duplicate { .. })));
        assert!(matches!(write(&both, container), Err(Error::Duplicate { .. })));
        assert!(matches!(write(&out, container), Err(Error::Path { .. })));
    }
    assert!(matches!(write(&zeros, Container::TarZst), Err(Error::Ratio { .. })));
    let many: Vec<Entry> = (0..=limits::ENTRIES).map(|at| entry(&format!("ui/{at}"), "")).collect();
    assert!(matches!(write(&many, Container::Zip), Err(Error::TooManyEntries { .. })));
}

mod hostile {
    use super::*;
    use ::tar::{Builder, EntryType, Header};

    /// A tar entry with its name put into the header as it is.
    fn append(builder: &mut Builder<Vec<u8>>, name: &[u8], kind: EntryType, bytes: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    }

    fn tar(entries: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, bytes) in entries {
            append(&mut builder, name, *kind, bytes);
        }
        builder.into_inner().unwrap()
    }

    fn packed(tar: &[u8]) -> Vec<u8> {
        ::zstd::bulk::compress(tar, 19).unwrap()
    }

    fn gzipped(tar: &[u8]) -> Vec<u8> {
        let mut encoder = ::flate2::write::GzEncoder::new(Vec::new(), ::flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, tar).unwrap();
        encoder.finish().unwrap()
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in [&b"../evil"[..], b"/etc/passwd", b"a/../../b", b"a\\b", b"a\xff", b"a//b"] {
            for archive in [packed(&tar(&[(name, FILE, b"1")])), gzipped(&tar(&[(name, FILE, b"1")]))] {
                assert!(
                    matches!(read(&archive), Err(Error::Path { .. })),
                    "{:?}",
                    name.escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn links_and_devices_are_refused() {
        let kinds = [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Char,
            EntryType::Block,
            EntryType::Fifo,
            EntryType::Continuous,
            EntryType::XGlobalHeader,
        ];
        for kind in kinds {
            assert!(matches!(read(&packed(&tar(&[(b"a", kind, b"")]))), Err(Error::Kind { .. })), "{kind:?}");
        }
    }

    #[test]
    fn a_name_twice_is_refused_however_it_is_spelled() {
        for second in [&b"ui/a"[..], b"./ui/a", b"././ui/a", b"ui"] {
            let archive = packed(&tar(&[(b"ui/a", FILE, b"1"), (second, FILE, b"2")]));
            assert!(matches!(read(&archive), Err(Error::Duplicate { .. })), "{second:?}");
        }
        let folder = packed(&tar(&[(b"ui", FILE, b"1"), (b"ui/", EntryType::Directory, b"")]));
        assert!(matches!(read(&folder), Err(Error::Duplicate { .. })));
    }

    #[test]
    fn folders_and_a_leading_dot_slash_are_what_others_write() {
        let archive = packed(&tar(&[
            (b"./", EntryType::Directory, b""),
            (b"./ui/", EntryType::Directory, b""),
            (b"./ui/a", FILE, b"1"),
        ]));
        assert_eq!(read(&archive).unwrap().entries, [entry("ui/a", "1")]);
    }

    #[test]
    fn a_manifest_below_that_comes_first_is_refused() {
        let archive = packed(&tar(&[(b"ui/manifest.json", FILE, b"{}"), (b"manifest.json", FILE, b"{}")]));
        assert!(matches!(read(&archive), Err(Error::ManifestShadowed { .. })));
        let archive = packed(&tar(&[(b"manifest.json", FILE, b"{}"), (b"ui/manifest.json", FILE, b"{}")]));
        assert!(read(&archive).is_ok());
    }

    #[test]
    fn a_tar_without_its_end_or_with_more_after_it_is_refused() {
        let whole = tar(&[(b"zeros", FILE, &[0; 2048])]);
        assert!(read(&packed(&whole)).is_ok());
        for length in (0..whole.len()).step_by(512).chain([whole.len() - 1]) {
            assert!(read(&packed(&whole[..length])).is_err(), "{length}");
        }
        let hidden = [whole.clone(), tar(&[(b"evil", FILE, b"1")])].concat();
        assert!(matches!(read(&packed(&hidden)), Err(Error::Damaged { .. })));
        assert!(read(&packed(&[whole, vec![0; 4096]].concat())).is_ok());
    }

    #[test]
    fn two_frames_are_one_too_many() {
        let whole = tar(&[(b"a", FILE, b"1")]);
        let (head, tail) = whole.split_at(512);
        assert!(read(&[packed(head), packed(tail)].concat()).is_err());
        assert!(read(&[packed(&whole), packed(b"")].concat()).is_err());
    }

    #[test]
    fn a_bomb_is_refused_early() {
        let zeros = vec![0; 64 << 20];
        let archive = packed(&tar(&[(b"zeros", FILE, &zeros)]));
        assert!(matches!(read(&archive), Err(Error::Ratio { .. })), "{}", archive.len());
        let many: Vec<u8> = (0..=limits::ENTRIES)
            .fold(Builder::new(Vec::new()), |mut builder, at| {
                append(&mut builder, format!("{at}").as_bytes(), FILE, b"");
                builder
            })
            .into_inner()
            .unwrap();
        assert!(matches!(read(&packed(&many)), Err(Error::TooManyEntries { .. })));
    }

    #[test]
    fn a_size_beyond_the_archive_is_refused() {
        let mut header = Header::new_gnu();
        header.set_path("a").unwrap();
        header.set_size(1 << 40);
        header.set_cksum();
        let cut = [header.as_bytes().as_slice(), &[0; 2048]].concat();
        assert!(matches!(read(&packed(&cut)), Err(Error::Damaged { .. })));
    }

    #[test]
    fn two_statements_of_one_name_are_refused() {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([("path", &b"one"[..]), ("path", b"two")]).unwrap();
        append(&mut builder, b"three", FILE, b"1");
        assert!(matches!(read(&packed(&builder.into_inner().unwrap())), Err(Error::Damaged { .. })));
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([("size", &b"0"[..])]).unwrap();
        append(&mut builder, b"a", FILE, b"1");
        assert!(matches!(read(&packed(&builder.into_inner().unwrap())), Err(Error::Damaged { .. })));
    }

    mod zips {
        use super::*;
        use ::zip::ZipWriter;
        use ::zip::write::SimpleFileOptions;
        use std::io::{Cursor, Write};

        fn zip(build: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            build(&mut writer);
            writer.finish().unwrap().into_inner()
        }

        #[test]
        fn names_and_links_are_as_for_tar() {
            for name in ["../evil", "/etc/passwd", "a\\b", "a//b"] {
                let archive = zip(|writer| {
                    writer.start_file(name, SimpleFileOptions::default()).unwrap();
                });
                assert!(matches!(read(&archive), Err(Error::Path { .. })), "{name}");
            }
            let link = zip(|writer| writer.add_symlink("a", "/etc", SimpleFileOptions::default()).unwrap());
            assert!(matches!(read(&link), Err(Error::Kind { .. })));
        }

        #[test]
        fn two_archives_in_one_are_refused() {
            let one = write(&[entry("a", "1")], Container::Zip).unwrap();
            assert!(read(&one).is_ok());
            assert!(read(&[&one[..], &one].concat()).is_err());
            assert!(read(&[&b"PK\x03\x04junk"[..], &one].concat()).is_err());
        }

        #[test]
        fn a_local_header_that_disagrees_is_refused() {
            let archive = write(&[entry("a", "123456"), entry("b", "2")], Container::Zip).unwrap();
            // Name, method, crc and sizes of the first local header.
            for at in [6, 8, 14, 18, 22, 26, 28, 30] {
                let mut changed = archive.clone();
                changed[at] ^= 1;
                assert!(read(&changed).is_err(), "{at}");
            }
        }

        #[test]
        fn overlapping_files_are_refused() {
            // Both central headers name the first local file.
            let archive = write(&[entry("a", "1"), entry("b", "1")], Container::Zip).unwrap();
            let second = archive.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
            let mut changed = archive;
            changed[second + 42..second + 46].copy_from_slice(&[0; 4]);
            assert!(read(&changed).is_err());
        }

        #[test]
        fn a_bomb_is_refused() {
            let archive = zip(|writer| {
                writer.start_file("zeros", SimpleFileOptions::default().compression_level(Some(9))).unwrap();
                writer.write_all(&vec![0; 64 << 20]).unwrap();
            });
            assert!(matches!(read(&archive), Err(Error::Ratio { .. })), "{}", archive.len());
        }
    }
}
