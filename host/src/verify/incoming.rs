//! A webhook request before, without and after verification, as three types.
//!
//! Promises that a [`Verified`] or an [`Unverified`] is made by `verify` alone, and that none of
//! the three prints what it holds. Never changes the bytes of a body.

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use jackfield_registry::manifest::webhook::{Field, StandardHeaders, Verify, Webhook};

/// One webhook request, read whole, before anyone believes it.
#[derive(Clone)]
pub struct Incoming {
    /// The HTTP method.
    pub method: Method,
    /// The public URL that the vendor called, with its query, byte for byte: vendors sign it.
    pub url: String,
    /// What followed the endpoint in the path.
    pub path: String,
    /// The query string as it came, without its `?`.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The exact bytes of the body.
    pub body: Bytes,
    /// Where it came from.
    pub peer: SocketAddr,
    /// When it arrived, in milliseconds since 1970-01-01T00:00:00Z.
    pub received_at_ms: u64,
}

impl fmt::Debug for Incoming {
    /// Headers, URL and body may carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .field("peer", &self.peer)
            .field("received_at_ms", &self.received_at_ms)
            .finish_non_exhaustive()
    }
}

/// Proof that the vendor sent a request: only `verify` can make one.
#[derive(Debug)]
pub struct Verified(Kept);

/// A request about which nothing can be said, because there is no secret yet: only `verify` can
/// make one, and no run may start from it.
#[derive(Debug)]
pub struct Unverified {
    kept: Kept,
    secret: String,
}

impl Verified {
    pub(super) fn new(incoming: Incoming, webhook: &Webhook) -> Self {
        Self(Kept::new(incoming, webhook))
    }

    /// The request. A token that stood in its query is no longer there.
    pub fn incoming(&self) -> &Incoming {
        &self.0.incoming
    }

    /// The request, without the proof.
    pub fn into_incoming(self) -> Incoming {
        self.0.incoming
    }

    /// Names, in lower case, and values of the headers, less those that carried the credential
    /// or the signature. Bytes that are not UTF-8 are replaced.
    pub fn headers_for_connector(&self) -> Vec<(String, String)> {
        self.0.headers()
    }
}

impl Unverified {
    pub(super) fn new(incoming: Incoming, webhook: &Webhook, secret: String) -> Self {
        Self { kept: Kept::new(incoming, webhook), secret }
    }

    /// The name of the secret that is not set, or that cannot be used as it is.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The request. A token that stood in its query is no longer there.
    pub fn incoming(&self) -> &Incoming {
        &self.kept.incoming
    }

    /// The request, for whoever keeps it as unverified.
    pub fn into_incoming(self) -> Incoming {
        self.kept.incoming
    }

    /// As [`Verified::headers_for_connector`].
    pub fn headers_for_connector(&self) -> Vec<(String, String)> {
        self.kept.headers()
    }
}

/// A request with the names of the headers that no connector may see.
#[derive(Debug)]
struct Kept {
    incoming: Incoming,
    hidden: Vec<HeaderName>,
}

impl Kept {
    fn new(mut incoming: Incoming, webhook: &Webhook) -> Self {
        if let Verify::Token(token) = &webhook.verify
            && let Field::Query(name) = &token.field
        {
            incoming.query = without(&incoming.query, name);
            if let Some((before, query)) = incoming.url.split_once('?') {
                let query = without(query, name);
                let mark = if query.is_empty() { "" } else { "?" };
                incoming.url = format!("{before}{mark}{query}");
            }
        }
        Self { incoming, hidden: hidden(&webhook.verify) }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let seen = self.incoming.headers.iter().filter(|(name, _)| !self.hidden.contains(name));
        seen.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
    }
}

/// The headers that carry the credential or the signature. `authorization` always does.
fn hidden(verify: &Verify) -> Vec<HeaderName> {
    let named: Vec<&str> = match verify {
        Verify::Hmac(hmac) => header_of(&hmac.signature).into_iter().collect(),
        Verify::Token(token) => header_of(&token.field).into_iter().collect(),
        Verify::Jwt(jwt) => vec![jwt.header.as_str()],
        Verify::StandardWebhooks(standard) => vec![match standard.headers {
            StandardHeaders::Webhook => "webhook-signature",
            StandardHeaders::Svix => "svix-signature",
        }],
        Verify::Component(component) => component.hide.iter().map(|name| name.as_str()).collect(),
        Verify::Basic(_) | Verify::None(_) => Vec::new(),
    };
    let mut hidden = vec![header::AUTHORIZATION];
    // A name that a manifest may hold is a name that a request may hold: both are tokens.
    hidden.extend(named.iter().filter_map(|name| name.parse::<HeaderName>().ok()));
    hidden
}

fn header_of(field: &Field) -> Option<&str> {
    match field {
        Field::Header(name) => Some(name.as_str()),
        Field::Query(_) | Field::Json(_) | Field::Form(_) => None,
    }
}

/// A query without the parameter `name`; the rest as it was.
fn without(query: &str, name: &str) -> String {
    let is_named = |pair: &str| {
        url::form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(key, _)| key == name)
    };
    query.split('&').filter(|pair| !is_named(pair)).collect::<Vec<_>>().join("&")
}
