//! `kind = "oauth2"`: a token that the host has a vendor give, and keeps fresh (RFC 6749).
//!
//! Owns what vendors do differently: where a person signs in, how the host shows who it is, what
//! comes back beside the token, how long all of it lives. Never holds a token.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Assertion;
use crate::manifest::{units, webhook::JsonPointer};

/// A token from a vendor's authorisation server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// How the first token is come by.
    pub grant: Grant,
    /// Where a person signs in; a template over params. Only where `grant` is `code`.
    pub authorize_url: Option<String>,
    /// Where tokens come from; a template over params.
    pub token_url: String,
    /// Where a token is refreshed, if it is not `token_url`; a template over params.
    pub refresh_url: Option<String>,
    /// Who the host is to the vendor; a template over params.
    pub client_id: String,
    /// The secret by which the host shows that it is; none for a client without one.
    pub client_secret: Option<String>,
    /// What is exchanged for a token; only where `grant` is `jwt-bearer`.
    pub assertion: Option<Assertion>,
    /// How it shows it.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// What may be done with the token.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands between two scopes; a space, and a comma for some.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// Whether the sign-in is bound to this host by a proof key (RFC 7636); it is unless this
    /// says no.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// More of the sign-in's query; templates over params, and `{nonce}` for a fresh random text.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, String>,
    /// More fields of each request for a token; templates over params.
    #[serde(default)]
    pub token_params: BTreeMap<String, String>,
    /// How a request for a token is written.
    #[serde(default)]
    pub body: TokenBody,
    /// What the vendor calls the code in the redirect, and in the request for a token.
    #[serde(default = "code")]
    pub code_param: String,
    /// Where in the answer the object with the token stands; the whole answer unless this says
    /// otherwise.
    pub answer_at: Option<JsonPointer>,
    /// What comes back beside the token and becomes the value of a param, by the param's name.
    #[serde(default)]
    pub capture: BTreeMap<String, Capture>,
    /// The header in which the token is sent.
    #[serde(default = "super::authorization")]
    pub header: String,
    /// What stands before the token there.
    #[serde(default = "super::bearer")]
    pub prefix: String,
    /// How long a token lives where the answer does not say, in milliseconds.
    #[serde(default, deserialize_with = "units::maybe_duration_ms", rename = "lifetime")]
    #[schemars(with = "Option<units::Duration>")]
    pub lifetime_ms: Option<u64>,
    /// How soon after a token was given the vendor gives another, in milliseconds.
    #[serde(default, deserialize_with = "units::maybe_duration_ms", rename = "refresh_after")]
    #[schemars(with = "Option<units::Duration>")]
    pub refresh_after_ms: Option<u64>,
    /// How long the right to refresh lasts when it is not used, in milliseconds.
    #[serde(default, deserialize_with = "units::maybe_duration_ms", rename = "idle_limit")]
    #[schemars(with = "Option<units::Duration>")]
    pub idle_limit_ms: Option<u64>,
    /// How long a refresh token may still be used after another took its place, in milliseconds;
    /// none where it may not at all.
    #[serde(default, deserialize_with = "units::maybe_duration_ms", rename = "grace")]
    #[schemars(with = "Option<units::Duration>")]
    pub grace_ms: Option<u64>,
    /// The statuses by which the vendor's API turns a token away that has run out.
    #[serde(default = "super::unauthorized")]
    pub expired_status: Vec<u16>,
    /// Answers, beside `invalid_grant`, after which only a person can help.
    #[serde(default)]
    pub dead_when: Vec<DeadWhen>,
}

/// How the first token is come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// A person signs in and brings a code (RFC 6749, section 4.1).
    Code,
    /// The host asks in its own name (RFC 6749, section 4.4).
    ClientCredentials,
    /// The host exchanges claims that it has signed (RFC 7523, section 2.1).
    JwtBearer,
}

/// How the host shows who it is when it asks for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// By the header `authorization: Basic …`.
    #[default]
    Basic,
    /// By fields of the body.
    Body,
}

/// How a request for a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenBody {
    /// As a form, which is what RFC 6749 says.
    #[default]
    Form,
    /// As an object of JSON.
    Json,
}

/// Where a captured value stands, and which part of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenCapture")]
#[schemars(with = "WrittenCapture")]
pub struct Capture {
    /// Where it stands.
    pub from: CaptureFrom,
    /// What stands around the part that is meant, with `{}` in its place, such as
    /// `https://{}.salesforce.com`; a value that is not like this is refused.
    pub like: Option<String>,
}

/// Where a captured value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureFrom {
    /// In the query with which the person comes back.
    Redirect(String),
    /// In the answer that holds the token, at this place of the whole.
    Answer(JsonPointer),
}

/// An answer to the wish for a token after which only a person can help. All that is named must
/// be so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadWhen {
    /// The status.
    pub status: Option<u16>,
    /// The field `error` of the answer.
    pub error: Option<String>,
    /// A piece of the answer's text.
    pub text: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenCapture {
    /// The name in the query with which the person comes back.
    redirect: Option<String>,
    /// The place in the answer that holds the token.
    answer: Option<JsonPointer>,
    /// What stands around the part that is meant, with `{}` in its place.
    like: Option<String>,
}

impl TryFrom<WrittenCapture> for Capture {
    type Error = &'static str;

    fn try_from(written: WrittenCapture) -> Result<Self, Self::Error> {
        let from = match (written.redirect, written.answer) {
            (Some(name), None) => CaptureFrom::Redirect(name),
            (None, Some(place)) => CaptureFrom::Answer(place),
            _ => {
                return Err("a captured value comes from one place\n  hint: write either \
                            `redirect = \"NAME\"` or `answer = \"/POINTER\"`");
            }
        };
        if written.like.as_ref().is_some_and(|like| like.matches("{}").count() != 1) {
            return Err("`like` does not say which part is meant\n  hint: write `{}` once, such \
                        as `https://{}.example.com`");
        }
        Ok(Self { from, like: written.like })
    }
}

fn space() -> String {
    " ".into()
}

fn code() -> String {
    "code".into()
}

fn yes() -> bool {
    true
}
