//! A hostile vendor: answers that are huge, never end, come too late, or lead elsewhere.

use std::time::Duration;

use jackfield::{
    capabilities::{Means, Window},
    clock::{Clock as _, SystemClock},
    fault::Fault,
    runtime::Limits,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{
    liar::Liar,
    probe::{Scene, first},
};

/// How a server of evil intent answers.
#[derive(Debug, Clone, Copy)]
enum Evil {
    /// Takes the request and says nothing.
    Silent,
    /// A head without end, a header at a time.
    Head,
    /// A body of a byte now and then, for ever.
    Drip,
    /// A body without end, as fast as it goes.
    Flood,
    /// A body that says that it is a terabyte.
    Boast,
    /// What is no HTTP.
    Noise,
    /// A body that ends before its length.
    Short,
    /// Two lengths.
    TwoLengths,
    /// Hints without end, and never an answer.
    Hints,
    /// A body that unpacks to far more, which was not asked for.
    Packed,
    /// A switch to another protocol.
    Upgrade,
    /// A redirect to the metadata service.
    Redirect,
}

/// Answers every request in one evil way until it is dropped.
struct Server {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Server {
    async fn start(evil: Evil) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // The host hangs up at some point, which ends it.
                    let _ = answer(evil, stream).await;
                });
            }
        });
        Self { port, accepting }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(evil: Evil, mut stream: TcpStream) -> std::io::Result<()> {
    let mut asked = [0; 4096];
    let _ = stream.read(&mut asked).await?;
    let rest = async || SystemClock.sleep_until(SystemClock.now_ms() + 20).await;
    match evil {
        Evil::Silent => {}
        Evil::Head => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"x-more: and more\r\n").await?;
                rest().await;
            }
        }
        Evil::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            loop {
                stream.write_all(b"1\r\nx\r\n").await?;
                rest().await;
            }
        }
        Evil::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            let piece = vec![b'x'; 1 << 20];
            loop {
                stream.write_all(&piece).await?;
            }
        }
        Evil::Boast => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\nx";
            stream.write_all(head).await?;
        }
        Evil::Noise => stream.write_all(&[0xff; 256]).await?,
        Evil::Short => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx").await?;
            return stream.shutdown().await;
        }
        Evil::TwoLengths => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 5\r\n\r\nxxxxx";
            stream.write_all(head).await?;
        }
        Evil::Hints => loop {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await?;
            rest().await;
        },
        Evil::Packed => {
            let head =
                b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nxxxx";
            stream.write_all(head).await?;
        }
        Evil::Upgrade => {
            let head =
                b"HTTP/1.1 101 Switching Protocols\r\nupgrade: evil\r\nconnection: upgrade\r\n\r\n";
            stream.write_all(head).await?;
        }
        Evil::Redirect => {
            let head =
                b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/latest/\r\n\
                         content-length: 0\r\n\r\n";
            stream.write_all(head).await?;
        }
    }
    // Whoever waits here hangs up first.
    let _ = stream.read(&mut asked).await?;
    Ok(())
}

/// Has the well-meaning guest of `one` ask an evil server: what it sees, and the network.
async fn ask(scene: &Scene, evil: Evil, wall_ms: u64) -> (Result<Value, Fault>, Liar) {
    let server = Server::start(evil).await;
    let liar = Liar::leading_to(server.port);
    liar.name("evil.example", &["93.184.216.34"]);
    let live = scene.live("one");
    let means = Means { timeout_ms: 400, ..liar.means(&live, &["http://evil.example"]) };
    let limits = Limits { wall_ms, ..live.connector.limits };
    let ask = json!({ "ask": "send", "url": "http://evil.example/" });
    let window = Window::open(&means, &first());
    let asking = scene.ask_through(&live, window, limits, ask);
    let seen = tokio::time::timeout(Duration::from_secs(10), asking).await;
    let seen = seen.expect("it ends by itself");
    assert_eq!(scene.ask("two", json!({ "ask": "settings" })).await.unwrap()["word"], "lantern");
    (seen, liar)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_come_or_does_not_end_is_given_up_on() {
    let scene = Scene::set_up().await;
    for (evil, why) in [
        (Evil::Silent, "it waited for the head of the answer"),
        (Evil::Head, "it waited for the head of the answer"),
        (Evil::Hints, "it waited for the head of the answer"),
        (Evil::Drip, "it waited for the body of the answer"),
        (Evil::Flood, "bytes; hint: ask for smaller pages"),
        (Evil::Boast, "bytes; hint: ask for smaller pages"),
        (Evil::Noise, "the connection broke"),
        (Evil::Short, "the connection broke"),
        (Evil::TwoLengths, "the connection broke"),
        (Evil::Packed, "which was not asked for"),
    ] {
        let fault = ask(&scene, evil, 5_000).await.0.expect_err("no answer");
        assert_eq!(fault.code, "unavailable", "{evil:?}: {fault}");
        assert!(fault.message.contains(why), "{evil:?}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_the_deadline_of_the_call_is_not_waited_for() {
    let scene = Scene::set_up().await;
    for evil in [Evil::Silent, Evil::Drip] {
        let fault = ask(&scene, evil, 150).await.0.expect_err("no answer");
        assert_eq!(fault.code, "wall-limit", "{evil:?}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_or_a_switch_is_an_answer_and_nothing_more() {
    let scene = Scene::set_up().await;
    for (evil, status) in [(Evil::Redirect, 307), (Evil::Upgrade, 101)] {
        let (seen, liar) = ask(&scene, evil, 5_000).await;
        match seen {
            Ok(seen) => assert_eq!(seen["status"], status, "{evil:?}"),
            Err(fault) => assert_eq!(fault.code, "unavailable", "{evil:?}: {fault}"),
        }
        assert_eq!(liar.resolved(), ["evil.example"], "{evil:?}: the host follows nothing");
        assert_eq!(liar.dialled().len(), 1, "{evil:?}");
    }
}
