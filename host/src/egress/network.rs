//! The network below the guard: names to addresses, addresses to sockets.
//!
//! Owns the only call that opens a socket outwards. Promises to do what it is told and no more:
//! who may be dialled is decided above, in `connect`. Never chooses an address.
#![expect(clippy::disallowed_methods, reason = "the owner of sockets that go outwards")]

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use tokio::net::{TcpStream, lookup_host};

/// Something of the network that takes its time.
pub type Soon<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// What egress needs of a network; a test brings one of its own, in which names lie.
pub trait Network: fmt::Debug + Send + Sync + 'static {
    /// All addresses that a name has at this moment, best first.
    fn resolve(&self, host: &str) -> Soon<Vec<IpAddr>>;

    /// A socket that is connected to exactly this address.
    fn dial(&self, to: SocketAddr) -> Soon<TcpStream>;
}

/// The machine's network.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn resolve(&self, host: &str) -> Soon<Vec<IpAddr>> {
        let host = host.to_owned();
        Box::pin(
            async move { Ok(lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) },
        )
    }

    fn dial(&self, to: SocketAddr) -> Soon<TcpStream> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            // Small requests must not wait for company.
            stream.set_nodelay(true)?;
            Ok(stream)
        })
    }
}
