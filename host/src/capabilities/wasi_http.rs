//! `wasi:http`: what a language's own client sends, JavaScript's `fetch` for one, on the way of
//! the window `http`.
//!
//! Promises the same grant, credentials, budgets, bounds and bookkeeping as a request of that
//! window: it is the same code from [`Http::prepare`] on. The crate's own client is not compiled
//! in. Never shows more of a failure than a code of the standard; `http.failure` has the rest.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{
    HeaderName, HeaderValue,
    header::{CONTENT_LENGTH, HeaderMap},
};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{Http, http::CONCURRENCY_MAX, ledger::Ledger};
use crate::{
    contract::{Header, Problem, Request},
    egress::{self, EgressError, Stage},
    problem,
};

/// Bytes of bodies that one call may have the host hold: of requests that are under way, and of
/// answers that were not read.
const HELD_BYTES_MAX: u32 = 32 << 20;
/// Bytes of a request's body that are taken from the guest at once.
const CHUNK_BYTES_MAX: usize = 64 << 10;

/// An answer, and a future of what becomes of it afterwards.
type Answered = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

/// What all requests of one call share.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// How many may be under way at the same time.
    turns: Arc<Semaphore>,
    /// How many bytes may be held.
    bytes: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(CONCURRENCY_MAX as usize)),
            bytes: Arc::new(Semaphore::new(HELD_BYTES_MAX as usize)),
        }
    }
}

impl Room {
    /// Room for so many bytes until it is dropped; none if that would be too much.
    fn hold(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        self.bytes.clone().try_acquire_many_owned(bytes).ok()
    }
}

impl WasiHttpHooks for Http {
    /// The host of the URL is egress's to write.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answered, Error>> + Send> {
        let (ledger, room) = (self.ledger.clone(), self.room.clone());
        let Some(client) = self.client.clone() else {
            ledger.failed(problem::forbidden("no requests are allowed here"));
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let (head, body) = request.into_parts();
        let asked = Request {
            method: head.method.to_string(),
            url: head.uri.to_string(),
            headers: given(&head.headers),
            body: None,
            ext: Vec::new(),
        };
        // Its body is still to come: as far as is known now it may be any.
        let (mut request, mutates) = self.prepare(&client, asked);
        if let Some(first_byte) = options.and_then(|options| options.first_byte_timeout) {
            request.timeout = request.timeout.min(first_byte);
        }
        Box::new(async move {
            // The semaphore is never closed.
            let _turn = room.turns.clone().acquire_owned().await.expect("an open semaphore");
            let (body, _held) = collected(body, &room).await?;
            request.body = Some(body);
            let Some(under_way) = ledger.begin(mutates) else {
                return Err(Error::HttpRequestDenied);
            };
            let answer = client.send(request).await;
            under_way.end(answer.sent);
            match answer.result {
                Ok(reply) => answered(reply, &room, &ledger),
                Err(error) => Err(refused(error, &ledger)),
            }
        })
    }
}

/// The headers that a guest gives, but for the length of the body, which is the host's to write
/// and was held against the body by the standard's own rules.
fn given(headers: &HeaderMap) -> Vec<Header> {
    let given = headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH);
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    given.map(|(name, value)| Header { name: name.to_string(), value: text(value) }).collect()
}

/// The whole body of a request, and the room that it takes.
async fn collected(
    mut body: WasiBody,
    room: &Room,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Error> {
    let mut whole = BytesMut::new();
    let mut held = room.hold(0);
    while let Some(frame) = body.frame().await {
        // Trailers are dropped, as those of an answer are.
        let Ok(data) = frame?.into_data() else { continue };
        match (&mut held, room.hold(data.len())) {
            (Some(held), Some(more)) => held.merge(more),
            _ => return Err(Error::HttpRequestBodySize(Some(u64::from(HELD_BYTES_MAX)))),
        }
        whole.extend_from_slice(&data);
    }
    Ok((whole.freeze(), held))
}

/// An answer of egress as the standard has it. It keeps its room until it was read or dropped.
fn answered(reply: egress::Reply, room: &Room, ledger: &Ledger) -> Result<Answered, Error> {
    let Some(held) = room.hold(reply.body.len()) else {
        ledger.failed(problem::unavailable(
            "too many answers are held unread; hint: read each before asking for more",
        ));
        return Err(Error::HttpResponseBodySize(Some(u64::from(HELD_BYTES_MAX))));
    };
    let length = reply.body.len();
    let mut response = http::Response::new(());
    // Egress has it from a status that HTTP allows, and headers that HTTP has read.
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).map_err(|_| Error::HttpProtocolError)?;
    for (name, value) in reply.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            continue;
        };
        // What was scrubbed may be shorter than the system said.
        if name != CONTENT_LENGTH || length == 0 {
            response.headers_mut().append(name, value);
        }
    }
    let body = Full::new(reply.body).map_frame(move |frame| {
        let _until_read = &held;
        frame
    });
    let response = response.map(|()| body.map_err(|never| match never {}).boxed_unsync());
    Ok((response, Box::new(async { Ok(()) })))
}

/// Tells the operator why a request has no answer, since a guest may not, and the guest as much
/// as the standard has words for.
fn refused(error: EgressError, ledger: &Ledger) -> Error {
    let code = code(&error);
    let problem = Problem::from(error);
    let allow = problem.details.as_deref().unwrap_or_default();
    tracing::warn!(target: "guest", code = problem.code, allow, "{}", problem.message);
    ledger.failed(problem);
    code
}

/// The standard's word for what went wrong.
fn code(error: &EgressError) -> Error {
    match error {
        EgressError::Refused(_) => Error::HttpRequestDenied,
        EgressError::Address { .. } | EgressError::PrivateName { .. } => {
            Error::DestinationIpProhibited
        }
        EgressError::Invalid(why) => Error::InternalError(Some(why.clone())),
        EgressError::Credential | EgressError::SigningKey | EgressError::NeedsPerson { .. } => {
            Error::ConfigurationError
        }
        EgressError::RateLimited { .. } => Error::ConnectionLimitReached,
        EgressError::NoToken { .. }
        | EgressError::TokenTooYoung { .. }
        | EgressError::LeftAlone { .. } => Error::DestinationUnavailable,
        EgressError::Resolve { .. } => Error::DnsError { rcode: None, info_code: None },
        EgressError::Connect { .. } => Error::ConnectionRefused,
        EgressError::Timeout { stage: Stage::Queue | Stage::Connect, .. } => {
            Error::ConnectionTimeout
        }
        EgressError::Timeout { stage: Stage::Headers | Stage::Body, .. } => {
            Error::HttpResponseTimeout
        }
        EgressError::Broken { stage: Stage::Body, .. } => Error::HttpResponseIncomplete,
        EgressError::Broken { .. } => Error::ConnectionTerminated,
        EgressError::TooLarge { bytes_max } => {
            Error::HttpResponseBodySize(u64::try_from(*bytes_max).ok())
        }
        EgressError::Encoded(coding) => Error::HttpResponseContentCoding(Some(coding.clone())),
    }
}
