//! Reading the trail, and proving that it is whole.

use serde::Serialize;
use thiserror::Error;

use super::{
    Line,
    kept::{self, Kept},
};
use crate::store::{CHAIN_BYTES, CommitError, Store, StoreError, chain};

/// The most lines in one list.
pub const LIST_MAX: usize = 1000;

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
    /// A segment was not written.
    #[error(transparent)]
    Commit(#[from] CommitError),
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
        let row = kept::below(store, before)?;
        let Some(oldest) = row.last() else { return Ok(found) };
        before = Some(oldest.sequence);
        for kept in &row {
            let entry = entry(kept)?;
            if filter.lets_through(&entry.line) {
                found.push(entry);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
    }
}

fn entry(kept: &Kept) -> Result<Entry, AuditError> {
    let sequence = kept.sequence;
    let broken = |_| AuditError::Broken { sequence, why: "it cannot be read" };
    Ok(Entry { sequence, line: serde_json::from_slice(&kept.payload).map_err(broken)? })
}

/// Walks the whole trail and checks every link of the chain.
pub fn verify(store: &Store) -> Result<Verified, AuditError> {
    let sealed = kept::sealed_before(store, None)?.map_or(0, |last| last.end() - 1);
    // Sealing takes lines away from the front, so this can only have moved on meanwhile.
    if let Some(sequence) = kept::first_alone(store)?.filter(|first| *first <= sealed) {
        return Err(AuditError::Broken { sequence, why: "it stands beside its segment" });
    }
    let mut hash = [0; CHAIN_BYTES];
    let mut lines = 0;
    loop {
        let row = kept::from(store, lines + 1)?;
        for kept in &row {
            hash = chain(&hash, kept.sequence, &kept.payload);
            if kept.hash != hash {
                let why = "its hash does not follow from what is there";
                return Err(AuditError::Broken { sequence: kept.sequence, why });
            }
            lines = kept.sequence;
        }
        if row.is_empty() {
            let end = kept::last_alone(store)?.unwrap_or(sealed);
            // The end may have moved on since the row was asked for.
            if end <= lines || !kept::from(store, lines + 1)?.is_empty() {
                return Ok(Verified { lines, head: hex::encode(hash) });
            }
            return Err(AuditError::Broken { sequence: lines + 1, why: "it is missing" });
        }
    }
}
