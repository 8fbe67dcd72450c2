//! Message authentication codes: the one place that makes an HMAC to be sent.
//!
//! Never compares one: that is `verify`, in constant time.

use hmac::{Hmac, Mac, digest::KeyInit};
use jackfield_registry::manifest::webhook::Algorithm;

/// The HMAC of a message under a key.
pub fn hmac(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => under::<Hmac<sha1::Sha1>>(key, message),
        Algorithm::Sha256 => under::<Hmac<sha2::Sha256>>(key, message),
        Algorithm::Sha512 => under::<Hmac<sha2::Sha512>>(key, message),
    }
}

fn under<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so this cannot fail.
    let mac = <M as Mac>::new_from_slice(key).expect("any key length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}
