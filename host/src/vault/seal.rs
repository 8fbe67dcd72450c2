//! Sealing: XChaCha20-Poly1305 with a fresh nonce, bound to the place of the value.

use chacha20poly1305::{
    AeadCore as _, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, OsRng, Payload},
};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The length of a key, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// The length of a nonce, in bytes; it stands in front of what it sealed.
const NONCE_BYTES: usize = 24;

/// A key; wiped when dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// A new random key.
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(XChaCha20Poly1305::generate_key(&mut OsRng).into()))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_slice().into())
    }
}

/// Seals a value for a place.
pub(super) fn seal(key: &Key, place: &[u8], value: &[u8]) -> Vec<u8> {
    let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
    // The cipher refuses nothing below 256 GiB.
    let sealed = key.cipher().encrypt(&nonce, Payload { msg: value, aad: place });
    [nonce.as_slice(), &sealed.expect("a value that fits in memory")].concat()
}

/// The value that was sealed for a place; none if the key, the place or a bit is another.
pub(super) fn open(key: &Key, place: &[u8], sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload { msg: sealed, aad: place };
    key.cipher().decrypt(XNonce::from_slice(nonce), payload).ok().map(Secret::new)
}
