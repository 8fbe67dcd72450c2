//! Sanitising: a guest's request becomes the host's, or is refused.
//!
//! Promises that framing, target and credentials are the host's alone: no header of a guest can
//! change where a message goes or where it ends. Never sends; never changes what it lets
//! through, except that `accept-encoding` is dropped (the host decodes nothing and so asks for
//! nothing to be encoded).

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{HOST, USER_AGENT},
};
use http_body_util::Full;
use url::{Position, Url};

use super::{
    client::Request,
    credential::{Credential, Draft},
    error::EgressError,
    issuer::Auth,
    origin::Origin,
    outside::Asked,
    policy::{Policy, Rule},
};

/// Bytes of a request's body.
pub(super) const BODY_BYTES_MAX: usize = 10 << 20;
/// Bytes of a URL.
const URL_BYTES_MAX: usize = 8 << 10;
/// Bytes of a method; the longest that IANA knows has 17.
const METHOD_BYTES_MAX: usize = 32;
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// Bytes of all names and values of a request's headers together.
const HEADERS_BYTES_MAX: usize = 32 << 10;
/// Characters of a foreign name that an error repeats.
const SHOWN_CHARS_MAX: usize = 64;

/// Headers that are the host's: they say where a message goes, where it ends, or what the
/// socket does next.
const HOSTS_OWN: &[&str] = &[
    "host",
    "connection",
    "transfer-encoding",
    "content-length",
    "te",
    "upgrade",
    "keep-alive",
    "trailer",
    "expect",
    "http2-settings",
];
/// Headers of the manifest that a guest may say otherwise, because they describe one request
/// and not the connection.
const GUESTS_CHOICE: &[&str] = &["accept", "accept-language", "content-type", "user-agent"];
/// What the host calls itself where nobody says otherwise; some vendors refuse the nameless.
const AGENT: &str = concat!("jackfield/", env!("CARGO_PKG_VERSION"));

fn invalid<T>(why: impl Into<String>) -> Result<T, EgressError> {
    Err(EgressError::Invalid(why.into()))
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN_CHARS_MAX).collect::<String>().escape_default().to_string()
}

/// A request that may be sent, once it shows who is asking.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) mutates: bool,
    /// What shall show it.
    pub(super) auth: Option<Auth>,
    draft: Draft,
    /// Where it really goes.
    target: Origin,
}

impl Prepared {
    /// The vendor's host.
    pub(super) fn host(&self) -> &str {
        // What was allowed has one.
        self.draft.url.host_str().unwrap_or_default()
    }

    /// The vendor's origin.
    pub(super) fn origin(&self) -> String {
        self.draft.url.origin().ascii_serialization()
    }

    /// The request as it stands before anything shows who is asking.
    pub(super) fn asked(&self) -> Asked {
        let Draft { method, url, headers, body } = self.draft.clone();
        let headers = headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Asked {
            method: method.as_str().to_owned(),
            url: url.into(),
            headers: headers.collect(),
            body,
            mutates: self.mutates,
        }
    }

    /// The request as it is sent.
    pub(super) fn with(
        &self,
        credential: Option<&Credential>,
        now_ms: u64,
    ) -> Result<http::Request<Full<Bytes>>, EgressError> {
        let mut draft = self.draft.clone();
        if let Some(credential) = credential {
            if credential.headers().iter().any(|name| is_hosts_own(name)) {
                return invalid("a credential may not go into a header that is the host's");
            }
            if let Some(name) = credential.query()
                && draft.url.query_pairs().any(|(named, _)| named == name)
            {
                return invalid(format!("the query may not name `{name}`: the host adds it"));
            }
            credential.attach(&mut draft, now_ms)?;
            if draft.body.len() > BODY_BYTES_MAX {
                return invalid(format!("the body is over {BODY_BYTES_MAX} bytes"));
            }
        }
        let mut sent = http::Request::new(Full::new(draft.body));
        *sent.method_mut() = draft.method;
        *sent.uri_mut() = uri(&self.target, &draft.url)?;
        *sent.headers_mut() = draft.headers;
        Ok(sent)
    }
}

