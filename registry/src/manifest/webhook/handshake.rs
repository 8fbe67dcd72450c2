//! `[[webhook.handshake]]`: requests with which a vendor tries an endpoint before it uses it.
//!
//! Owns the forms of question and answer that data can express. Promises nothing about who asks:
//! most of these requests are unsigned, so an answer gives away nothing but what was asked.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Method,
    field::{Field, FieldKeys, HeaderName, JsonPointer},
    hmac::{Algorithm, Encoding},
};

/// One question that is answered without being kept as a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Handshake {
    /// Say what was sent: Slack, monday, Microsoft Graph, Asana, Dropbox.
    Echo(Echo),
    /// Answer with SHA-256 over challenge, secret and endpoint: eBay.
    HashChallenge(HashChallenge),
    /// Answer with a MAC of the challenge: Zoom, X.
    MacChallenge(MacChallenge),
    /// Be there: Trello's HEAD, Mailchimp's GET.
    Ping(Ping),
}

/// Say what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// The method of the question.
    pub method: Method,
    /// Where the text stands that is sent back. Without it, the request is no handshake.
    pub from: Field,
    /// What else must hold for the request to be a handshake.
    #[serde(default)]
    pub when: Option<Condition>,
    /// How the text is sent back.
    pub reply: EchoReply,
    /// Whether the question must be verified before it is answered.
    #[serde(default)]
    pub verified: bool,
    /// The text is the secret of this name from now on (Asana's `X-Hook-Secret`). It is taken
    /// only while there is no such secret.
    #[serde(default)]
    pub keep_as_secret: Option<String>,
}

/// How a text is sent back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EchoReply {
    /// As the whole body, in `text/plain`.
    Text,
    /// In a JSON object, under this name.
    Json(String),
    /// In this header, with an empty body.
    Header(HeaderName),
}

/// A field that has a given value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "ConditionKeys")]
#[schemars(with = "ConditionKeys")]
pub struct Condition {
    /// Where to look: `header`, `query`, `json` or `form`.
    pub field: Field,
    /// What must be there.
    pub equals: String,
}

/// Answer with lower-case hexadecimal SHA-256 over challenge, secret and endpoint, as eBay asks
/// (developer.ebay.com, "Marketplace account deletion").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HashChallenge {
    /// The method of the question.
    pub method: Method,
    /// Where the challenge stands.
    pub from: Field,
    /// The name of the secret.
    pub secret: String,
    /// The name of the answer in the JSON object.
    pub reply_field: String,
}

/// Answer with a MAC of the challenge. Whoever may choose the challenge may have anything signed,
/// so an unverified one must look like a random token and cannot look like a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MacChallenge {
    /// The method of the question.
    pub method: Method,
    /// Where the challenge stands.
    pub from: Field,
    /// What else must hold for the request to be a handshake.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The name of the secret.
    pub secret: String,
    /// The hash function.
    pub algorithm: Algorithm,
    /// How the answer is written.
    pub encoding: Encoding,
    /// What the answer begins with, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// The name of the answer in the JSON object.
    pub reply_field: String,
    /// The name under which the challenge itself is sent back, if it is.
    #[serde(default)]
    pub echo_field: Option<String>,
    /// Whether the question must be verified before it is answered. Default: it must.
    #[serde(default = "yes")]
    pub verified: bool,
}

/// Be there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// The method of the question.
    pub method: Method,
    /// What else must hold for the request to be a handshake.
    #[serde(default)]
    pub when: Option<Condition>,
}

impl Handshake {
    /// The names of the secrets that it uses or brings.
    pub fn secret_names(&self) -> Vec<&str> {
        match self {
            Self::Echo(echo) => echo.keep_as_secret.as_deref().into_iter().collect(),
            Self::HashChallenge(challenge) => vec![&challenge.secret],
            Self::MacChallenge(challenge) => vec![&challenge.secret],
            Self::Ping(_) => Vec::new(),
        }
    }

    /// Whether the question must be verified before it is answered.
    pub fn is_verified(&self) -> bool {
        match self {
            Self::Echo(echo) => echo.verified,
            Self::MacChallenge(challenge) => challenge.verified,
            Self::HashChallenge(_) | Self::Ping(_) => false,
        }
    }

    /// The method of the question.
    pub fn method(&self) -> Method {
        match self {
            Self::Echo(echo) => echo.method,
            Self::HashChallenge(challenge) => challenge.method,
            Self::MacChallenge(challenge) => challenge.method,
            Self::Ping(ping) => ping.method,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConditionKeys {
    /// To look: in this header.
    header: Option<HeaderName>,
    /// To look: in this query parameter, percent-decoded.
    query: Option<String>,
    /// To look: at this place of a JSON body (RFC 6901): `/meta/id`.
    json: Option<JsonPointer>,
    /// To look: in this field of a form.
    form: Option<String>,
    /// What must be there.
    equals: String,
}

impl TryFrom<ConditionKeys> for Condition {
    type Error = String;

    fn try_from(keys: ConditionKeys) -> Result<Self, String> {
        let ConditionKeys { header, query, json, form, equals } = keys;
        let field = FieldKeys { header, query, json, form }.one("what is compared")?;
        Ok(Self { field, equals })
    }
}

fn yes() -> bool {
    true
}
