//! The only room that listens for webhooks.
//!
//! Promises an answer in time to everybody who speaks HTTP: the vendor's own shape for what is
//! kept, 503 rather than silence, and never a 404 for an endpoint that exists. Nothing is
//! acknowledged before it is on disk. Never runs a connector before it has answered, but for the
//! few schemes that data cannot express.

mod callback;
mod limits;
mod read;
mod refusals;
mod reply;
mod server;

use std::{net::SocketAddr, sync::Arc};

use http::Request;
use hyper::body::Incoming as Body;
use jackfield_registry::manifest::webhook::Webhook;
use url::Url;

use limits::Places;
pub use limits::{Counters, Counts};
use refusals::Refusals;
pub use reply::Reply;
pub use server::{IngressError, serve};

use crate::{
    capabilities::{Particulars, Window},
    clock::SharedClock,
    connections::{Connections, Live},
    contract::roles::authenticator,
    inbox::{Inbox, InboxError, Kept, as_contract},
    runtime::{Limits, Runtime},
    store::Store,
    verify::{self, Answer, Incoming, Reason, Unverified, Verdict},
};

/// What ingress needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ingress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connections: Connections,
    inbox: Inbox,
    runtime: Runtime,
    clock: SharedClock,
    places: Places,
    counters: Counters,
    refusals: Refusals,
    /// The URL under which the world sees the ingress, without a path.
    public_url: Url,
}

/// How long a component may take to say whether the vendor sent a delivery, in milliseconds: the
/// vendor waits.
const ASK_MS: u64 = 2_000;

/// Under which path endpoints are: `/in/<id>`.
pub const PREFIX: &str = "/in/";

impl Ingress {
    /// An ingress that the world sees under `public_url`.
    pub fn new(
        connections: Connections,
        inbox: Inbox,
        runtime: Runtime,
        store: Store,
        clock: SharedClock,
        public_url: Url,
    ) -> Self {
        let refusals = Refusals::new(store, clock.clone());
        let (places, counters) = (Places::default(), Counters::default());
        let inner =
            Inner { connections, inbox, runtime, clock, places, counters, refusals, public_url };
        Self(Arc::new(inner))
    }

    /// What has come in since the start.
    pub fn counts(&self) -> Counts {
        self.0.counters.read()
    }

    /// The answer to whoever calls: a vendor with a webhook, or a person who comes back from a
    /// sign-in.
    async fn answer(&self, request: Request<Body>, peer: SocketAddr) -> Reply {
        match callback::is_for(&request) {
            true => self.come_back(request).await,
            false => self.receive(request, peer).await,
        }
    }

    /// The way of a webhook, from the wire to the disk and back: find the endpoint, read up to
    /// the limit, verify, keep, reply.
    pub async fn receive(&self, request: Request<Body>, peer: SocketAddr) -> Reply {
        self.0.counters.received();
        let Some((live, path)) = self.find(request.uri().path()) else {
            return self.unknown(request.uri().path());
        };
        let Some(webhook) = &live.connector.manifest.webhook else { return Reply::unavailable() };
        let Some(_place) = self.0.places.enter(&live.connection.name) else {
            self.0.counters.shed();
            return Reply::busy();
        };
        let read = read::whole(request, webhook, path, peer, &self.0.public_url, self.now_ms());
        let incoming = match read.await {
            Ok(incoming) => incoming,
            Err(reply) => return reply,
        };
        let mut verdict = verify::verify(webhook, incoming, &*live, self.now_ms());
        if let Verdict::AskComponent(incoming) = verdict {
            verdict = self.ask(&live, webhook, incoming).await;
        }
        match verdict {
            Verdict::Verified(verified) => {
                self.kept(&live, webhook, self.0.inbox.append(&live, verified).await)
            }
            Verdict::AwaitsSecret(unverified) => self.set_aside(&live, webhook, unverified).await,
            Verdict::Handshake(answer) => self.greet(&live, answer).await,
            Verdict::Forged(reason) => self.refuse(&live, webhook, &reason.to_string()),
            // The connector failed at it: nobody can say, so the vendor shall come again.
            Verdict::AskComponent(_) => {
                self.0.counters.shed();
                Reply::unavailable()
            }
        }
    }

