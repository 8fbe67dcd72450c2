//! Components that nobody would write, thrown at the reader of releases.
#![expect(clippy::disallowed_methods, reason = "measures how long the reader takes")]

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use arbitrary::Unstructured;
use wasm_encoder::{CustomSection, Encode as _};
use wasm_smith::{Component, Config};

use super::*;
use crate::package::{CONTRACT_SECTION, MANIFEST_SECTION, SIGNATURE_SECTION};

/// How many components are made.
const COMPONENTS: u32 = 500;
/// What each is made of, in bytes; the generator turns them into decisions.
const ENTROPY_BYTES: usize = 4096;
/// The longest that one may take with all that is done to it; without optimisation and on a busy
/// machine it is a few hundredths of this.
const ONE_MAX: Duration = Duration::from_secs(5);

/// The same bytes for the same number, always.
fn entropy(number: u32) -> Vec<u8> {
    let block = |index: u32| *Digest::of(format!("{number} {index}").as_bytes()).as_bytes();
    (0..).flat_map(block).take(ENTROPY_BYTES).collect()
}

/// A valid component, if these bytes make one.
fn component(u: &mut Unstructured<'_>) -> Option<Vec<u8>> {
    let component = Component::new(Config::default(), u).ok()?;
    Some(component.to_bytes())
}

/// Custom sections at the end, some of them under our names.
fn with_sections(mut bytes: Vec<u8>, u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    for _ in 0..u.int_in_range(0..=4)? {
        let names = [MANIFEST_SECTION, CONTRACT_SECTION, SIGNATURE_SECTION, "name", ""];
        let name = Cow::from(*u.choose(&names)?);
        let data: [&[u8]; 4] = [PLAIN_MANIFEST.as_bytes(), b"0.1.0", &[7; 96], u.arbitrary()?];
        let data = Cow::from(*u.choose(&data)?);
        bytes.push(0);
        CustomSection { name, data }.encode(&mut bytes);
    }
    Ok(bytes)
}

#[test]
fn five_hundred_generated_components_are_answered_in_time() {
    let (mut read, mut refused, mut items) = (0, 0, 0);
    for number in 0..COMPONENTS {
        let decisions = entropy(number);
        let Some(bytes) = component(&mut Unstructured::new(&decisions)) else { continue };
        let began = Instant::now();
        let embedded = embed(&bytes, PLAIN_MANIFEST).unwrap();
        match Release::read(embedded.as_slice()) {
            Ok(it) => {
                assert_eq!(it.code(), bytes, "component {number}");
                items += it.imports().len() + it.exports().len();
                read += 1;
            }
            Err(error) => {
                assert!(matches!(error, PackageError::Invalid { .. }), "{number}: {error}");
                refused += 1;
            }
        }
        release(&embedded);
        let mut tail = Unstructured::new(&decisions[ENTROPY_BYTES / 2..]);
        release(&with_sections(bytes, &mut tail).unwrap());
        let took = began.elapsed();
        assert!(took < ONE_MAX, "component {number} took {took:?}");
    }
    eprintln!("{read} read, {refused} refused, {items} imports and exports");
    assert!(read >= COMPONENTS / 2, "{read} read, {refused} refused");
    assert!(items > 0, "the generator makes components that import and export");
}
