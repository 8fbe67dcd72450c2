//! Requests of the host's own to one origin that the operator configured.
//!
//! No guest comes here and no manifest names the origin, so a private address, such as an
//! endpoint within the operator's network, is admitted: for this origin and no other. Where what
//! is sent may be read by whoever answers, a name must lead to a public address, and only an
//! address that the operator wrote out may be private. Promises bounded times and answers. Never
//! follows a redirect. Speaks to the crates of AWS as their HTTP client.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioIo},
};
use tokio::{net::TcpStream, time::timeout};
use tower_service::Service;
use url::Url;

use super::{
    EgressConfig, EgressError, Network, Origin, address::is_public, causes::deepest, error::Stage,
};

/// Addresses of the name that are tried.
const ADDRESSES_MAX: usize = 8;
/// How long one address may take before the next is tried.
const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// For a whole request, from the name to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer, in bytes; a secret at AWS has at most 64 KiB.
pub(super) const ANSWER_BYTES_MAX: usize = 1 << 20;

type Pool = legacy::Client<HttpsConnector<Dial>, Full<Bytes>>;

/// The way to one origin. Cheap to clone.
#[derive(Clone)]
pub struct OneOrigin {
    origin: Origin,
    pool: Pool,
}

impl fmt::Debug for OneOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneOrigin({})", self.origin)
    }
}

impl OneOrigin {
    /// The way to `origin`, wherever it is.
    pub fn new(config: &EgressConfig, origin: Origin) -> Self {
        Self::dialled(config, origin, false)
    }

    /// The way to `origin`, if that is a public address, or an address and no name.
    pub fn guarded(config: &EgressConfig, origin: Origin) -> Self {
        Self::dialled(config, origin, true)
    }

    fn dialled(config: &EgressConfig, origin: Origin, guarded: bool) -> Self {
        let dial = Dial { network: config.network.clone(), origin: origin.clone(), guarded };
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(dial);
        let pool = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { origin, pool }
    }

    /// Sends a request to a URL of the origin.
    pub async fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Bytes>, EgressError> {
        let exchange = async {
            let response = self.pool.request(request).await.map_err(|error| {
                let mut beneath: Option<&(dyn StdError + 'static)> = Some(&error);
                while let Some(error) = beneath {
                    if let Some(ours) = error.downcast_ref::<EgressError>() {
                        return ours.clone();
                    }
                    beneath = error.source();
                }
                let host = self.origin.authority();
                EgressError::Connect { host, why: deepest(&error) }
            })?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|error| EgressError::Broken {
                stage: Stage::Body,
                why: error.to_string(),
            })?;
            Ok(http::Response::from_parts(head, body.to_bytes()))
        };
        let timeout_ms = u64::try_from(REQUEST_TIMEOUT.as_millis()).unwrap_or(u64::MAX);
        let late = |_| EgressError::Timeout { stage: Stage::Headers, timeout_ms };
        timeout(REQUEST_TIMEOUT, exchange).await.map_err(late)?
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request =
            request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (head, body) = request.into_parts();
        let body = body.bytes().map(Bytes::copy_from_slice);
        let streamed = || ConnectorError::user("a body that is streamed is not sent".into());
        let request = http::Request::from_parts(head, Full::new(body.ok_or_else(streamed)?));
        let response = self.send(request).await.map_err(|error| match error {
            EgressError::Timeout { .. } => ConnectorError::timeout(error.into()),
            _ => ConnectorError::io(error.into()),
        })?;
        let response = response.map(SdkBody::from);
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

impl HttpConnector for OneOrigin {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().exchange(request))
    }
}

impl HttpClient for OneOrigin {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Opens sockets to the one origin.
#[derive(Debug, Clone)]
struct Dial {
    network: Arc<dyn Network>,
    origin: Origin,
    guarded: bool,
}

impl Dial {
    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, EgressError> {
        let asked = Url::parse(&uri.to_string()).ok().and_then(|url| Origin::of(&url));
        let host = self.origin.host().to_owned();
        if asked.as_ref() != Some(&self.origin) {
            let asked = asked.map_or_else(|| "another place".to_owned(), |asked| asked.to_string());
            let why = format!("`{asked}` is not `{}`, the one origin of this client", self.origin);
            return Err(EgressError::Invalid(why));
        }
        let unresolved = |why: String| EgressError::Resolve { host: host.clone(), why };
        let found = match self.origin.address() {
            Some(ip) => vec![ip],
            None => {
                let resolved = timeout(DIAL_TIMEOUT, self.network.resolve(&host)).await;
                let resolved = resolved.map_err(|_| unresolved("it took too long".into()))?;
                resolved.map_err(|error| unresolved(error.to_string()))?
            }
        };
        let mut last = None;
        for ip in self.judged(found)?.into_iter().take(ADDRESSES_MAX) {
            let dial = self.network.dial(SocketAddr::new(ip, self.origin.port()));
            last = match timeout(DIAL_TIMEOUT, dial).await {
                Ok(Ok(stream)) => return Ok(TokioIo::new(stream)),
                Ok(Err(error)) => Some(error),
                Err(_) => Some(io::ErrorKind::TimedOut.into()),
            };
        }
        let why =
            last.map_or_else(|| "no address".to_owned(), |error: io::Error| error.to_string());
        Err(EgressError::Connect { host, why })
    }

    /// Those of the addresses of a name that may be dialled.
    fn judged(&self, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, EgressError> {
        if !self.guarded || self.origin.address().is_some() {
            return Ok(found);
        }
        let refused = found.iter().find_map(|ip| Some((*ip, is_public(*ip).err()?)));
        match refused {
            None => Ok(found),
            Some((ip, why)) => {
                let host = self.origin.host().to_owned();
                Err(EgressError::PrivateName { host, ip, why })
            }
        }
    }
}

impl Service<Uri> for Dial {
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
