//! What a vendor is answered: its own shape for what was kept, plain HTTP for the rest.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER},
};
use http_body_util::Full;
use jackfield_registry::manifest::webhook::Webhook;

use crate::verify::Answer;

/// After how many seconds a vendor shall come again.
const RETRY_AFTER_S: &str = "5";

/// The headers of a page.
const PAGE_HEADERS: [(&str, &str); 5] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// An answer to a request.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn plain(status: StatusCode, body: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        }
        Self { status, headers, body: Bytes::from_static(body.as_bytes()) }
    }

    /// The manifest's reply to a delivery that is on disk.
    pub(super) fn accepted(webhook: &Webhook) -> Self {
        let reply = &webhook.reply;
        let mut headers = HeaderMap::new();
        let text = (!reply.body.is_empty()).then_some("text/plain; charset=utf-8");
        if let Some(kind) = reply.content_type.as_deref().or(text) {
            insert(&mut headers, CONTENT_TYPE.as_str(), kind);
        }
        for (name, value) in &reply.headers {
            insert(&mut headers, name.as_str(), value);
        }
        Self { status: status(reply.status), headers, body: reply.body.clone().into() }
    }

    /// The manifest's reply to a delivery with a wrong signature.
    pub(super) fn refused(webhook: &Webhook) -> Self {
        Self::plain(status(webhook.refuse.status), "")
    }

    pub(super) fn handshake(answer: Answer) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in &answer.headers {
            insert(&mut headers, name, value);
        }
        Self { status: status(answer.status), headers, body: answer.body }
    }

    /// No endpoint has this path.
    pub(super) fn unknown() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "there is no such endpoint\n")
    }

    /// The endpoint is known, but nothing can be kept now.
    pub(super) fn unavailable() -> Self {
        Self::later("not available at the moment; please send it again\n")
    }

    /// Too much is under way.
    pub(super) fn busy() -> Self {
        Self::later("too many requests are under way; please send it again\n")
    }

    fn later(body: &'static str) -> Self {
        let mut reply = Self::plain(StatusCode::SERVICE_UNAVAILABLE, body);
        reply.headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        reply
    }

    pub(super) fn too_large(limit_bytes: usize) -> Self {
        let mut reply = Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "");
        reply.body = format!("the body is over the limit of {limit_bytes} bytes\n").into();
        // What is still on its way shall not be taken for the next request.
        reply.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        reply
    }

    pub(super) fn too_slow() -> Self {
        Self::plain(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n")
    }

    pub(super) fn cut_off() -> Self {
        Self::plain(StatusCode::BAD_REQUEST, "the body was cut off\n")
    }

    /// A page for a person. Nothing on it is fetched or run, and nobody keeps it.
    pub(super) fn page(status: StatusCode, title: &str, text: &str) -> Self {
        let (title, text) = (harmless(title), harmless(text));
        let body = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n\
             <h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
        );
        let mut headers = HeaderMap::new();
        for (name, value) in PAGE_HEADERS {
            insert(&mut headers, name, value);
        }
        Self { status, headers, body: body.into() }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A text that a browser shows and does not obey.
fn harmless(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A status of the manifest, which has been checked to be one.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::OK)
}

/// Adds a header; what is no header is left out, since the vendor's own value may be in it.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}
