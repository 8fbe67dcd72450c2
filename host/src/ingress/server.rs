//! The listener: HTTP/1.1 on a socket, every wait bounded.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

use super::Ingress;

/// Connections that may be open at the same time; who comes then waits in the system's backlog.
const CONNECTIONS_MAX: usize = 4096;
/// How long a vendor may take to send the head of a request, and a connection may stay idle.
const HEAD_WAIT: Duration = Duration::from_secs(30);
/// Headers of one request.
const HEADERS_MAX: usize = 128;
/// Bytes that are read ahead on one connection; the head of a request must fit.
const BUFFER_BYTES: usize = 64 << 10;
/// How long connections in use may go on when the host stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// What can go wrong with the listener.
#[derive(Debug, Error)]
pub enum IngressError {
    /// The address is not ours to take.
    #[error(
        "cannot listen for webhooks on {addr}: {source}\n  hint: is another program there? --ingress takes another address"
    )]
    Bind {
        /// The address.
        addr: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Accepts connections until `stop` says so, then lets what is under way end.
pub async fn serve(ingress: Ingress, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        // The semaphore is never closed.
        let permit = room.clone().acquire_owned().await.expect("an open semaphore");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, _)) => speak(&ingress, stream, permit, &graceful),
            // Out of file handles, most likely: those in use will come back.
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>())
                    .await
                    .ok();
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some senders did not finish in time");
    }
}

fn speak(
    ingress: &Ingress,
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    graceful: &GracefulShutdown,
) {
    let Ok(peer) = stream.peer_addr() else { return };
    // Small replies shall not wait for more; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let ingress = ingress.clone();
    let service = service_fn(move |request| {
        let ingress = ingress.clone();
        async move { Ok::<_, Infallible>(ingress.answer(request, peer).await.into_response()) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "a connection ended badly");
        }
        drop(permit);
    });
}
