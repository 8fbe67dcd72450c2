//! Signatures on the way out: over an assertion about who asks, or over each request.
//!
//! Pure functions of a request, a key and a time. Never shows a key.

mod jwt;
mod oauth1;
mod template;

pub use jwt::{Jwt, JwtIssuer};
pub use oauth1::OAuth1;
pub use template::Template;

use hmac::{Hmac, digest::KeyInit};

/// An HMAC by one of the hashes that vendors use.
fn mac<M: hmac::Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so this cannot fail.
    let mac = <M as hmac::Mac>::new_from_slice(key).expect("any key length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    mac::<Hmac<sha1::Sha1>>(key, message)
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    mac::<Hmac<sha2::Sha256>>(key, message)
}

fn hmac_sha512(key: &[u8], message: &[u8]) -> Vec<u8> {
    mac::<Hmac<sha2::Sha512>>(key, message)
}
