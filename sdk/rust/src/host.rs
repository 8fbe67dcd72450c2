//! The seam between a connector and everything outside of it. In the sandbox it is the host; in
//! a plain test it is `FakeHost`. It never shows a secret.

use crate::{Problem, Reply, Request, Settings};

/// A hash for [`Host::mac`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, 20 bytes; only for systems that have nothing better.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever writes the connector.
    Debug,
    /// Worth knowing.
    Info,
    /// Something was left out or is odd; the call goes on.
    Warn,
    /// Something failed.
    Error,
}

/// What the host offers to a connector during a call.
pub trait Host {
    /// Sends one request and waits for the whole answer; 4xx and 5xx are answers.
    ///
    /// # Errors
    /// `forbidden` (not granted), `invalid` (URL or header not allowed), `unavailable` (no
    /// answer), `rate-limited` (the connection's own budget is used up).
    fn send(&self, request: Request) -> Result<Reply, Problem>;

    /// Sends up to 100 requests, at most `concurrency` (1 to 16) at a time, and answers in
    /// their order. One that fails does not stop the others.
    fn send_many(&self, requests: Vec<Request>, concurrency: u32) -> Vec<Result<Reply, Problem>>;

    /// Whether the connection has a secret of this name.
    fn secret_has(&self, name: &str) -> bool;

    /// The HMAC of `data` under the named secret.
    ///
    /// # Errors
    /// `not-found` (no such secret), `forbidden` (the manifest does not grant `mac`).
    fn mac(&self, name: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, Problem>;

    /// Whether `candidate` equals the named secret, in constant time; at most 8 times a call.
    ///
    /// # Errors
    /// `not-found`, `forbidden` (the manifest does not grant `matches`), `rate-limited`.
    fn matches(&self, name: &str, candidate: &[u8]) -> Result<bool, Problem>;

    /// The value under `key` in the connection's own store.
    ///
    /// # Errors
    /// `unavailable` if the store cannot be read.
    fn storage_get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem>;

    /// Keeps `value` under `key`; it is on disk on return. Keys have 1 to 256 bytes, values up
    /// to 64 KiB.
    ///
    /// # Errors
    /// `invalid` (too long), `forbidden` (over the quota).
    fn storage_set(&self, key: &str, value: &[u8]) -> Result<(), Problem>;

    /// Removes `key`; it is no error if it was not there.
    ///
    /// # Errors
    /// `unavailable` if the store cannot be written.
    fn storage_delete(&self, key: &str) -> Result<(), Problem>;

    /// The keys that begin with `prefix`, in order, at most 1000, those after `after`.
    ///
    /// # Errors
    /// `unavailable` if the store cannot be read.
    fn storage_keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Problem>;

    /// Writes `new` (none removes) only if the value is `expected` (none: absent), and answers
    /// whether it did.
    ///
    /// # Errors
    /// Those of [`Host::storage_set`].
    fn storage_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem>;

    /// Adds `by` to the decimal integer under `key`, counted from 0 where absent, and answers
    /// the sum.
    ///
    /// # Errors
    /// `invalid` (not an integer, or out of range).
    fn storage_increment(&self, key: &str, by: i64) -> Result<i64, Problem>;

    /// The connection's settings.
    fn settings(&self) -> Settings;

    /// What stands at a way of keys in the connector's own manifest, such as `["actions",
    /// "invoice.create"]`; none where nothing does. The empty way is the whole manifest.
    fn manifest(&self, path: &[&str]) -> Option<serde_json::Value>;

    /// The host's clock, in milliseconds since 1970-01-01T00:00:00Z; a replay gives the same.
    fn now_ms(&self) -> u64;

    /// Which try this is, from 1.
    fn attempt(&self) -> u32;

    /// The same text on every try of one intention and different for any other; none outside of
    /// actions. ASCII letters, digits and `-`, at most 64.
    fn idempotency_key(&self) -> Option<String>;

    /// Writes one line for the operator, of up to 4 KiB, with up to 16 fields.
    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]);
}
