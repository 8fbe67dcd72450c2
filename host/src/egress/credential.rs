//! Credentials on their way out: where they are put into a request, and in which forms they
//! might come back.
//!
//! Promises that a credential goes into a request only here, after the guest's part is complete.
//! Never shows one: the types print as `[secret]`.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::AUTHORIZATION};
use url::Url;

use super::{
    error::EgressError,
    placeholder::{Escape, Placeholders},
    scrub::percent,
    signing::{OAuth1, Template},
};
use crate::secret::Secret;

/// How many prefixes of a value are taken into account, from its begin.
const PREFIXES_MAX: usize = 4;

/// A request that is complete but for what shows who is asking.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) method: Method,
    /// At the vendor itself, even where a stand-in gets it.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What the host adds to a request to show who is asking.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `authorization: Bearer …` (RFC 6750).
    Bearer(Secret<String>),
    /// A header of the vendor's own.
    Header {
        /// The header's name.
        name: String,
        /// The whole value, with a prefix such as `Token ` where the vendor wants one.
        value: Secret<String>,
    },
    /// A pair in the query string.
    Query {
        /// The pair's name.
        name: String,
        /// Its value, not yet encoded.
        value: Secret<String>,
    },
    /// `authorization: Basic …` (RFC 7617).
    Basic {
        /// The user; for many vendors this is the key.
        username: Secret<String>,
        /// The password; may be empty.
        password: Secret<String>,
        /// Whether the user is a secret of the form and no name.
        user_is_secret: bool,
    },
    /// A signature by OAuth 1.0a.
    OAuth1(Arc<OAuth1>),
    /// A signature of the vendor's own.
    Signature(Arc<Template>),
    /// Values in the place of what the guest wrote for them.
    Placeholders(Arc<Placeholders>),
}

impl Credential {
    /// The headers that it fills, in lower case.
    pub(super) fn headers(&self) -> Vec<String> {
        match self {
            Self::Bearer(_) | Self::Basic { .. } | Self::OAuth1(_) => {
                vec![AUTHORIZATION.as_str().to_owned()]
            }
            Self::Header { name, .. } => vec![name.to_ascii_lowercase()],
            Self::Signature(template) => template.header_names(),
            Self::Query { .. } | Self::Placeholders(_) => Vec::new(),
        }
    }

    /// The pair of the query string that it fills.
    pub(super) fn query(&self) -> Option<&str> {
        match self {
            Self::Query { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Puts it into a request that is otherwise complete.
    pub(super) fn attach(&self, draft: &mut Draft, now_ms: u64) -> Result<(), EgressError> {
        let (name, value) = match self {
            Self::OAuth1(oauth1) => return oauth1.attach(draft, now_ms),
            Self::Signature(template) => return template.attach(draft, now_ms),
            Self::Placeholders(placeholders) => return placeholders.attach(draft),
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose())),
            Self::Basic { .. } => (AUTHORIZATION, format!("Basic {}", self.basic())),
            Self::Header { name, value } => {
                let name = HeaderName::try_from(name).map_err(|_| EgressError::Credential)?;
                (name, value.expose().clone())
            }
            Self::Query { name, value } => {
                draft.url.query_pairs_mut().append_pair(name, value.expose());
                return Ok(());
            }
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| EgressError::Credential)?;
        value.set_sensitive(true);
        draft.headers.insert(name, value);
        Ok(())
    }

    fn basic(&self) -> String {
        match self {
            Self::Basic { username, password, .. } => {
                STANDARD.encode(format!("{}:{}", username.expose(), password.expose()))
            }
            _ => String::new(),
        }
    }

    /// The texts that must not come back: each secret, and what was written in its place where
    /// that is another text. Of a value also what stands behind a prefix (`Token abc`,
    /// `key=abc`). The user of `Basic` is one where the form says so, or where the password is too
    /// short to be the secret: elsewhere it is a name, and names belong into records.
    pub(super) fn secrets(&self, long_enough: impl Fn(&str) -> bool) -> Vec<Secret<String>> {
        match self {
            Self::Bearer(value) => vec![value.clone()],
            Self::OAuth1(oauth1) => {
                let key = |secret: &Secret<String>| Secret::new(percent(secret.expose()));
                vec![
                    oauth1.consumer_secret.clone(),
                    oauth1.token_secret.clone(),
                    oauth1.token.clone(),
                    key(&oauth1.token),
                    oauth1.consumer_key.clone(),
                    key(&oauth1.consumer_key),
                ]
            }
            Self::Signature(template) => {
                template.secrets.values().chain([&template.key]).cloned().collect()
            }
            Self::Placeholders(placeholders) => placeholders.secrets(),
            Self::Header { value, .. } => behind_prefixes(value),
            Self::Query { value, .. } => {
                let mut secrets = behind_prefixes(value);
                secrets.push(Secret::new(Escape::Form.written(value.expose())));
                secrets
            }
            Self::Basic { username, password, user_is_secret } => {
                let mut secrets = vec![Secret::new(self.basic())];
                let password_is_secret = long_enough(password.expose());
                if password_is_secret {
                    secrets.push(password.clone());
                }
                if *user_is_secret || !password_is_secret {
                    secrets.push(username.clone());
                }
                secrets
            }
        }
    }
}

/// A value, and what stands in it behind what may be a prefix.
fn behind_prefixes(value: &Secret<String>) -> Vec<Secret<String>> {
    let text = value.expose();
    let ends = text.char_indices().filter(|(_, c)| [' ', '=', ':'].contains(c));
    let tails = ends.take(PREFIXES_MAX).map(|(at, _)| Secret::new(text[at + 1..].to_owned()));
    [value.clone()].into_iter().chain(tails).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            method: Method::GET,
            url: Url::parse("https://api.example.com/v1?page=2").unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    fn attached(credential: &Credential) -> (String, HeaderMap) {
        let mut draft = draft();
        credential.attach(&mut draft, 0).unwrap();
        (draft.url.into(), draft.headers)
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn each_kind_goes_where_its_vendor_looks() {
        let (_, headers) = attached(&Credential::Bearer(secret("abc")));
        assert_eq!(headers["authorization"], "Bearer abc");
        let (_, headers) =
            attached(&Credential::Header { name: "X-Api-Key".into(), value: secret("Token abc") });
        assert_eq!(headers["x-api-key"], "Token abc");
        // The example of RFC 7617, section 2.
        let (_, headers) = attached(&Credential::Basic {
            username: secret("Aladdin"),
            password: secret("open sesame"),
            user_is_secret: false,
        });
        assert_eq!(headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let (url, headers) =
            attached(&Credential::Query { name: "api_token".into(), value: secret("a&b=c") });
        assert_eq!(url, "https://api.example.com/v1?page=2&api_token=a%26b%3Dc");
        assert!(headers.is_empty());
    }

    #[test]
    fn a_value_that_would_split_the_header_is_refused() {
        let bad = Credential::Bearer(secret("abc\r\nx-admin: 1"));
        let result = bad.attach(&mut draft(), 0);
        assert!(matches!(result, Err(EgressError::Credential)));
    }

    #[test]
    fn a_credential_is_never_printed() {
        let shown = format!(
            "{:?}",
            Credential::Basic {
                username: secret("hidden-1"),
                password: secret("hidden-2"),
                user_is_secret: false,
            }
        );
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
