//! The kept corpus: what the fuzz target begins with, and what it once found.
//!
//! Promises that a request that was found and kept stays found, with the stable toolchain.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::laws::{
    self,
    input::{Input, Maker},
    schemes,
};

/// What the name of a seed begins with that its vendor signed.
const SIGNED: &str = "signed-";

/// The seeds with their names.
fn kept() -> Vec<(String, Vec<u8>)> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", "webhook"].iter().collect();
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_laws_hold_for_every_kept_request() {
    for (_, bytes) in kept() {
        laws::webhook(&bytes);
    }
}

#[test]
fn the_fuzzer_begins_with_a_signed_request_of_every_scheme_that_is_signed() {
    let mut signed = BTreeSet::new();
    for (name, bytes) in kept() {
        let input = Input::read(&bytes).unwrap_or_else(|| panic!("{name} is too short"));
        assert_eq!(name.starts_with(SIGNED), input.maker == Maker::Vendor, "{name}");
        if input.maker == Maker::Vendor {
            signed.insert(input.scheme);
        }
    }
    let all: BTreeSet<_> =
        (0..schemes::all().len()).filter(|at| schemes::all()[*at].is_signed()).collect();
    assert_eq!(signed, all);
}

#[test]
fn what_is_tampered_with_in_a_kept_request_was_signed() {
    let mut changes = 0;
    for (name, bytes) in kept() {
        let input = Input::read(&bytes).unwrap_or_else(|| panic!("{name} is too short"));
        if input.maker == Maker::Tampered {
            let scheme = &schemes::all()[input.scheme];
            assert!(laws::tampered(scheme, &input).is_some(), "{name} changes nothing");
            changes += 1;
        }
    }
    assert!(changes >= 5, "one of each kind of change");
}
