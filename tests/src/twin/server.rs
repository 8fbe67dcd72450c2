//! The port of a twin.
//!
//! Owns the listener and its connections. Promises that the port stays the twin's own while it is
//! down, so that it comes up at the same place. Never listens beyond 127.0.0.1.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Mutex, watch},
    task::{JoinHandle, JoinSet},
};

use super::exchange::{Exchange, Vendor};

/// How many connections a twin holds at once; more wait in the backlog.
const CONNECTIONS_MAX: usize = 1024;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A listener that can go down and come up again.
pub struct Server<V> {
    port: u16,
    exchange: Arc<Exchange<V>>,
    state: Mutex<State>,
}

enum State {
    Up {
        stop: watch::Sender<()>,
        accepting: JoinHandle<()>,
    },
    /// Bound, which keeps the port, but not listening, so that connections are refused.
    Down(TcpSocket),
    /// Between the two, or the port was lost on the way.
    Lost,
}

impl<V: Vendor> Server<V> {
    pub async fn start(port: u16, exchange: Arc<Exchange<V>>) -> io::Result<Self> {
        let listener = bind(port)?.listen(BACKLOG)?;
        let port = listener.local_addr()?.port();
        let state = Mutex::new(accept(listener, Arc::clone(&exchange)));
        Ok(Self { port, exchange, state })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub async fn down(&self) {
        let mut state = self.state.lock().await;
        if let State::Up { stop, accepting } = std::mem::replace(&mut *state, State::Lost) {
            drop(stop);
            // It ends once all connections are cut; only a panic there could make it fail.
            let _ = accepting.await;
        }
        // Only another process that took the port in this moment could make this fail, and then
        // the test must not go on against a stranger.
        *state = State::Down(bind(self.port).expect("the port of the twin was taken"));
    }

    pub async fn up(&self) {
        let mut state = self.state.lock().await;
        *state = match std::mem::replace(&mut *state, State::Lost) {
            State::Down(socket) => {
                // The socket is bound already, so listening needs nothing that could be missing.
                let listener = socket.listen(BACKLOG).expect("a bound socket listens");
                accept(listener, Arc::clone(&self.exchange))
            }
            already => already,
        };
    }
}

impl<V> fmt::Debug for Server<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port).finish_non_exhaustive()
    }
}

fn bind(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

/// The task lives until the sender in the state is dropped, with the twin or by `down`.
fn accept<V: Vendor>(listener: TcpListener, exchange: Arc<Exchange<V>>) -> State {
    let (stop, stopped) = watch::channel(());
    let accepting = tokio::spawn(accept_until(listener, exchange, stopped));
    State::Up { stop, accepting }
}

async fn accept_until<V: Vendor>(
    listener: TcpListener,
    exchange: Arc<Exchange<V>>,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, Arc::clone(&exchange)));
                    }
                    // Out of descriptors: others must run for one to come free.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve<V: Vendor>(stream: TcpStream, exchange: Arc<Exchange<V>>) {
    // Without it small answers wait for the peer; with an error here the answers are just slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let exchange = Arc::clone(&exchange);
        async move { exchange.serve(request).await }
    });
    // A peer that goes away, and an answer dropped on demand, both end a connection in an error.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