    /// The connection behind a path, and what follows its endpoint.
    fn find(&self, path: &str) -> Option<(Arc<Live>, String)> {
        let rest = path.strip_prefix(PREFIX)?;
        let end = rest.find('/').unwrap_or(rest.len());
        let live = self.0.connections.at(&rest[..end])?;
        Some((live, rest[end..].to_owned()))
    }

    /// The answer where no connection can take a webhook: an endpoint that exists is never a 404.
    fn unknown(&self, path: &str) -> Reply {
        let endpoint = path.strip_prefix(PREFIX).and_then(|rest| rest.split('/').next());
        let exists = endpoint.is_some_and(|id| self.0.connections.is_out_of_order(id));
        if exists { Reply::unavailable() } else { Reply::unknown() }
    }

    /// The vendor's own reply, once a delivery is on disk.
    fn kept(&self, live: &Live, webhook: &Webhook, kept: Result<Kept, InboxError>) -> Reply {
        match kept {
            Ok(Kept::New(id)) => {
                tracing::debug!(connection = live.connection.name, delivery = id, "kept");
                self.0.counters.kept();
                Reply::accepted(webhook)
            }
            Ok(Kept::Repeated) => {
                self.0.counters.repeated();
                Reply::accepted(webhook)
            }
            Err(error) => {
                tracing::error!(connection = live.connection.name, %error, "not kept: answered 503");
                self.0.counters.shed();
                Reply::unavailable()
            }
        }
    }

    /// Keeps a delivery of which nobody can say who sent it, since the secret is not set yet.
    async fn set_aside(&self, live: &Live, webhook: &Webhook, unverified: Unverified) -> Reply {
        tracing::warn!(
            connection = live.connection.name,
            "a webhook came and its secret is not set; it is kept, and run once somebody has it \
             replayed"
        );
        self.kept(live, webhook, self.0.inbox.append_unverified(live, unverified).await)
    }

    /// Asks the component whether the vendor sent a delivery, where data cannot say it.
    async fn ask(&self, live: &Live, webhook: &Webhook, incoming: Incoming) -> Verdict {
        let particulars = Particulars { attempt: 1, offline: true, ..Particulars::default() };
        let window = Window::open(&live.means, &particulars);
        let limits =
            Limits { wall_ms: ASK_MS.min(live.connector.limits.wall_ms), ..live.connector.limits };
        let package = &live.connector.package;
        let delivery = as_contract(&incoming);
        let called = self.0.runtime.authenticate(package, window, limits, &delivery).await;
        match called.result {
            Ok(authenticator::Verdict::Genuine) => {
                verify::verified_by_component(webhook, incoming, live)
            }
            Ok(authenticator::Verdict::Forged) => Verdict::Forged(Reason::WrongSignature),
            Err(fault) => {
                tracing::error!(connection = live.connection.name, %fault, "nobody can say who sent this");
                Verdict::AskComponent(incoming)
            }
        }
    }

    /// Answers a vendor's handshake, once what it brought is on disk.
    async fn greet(&self, live: &Live, answer: Answer) -> Reply {
        let name = &live.connection.name;
        tracing::info!(connection = name, "a handshake is answered");
        // Anybody can ask: only what brings a secret leaves a line.
        let Some((secret, value)) = &answer.keep_secret else { return Reply::handshake(answer) };
        match self.0.connections.keep_handshake(name, secret, value).await {
            Ok(_) => Reply::handshake(answer),
            Err(error) => {
                tracing::error!(connection = name, %error, "a handshake's secret is not kept");
                Reply::unavailable()
            }
        }
    }

    /// Turns a delivery away that the vendor did not send. Nothing of it is stored.
    fn refuse(&self, live: &Live, webhook: &Webhook, reason: &str) -> Reply {
        tracing::warn!(connection = live.connection.name, reason, "refused");
        self.0.counters.refused();
        self.0.refusals.count(&live.connection.name, reason);
        Reply::refused(webhook)
    }

    fn now_ms(&self) -> u64 {
        self.0.clock.now_ms()
    }
}
