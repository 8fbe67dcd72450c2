//! The client of one connection: its sockets, its TLS sessions, and the way of one request.
//!
//! Promises exactly one attempt. The pool below may put a request onto a second socket only while
//! the first has not read it from its queue (`retry_canceled_requests` acts on requests that
//! hyper hands back whole), so not a byte of it was sent. Promises to say of each request what it
//! may have done, in [`Sent`]. Never follows a redirect.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        self,
        connect::{CaptureConnection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{task::JoinSet, time::timeout};

use super::{
    EgressConfig,
    breaker::{Breakers, Pass, Rest},
    budget::Budget,
    causes::{explain, is_returned},
    connect::Connector,
    credential::Credential,
    error::{EgressError, Stage},
    issuer::{Auth, Issued, Issuer},
    known::Known,
    outside::{Ear, Outside},
    policy::Policy,
    reply::{self, Reply},
    retry_after::retry_after,
    sanitise::{self, Prepared},
    sent::Sent,
    uses::Uses,
};
use crate::{clock::SharedClock, priority::Priority};

/// Idle sockets that are kept for each origin.
const IDLE_MAX: usize = 16;
/// How long an idle socket is kept. Shorter than the shortest that is common at the other end
/// (five seconds: Node, Apache), so that a request seldom meets a socket that is just closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// Headers of a reply.
const REPLY_HEADERS_MAX: usize = 100;
/// Bytes of a reply's head. Looked at between two reads of a socket, so that a head of up to
/// twice as much may pass.
const REPLY_HEAD_BYTES_MAX: usize = 64 << 10;
/// The statuses with which a system may ask to be left alone: "too many requests" (RFC 6585), and
/// "service unavailable" (RFC 9110, section 15.6.4).
const LEAVE_ALONE: [u16; 2] = [429, 503];

/// A request as a guest asks for it.
#[derive(Debug, Clone)]
pub struct Request {
    /// In upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In order; without those that are the host's.
    pub headers: Vec<(String, String)>,
    /// At most 10 MiB.
    pub body: Option<Bytes>,
    /// For everything together, from the wait for its turn to the last byte of the answer.
    pub timeout: Duration,
    /// A header that names the intention; the host's, so it replaces a guest's.
    pub idempotency: Option<(String, String)>,
}

/// What became of a request.
#[derive(Debug)]
pub struct Answer {
    /// What it may have changed at the system. Not told by `result`: a body that breaks off
    /// after a 201 is an error of something that took effect.
    pub sent: Sent,
    /// The reply, or why there is none.
    pub result: Result<Reply, EgressError>,
}

type Pool = legacy::Client<HttpsConnector<Connector>, Full<Bytes>>;

/// The way out of one connection. Cheap to clone; clones share everything but the priority.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    priority: Priority,
    ear: Option<Arc<dyn Ear>>,
}

struct Inner {
    policy: Arc<Policy>,
    known: Mutex<Known>,
    pool: Pool,
    budget: Arc<Budget>,
    breakers: Option<Arc<Breakers>>,
    /// Whose way out this is, and where the use of its credentials is counted.
    uses: (String, Arc<Uses>),
    clock: SharedClock,
    outside: Option<Arc<dyn Outside>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

/// How far a request has come.
#[derive(Default)]
struct Progress {
    /// There once the pool was asked; filled when the request is handed to a socket.
    capture: Option<CaptureConnection>,
    /// The pool gave it back untouched.
    returned: bool,
    status: Option<u16>,
    /// The leave of the breaker, until it is known how the request ended.
    pass: Option<Pass>,
}

impl Progress {
    fn handed(&self) -> bool {
        let captured = |capture: &CaptureConnection| capture.connection_metadata().is_some();
        !self.returned && self.capture.as_ref().is_some_and(captured)
    }

