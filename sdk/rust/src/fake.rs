//! A host for plain `cargo test`: scripted replies, settings, secrets and a store in memory.
//! It keeps what a connector sent and logged. A request that no script expects fails the test.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use serde::Serialize;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::{Algorithm, Host, Level, Problem, Reply, Request, Settings};

/// The most keys that one listing gives, as in the contract.
const KEYS_MAX: usize = 1000;

/// The most bytes of a key, as in the contract.
const KEY_BYTES: usize = 256;

/// The most bytes of a value, as in the contract.
const VALUE_BYTES: usize = 64 * 1024;

/// The most requests of one [`Host::send_many`], as in the contract.
const SEND_MANY_MAX: usize = 100;

/// A host whose answers are written in the test.
///
/// ```
/// use jackfield_sdk::{FakeHost, Host, Request, serde_json::json};
///
/// let host = FakeHost::new()
///     .setting("company", "acme")
///     .on("GET", "https://api.example/me", json!({"name": "Ada"}));
/// let reply = host.send(Request::get("https://api.example/me")).unwrap();
/// assert_eq!(reply.text(), r#"{"name":"Ada"}"#);
/// assert_eq!(host.sent().len(), 1);
/// ```
#[derive(Default)]
pub struct FakeHost {
    settings: Settings,
    secrets: BTreeMap<String, String>,
    manifest: serde_json::Value,
    now_ms: u64,
    attempt: u32,
    idempotency_key: Option<String>,
    scripts: RefCell<Vec<Script>>,
    sent: RefCell<Vec<Request>>,
    store: RefCell<BTreeMap<String, Vec<u8>>>,
    log: RefCell<Vec<LogLine>>,
}

struct Script {
    method: String,
    url: String,
    answer: Result<Reply, Problem>,
    used: bool,
}

/// A line that the connector logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl FakeHost {
    /// A host without settings, secrets and replies, on its first attempt at time 0.
    pub fn new() -> Self {
        Self { attempt: 1, ..Self::default() }
    }

    /// With a setting of the connection.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.set(name, value);
        self
    }

    /// With a secret for [`Host::mac`] and [`Host::matches`].
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// With this manifest for [`Host::manifest`].
    #[must_use]
    pub fn with_manifest(mut self, manifest: serde_json::Value) -> Self {
        self.manifest = manifest;
        self
    }

    /// At this time, in milliseconds since 1970.
    #[must_use]
    pub fn at_ms(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// On this try, from 1.
    #[must_use]
    pub fn on_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// With an intent key, as in an action.
    #[must_use]
    pub fn with_idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Answers this request with 200 and this JSON.
    ///
    /// A `url` without `?` stands for every query; with one it must be the same text. Several
    /// scripts for one request are used in order, and the last one stays.
    #[must_use]
    pub fn on<T: Serialize>(self, method: &str, url: &str, json: T) -> Self {
        self.on_reply(method, url, Reply::new(200).with_json(&json))
    }

    /// Answers this request with this status and JSON; see [`FakeHost::on`].
    #[must_use]
    pub fn on_status<T: Serialize>(self, method: &str, url: &str, status: u16, json: T) -> Self {
        self.on_reply(method, url, Reply::new(status).with_json(&json))
    }

    /// Answers this request with this reply; see [`FakeHost::on`].
    #[must_use]
    pub fn on_reply(self, method: &str, url: &str, reply: Reply) -> Self {
        self.script(method, url, Ok(reply))
    }

    /// Fails this request with this problem, such as `unavailable`; see [`FakeHost::on`].
    #[must_use]
    pub fn on_problem(self, method: &str, url: &str, problem: Problem) -> Self {
        self.script(method, url, Err(problem))
    }

    /// What was sent, in order.
    pub fn sent(&self) -> Vec<Request> {
        self.sent.borrow().clone()
    }

    /// The lines that were logged, in order.
    pub fn logged(&self) -> Vec<LogLine> {
        self.log.borrow().clone()
    }

    /// The scripted requests that were not sent, as `GET https://…`.
    pub fn unused(&self) -> Vec<String> {
        let scripts = self.scripts.borrow();
        let unused = scripts.iter().filter(|script| !script.used);
        unused.map(|script| format!("{} {}", script.method, script.url)).collect()
    }

    fn script(self, method: &str, url: &str, answer: Result<Reply, Problem>) -> Self {
        let method = method.to_ascii_uppercase();
        let script = Script { method, url: url.into(), answer, used: false };
        self.scripts.borrow_mut().push(script);
        self
    }

    fn secret_named(&self, name: &str) -> Result<&[u8], Problem> {
        let secret = self.secrets.get(name).map(String::as_bytes);
        secret.ok_or_else(|| Problem::not_found(format!("the connection has no secret `{name}`")))
    }

    /// The failure of a test whose connector sent something that no script expects.
    fn unexpected(&self, request: &Request) -> ! {
        let mut message = format!("unexpected request {} {}", request.method, request.url);
        for script in self.scripts.borrow().iter() {
            let _ = write!(message, "\n  scripted: {} {}", script.method, script.url);
        }
        panic!("{message}");
    }
}