/// Checks a request against the policy and makes it the host's.
pub(super) fn prepare(policy: &Policy, request: Request) -> Result<Prepared, EgressError> {
    let url = target(&request.url)?;
    let method = Method::from_bytes(request.method.as_bytes()).ok();
    let Some(method) = method.filter(|method| method.as_str().len() <= METHOD_BYTES_MAX) else {
        return invalid(format!("`{}` is not a method", shown(&request.method)));
    };
    if matches!(method, Method::CONNECT | Method::TRACE) {
        return invalid(format!("the method `{method}` is not for connectors"));
    }
    let rule = policy.allows(method.as_str(), &url)?;
    let body = request.body.unwrap_or_default();
    let mutates = rule.mutates(method.as_str(), url.path(), &body);
    if body.len() > BODY_BYTES_MAX {
        return invalid(format!("the body is over {BODY_BYTES_MAX} bytes"));
    }
    let mut headers = guests(&request.headers, rule)?;
    hosts(&mut headers, policy)?;
    if let Some((name, value)) = &request.idempotency {
        let (name, value) = pair(name, value)?;
        headers.insert(name, value);
    }
    headers.insert(HOST, host(rule)?);
    let target = rule.redirect_to.as_ref().unwrap_or(&rule.origin).clone();
    let draft = Draft { method, url, headers, body };
    Ok(Prepared { mutates, auth: rule.auth.clone(), draft, target })
}

/// The URL of a request, if it is one that may be sent at all.
fn target(text: &str) -> Result<Url, EgressError> {
    if text.len() > URL_BYTES_MAX {
        return invalid(format!("the url is over {URL_BYTES_MAX} bytes"));
    }
    // The parser would drop these without a word.
    if text.contains(|c: char| c.is_control() || c == ' ' || c == '\\') {
        return invalid("the url holds a space, a backslash or a control character");
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return invalid(format!("the url is not absolute and whole: {error}")),
    };
    if Origin::of(&url).is_none() {
        return invalid(format!("the url's scheme is `{}`, not `https`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("the url holds a user; hint: name an `auth` in `[[egress]]`");
    }
    if url.fragment().is_some() {
        return invalid("the url holds a fragment, which is never sent");
    }
    Ok(url)
}

fn is_hosts_own(name: &str) -> bool {
    HOSTS_OWN.contains(&name) || name.starts_with("proxy-")
}

/// A header as it may be sent, whoever asks for it: a manifest is as foreign as a component.
fn pair(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), EgressError> {
    let Ok(parsed) = HeaderName::try_from(name) else {
        return invalid(format!("`{}` is not a header's name", shown(name)));
    };
    match HeaderValue::try_from(value) {
        Ok(_) if is_hosts_own(parsed.as_str()) => {
            invalid(format!("the header `{parsed}` is the host's; hint: leave it out"))
        }
        Ok(value) => Ok((parsed, value)),
        Err(_) => invalid(format!("the value of the header `{parsed}` holds a control character")),
    }
}

/// The headers that a guest gave.
fn guests(given: &[(String, String)], rule: &Rule) -> Result<HeaderMap, EgressError> {
    if given.len() > HEADERS_MAX {
        return invalid(format!("more than {HEADERS_MAX} headers"));
    }
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > HEADERS_BYTES_MAX {
        return invalid(format!("the headers are over {HEADERS_BYTES_MAX} bytes"));
    }
    let credential = rule.auth.as_ref().map(|auth| auth.headers()).unwrap_or_default();
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let (name, value) = pair(name, value)?;
        if credential.iter().any(|filled| filled == name.as_str()) {
            return invalid(format!("the header `{name}` is the host's; hint: leave it out"));
        }
        if name != http::header::ACCEPT_ENCODING {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// The headers of the manifest. They replace a guest's, but for those that are its choice.
fn hosts(headers: &mut HeaderMap, policy: &Policy) -> Result<(), EgressError> {
    for (name, value) in policy.headers() {
        let (name, value) = pair(name, value)?;
        if !(GUESTS_CHOICE.contains(&name.as_str()) && headers.contains_key(&name)) {
            headers.insert(name, value);
        }
    }
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    Ok(())
}

/// The `host` header: the real origin's, so that a twin can tell whom it stands in for; a
/// stand-in that has a name of its own, such as a vendor's sandbox, is called by it.
fn host(rule: &Rule) -> Result<HeaderValue, EgressError> {
    let origin = match &rule.redirect_to {
        Some(stand_in) if !stand_in.is_pinned() => stand_in,
        _ => &rule.origin,
    };
    let authority = origin.authority();
    HeaderValue::try_from(&authority)
        .map_err(|_| EgressError::Invalid(format!("`{authority}` is not a host")))
}

/// A URL at the origin to which it really goes.
fn uri(target: &Origin, url: &Url) -> Result<Uri, EgressError> {
    let uri = format!("{target}{}", &url[Position::BeforePath..Position::AfterQuery]);
    uri.try_into()
        .map_err(|_| EgressError::Invalid("the url holds a character that is not sent".to_owned()))
}

#[cfg(test)]
mod tests;
