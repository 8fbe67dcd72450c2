//! What a twin was asked, and what it noticed.
//!
//! Owns the last requests, their number, the unexpected ones and the violations. Promises
//! bounded memory however long it runs. Never judges: it only keeps.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

/// How many requests a twin remembers.
pub const REQUESTS_KEPT: usize = 1024;

/// How many unexpected requests, and how many violations, a twin remembers.
const NOTES_KEPT: usize = 64;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with this status.
    Answered(u16),
    /// It was done, and the connection was closed without an answer.
    Cut,
}

/// One request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path and query as they came.
    pub target: String,
    /// Its headers as they came.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// What became of it.
    pub outcome: Outcome,
}

impl Asked {
    /// Its body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The text of a header; none if it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The memory of one twin.
#[derive(Debug, Default)]
pub struct Journal {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    requests: VecDeque<Asked>,
    unexpected: Vec<String>,
    violations: Vec<String>,
}

impl Journal {
    pub fn keep(&self, asked: Asked) {
        let mut kept = self.lock();
        kept.count += 1;
        if kept.requests.len() == REQUESTS_KEPT {
            kept.requests.pop_front();
        }
        kept.requests.push_back(asked);
    }

    pub fn note_unexpected(&self, line: String) {
        note(&mut self.lock().unexpected, line);
    }

    pub fn note_violation(&self, line: String) {
        note(&mut self.lock().violations, line);
    }

    pub fn requests(&self) -> Vec<Asked> {
        self.lock().requests.iter().cloned().collect()
    }

    pub fn count(&self) -> u64 {
        self.lock().count
    }

    pub fn forget(&self) {
        let mut kept = self.lock();
        kept.requests.clear();
        kept.count = 0;
    }

    pub fn unexpected(&self) -> Vec<String> {
        self.lock().unexpected.clone()
    }

    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// A test that failed while it held the lock has not broken the memory.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first ones tell most about a mistake, so later ones are let go.
fn note(notes: &mut Vec<String>, line: String) {
    if notes.len() < NOTES_KEPT {
        notes.push(line);
    }
}
