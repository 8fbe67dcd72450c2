//! Sends webhooks as a vendor does: over kept connections, with a deadline, and again later.
//!
//! Owns the client's side of a delivery. Promises that sending costs little, so that it can be
//! a load generator: the body and its signature are made once. Never judges an answer.
#![expect(clippy::disallowed_methods, reason = "a vendor's side: it connects and takes the time")]

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jackfield::clock::{Clock, SystemClock};
use sha2::Sha256;
use tokio::{net::TcpStream, sync::Mutex, time::timeout};
use url::Url;

/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// How long an answer may take, unless said otherwise: Pipedrive's limit; Xero's is 5 s.
const DEADLINE_MS: u64 = 10_000;

/// The HMAC-SHA256 of a message, with which most vendors sign.
pub fn hmac_sha256(key: &str, message: &[u8]) -> impl AsRef<[u8]> + use<> {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key length");
    mac.chain_update(message).finalize().into_bytes()
}

/// A webhook, ready to be sent any number of times. Clones share the body.
#[derive(Debug, Clone)]
pub struct Delivery {
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Delivery {
    /// A POST with this body.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, headers: HeaderMap::new(), body: body.into() }
    }

    /// The same with another method, such as HEAD or GET for a handshake.
    #[must_use]
    pub fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same with a header, in place of one of that name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a header given as texts.
    ///
    /// # Panics
    /// The texts are not fit for a header.
    #[must_use]
    pub fn with_text(self, name: &str, value: &str) -> Self {
        // A mistake in the test, which should see it at once.
        let name = name.parse().expect("a name fit for a header");
        let value = value.parse().expect("a value fit for a header");
        self.with(name, value)
    }

    /// The body as it is sent.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The headers as they are sent, without host and length.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// An answer to a delivery.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// From the first byte sent to the last byte read, connecting included, in microseconds.
    pub latency_us: u64,
}

/// Why a delivery had no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address is none that a sender can use.
    #[error("`{0}` is not an address such as `http://127.0.0.1:8080/in/…`: use plain http")]
    Address(String),
    /// No connection came about.
    #[error("connecting failed: is the host up? {0}")]
    Connect(#[from] io::Error),
    /// The connection ended before the answer did.
    #[error("the connection broke before the answer: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer took too long.
    #[error("no answer within {deadline_ms} ms")]
    Late {
        /// The deadline that was kept.
        deadline_ms: u64,
    },
    /// The answer was too long.
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    Long,
}

/// Where deliveries go.
#[derive(Debug, Clone)]
struct Target {
    address: String,
    host: HeaderValue,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, SendError> {
        let wrong = || SendError::Address(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        let (Some(host), Some(port), "http") =
            (parsed.host_str(), parsed.port_or_known_default(), parsed.scheme())
        else {
            return Err(wrong());
        };
        let address = format!("{host}:{port}");
        let path = match parsed.query() {
            Some(query) => format!("{}?{query}", parsed.path()),
            None => parsed.path().to_owned(),
        };
        Ok(Self { host: address.parse().map_err(|_| wrong())?, address, path })
    }
}

/// One kept connection. A load generator has one for each of its tasks.
#[derive(Debug)]
pub struct Lane {
    target: Target,
    deadline_ms: u64,
    connection: Option<http1::SendRequest<Full<Bytes>>>,
}

impl Lane {
    /// A lane to an endpoint; it connects with its first delivery.
    ///
    /// # Errors
    /// [`SendError::Address`].
    pub fn new(url: &str) -> Result<Self, SendError> {
        Ok(Self { target: Target::parse(url)?, deadline_ms: DEADLINE_MS, connection: None })
    }

    /// The same with another deadline for each answer.
    #[must_use]
    pub fn within(mut self, deadline_ms: u64) -> Self {
        self.deadline_ms = deadline_ms;
        self
    }

    /// Sends a delivery once and waits for its answer. After an error the next one connects anew.
    ///
    /// # Errors
    /// There was no whole answer in time.
    pub async fn send(&mut self, delivery: &Delivery) -> Result<Answer, SendError> {
        let deadline_ms = self.deadline_ms;
        let sent = timeout(Duration::from_millis(deadline_ms), self.exchange(delivery)).await;
        let sent = sent.unwrap_or(Err(SendError::Late { deadline_ms }));
        if sent.is_err() {
            self.connection = None;
        }
        sent
    }

    /// Sends to another path at the same host from now on.
    pub fn set_path(&mut self, path: &str) {
        path.clone_into(&mut self.target.path);
    }

    async fn exchange(&mut self, delivery: &Delivery) -> Result<Answer, SendError> {
        let start = Instant::now();
        let mut request = Request::new(Full::new(delivery.body.clone()));
        *request.method_mut() = delivery.method.clone();
        *request.uri_mut() =
            self.target.path.parse().map_err(|_| SendError::Address(self.target.path.clone()))?;
        *request.headers_mut() = delivery.headers.clone();
        request.headers_mut().insert(header::HOST, self.target.host.clone());
        let response = self.connection().await?.send_request(request).await?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
            Ok(broken) => SendError::Broken(*broken),
            Err(_) => SendError::Long,
        })?;
        let latency_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_bytes(),
            latency_us,
        })
    }

    /// The kept connection, or a new one where it was closed.
    async fn connection(&mut self) -> Result<&mut http1::SendRequest<Full<Bytes>>, SendError> {
        let usable = match &mut self.connection {
            Some(kept) => kept.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let stream = TcpStream::connect(&self.target.address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            // It ends with the lane; what goes wrong there is seen by the request.
            tokio::spawn(connection);
            self.connection = Some(sender);
        }
        // Set just above where it was not.
        Ok(self.connection.as_mut().expect("a lane that has connected"))
    }
}

/// Several lanes to one endpoint, taken in turn; it can be shared by tasks.
#[derive(Debug)]
pub struct Sender {
    lanes: Vec<Mutex<Lane>>,
    next: AtomicUsize,
}

impl Sender {
    /// A sender with this many connections, at least one.
    ///
    /// # Errors
    /// [`SendError::Address`].
    pub fn new(url: &str, connections: usize) -> Result<Self, SendError> {
        let lanes: Result<_, _> =
            (0..connections.max(1)).map(|_| Lane::new(url).map(Mutex::new)).collect();
        Ok(Self { lanes: lanes?, next: AtomicUsize::new(0) })
    }

    /// Sends a delivery once and waits for its answer.
    ///
    /// # Errors
    /// There was no whole answer in time.
    pub async fn send(&self, delivery: &Delivery) -> Result<Answer, SendError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        self.lanes[turn].lock().await.send(delivery).await
    }

    /// Sends as a vendor does: again after each of the waits, until an answer is of the 2xx kind.
    /// `make` gets the number of the try, from 1, as some vendors write it into the payload.
    /// Gives the last try's outcome and how many tries there were.
    pub async fn send_until_taken(
        &self,
        mut make: impl FnMut(u32) -> Delivery,
        waits_ms: &[u64],
    ) -> (Result<Answer, SendError>, u32) {
        let mut tries = 1;
        let mut outcome = self.send(&make(tries)).await;
        for wait_ms in waits_ms {
            if outcome.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status)) {
                break;
            }
            SystemClock.sleep_until(SystemClock.now_ms().saturating_add(*wait_ms)).await;
            tries += 1;
            outcome = self.send(&make(tries)).await;
        }
        (outcome, tries)
    }
}
