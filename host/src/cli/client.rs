//! The way to the running host: its admin API.
//!
//! The command is a process of its own and has no egress; the one address to which it ever
//! speaks is the admin API of the operator's own host.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::{
    Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::{admin::TOKEN_FILE, config::ADMIN, host::ADDRESS_FILE, secret::Secret};

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 256 << 20;
/// How long a command waits for its answer: an install compiles.
const WAIT: Duration = Duration::from_secs(300);

/// A client of one host.
pub(super) struct Client {
    admin: SocketAddr,
    token: Secret<String>,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// The host of a data directory, or the one at an address.
    pub(super) fn find(
        data: &Path,
        admin: Option<SocketAddr>,
        token: Option<Secret<String>>,
    ) -> anyhow::Result<Self> {
        let written = || fs::read_to_string(data.join(ADDRESS_FILE)).ok()?.trim().parse().ok();
        // The default is an address.
        let usual = || ADMIN.parse().expect("an address");
        let admin = admin.or_else(written).unwrap_or_else(usual);
        let token = match token {
            Some(token) => token,
            None => {
                let path = data.join(TOKEN_FILE);
                let token = fs::read_to_string(&path).with_context(|| {
                    format!(
                        "there is no token at `{}`\n  hint: name the data directory with --data, \
                         or set JACKFIELD_TOKEN; `jackfield init` makes a new directory",
                        path.display()
                    )
                })?;
                Secret::new(token.trim().to_owned())
            }
        };
        let http = legacy::Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Ok(Self { admin, token, http })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, "", Bytes::new()).await
    }

    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::DELETE, path, "", Bytes::new()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, "application/json", body.to_string().into()).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::PATCH, path, "application/json", body.to_string().into()).await
    }

    pub(super) async fn post_bytes(&self, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, "application/octet-stream", body.into()).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.admin))
            .header(AUTHORIZATION, format!("Bearer {}", self.token.expose()))
            .header(CONTENT_TYPE, kind)
            .body(Full::new(body))
            .context("the request cannot be made")?;
        let nobody = || {
            format!(
                "no jackfield answers at {}\n  hint: start it with `jackfield serve`, or name its \
                 address with --admin",
                self.admin
            )
        };
        let answer = tokio::time::timeout(WAIT, self.http.request(request)).await;
        let answer = answer
            .map_err(|_| anyhow!("the host at {} did not answer in time", self.admin))?
            .map_err(|_| anyhow!(nobody()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow!("the answer was cut off: {error}"))?.to_bytes();
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        match value["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => bail!("the host answered {status}: {}", words(status, &body)),
        }
    }
}

/// What an answer that is no JSON says.
fn words(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.lines().next().unwrap_or_default();
    if text.is_empty() {
        status.canonical_reason().unwrap_or_default().to_lowercase()
    } else {
        text.to_owned()
    }
}

/// A text as a part of a URL's path or query.
pub(super) fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
