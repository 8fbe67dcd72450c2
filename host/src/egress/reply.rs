//! Replies: an answer is read whole, within bounds, and shown without secrets.
//!
//! Never follows a redirect (a 3xx is a reply like any other), never decodes, never keeps a
//! cookie.

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName,
    header::{CONNECTION, CONTENT_ENCODING, SET_COOKIE, TRANSFER_ENCODING},
};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::{
    error::{EgressError, Stage},
    sanitise::BODY_BYTES_MAX,
    scrub::Scrubber,
};

/// Headers that are about the socket, or would make a guest keep a session.
const DROPPED: [HeaderName; 3] = [SET_COOKIE, CONNECTION, TRANSFER_ENCODING];

/// The answer of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status as it was sent; 3xx, 4xx and 5xx are replies too.
    pub status: u16,
    /// Names in lower case, and values, in order; without `set-cookie`.
    pub headers: Vec<(String, String)>,
    /// What it would have had a browser keep, for the host's own sign-ins; no guest sees it.
    pub cookies: Vec<String>,
    /// The whole body, at most 10 MiB before secrets in it were replaced.
    pub body: Bytes,
}

/// Reads an answer to its end.
pub(super) async fn read(
    response: http::Response<Incoming>,
    scrubber: &Scrubber,
) -> Result<Reply, EgressError> {
    let (head, body) = response.into_parts();
    let body = collect(body).await?;
    // A reply without a body may still name the encoding that a body would have had.
    if let Some(encoding) = encoding(&head.headers).filter(|_| !body.is_empty()) {
        return Err(EgressError::Encoded(scrubber.text(encoding.as_bytes())));
    }
    let headers = head.headers.iter().filter(|(name, _)| !DROPPED.contains(name));
    let headers = headers
        .map(|(name, value)| (name.as_str().to_owned(), scrubber.text(value.as_bytes())))
        .collect();
    let cookies = head.headers.get_all(SET_COOKIE).iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()).map(str::to_owned).collect();
    Ok(Reply { status: head.status.as_u16(), headers, cookies, body: scrubber.body(body) })
}

/// The encoding of an answer, if it has one.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_ENCODING)?.as_bytes()).into_owned();
    let plain = value.is_empty() || value.eq_ignore_ascii_case("identity");
    (!plain).then_some(value)
}

async fn collect(mut body: Incoming) -> Result<Bytes, EgressError> {
    let too_large = || EgressError::TooLarge { bytes_max: BODY_BYTES_MAX };
    // A body that says how long it is, is refused before it is read.
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| EgressError::Broken {
            stage: Stage::Body,
            why: super::causes::deepest(&error),
        })?;
        // Trailers are dropped: nothing in them is for a guest.
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > BODY_BYTES_MAX {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}
