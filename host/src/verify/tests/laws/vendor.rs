//! A vendor: how one scheme makes its proof, told a second time and without the room that is
//! tested.
//!
//! Owns keys, times and the writing of proofs. Promises that a request it signed is one that the
//! scheme must believe while the time is fresh. Never reads a manifest.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::input::{Input, NOW_S};
use crate::verify::Incoming;

/// How far a signed time may be from now, in seconds.
const TOLERANCE_S: u64 = 300;

/// How long a token counts after its end, in seconds.
const LEEWAY_S: i64 = 60;

/// How a vendor signs.
pub struct Vendor {
    /// What stands in `[webhook]`.
    pub webhook: &'static str,
    /// How its key is written as a secret.
    pub key: Key,
    /// The time that it signs.
    pub time: Time,
    /// What it sends as the proof.
    pub proof: Proof,
    /// What is signed, of a request that carries everything but its proof; none if it does not.
    pub covers: fn(&Incoming, &str) -> Option<Vec<u8>>,
    /// Makes the request one that this vendor sends.
    pub prepare: fn(&mut Incoming),
    /// Writes time and proof into the request, in the place of those before.
    pub write: fn(&mut Incoming, &str, &str),
}

/// How a key is written as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The text is the key.
    Text,
    /// In hexadecimal digits.
    Hex,
    /// In Base64 after `whsec_`.
    Whsec,
}

/// The time that a vendor signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// None.
    Absent,
    /// When it was sent, in seconds.
    Seconds,
    /// When it was sent, in milliseconds.
    Milliseconds,
    /// When the token ends, in seconds.
    End,
}

/// What a vendor sends as its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A MAC.
    Mac(Hash, Text),
    /// A token, whose claims name the body by its digest or not.
    Jwt(Hash, &'static str),
    /// The secret itself.
    Token,
    /// Name and password.
    Basic,
    /// Nothing that data could check.
    Nothing,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How a MAC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Hex,
    Base64,
    Base64url,
}

impl Vendor {
    /// The secret of a name, and the key that it stands for.
    pub fn secret(&self, digest: &[u8; 32], name: &str) -> (String, Vec<u8>) {
        let key = Sha256::new().chain_update(digest).chain_update(name).finalize().to_vec();
        match self.key {
            Key::Text => (hex::encode(&key), hex::encode(&key).into_bytes()),
            Key::Hex => (hex::encode(&key), key),
            Key::Whsec => (format!("whsec_{}", STANDARD.encode(&key)), key),
        }
    }

    /// The time as this vendor writes it, so many seconds from now.
    pub fn time_text(&self, offset_s: i64) -> String {
        let time_s = NOW_S + offset_s;
        match self.time {
            Time::Absent => String::new(),
            Time::Seconds | Time::End => time_s.to_string(),
            Time::Milliseconds => (time_s * 1000).to_string(),
        }
    }

    /// Whether a time so many seconds from now is fresh.
    pub fn is_fresh(&self, offset_s: i64) -> bool {
        match self.time {
            Time::Absent => true,
            Time::Seconds | Time::Milliseconds => offset_s.unsigned_abs() <= TOLERANCE_S,
            Time::End => offset_s > -LEEWAY_S,
        }
    }

    /// Signs a request: it carries time and proof then. Gives the proof.
    pub fn sign(&self, input: &Input, incoming: &mut Incoming) -> String {
        (self.prepare)(incoming);
        let time = self.time_text(input.offset_s);
        (self.write)(incoming, &time, "");
        let covered = (self.covers)(incoming, &time).expect("a vendor's own request is whole");
        let (text, key) = self.secret(&input.digest, "key");
        let proof = match self.proof {
            Proof::Mac(hash, writing) => writing.of(&hash.mac(&key, &covered)),
            Proof::Jwt(hash, name) => token(hash, name, &key, &time, &covered),
            Proof::Token => text,
            Proof::Basic => {
                let user = self.secret(&input.digest, "user").0;
                let password = self.secret(&input.digest, "password").0;
                STANDARD.encode(format!("{user}:{password}"))
            }
            Proof::Nothing => String::new(),
        };
        (self.write)(incoming, &time, &proof);
        proof
    }

    /// Whether two proofs say the same in other letters.
    pub fn is_same_proof(&self, a: &str, b: &str) -> bool {
        match self.proof {
            Proof::Mac(_, Text::Hex) => a.eq_ignore_ascii_case(b),
            _ => a == b,
        }
    }
}

impl Hash {
    fn mac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, message),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, message),
            Self::Sha384 => mac::<Hmac<Sha384>>(key, message),
            Self::Sha512 => mac::<Hmac<Sha512>>(key, message),
        }
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = <M as Mac>::new_from_slice(key).expect("a key of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

impl Text {
    fn of(self, mac: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(mac),
            Self::Base64 => STANDARD.encode(mac),
            Self::Base64url => URL_SAFE.encode(mac),
        }
    }
}

/// A token for `us` that ends at `end_s`.
fn token(hash: Hash, name: &str, key: &[u8], end_s: &str, body: &[u8]) -> String {
    let end_s: i64 = end_s.parse().expect("a time in digits");
    let head = json!({ "alg": name, "typ": "JWT" });
    let claims = json!({
        "exp": end_s, "aud": ["them", "us"], "payload_hash": hex::encode(Sha256::digest(body)),
    });
    let signed = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let mac = hash.mac(key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}
