//! A request, read whole or not at all.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, header::HOST};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming as Body};
use jackfield_registry::manifest::webhook::Webhook;
use url::Url;

use super::Reply;
use crate::verify::Incoming;

/// The longest body where the manifest sets no limit, in bytes.
const BODY_BYTES: u64 = 1 << 20;
/// How long a vendor may take to send a body.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// Reads the body up to the limit that the manifest sets.
pub(super) async fn whole(
    request: Request<Body>,
    webhook: &Webhook,
    path: String,
    peer: SocketAddr,
    public_url: &Url,
    received_at_ms: u64,
) -> Result<Incoming, Reply> {
    let limit_bytes = webhook.body_limit_bytes.unwrap_or(BODY_BYTES);
    // A manifest can ask for a few megabytes at most.
    let limit = usize::try_from(limit_bytes).unwrap_or(usize::MAX);
    if request.body().size_hint().lower() > limit_bytes {
        return Err(Reply::too_large(limit));
    }
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_WAIT, Limited::new(body, limit).collect()).await {
        Err(_elapsed) => return Err(Reply::too_slow()),
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Reply::too_large(limit)),
        Ok(Err(_)) => return Err(Reply::cut_off()),
    };
    Ok(incoming(head, body, path, peer, public_url, received_at_ms))
}

fn incoming(
    head: http::request::Parts,
    body: Bytes,
    path: String,
    peer: SocketAddr,
    public_url: &Url,
    received_at_ms: u64,
) -> Incoming {
    let seen = head.uri.path_and_query().map_or("/", |seen| seen.as_str());
    let origin = public_url.as_str().trim_end_matches('/');
    Incoming {
        url: format!("{origin}{seen}"),
        method: head.method,
        path,
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: without_host(head.headers),
        body,
        peer,
        received_at_ms,
    }
}

/// `Host` says how the world sees this host, which is no business of a connector.
fn without_host(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(HOST);
    headers
}
