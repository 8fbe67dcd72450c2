//! Connecting: resolve, judge, dial, in one step that nothing can come between.
//!
//! Promises that a socket is opened only to an address that was judged in the same call, so that
//! a name that changes its mind gains nothing. TLS is laid over it by `client`, with the URL's
//! host as the name that the certificate must carry. Never asks a name twice for one socket.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower_service::Service;
use url::Url;

use super::{
    address::is_public, error::EgressError, network::Network, origin::Origin, policy::Policy,
};

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;
/// How long one address may take before the next is tried. The whole is bounded by the
/// request's own timeout.
const DIAL_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens the sockets of one connection. Its errors are [`EgressError`]s.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    network: Arc<dyn Network>,
    policy: Arc<Policy>,
}

impl Connector {
    pub(super) fn new(network: Arc<dyn Network>, policy: Arc<Policy>) -> Self {
        Self { network, policy }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, EgressError> {
        let host = uri.host().unwrap_or_default().to_owned();
        let invalid = || EgressError::Invalid(format!("`{host}` is not a host"));
        let url = Url::parse(&uri.to_string()).map_err(|_| invalid())?;
        let origin = Origin::of(&url).ok_or_else(invalid)?;
        let mut last = None;
        for ip in self.judged(&origin).await?.into_iter().take(ADDRESSES_MAX) {
            let dial = self.network.dial(SocketAddr::new(ip, origin.port()));
            last = match timeout(DIAL_TIMEOUT, dial).await {
                Ok(Ok(stream)) => return Ok(TokioIo::new(stream)),
                Ok(Err(error)) => Some(error),
                Err(_) => Some(io::ErrorKind::TimedOut.into()),
            };
        }
        let why = last.map_or_else(|| "no address".to_owned(), |error| error.to_string());
        Err(EgressError::Connect { host, why })
    }

    /// The addresses to which a socket may be opened; never none.
    async fn judged(&self, origin: &Origin) -> Result<Vec<IpAddr>, EgressError> {
        let host = origin.host();
        let unresolved = |why: String| EgressError::Resolve { host: host.to_owned(), why };
        let admitted = self.policy.is_admitted(origin);
        let found = match origin.address() {
            Some(ip) if admitted => return Ok(vec![ip]),
            Some(ip) => vec![ip],
            None => {
                self.network.resolve(host).await.map_err(|error| unresolved(error.to_string()))?
            }
        };
        let mut good = Vec::new();
        let mut refused = None;
        for ip in found {
            match is_public(ip) {
                // A stand-in without an address of its own is `localhost`, which means this
                // machine, whatever a resolver makes of it.
                _ if admitted && ip.is_loopback() => good.push(ip),
                Ok(()) if !admitted => good.push(ip),
                Ok(()) => {}
                Err(why) => {
                    refused = Some(EgressError::Address { host: host.to_owned(), ip, why });
                }
            }
        }
        match (good.is_empty(), refused) {
            (false, _) => Ok(good),
            (true, Some(refused)) => Err(refused),
            (true, None) => Err(unresolved("it has no address".to_owned())),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = EgressError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, EgressError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
