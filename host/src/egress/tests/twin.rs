//! A twin: a server on this machine that answers by a script, byte for byte, and remembers what it
//! was sent. And a network in which names lie.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::egress::{Network, SystemNetwork, network::Soon};

/// What a twin does with one request.
#[derive(Debug, Clone)]
pub enum Play {
    /// Writes this and keeps the socket.
    Say(Vec<u8>),
    /// Writes this and closes the socket.
    SayAndClose(Vec<u8>),
    /// Writes the first, then the second again and again until nobody listens.
    Drip(Vec<u8>, Vec<u8>),
    /// Reads the request and says nothing.
    Silence,
    /// Resets the socket after the request was read.
    Reset,
}

/// A plain reply with a length.
pub fn reply(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A server on this machine.
#[derive(Debug, Clone)]
pub struct Twin {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    sockets: Arc<Mutex<usize>>,
}

impl Twin {
    /// Plays `script` in order, one entry for each request; the last one over and over.
    pub async fn start(script: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let twin = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            sockets: Arc::default(),
        };
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let mine = twin.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *mine.sockets.lock().unwrap() += 1;
                let (twin, script) = (mine.clone(), script.clone());
                // An error is a client that went away, which several stories are about.
                tokio::spawn(async move { twin.serve(stream, script).await.ok() });
            }
        });
        twin
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was sent, request by request.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How many sockets were opened to it.
    pub fn sockets(&self) -> usize {
        *self.sockets.lock().unwrap()
    }

    async fn serve(
        self,
        mut stream: TcpStream,
        script: Arc<Mutex<VecDeque<Play>>>,
    ) -> io::Result<()> {
        while let Some(request) = read_request(&mut stream).await? {
            self.requests.lock().unwrap().push(request);
            let play = {
                let mut script = script.lock().unwrap();
                if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
            };
            match play.unwrap() {
                Play::Say(bytes) => stream.write_all(&bytes).await?,
                Play::SayAndClose(bytes) => return stream.write_all(&bytes).await,
                Play::Drip(first, more) => {
                    stream.write_all(&first).await?;
                    loop {
                        stream.write_all(&more).await?;
                        tokio::task::yield_now().await;
                    }
                }
                Play::Silence => std::future::pending().await,
                Play::Reset => return stream.set_zero_linger(),
            }
        }
        Ok(())
    }
}

/// One request with its body, or none at the end of the socket.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if text.len() >= head + 4 + length {
                return Ok(Some(text));
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// A network in which a name has other addresses each time it is asked, and every address that
/// is dialled is the same twin.
#[derive(Debug)]
pub struct Liar {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    twin: SocketAddr,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Liar {
    pub fn new(twin: &Twin, answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            twin: twin.address,
            dialled: Mutex::default(),
        })
    }

    pub fn dialled(&self) -> Vec<String> {
        self.dialled.lock().unwrap().iter().map(ToString::to_string).collect()
    }

    /// How many answers nobody asked for.
    pub fn left(&self) -> usize {
        self.answers.lock().unwrap().len()
    }
}

impl Network for Liar {
    fn resolve(&self, _: &str) -> Soon<Vec<IpAddr>> {
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn dial(&self, to: SocketAddr) -> Soon<TcpStream> {
        self.dialled.lock().unwrap().push(to);
        SystemNetwork.dial(self.twin)
    }
}

/// A network whose names have an address that nothing ever comes back from.
#[derive(Debug)]
pub struct BlackHole;

impl Network for BlackHole {
    fn resolve(&self, _: &str) -> Soon<Vec<IpAddr>> {
        Box::pin(async { Ok(vec![IpAddr::from([8, 8, 8, 8])]) })
    }

    fn dial(&self, _: SocketAddr) -> Soon<TcpStream> {
        Box::pin(std::future::pending())
    }
}

/// Long enough for whatever is to succeed.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Short, for what is to run out.
pub const BRIEF: Duration = Duration::from_millis(150);
