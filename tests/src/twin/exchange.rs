//! One request and its answer, between the server and a vendor.
//!
//! Owns the order of things: read, fault, work, check, remember. Promises that a vendor's work is
//! done whole or not at all, since it is one call without waiting. Never lets a body grow beyond
//! its bound.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use jackfield::clock::{Clock, SystemClock};
use serde_json::Value;

use super::{
    fault::{Fault, Faults},
    journal::{Asked, Journal, Outcome},
    openapi::Description,
};

/// The largest body that a twin reads, in bytes.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is answered when a test asks for garbage: JSON that breaks off.
const GARBAGE: &[u8] = b"{\"Status\":\"OK\",\"half";

/// A vendor's behaviour, without the network.
pub trait Vendor: Send + Sync + 'static {
    /// The vendor's descriptions: file under the folder of descriptions, and the path prefix
    /// under which that description's paths are found at the vendor.
    const SPECS: &'static [(&'static str, &'static str)];

    /// Whether the descriptions speak of a path.
    fn is_described(&self, path: &str) -> bool {
        let _ = path;
        true
    }

    /// A request has come.
    fn begun(&self, method: &Method, path: &str) {
        let _ = (method, path);
    }

    /// Its answer goes out, its connection is closed, or whoever asked is gone.
    fn ended(&self, method: &Method, path: &str) {
        let _ = (method, path);
    }

    /// Whether no answer goes out from now on, until whoever asked is gone.
    fn hangs(&self) -> bool {
        false
    }

    /// Does what is asked; none where no route matches.
    fn answer(&self, ask: &Ask) -> Option<Reply>;

    /// How the vendor words a failure with this status that has nothing to do with the request.
    fn refuse(&self, status: StatusCode) -> Reply;
}

/// A request as a vendor sees it.
#[derive(Debug)]
pub struct Ask {
    /// Its method.
    pub method: Method,
    /// Its path as it came.
    pub path: String,
    /// Its query, decoded, in the order it came.
    pub query: Vec<(String, String)>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Ask {
    /// The first value of a query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of a header; none if it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer of a vendor.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers beyond length and date.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
    /// It is never sent: the connection is closed instead.
    pub lost: bool,
}

impl Reply {
    /// An answer of JSON.
    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self::json_bytes(status, body.to_string())
    }

    /// An answer of JSON that is written already.
    pub fn json_bytes(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_static("application/json; charset=utf-8");
        Self {
            status,
            headers: vec![(header::CONTENT_TYPE, content_type)],
            body: body.into(),
            lost: false,
        }
    }

    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), lost: false }
    }

    /// An answer of 200 with JSON that breaks off.
    pub fn garbage() -> Self {
        Self::json_bytes(StatusCode::OK, GARBAGE)
    }

    /// The same answer, lost on the way: the connection is closed instead.
    #[must_use]
    pub fn lost(self) -> Self {
        Self { lost: true, ..self }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((HeaderName::from_static(name), value.into()));
        self
    }
}

/// The connection is to be closed without an answer, as a test asked.
#[derive(Debug, thiserror::Error)]
#[error("the answer was dropped on demand")]
pub struct Dropped;

/// A request that has come and is not ended: it ends with its answer, or when whoever asked is
/// gone.
struct UnderWay<'a, V: Vendor>(&'a V, Method, String);

impl<'a, V: Vendor> UnderWay<'a, V> {
    fn begin(vendor: &'a V, ask: &Ask) -> Self {
        vendor.begun(&ask.method, &ask.path);
        Self(vendor, ask.method.clone(), ask.path.clone())
    }
}

impl<V: Vendor> Drop for UnderWay<'_, V> {
    fn drop(&mut self) {
        self.0.ended(&self.1, &self.2);
    }
}

/// All that one twin is, apart from its port.
pub struct Exchange<V> {
    pub vendor: V,
    pub faults: Faults,
    pub journal: Journal,
    description: OnceLock<Arc<Description>>,
}

impl<V: Vendor> Exchange<V> {
    pub fn new(vendor: V) -> Self {
        Self {
            vendor,
            faults: Faults::default(),
            journal: Journal::default(),
            description: OnceLock::new(),
        }
    }

    /// Checks requests and answers from now on.
    pub fn hold_against(&self, description: Arc<Description>) {
        // The same files give the same description, so the first one may stay.
        let _ = self.description.set(description);
    }

    /// Answers one request of HTTP.
    pub async fn serve(
        &self,
        incoming: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Dropped> {
        let (parts, body) = incoming.into_parts();
        let at_ms = SystemClock.now_ms();
        let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Ok(render(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE))),
        };
        let query = parts.uri.query().unwrap_or_default();
        let ask = Ask {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts.headers,
            body,
            at_ms,
        };
        let under_way = UnderWay::begin(&self.vendor, &ask);
        let fault = self.faults.take(&ask.method, &ask.path);
        let reply = self.work(&ask, fault);
        if self.vendor.hangs() {
            std::future::pending::<()>().await;
        }
        let wait = self.faults.wait();
        if !wait.is_zero() {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            SystemClock.sleep_until(SystemClock.now_ms().saturating_add(wait_ms)).await;
        }
        drop(under_way);
        let cut = fault == Some(Fault::Cut) || reply.lost;
        let outcome = if cut { Outcome::Cut } else { Outcome::Answered(reply.status.as_u16()) };
        self.journal.keep(Asked {
            method: ask.method,
            target: parts.uri.to_string(),
            headers: ask.headers,
            body: ask.body,
            at_ms,
            outcome,
        });
        if cut { Err(Dropped) } else { Ok(render(reply)) }
    }

    fn work(&self, ask: &Ask, fault: Option<Fault>) -> Reply {
        let description = self.description.get().filter(|_| self.vendor.is_described(&ask.path));
        for violation in description.iter().flat_map(|known| known.check_ask(ask)) {
            self.journal.note_violation(violation);
        }
        if let Some(Fault::Refuse(status)) = fault {
            return self.vendor.refuse(status);
        }
        let Some(reply) = self.vendor.answer(ask) else {
            self.journal.note_unexpected(format!("{} {}", ask.method, ask.path));
            return self.vendor.refuse(StatusCode::NOT_FOUND);
        };
        for violation in description.iter().flat_map(|known| known.check_reply(ask, &reply)) {
            self.journal.note_violation(violation);
        }
        if fault == Some(Fault::Garbage) {
            return Reply::garbage();
        }
        reply
    }
}

fn render(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    response.headers_mut().extend(reply.headers);
    response
}
