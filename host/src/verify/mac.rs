//! Message authentication codes, and the texts in which they are sent.
//!
//! Promises that each pair of key and signature is compared, in constant time, whatever the
//! pairs before gave, and that a message is fed piece by piece and never put together. Never
//! shortens a signature: one of the wrong length is wrong.

use std::borrow::Cow;

use ::hmac::{Hmac, Mac};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jackfield_registry::manifest::webhook::{Algorithm, Encoding, JwtAlgorithm};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::{Choice, ConstantTimeEq};

use crate::secret::Secret;

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING);

/// The hash function under a MAC.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl From<Algorithm> for Hash {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1,
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Sha512 => Self::Sha512,
        }
    }
}

impl From<JwtAlgorithm> for Hash {
    fn from(algorithm: JwtAlgorithm) -> Self {
        match algorithm {
            JwtAlgorithm::Hs256 => Self::Sha256,
            JwtAlgorithm::Hs384 => Self::Sha384,
            JwtAlgorithm::Hs512 => Self::Sha512,
        }
    }
}

/// Whether one of the signatures is the MAC of the message under one of the keys.
pub(super) fn any_matches(
    hash: Hash,
    keys: &[Secret<Vec<u8>>],
    message: &[Cow<'_, [u8]>],
    signatures: &[Vec<u8>],
) -> bool {
    let mut found = Choice::from(0);
    for key in keys {
        let mac = mac(hash, key, message);
        for signature in signatures {
            found |= mac.as_slice().ct_eq(signature);
        }
    }
    found.into()
}

/// The MAC of a message.
pub(super) fn mac(hash: Hash, key: &Secret<Vec<u8>>, message: &[Cow<'_, [u8]>]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => feed::<Hmac<Sha1>>(key, message),
        Hash::Sha256 => feed::<Hmac<Sha256>>(key, message),
        Hash::Sha384 => feed::<Hmac<Sha384>>(key, message),
        Hash::Sha512 => feed::<Hmac<Sha512>>(key, message),
    }
}

fn feed<M: Mac + ::hmac::digest::KeyInit>(
    key: &Secret<Vec<u8>>,
    message: &[Cow<'_, [u8]>],
) -> Vec<u8> {
    // HMAC is defined for keys of every length (RFC 2104).
    let mut mac = <M as Mac>::new_from_slice(key.expose()).expect("a key of any length");
    for piece in message {
        mac.update(piece);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The bytes of a signature; none if it is not written as `encoding` says.
pub(super) fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => from_base64(text.as_bytes()),
        Encoding::Base64url => from_base64url(text),
    }
}

/// A signature as a text.
pub(super) fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => BASE64.encode(bytes),
        Encoding::Base64url => BASE64URL.encode(bytes),
    }
}

/// Base64 with `+` and `/`, padded or not.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// Base64 with `-` and `_`, padded or not.
pub(super) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}
