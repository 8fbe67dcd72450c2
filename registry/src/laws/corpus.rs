//! The kept corpus: what the fuzz targets begin with, and what they once found.
//!
//! Promises that a crash that was found and kept stays found, with the stable toolchain.

use std::{fs, path::PathBuf};

use super::*;

/// What the name of a seed begins with that is a manifest, or a release.
const GOOD: &str = "good-";

fn folder(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", target].iter().collect()
}

/// The seeds of a target with their names.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).unwrap().map(Result::unwrap);
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_laws_hold_for_every_kept_manifest() {
    let mut good = 0;
    for (name, bytes) in kept("manifest") {
        let text = String::from_utf8(bytes).unwrap();
        manifest(&text);
        if name.starts_with(GOOD) {
            Manifest::parse(&text, &name).unwrap();
            good += 1;
        }
    }
    assert!(good >= 3, "the fuzzer begins with good manifests");
}

#[test]
fn the_laws_hold_for_every_kept_release() {
    let mut good = 0;
    for (name, bytes) in kept("release") {
        release(&bytes);
        if name.starts_with(GOOD) {
            Release::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            good += 1;
        }
    }
    assert!(good >= 4, "the fuzzer begins with good releases");
}
