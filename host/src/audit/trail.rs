//! Reading the trail, and proving that it is whole.

use serde::Serialize;
use thiserror::Error;

use super::Line;
use crate::store::{CHAIN_BYTES, Store, StoreError, chain, trees};

/// The most lines in one list.
pub const LIST_MAX: usize = 1000;
/// Lines that are read at once.
const PAGE: usize = 512;

/// What can go wrong with the trail.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The chain does not hold.
    #[error("the audit trail is broken at line {sequence}: {why}")]
    Broken {
        /// The first line that is wrong.
        sequence: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A line with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number, from 1.
    pub sequence: u64,
    /// What it says.
    #[serde(flatten)]
    pub line: Line,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this connection only.
    pub connection: Option<String>,
    /// Of this subject only.
    pub subject: Option<String>,
    /// Below this number only.
    pub before: Option<u64>,
}

impl Filter {
    fn lets_through(&self, line: &Line) -> bool {
        let connection = self.connection.is_none() || self.connection == line.connection;
        connection && self.subject.as_ref().is_none_or(|subject| *subject == line.subject)
    }
}

/// What a whole trail comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last, as hexadecimal text: kept elsewhere, it proves that none before it
    /// was ever changed.
    pub head: String,
}

/// The newest lines that the filter lets through, the newest first.
pub fn list(store: &Store, filter: &Filter, limit: usize) -> Result<Vec<Entry>, AuditError> {
    let limit = limit.clamp(1, LIST_MAX);
    let mut found = Vec::new();
    let mut before = filter.before;
    loop {
        let key = before.map(u64::to_be_bytes);
        let page = store.scan_last(trees::AUDIT, key.as_ref().map(<[u8; 8]>::as_slice), PAGE)?;
        for (key, value) in &page {
            let entry = entry(key, value)?;
            before = Some(entry.sequence);
            if filter.lets_through(&entry.line) {
                found.push(entry);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        if page.len() < PAGE {
            return Ok(found);
        }
    }
}

fn entry(key: &[u8], value: &[u8]) -> Result<Entry, AuditError> {
    let sequence = sequence(key)?;
    let broken = || AuditError::Broken { sequence, why: "it cannot be read" };
    let (_, payload) = value.split_first_chunk::<CHAIN_BYTES>().ok_or_else(broken)?;
    Ok(Entry { sequence, line: serde_json::from_slice(payload).map_err(|_| broken())? })
}

fn sequence(key: &[u8]) -> Result<u64, AuditError> {
    let broken = AuditError::Broken { sequence: 0, why: "a key is malformed" };
    key.try_into().map(u64::from_be_bytes).map_err(|_| broken)
}

/// Walks the whole trail and checks every link of the chain.
pub fn verify(store: &Store) -> Result<Verified, AuditError> {
    let mut hash = [0; CHAIN_BYTES];
    let mut lines = 0;
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.scan_prefix(trees::AUDIT, &[], after.as_deref(), PAGE)?;
        for (key, value) in &page {
            let sequence = sequence(key)?;
            let broken = |why| AuditError::Broken { sequence, why };
            if sequence != lines + 1 {
                return Err(AuditError::Broken { sequence: lines + 1, why: "it is missing" });
            }
            let (kept, payload) =
                value.split_first_chunk::<CHAIN_BYTES>().ok_or_else(|| broken("it is cut off"))?;
            hash = chain(&hash, sequence, payload);
            if *kept != hash {
                return Err(broken("its hash does not follow from what is there"));
            }
            lines = sequence;
        }
        match page.last() {
            Some((key, _)) => after = Some(key.clone()),
            None => return Ok(Verified { lines, head: hex::encode(hash) }),
        }
    }
}