impl Script {
    fn answers(&self, request: &Request) -> bool {
        let url = match self.url.contains('?') {
            true => request.url.as_str(),
            false => request.url.split('?').next().unwrap_or_default(),
        };
        self.method == request.method && self.url == url
    }
}

impl Host for FakeHost {
    fn send(&self, request: Request) -> Result<Reply, Problem> {
        self.sent.borrow_mut().push(request.clone());
        let mut scripts = self.scripts.borrow_mut();
        let fitting = |script: &&mut Script| script.answers(&request);
        let next = scripts.iter().position(|script| !script.used && script.answers(&request));
        let script = match next {
            Some(index) => scripts.get_mut(index),
            None => scripts.iter_mut().rfind(fitting),
        };
        if let Some(script) = script {
            script.used = true;
            return script.answer.clone();
        }
        drop(scripts);
        self.unexpected(&request)
    }

    fn send_many(&self, requests: Vec<Request>, concurrency: u32) -> Vec<Result<Reply, Problem>> {
        assert!(
            requests.len() <= SEND_MANY_MAX,
            "{} requests at once; at most 100",
            requests.len()
        );
        assert!((1..=16).contains(&concurrency), "concurrency {concurrency}; from 1 to 16");
        requests.into_iter().map(|request| self.send(request)).collect()
    }

    fn secret_has(&self, name: &str) -> bool {
        self.secrets.contains_key(name)
    }

    fn mac(&self, name: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, Problem> {
        fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
            // An HMAC takes a key of any length (RFC 2104 §2).
            let mut mac = <M as Mac>::new_from_slice(key).expect("a key of any length");
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        }
        let key = self.secret_named(name)?;
        Ok(match algorithm {
            Algorithm::Sha1 => mac::<Hmac<Sha1>>(key, data),
            Algorithm::Sha256 => mac::<Hmac<Sha256>>(key, data),
            Algorithm::Sha512 => mac::<Hmac<Sha512>>(key, data),
        })
    }

    fn matches(&self, name: &str, candidate: &[u8]) -> Result<bool, Problem> {
        Ok(self.secret_named(name)? == candidate)
    }

    fn storage_get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(self.store.borrow().get(key).cloned())
    }

    fn storage_set(&self, key: &str, value: &[u8]) -> Result<(), Problem> {
        if key.is_empty() || key.len() > KEY_BYTES || value.len() > VALUE_BYTES {
            return Err(Problem::invalid("a key has 1 to 256 bytes, a value up to 65536"));
        }
        self.store.borrow_mut().insert(key.into(), value.into());
        Ok(())
    }

    fn storage_delete(&self, key: &str) -> Result<(), Problem> {
        self.store.borrow_mut().remove(key);
        Ok(())
    }

    fn storage_keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Problem> {
        let store = self.store.borrow();
        let keys = store.keys().filter(|key| key.starts_with(prefix));
        let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(KEYS_MAX).cloned().collect())
    }

    fn storage_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        if self.storage_get(key)?.as_deref() != expected {
            return Ok(false);
        }
        match new {
            Some(new) => self.storage_set(key, new)?,
            None => self.storage_delete(key)?,
        }
        Ok(true)
    }

    fn storage_increment(&self, key: &str, by: i64) -> Result<i64, Problem> {
        let number = |value: Vec<u8>| String::from_utf8(value).ok()?.parse::<i64>().ok();
        let before = self.storage_get(key)?.map_or(Some(0), number);
        let sum = before.and_then(|before| before.checked_add(by)).ok_or_else(|| {
            Problem::invalid(format!("the value under `{key}` is no integer, or out of range"))
        })?;
        self.storage_set(key, sum.to_string().as_bytes())?;
        Ok(sum)
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn manifest(&self, path: &[&str]) -> Option<serde_json::Value> {
        let found = path.iter().try_fold(&self.manifest, |value, key| value.get(key));
        found.filter(|value| !value.is_null()).cloned()
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn idempotency_key(&self) -> Option<String> {
        self.idempotency_key.clone()
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let line = LogLine { level, message: message.into(), fields: fields.collect() };
        self.log.borrow_mut().push(line);
    }
}

#[cfg(test)]
#[path = "fake_tests.rs"]
mod tests;
