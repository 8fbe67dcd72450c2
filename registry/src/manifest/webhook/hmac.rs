//! `kind = "hmac"`: a MAC over parts of the request.
//!
//! Owns what most vendors need: where signature and signed time stand, how they are written, and
//! what is signed. Promises that each part of the message has a source. Never computes a MAC.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    field::{Field, FieldKeys, HeaderName, JsonPointer},
    template::{Part, Template},
    verify::{SecretEncoding, tolerance_s},
};

/// A hash function under a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// SHA-1, which as a MAC is still sound.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hexadecimal digits, of either case.
    Hex,
    /// Base64 with `+` and `/`, padded or not.
    Base64,
    /// Base64 with `-` and `_`, padded or not.
    Base64url,
}

/// A MAC over parts of the request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "HmacKeys")]
#[schemars(with = "HmacKeys")]
pub struct Hmac {
    /// The hash function.
    pub algorithm: Algorithm,
    /// How the signature is written.
    pub encoding: Encoding,
    /// Where the signature stands.
    pub signature: Field,
    /// What stands before the signature and is not part of it, such as `sha256=`.
    pub prefix: String,
    /// How the text at `signature` is divided, where it holds more than one signature.
    pub items: Option<Items>,
    /// What is signed.
    pub message: Template,
    /// The signed time, if there is one.
    pub timestamp: Option<Timestamp>,
    /// The name of the secret.
    pub secret: String,
    /// How the key is made from the secret.
    pub secret_encoding: SecretEncoding,
    /// What the secret begins with that is not part of the key, such as `whsec_`.
    pub secret_prefix: String,
}

/// A list in one header: `t=1700000000,v1=…,v1=…`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// What stands between two items: `,` or a space.
    pub separator: char,
    /// What stands between the key of an item and its value.
    #[serde(default = "equals_sign")]
    pub assign: char,
    /// The keys of the items that are signatures. Empty: each item is one, without a key.
    #[serde(default)]
    pub signature: Vec<String>,
}

/// Where the signed time stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeSource {
    /// The item with this key, in the same list as the signatures.
    Item(String),
    /// A field of the request.
    Field(Field),
}

/// The unit of a signed time, since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TimeUnit {
    /// Seconds.
    #[default]
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
}

/// The signed time and how old it may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "TimestampKeys")]
#[schemars(with = "TimestampKeys")]
pub struct Timestamp {
    /// Where it stands: `item`, `header`, `query`, `json` or `form`.
    pub source: TimeSource,
    /// In which unit.
    pub unit: TimeUnit,
    /// How far from now it may be, before or after.
    pub tolerance_s: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HmacKeys {
    /// The hash function.
    algorithm: Algorithm,
    /// How the signature is written.
    encoding: Encoding,
    /// The signature: in this header.
    header: Option<HeaderName>,
    /// The signature: in this query parameter, percent-decoded.
    query: Option<String>,
    /// The signature: at this place of a JSON body (RFC 6901): `/meta/id`.
    json: Option<JsonPointer>,
    /// The signature: in this field of a form.
    form: Option<String>,
    /// What stands before the signature and is not part of it, such as `sha256=`.
    #[serde(default)]
    prefix: String,
    /// How the text is divided, where it holds more than one signature.
    items: Option<Items>,
    /// What is signed. Default: `{body}`.
    #[serde(default = "Template::body")]
    message: Template,
    /// The signed time, if there is one.
    timestamp: Option<Timestamp>,
    /// The name of the secret.
    secret: String,
    /// How the key is made from the secret.
    #[serde(default)]
    secret_encoding: SecretEncoding,
    /// What the secret begins with that is not part of the key, such as `whsec_`.
    #[serde(default)]
    secret_prefix: String,
}

impl TryFrom<HmacKeys> for Hmac {
    type Error = String;

    fn try_from(keys: HmacKeys) -> Result<Self, String> {
        let HmacKeys { header, query, json, form, message, timestamp, items, .. } = keys;
        let signature = FieldKeys { header, query, json, form }.one("the signature")?;
        if message.has(&Part::Timestamp) != timestamp.is_some() {
            return Err("`{timestamp}` in the message and the key `timestamp` belong together\n  \
                        hint: add `timestamp = { header = \"x-timestamp\" }`, and sign it"
                .into());
        }
        if message.parts().iter().all(|part| matches!(part, Part::Literal(_))) {
            return Err("the message says nothing about the request\n  hint: most vendors sign \
                        `{body}`"
                .into());
        }
        let in_item =
            timestamp.as_ref().is_some_and(|time| matches!(time.source, TimeSource::Item(_)));
        if in_item && items.as_ref().is_none_or(|items| items.signature.is_empty()) {
            return Err("the time is an item, but the items have no keys\n  hint: add \
                        `items = { separator = \",\", signature = [\"v1\"] }`"
                .into());
        }
        Ok(Self {
            algorithm: keys.algorithm,
            encoding: keys.encoding,
            signature,
            prefix: keys.prefix,
            items,
            message,
            timestamp,
            secret: keys.secret,
            secret_encoding: keys.secret_encoding,
            secret_prefix: keys.secret_prefix,
        })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimestampKeys {
    /// The time: the item with this key, in the same list as the signatures.
    item: Option<String>,
    /// The time: in this header.
    header: Option<HeaderName>,
    /// The time: in this query parameter, percent-decoded.
    query: Option<String>,
    /// The time: at this place of a JSON body (RFC 6901): `/meta/id`.
    json: Option<JsonPointer>,
    /// The time: in this field of a form.
    form: Option<String>,
    /// In which unit.
    #[serde(default)]
    unit: TimeUnit,
    /// How far from now it may be, before or after, in seconds.
    #[serde(default = "tolerance_s")]
    tolerance_s: u64,
}

impl TryFrom<TimestampKeys> for Timestamp {
    type Error = String;

    fn try_from(keys: TimestampKeys) -> Result<Self, String> {
        let TimestampKeys { item, header, query, json, form, unit, tolerance_s } = keys;
        let keys = FieldKeys { header, query, json, form };
        let source = match item {
            Some(item) if keys.is_empty() => TimeSource::Item(item),
            Some(_) => {
                return Err(
                    "the time stands in two places\n  hint: keep `item`, or the other".into()
                );
            }
            None => TimeSource::Field(keys.one("the time")?),
        };
        Ok(Self { source, unit, tolerance_s })
    }
}

fn equals_sign() -> char {
    '='
}
