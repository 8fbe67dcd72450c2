//! The signature of a release: its last section.
//!
//! Owns what is signed and where the signature stands. Promises that a signed release has one
//! form: whatever is changed in it, before, in or behind the signature, it is refused, or it is no
//! longer signed. Never decides whose signature is enough.

use super::{
    Digest, PackageError, Publisher, Release, SigningKey,
    sections::{self, Sections, SignatureAt},
};

/// The custom section that holds the signature: the publisher's key (32 bytes), then the ed25519
/// signature (64 bytes). It is the last of the file; what it signs is the file before it.
pub const SIGNATURE_SECTION: &str = "jackfield:signature";

const PUBLISHER_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

/// The whole section in its only form: its id, its size and the length of its name take a byte
/// each. A section of the same data with longer numbers would be another file that is signed too.
const SECTION_BYTES: usize = 3 + SIGNATURE_SECTION.len() + PUBLISHER_BYTES + SIGNATURE_BYTES;

/// What is signed begins with this, so that a signature made for a release is one of nothing else.
const DOMAIN: &[u8] = b"jackfield release v1\0";

/// Signs a release, in the place of a signature that is there.
///
/// # Errors
/// If [`Release::read`] does not accept it, as it is or once it is signed.
pub fn sign(release: &[u8], key: &SigningKey) -> Result<Vec<u8>, PackageError> {
    Release::read(release)?;
    let signed_bytes = Sections::read(release)?.signature.map(|at| at.range.start);
    let mut signed = release[..signed_bytes.unwrap_or(release.len())].to_vec();
    let signature = key.sign(&message(&signed));
    let data = [key.publisher().as_bytes().as_slice(), &signature].concat();
    sections::append(&mut signed, SIGNATURE_SECTION, &data);
    sections::expect_size(signed)
}

/// Whose signature it is, if it holds and stands where it should.
pub(super) fn verify(bytes: &[u8], at: &SignatureAt<'_>) -> Result<Publisher, PackageError> {
    let parts = at.data.split_first_chunk::<PUBLISHER_BYTES>();
    let parts = parts.and_then(|(key, rest)| Some((*key, rest.try_into().ok()?)));
    let Some((key, signature)) = parts.filter(|_| at.range.len() == SECTION_BYTES) else {
        let (bytes, wanted) = (at.range.len(), SECTION_BYTES);
        return Err(PackageError::SignatureForm { bytes, wanted });
    };
    if at.range.end != bytes.len() {
        return Err(PackageError::SignatureNotLast);
    }
    Publisher::of_signed(key, &message(&bytes[..at.range.start]), signature)
        .ok_or(PackageError::SignatureBroken)
}

/// What is signed of the file before the signature.
fn message(unsigned: &[u8]) -> Vec<u8> {
    [DOMAIN, Digest::of(unsigned).as_bytes()].concat()
}
