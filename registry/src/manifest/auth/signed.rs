//! Kinds that sign each request, or an assertion about who asks: `jwt`, `oauth1`, `signature`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::{Slotted, units, webhook::Algorithm};

/// `kind = "jwt"`, and the assertion of the grant `jwt-bearer` (RFC 7519, RFC 7523): claims under
/// a signature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// How it is signed.
    pub algorithm: JwtSigning,
    /// The secret that is the key: text for `HS…`, a PEM of PKCS#8 for the others.
    pub key: String,
    /// The field `kid` of its head; a template over params.
    pub key_id: Option<String>,
    /// Its claims; templates over params. The host adds `iat`, `exp` and `jti`.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// How long it is good, in milliseconds.
    #[serde(
        default = "five_minutes",
        deserialize_with = "units::duration_ms",
        rename = "lifetime"
    )]
    #[schemars(with = "units::Duration")]
    pub lifetime_ms: u64,
    /// The header in which it is sent; not where it is exchanged for a token.
    #[serde(default = "super::authorization")]
    pub header: String,
    /// What stands before it there.
    #[serde(default = "super::bearer")]
    pub prefix: String,
}

/// How a token is signed (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum JwtSigning {
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
    /// HMAC with SHA-512.
    #[serde(rename = "HS512")]
    Hs512,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

/// `kind = "oauth1"`: each request is signed with two pairs of credentials (RFC 5849).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth1 {
    /// The secret that is the client's name.
    pub consumer_key: String,
    /// The secret that belongs to it.
    pub consumer_secret: String,
    /// The secret that is the token.
    pub token: String,
    /// The secret that belongs to it.
    pub token_secret: String,
    /// How it is signed.
    #[serde(default)]
    pub signature: OAuth1Signature,
    /// The realm, where the vendor wants one; a template over params.
    pub realm: Option<String>,
}

/// How a request is signed by OAuth 1.0a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OAuth1Signature {
    /// `HMAC-SHA256`, which Magento wants.
    #[default]
    HmacSha256,
    /// `HMAC-SHA1`, which is all that RFC 5849 knows.
    HmacSha1,
}

/// `kind = "signature"`: headers of which some hold an HMAC over the request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The hash.
    pub algorithm: Algorithm,
    /// The secret that is the key, as text.
    pub secret: String,
    /// What is signed, of [`Signature::SLOTS`].
    pub message: Slotted,
    /// How the signature is written.
    pub encoding: Encoding,
    /// How `{timestamp}` is written.
    #[serde(default)]
    pub timestamp: Timestamp,
    /// The headers that are added, of the same slots and `{signature}`.
    pub headers: BTreeMap<String, Slotted>,
}

impl Signature {
    /// What may stand in a message, beside `{param:NAME}`, `{secret:NAME}` and `{header:NAME}`.
    pub const SLOTS: [&'static str; 9] = [
        "method",
        "url",
        "path",
        "query",
        "body",
        "body_sha256_hex",
        "body_sha256_base64",
        "timestamp",
        "nonce",
    ];

    /// The secrets that it names.
    pub fn secret_names(&self) -> Vec<&str> {
        let texts = self.headers.values().chain([&self.message]);
        let slots = texts.flat_map(Slotted::slots).filter_map(|slot| slot.strip_prefix("secret:"));
        slots.chain([self.secret.as_str()]).collect()
    }
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// In hexadecimal digits, small ones.
    Hex,
    /// In base64 with padding.
    Base64,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Timestamp {
    /// In seconds since 1970.
    #[default]
    Seconds,
    /// In milliseconds since 1970.
    Milliseconds,
    /// As `2026-11-21T18:40:00Z`.
    Rfc3339,
}

fn five_minutes() -> u64 {
    5 * 60_000
}
