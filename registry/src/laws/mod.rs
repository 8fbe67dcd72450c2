//! What holds for every input whatever, as functions that panic if it does not.
//!
//! Owns the laws that the fuzz targets, the kept corpus and the generated components are held
//! against. Promises that each returns for any input. Never a part of a host: it is compiled for
//! tests, and for the fuzz targets by the feature `laws`.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod generated;

use crate::{
    manifest::{MISTAKES_MAX, Manifest, ManifestError},
    package::{Digest, PackageError, Release, SigningKey, embed, sign},
};

/// The longest message of one mistake, its hint included, in characters.
const MISTAKE_CHARS_MAX: usize = 4000;

/// A manifest that any component bears out.
pub const PLAIN_MANIFEST: &str = "[connector]\nid = \"demo\"\nversion = \"1.2.3\"\n\
    title = \"Demo\"\nvendor = \"Demo\"\ncategory = \"other\"\n";

/// Any 32 bytes are the seed of a key.
const KEY: &str = "jackfield-signing-key:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A text is a manifest, or its mistakes are told, in its order and at places in it.
///
/// # Panics
/// If that does not hold.
pub fn manifest(text: &str) {
    if let Err(error) = Manifest::parse(text, "connector.toml") {
        mistakes(text, &error);
    }
}

/// Bytes are a release, or it is told why not. What is one can be given another manifest, and be
/// signed, and stays the same code.
///
/// # Panics
/// If that does not hold.
pub fn release(bytes: &[u8]) {
    match Release::read(bytes) {
        Ok(release) => {
            assert_eq!(release.bytes(), bytes);
            assert_eq!(release.digest(), Digest::of(bytes));
            assert_eq!(release.code_digest(), Digest::of(&release.code()));
            if release.publisher().is_some() {
                tampered(bytes);
            }
            signed(bytes, &release);
            let again = embedded(bytes).expect("what is a release can be given a manifest");
            assert_eq!(again.code_digest(), release.code_digest());
        }
        Err(error) => {
            refused(&error);
            // What is no release can become one.
            let _ = embedded(bytes);
        }
    }
}

/// A manifest embedded twice is embedded once, and takes a signature off.
fn embedded(bytes: &[u8]) -> Result<Release, PackageError> {
    let first = embed(bytes, PLAIN_MANIFEST)?;
    let second = embed(&first, PLAIN_MANIFEST).expect("what was embedded can be again");
    assert!(first == second, "a second time changes nothing");
    let release = Release::read(first).inspect_err(refused)?;
    assert_eq!(release.publisher(), None);
    assert_eq!(release.manifest().connector.id, "demo");
    Ok(release)
}

/// A release is signed and read back; who signed it before does not matter.
fn signed(bytes: &[u8], before: &Release) {
    let key = SigningKey::from_text(KEY).expect("the key of the laws is one");
    let signed = match sign(bytes, &key) {
        Ok(signed) => signed,
        Err(PackageError::TooLarge { .. }) => return,
        Err(error) => panic!("a release is not signed: {error}"),
    };
    let after = Release::read(signed.as_slice()).expect("what is signed is a release");
    assert_eq!(after.publisher(), Some(key.publisher()));
    assert_eq!(after.code(), before.code());
    assert!(sign(&signed, &key).is_ok_and(|again| again == signed), "signing again is the same");
    tampered(&signed);
}

/// Nothing can be put behind a signature, taken from it, or changed before it.
fn tampered(signed: &[u8]) {
    let is_signed = |bytes: Vec<u8>| Release::read(bytes).is_ok_and(|it| it.publisher().is_some());
    // An empty custom section without a name.
    assert!(!is_signed([signed, &[0, 1, 0]].concat()), "a section behind the signature");
    assert!(!is_signed(signed[..signed.len() - 1].to_vec()), "a byte less");
    let mut changed = signed.to_vec();
    changed[signed.len() / 2] ^= 1;
    assert!(!is_signed(changed), "a bit changed");
}

fn refused(error: &PackageError) {
    if let PackageError::Manifest(error) = error {
        return assert!(error.mistakes.len() <= MISTAKES_MAX);
    }
    let said = error.to_string();
    assert!(!said.is_empty() && said.len() <= MISTAKE_CHARS_MAX, "{} bytes", said.len());
    shown(&said);
}

fn mistakes(text: &str, error: &ManifestError) {
    assert!(!error.mistakes.is_empty() && error.mistakes.len() <= MISTAKES_MAX);
    assert!(error.mistakes.is_sorted(), "in the order of the text");
    let lines = text.split('\n').count();
    for mistake in &error.mistakes {
        assert!((1..=lines).contains(&mistake.line) && mistake.column >= 1, "{mistake:?}");
        assert!(!mistake.message.contains('\n'), "{mistake:?}");
        let said = [mistake.message.as_str(), "\n", &mistake.hint].concat();
        let chars = said.chars().count();
        assert!(chars <= MISTAKE_CHARS_MAX, "{chars} characters");
        shown(&said);
    }
}

/// A message goes to a terminal, which takes control characters for orders.
fn shown(said: &str) {
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
}
