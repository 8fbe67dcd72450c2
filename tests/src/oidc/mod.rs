//! A real authorisation server: the certified `oidc-provider` from npm, where Node is there.
//!
//! It rotates refresh tokens, wants PKCE, and revokes a whole family of tokens when one comes
//! again. Owns its process, which ends with the test. Where it cannot be had it says why, once and
//! in one line.

mod install;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use tokio::{sync::OnceCell, time::timeout};
use url::form_urlencoded;

use crate::{browser, twin::identity::CLIENT_ID};

/// The client's secret there. RFC 6749, section 2.3.1, has it encoded before it goes into the
/// header, which only shows with characters such as these.
pub const SECRET: &str = "s3c:ret+with/odd %41 & signs~";
/// The redirect URL that it knows; the port may be any (RFC 8252, section 7.3).
const REDIRECT_URL: &str = "http://127.0.0.1/oauth/callback";
/// How long it may take until it listens.
const START_WAIT: Duration = Duration::from_secs(30);
/// The longest answer of it that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// An authorisation server with an API behind it, in a process of its own.
#[derive(Debug)]
pub struct Oidc {
    child: Child,
    origin: String,
}

/// What happened at it.
#[derive(Debug)]
pub struct Tally(Value);

impl Oidc {
    /// Starts one whose access tokens live so long; none where it cannot be had.
    ///
    /// # Panics
    /// It is there and does not start.
    pub async fn start(life_s: u32) -> Option<Self> {
        static DIR: OnceCell<Option<PathBuf>> = OnceCell::const_new();
        let dir = DIR.get_or_init(|| async {
            let missing = match install::installed().await {
                Ok(dir) => return Some(dir),
                Err(missing) => missing,
            };
            // Not by `eprintln!`, which a test that passes does not show.
            let _ = writeln!(
                std::io::stderr(),
                "no authorisation server from npm, so journeys against it pass: {missing}"
            );
            None
        });
        let dir = dir.await.clone()?;
        Some(Self::launch(&dir, life_s).await)
    }

    async fn launch(dir: &Path, life_s: u32) -> Self {
        let mut command = Command::new("node");
        command.current_dir(dir).arg("server.mjs");
        command.args([CLIENT_ID, SECRET, REDIRECT_URL, &life_s.to_string()]);
        // It ends when its input does, so that it does not outlive a test that is killed.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server =
            Self { child: command.spawn().expect("node starts"), origin: String::new() };
        let output = server.child.stdout.take().expect("a pipe");
        let first = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let first = timeout(START_WAIT, first).await.expect("it says in time where it listens");
        let first = first.expect("a thread that does not panic").expect("a line of text");
        server.origin = first.trim_end().to_owned();
        assert!(server.origin.starts_with("http://"), "it did not start: `{first}`");
        server
    }

    /// Where it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What has happened at it so far.
    pub async fn tally(&self) -> Tally {
        let page = browser::open(&format!("{}/tally", self.origin)).await;
        Tally(serde_json::from_str(&page.text).expect("JSON"))
    }

    /// Comes with a refresh token as a thief would who has the client's secret too.
    pub async fn refresh(&self, refresh_token: &str) -> (StatusCode, Value) {
        let encoded =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let shown = STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(SECRET)));
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh_token)
            .finish();
        let request = Request::post(format!("{}/token", self.origin))
            .header(AUTHORIZATION, format!("Basic {shown}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::<Bytes>::from(body))
            .expect("a request");
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request).await.expect("an answer").into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.expect("its body");
        (head.status, serde_json::from_slice(&body.to_bytes()).expect("JSON"))
    }
}

impl Drop for Oidc {
    fn drop(&mut self) {
        // Neither fails but where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Tally {
    /// A count by its name in `server.mjs`.
    ///
    /// # Panics
    /// Nothing is counted under it.
    pub fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or_else(|| panic!("no count `{name}`"))
    }

    /// A list by its name in `server.mjs`, oldest first.
    ///
    /// # Panics
    /// Nothing is listed under it.
    pub fn list(&self, name: &str) -> Vec<String> {
        let all = self.0[name].as_array().unwrap_or_else(|| panic!("no list `{name}`"));
        all.iter().map(|one| one.as_str().expect("a text").to_owned()).collect()
    }
}
