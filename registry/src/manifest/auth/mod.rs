//! `[auth.NAME]`: how the host attaches a credential to a request.
//!
//! Owns the kinds. Names secrets, and never holds one.

mod oauth2;
mod session;
mod signed;

use schemars::JsonSchema;
use serde::Deserialize;

pub use oauth2::{Capture, CaptureFrom, ClientAuth, DeadWhen, Grant, OAuth2, TokenBody};
pub use session::{Session, TokenAt};
pub use signed::{Assertion, Encoding, JwtSigning, OAuth1, OAuth1Signature, Signature, Timestamp};

/// One way of attaching a credential; `[[egress]]` says to which origin it goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub enum Auth {
    /// `authorization: Bearer …` (RFC 6750).
    Bearer {
        /// The secret that is the token.
        secret: String,
    },
    /// A key under a name of the vendor's choice.
    ApiKey {
        /// Where it goes.
        placement: Placement,
        /// The header's or the query parameter's name.
        name: String,
        /// The secret that is the key.
        secret: String,
        /// What stands before the key, such as `Token `; mostly empty.
        prefix: String,
    },
    /// `authorization: Basic …` (RFC 7617).
    Basic {
        /// The user-id.
        username: Username,
        /// The password.
        password: Password,
    },
    /// A token that a vendor gives and the host keeps fresh.
    OAuth2(Box<OAuth2>),
    /// A token that the host signs in for, with what it has.
    Session(Box<Session>),
    /// Claims that the host signs for each request.
    Jwt(Box<Assertion>),
    /// A signature by OAuth 1.0a over each request.
    OAuth1(Box<OAuth1>),
    /// A signature of the vendor's own over each request.
    Signature(Box<Signature>),
    /// Values that the host writes in the place of `{secret:NAME}` and `{token:NAME}` in bodies,
    /// headers and values of the query that the component wrote.
    Placeholder(Placeholder),
}

/// What a component may have written into what it sends, without seeing it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The secrets that it writes as `{secret:NAME}`.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// The `[auth.NAME]` of kind `oauth2` or `session` of which it writes the token as
    /// `{token:NAME}`.
    pub token: Option<String>,
}

/// The status by which a token is turned away unless a manifest says otherwise.
fn unauthorized() -> Vec<u16> {
    vec![401]
}

/// Where a token goes unless a manifest says otherwise.
fn authorization() -> String {
    "authorization".into()
}

/// What stands before a token unless a manifest says otherwise.
fn bearer() -> String {
    "Bearer ".into()
}

/// Where an API key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// Into a header.
    Header,
    /// Into the URL's query.
    Query,
}

/// Where the user-id of a basic credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Username {
    /// The secret of this name.
    Secret(String),
    /// The param of this name.
    Param(String),
}

/// Where the password of a basic credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// The secret of this name.
    Secret(String),
    /// This very text, which is no secret: vendors that take a key as user-id want `x`, or
    /// nothing.
    Literal(String),
}

impl Auth {
    /// The URLs to which the host itself goes for it: templates over params.
    pub fn urls(&self) -> Vec<&str> {
        match self {
            Self::OAuth2(oauth2) => {
                let more = [&oauth2.authorize_url, &oauth2.refresh_url].into_iter().flatten();
                more.chain([&oauth2.token_url]).map(String::as_str).collect()
            }
            Self::Session(session) => vec![&session.url],
            _ => Vec::new(),
        }
    }

    /// The secrets that it names.
    pub fn secret_names(&self) -> Vec<&str> {
        match self {
            Self::Bearer { secret } | Self::ApiKey { secret, .. } => vec![secret],
            Self::Basic { username, password } => {
                let username = match username {
                    Username::Secret(name) => Some(name.as_str()),
                    Username::Param(_) => None,
                };
                let password = match password {
                    Password::Secret(name) => Some(name.as_str()),
                    Password::Literal(_) => None,
                };
                username.into_iter().chain(password).collect()
            }
            Self::OAuth2(oauth2) => {
                let key = oauth2.assertion.as_ref().map(|assertion| &assertion.key);
                oauth2.client_secret.iter().chain(key).map(String::as_str).collect()
            }
            Self::Session(session) => session.secret_names(),
            Self::Jwt(assertion) => vec![&assertion.key],
            Self::OAuth1(oauth1) => vec![
                &oauth1.consumer_key,
                &oauth1.consumer_secret,
                &oauth1.token,
                &oauth1.token_secret,
            ],
            Self::Signature(signature) => signature.secret_names(),
            Self::Placeholder(placeholder) => {
                placeholder.secrets.iter().map(String::as_str).collect()
            }
        }
    }
}

/// The block as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Written {
    /// `authorization: Bearer …` (RFC 6750).
    Bearer {
        /// The secret that is the token.
        secret: String,
    },
    /// A key under a name of the vendor's choice.
    ApiKey {
        /// Where it goes.
        #[serde(rename = "in")]
        placement: Placement,
        /// The header's or the query parameter's name.
        name: String,
        /// The secret that is the key.
        secret: String,
        /// What stands before the key, such as `Token `; mostly empty.
        #[serde(default)]
        prefix: String,
    },
    /// `authorization: Basic …` (RFC 7617).
    Basic {
        /// The secret that is the user-id; or `username_param`.
        username_secret: Option<String>,
        /// The param that is the user-id.
        username_param: Option<String>,
        /// The secret that is the password; or `password`.
        password_secret: Option<String>,
        /// A password that is no secret, where a key is the user-id.
        password: Option<String>,
    },
    /// A token that a vendor gives and the host keeps fresh.
    #[serde(rename = "oauth2")]
    OAuth2(Box<OAuth2>),
    /// A token that the host signs in for, with what it has.
    Session(Box<Session>),
    /// Claims that the host signs for each request.
    Jwt(Box<Assertion>),
    /// A signature by OAuth 1.0a over each request.
    #[serde(rename = "oauth1")]
    OAuth1(Box<OAuth1>),
    /// A signature of the vendor's own over each request.
    Signature(Box<Signature>),
    /// Values that the host writes in the place of `{secret:NAME}` and `{token:NAME}`.
    Placeholder(Placeholder),
}

impl TryFrom<Written> for Auth {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(match written {
            Written::Bearer { secret } => Self::Bearer { secret },
            Written::ApiKey { placement, name, secret, prefix } => {
                Self::ApiKey { placement, name, secret, prefix }
            }
            Written::Basic { username_secret, username_param, password_secret, password } => {
                let username = match (username_secret, username_param) {
                    (Some(name), None) => Username::Secret(name),
                    (None, Some(name)) => Username::Param(name),
                    _ => {
                        return Err("the user-id must come from one place\n  hint: write either \
                                    `username_secret` or `username_param`");
                    }
                };
                let password = match (password_secret, password) {
                    (Some(name), None) => Password::Secret(name),
                    (None, text) => Password::Literal(text.unwrap_or_default()),
                    (Some(_), Some(_)) => {
                        return Err("the password must come from one place\n  hint: write either \
                                    `password_secret` or `password`");
                    }
                };
                Self::Basic { username, password }
            }
            Written::OAuth2(oauth2) => Self::OAuth2(oauth2),
            Written::Session(session) => Self::Session(session),
            Written::Jwt(assertion) => Self::Jwt(assertion),
            Written::OAuth1(oauth1) => Self::OAuth1(oauth1),
            Written::Signature(signature) => Self::Signature(signature),
            Written::Placeholder(placeholder) => Self::Placeholder(placeholder),
        })
    }
}