    fn stage(&self) -> Stage {
        match (self.status, self.handed(), &self.capture) {
            (Some(_), ..) => Stage::Body,
            (None, true, _) => Stage::Headers,
            (None, false, Some(_)) => Stage::Connect,
            (None, false, None) => Stage::Queue,
        }
    }
}

impl Client {
    pub(super) fn new(
        config: &EgressConfig,
        policy: Arc<Policy>,
        budget: Arc<Budget>,
        breakers: Option<Arc<Breakers>>,
        uses: (String, Arc<Uses>),
    ) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(config.network.clone(), policy.clone()));
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .retry_canceled_requests(true)
            .http1_max_headers(REPLY_HEADERS_MAX)
            .http1_max_buf_size(REPLY_HEAD_BYTES_MAX)
            .build(connector);
        let known = Mutex::new(Known::new(&policy));
        let (clock, outside) = (config.clock.clone(), config.outside.clone());
        let inner = Inner { policy, known, pool, budget, breakers, uses, clock, outside };
        Self { inner: Arc::new(inner), priority: Priority::Live, ear: None }
    }

    /// The same way out, for what has another priority; a fresh one is for what is live.
    #[must_use]
    pub fn at(&self, priority: Priority) -> Self {
        Self { priority, ..self.clone() }
    }

    /// The same way out, all of whose exchanges an ear hears, if there is one.
    #[must_use]
    pub fn heard_by(self, ear: Option<Arc<dyn Ear>>) -> Self {
        Self { ear, ..self }
    }

    /// The origins to which nothing is sent for a while, because they failed again and again.
    pub fn rests(&self) -> Vec<Rest> {
        self.inner.breakers.as_ref().map(|breakers| breakers.rests()).unwrap_or_default()
    }

    /// Whether a request may change something at the system.
    pub fn mutates(&self, method: &str, url: &str, body: &[u8]) -> bool {
        self.inner.policy.mutates(method, url, body)
    }

    /// A text without the connection's credentials, as far as they are long enough to be told
    /// from innocent text.
    pub fn scrub(&self, text: &str) -> String {
        self.known().scrubber.clone().text(text.as_bytes())
    }

    /// Sends one request and waits for the whole answer.
    pub async fn send(&self, request: Request) -> Answer {
        let limit = request.timeout;
        let prepared = match sanitise::prepare(&self.inner.policy, request) {
            Ok(prepared) => prepared,
            Err(error) => return Answer { sent: Sent::Nothing, result: Err(error) },
        };
        let answer = match &self.inner.outside {
            Some(outside) => inside(&**outside, &prepared, limit).await,
            None => self.sent(&prepared, limit).await,
        };
        if let Some(ear) = &self.ear {
            ear.hear(prepared.asked(), &answer.result);
        }
        answer
    }

    /// Sends what was allowed, within a limit.
    async fn sent(&self, prepared: &Prepared, limit: Duration) -> Answer {
        let mut progress = Progress::default();
        let result = match timeout(limit, self.shown(prepared, &mut progress)).await {
            Ok(result) => result,
            Err(_) => Err(EgressError::Timeout {
                stage: progress.stage(),
                timeout_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            }),
        };
        if let Some(pass) = progress.pass.take() {
            let ended = result.as_ref().map(|reply| reply.status);
            pass.end(ended, self.inner.clock.now_ms());
        }
        Answer { sent: Sent::judge(prepared.mutates, progress.handed(), progress.status), result }
    }

    /// Sends many requests, at most `concurrency` (at least 1) at a time, and answers in their
    /// order. One that fails does not stop the others; dropping the future stops all.
    pub async fn send_all(&self, requests: Vec<Request>, concurrency: u32) -> Vec<Answer> {
        let concurrency = usize::try_from(concurrency).unwrap_or(usize::MAX).max(1);
        let mut answers: Vec<Option<Answer>> = requests.iter().map(|_| None).collect();
        let mut waiting = requests.into_iter().enumerate();
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < concurrency
                && let Some((at, request)) = waiting.next()
            {
                let client = self.clone();
                under_way.spawn(async move { (at, client.send(request).await) });
            }
            match under_way.join_next().await {
                Some(Ok((at, answer))) => answers[at] = Some(answer),
                // A task that panicked: its answer stays open and is filled in below.
                Some(Err(_)) => {}
                None => break,
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }

    /// Sends a request with what shows who is asking. Where that was issued and is turned away
    /// by a status that says so, once more with another: nothing was done the first time.
    async fn shown(
        &self,
        prepared: &Prepared,
        progress: &mut Progress,
    ) -> Result<Reply, EgressError> {
        let with = |credential: Option<&Credential>| {
            if credential.is_some() {
                self.note_use(prepared.host());
            }
            prepared.with(credential, self.inner.clock.now_ms())
        };
        let issuer = match &prepared.auth {
            None => return self.exchange(with(None)?, &prepared.origin(), progress).await,
            Some(Auth::Fixed(credential)) => {
                let request = with(Some(credential))?;
                return self.exchange(request, &prepared.origin(), progress).await;
            }
            Some(Auth::Issued(issuer)) => issuer,
        };
        let first = self.learnt(issuer, issuer.issue().await?);
        let request = with(Some(&first.credential))?;
        let reply = self.exchange(request, &prepared.origin(), progress).await?;
        if !issuer.refuses(reply.status) {
            return Ok(reply);
        }
        // The system answered, whatever becomes of the token.
        if let Some(pass) = progress.pass.take() {
            pass.end(Ok(reply.status), self.inner.clock.now_ms());
        }
        let Some(second) = issuer.anew(&first).await? else { return Ok(reply) };
        let second = self.learnt(issuer, second);
        *progress = Progress::default();
        let request = with(Some(&second.credential))?;
        self.exchange(request, &prepared.origin(), progress).await
    }

    /// Counts a use of the connection's credentials towards a host.
    pub fn note_use(&self, host: &str) {
        let (connection, uses) = &self.inner.uses;
        uses.note(connection, host, self.inner.clock.now_ms());
    }

    /// Remembers what must not come back.
    fn learnt(&self, issuer: &Arc<dyn Issuer>, issued: Issued) -> Issued {
        self.known().learn(issuer, &issued, &self.inner.policy);
        issued
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic while the lock is held leaves it whole: the scrubber is put there last.
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(
        &self,
        mut request: http::Request<Full<Bytes>>,
        origin: &str,
        progress: &mut Progress,
    ) -> Result<Reply, EgressError> {
        let inner = &self.inner;
        let _turn = inner.budget.turn().await;
        let now_ms = inner.clock.now_ms();
        let breakers = inner.breakers.as_ref();
        progress.pass = breakers.map(|breakers| breakers.admit(origin, now_ms)).transpose()?;
        inner.budget.take(now_ms, self.priority)?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        progress.capture = Some(capture_connection(&mut request));
        let response = match inner.pool.request(request).await {
            Ok(response) => response,
            Err(error) => {
                progress.returned = is_returned(&error);
                return Err(explain(&error, host, progress.handed()));
            }
        };
        progress.status = Some(response.status().as_u16());
        let scrubber = self.known().scrubber.clone();
        let reply = reply::read(response, &scrubber).await?;
        self.heed(&reply);
        Ok(reply)
    }

    /// Takes in what a reply says of when and how often to come back.
    fn heed(&self, reply: &Reply) {
        let inner = &self.inner;
        let now_ms = inner.clock.now_ms();
        for told in inner.policy.told() {
            if let Some(news) = told.read(reply, now_ms) {
                inner.budget.hear(told.window, news, now_ms);
            }
        }
        let after = LEAVE_ALONE.contains(&reply.status).then(|| retry_after(reply, now_ms));
        if let Some(after) = after.flatten() {
            inner.budget.hold(now_ms, after);
        }
    }
}

/// What becomes of a request that is answered in the process: no credential, no turn, no socket.
async fn inside(outside: &dyn Outside, prepared: &Prepared, limit: Duration) -> Answer {
    let said = outside.answer(prepared.asked()).await;
    let (handed, status) = match &said {
        Ok(reply) => (true, Some(reply.status)),
        Err(silence) => silence.progress(),
    };
    let host = prepared.host().to_owned();
    let result = said.map_err(|silence| silence.into_error(host, limit));
    Answer { sent: Sent::judge(prepared.mutates, handed, status), result }
}

/// The answer of a request whose task is gone: the worst is assumed.
fn lost() -> Answer {
    let why = "the host lost it".to_owned();
    Answer { sent: Sent::Unknown, result: Err(EgressError::Broken { stage: Stage::Headers, why }) }
}
