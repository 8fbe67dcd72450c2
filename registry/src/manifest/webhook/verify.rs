//! `[webhook.verify]`: how a vendor proves that a delivery is its own.
//!
//! Owns the schemes that data can express, and the two that it cannot. Promises that a scheme
//! that was read is complete: each part of its message has a source. Never verifies anything;
//! that is the host's `verify`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    field::{Field, FieldKeys, HeaderName, JsonPointer},
    hmac::Hmac,
};

/// How far a signed time may be from now when the manifest does not say: what Stripe, Slack,
/// HubSpot and Standard Webhooks recommend.
pub const TOLERANCE_S: u64 = 300;

/// How far clocks may differ when a token's `exp` is judged, unless the manifest says.
pub const LEEWAY_S: u64 = 60;

/// How a vendor proves that a delivery is its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verify {
    /// A MAC over parts of the request.
    Hmac(Hmac),
    /// A user name and password by HTTP Basic.
    Basic(Basic),
    /// A fixed text that only the vendor knows.
    Token(Token),
    /// A JSON Web Token with a MAC.
    Jwt(Jwt),
    /// The scheme of standardwebhooks.com, which Svix has too.
    StandardWebhooks(StandardWebhooks),
    /// The component's `authenticator` says.
    Component(Component),
    /// Nothing: whoever knows the endpoint is believed.
    None(Unverified),
}

/// How the key is made from the secret that the operator entered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretEncoding {
    /// Its bytes are the key.
    #[default]
    Raw,
    /// It is the key in hexadecimal digits.
    Hex,
    /// It is the key in Base64.
    Base64,
}

/// A user name and password by HTTP Basic (RFC 7617).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The secret that holds the user name.
    pub username_secret: String,
    /// The secret that holds the password.
    pub password_secret: String,
}

/// A fixed text that only the vendor knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "TokenKeys")]
#[schemars(with = "TokenKeys")]
pub struct Token {
    /// Where it stands.
    pub field: Field,
    /// What stands before it, such as `Bearer `.
    pub prefix: String,
    /// The name of the secret.
    pub secret: String,
}

/// A MAC of RFC 7518, section 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
    /// HMAC with SHA-384.
    #[serde(rename = "HS384")]
    Hs384,
    /// HMAC with SHA-512.
    #[serde(rename = "HS512")]
    Hs512,
}

/// A JSON Web Token with a MAC. Its `exp` must be there and in the future, and its `nbf`, if
/// it is there, in the past.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The only algorithm that is taken, whatever the token says.
    pub algorithm: JwtAlgorithm,
    /// The header that carries it.
    #[serde(default = "authorization")]
    pub header: HeaderName,
    /// What stands before it, such as `Bearer `.
    #[serde(default)]
    pub prefix: String,
    /// The name of the secret.
    pub secret: String,
    /// How the key is made from the secret.
    #[serde(default)]
    pub secret_encoding: SecretEncoding,
    /// What `aud` must be, or contain. Default: not looked at.
    #[serde(default)]
    pub audience: Option<String>,
    /// The claim that holds the SHA-256 of the body in hexadecimal digits. Default: the token
    /// does not cover the body.
    #[serde(default)]
    pub body_digest_claim: Option<String>,
    /// How far clocks may differ.
    #[serde(default = "leeway_s")]
    pub leeway_s: u64,
}

/// The scheme of standardwebhooks.com: `v1,BASE64` over `{id}.{timestamp}.{body}`, with
/// SHA-256, and a secret in Base64 after `whsec_`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardWebhooks {
    /// The name of the secret.
    pub secret: String,
    /// How far from now the signed time may be.
    #[serde(default = "tolerance_s")]
    pub tolerance_s: u64,
    /// What the three headers begin with: `webhook` or, at Svix, `svix`.
    #[serde(default)]
    pub headers: StandardHeaders,
}

/// The names of the headers of Standard Webhooks: `…-id`, `…-timestamp`, `…-signature`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StandardHeaders {
    /// `webhook-id` and so on.
    #[default]
    Webhook,
    /// `svix-id` and so on.
    Svix,
}

/// The component's `authenticator` says: for schemes that data cannot express.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The secrets without which it is not asked.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// The headers that carry the credential or the signature, which are not kept.
    #[serde(default)]
    pub hide: Vec<HeaderName>,
}

/// Nothing: whoever knows the endpoint is believed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "UnverifiedKeys")]
#[schemars(with = "UnverifiedKeys")]
pub struct Unverified {
    /// Why nothing better is there, for whoever grants it.
    pub why: String,
}

impl Verify {
    /// Its kind, as the manifest names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "hmac",
            Self::Basic(_) => "basic",
            Self::Token(_) => "token",
            Self::Jwt(_) => "jwt",
            Self::StandardWebhooks(_) => "standard-webhooks",
            Self::Component(_) => "component",
            Self::None(_) => "none",
        }
    }

    /// The names of the secrets without which nothing can be verified.
    pub fn secret_names(&self) -> Vec<&str> {
        match self {
            Self::Hmac(hmac) => vec![&hmac.secret],
            Self::Basic(basic) => vec![&basic.username_secret, &basic.password_secret],
            Self::Token(token) => vec![&token.secret],
            Self::Jwt(jwt) => vec![&jwt.secret],
            Self::StandardWebhooks(standard) => vec![&standard.secret],
            Self::Component(component) => component.secrets.iter().map(String::as_str).collect(),
            Self::None(_) => Vec::new(),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenKeys {
    /// The text: in this header.
    header: Option<HeaderName>,
    /// The text: in this query parameter, percent-decoded.
    query: Option<String>,
    /// The text: at this place of a JSON body (RFC 6901): `/meta/id`.
    json: Option<JsonPointer>,
    /// The text: in this field of a form.
    form: Option<String>,
    /// What stands before it, such as `Bearer `.
    #[serde(default)]
    prefix: String,
    /// The name of the secret.
    secret: String,
}

impl TryFrom<TokenKeys> for Token {
    type Error = String;

    fn try_from(keys: TokenKeys) -> Result<Self, String> {
        let TokenKeys { header, query, json, form, prefix, secret } = keys;
        let field = FieldKeys { header, query, json, form }.one("the token")?;
        Ok(Self { field, prefix, secret })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnverifiedKeys {
    /// Why nothing better is there, for whoever grants it.
    why: String,
}

impl TryFrom<UnverifiedKeys> for Unverified {
    type Error = String;

    fn try_from(keys: UnverifiedKeys) -> Result<Self, String> {
        if keys.why.chars().any(char::is_control) {
            return Err("`why` is not one line of text\n  hint: whoever grants it reads this on \
                        one line"
                .into());
        }
        if keys.why.trim().is_empty() {
            return Err("`why` is empty\n  hint: say why the vendor's deliveries cannot be \
                        verified: whoever grants it reads this"
                .into());
        }
        Ok(Self { why: keys.why })
    }
}

pub(super) fn tolerance_s() -> u64 {
    TOLERANCE_S
}

fn leeway_s() -> u64 {
    LEEWAY_S
}

fn authorization() -> HeaderName {
    HeaderName::fixed("authorization")
}
