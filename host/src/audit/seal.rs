//! Sealing: older lines become segments, which take a tenth of the disk and of the memory.
//!
//! Promises that a segment and the lines that it takes the place of change in one batch, that the
//! newest lines stand alone, and that a row that is not whole is left as it is for `verify` to
//! find. Takes one segment in a turn, and none while much is written: the batch of one keeps the
//! store busy for as long as several webhooks do.

use super::{
    AuditError,
    kept::{alone, first_alone, last_alone, sealed_before},
    segment::{LINES, Segment},
};
use crate::store::{Batch, CHAIN_BYTES, Expect, Store, trees};

/// How many of the newest lines stand alone at least: the ones that people look at.
pub(super) const NEWEST: u64 = 256;

/// Who seals the trail of a store, now and then.
#[derive(Debug)]
pub struct Sealer {
    store: Store,
    /// The newest line at the last turn.
    newest: u64,
}

impl Sealer {
    /// A sealer, to whom all lines are new at its first turn.
    pub fn new(store: Store) -> Self {
        Self { store, newest: 0 }
    }

    /// Makes one segment, if there are lines enough, and not more came since the last turn than
    /// one takes. Says whether it did.
    pub async fn turn(&mut self) -> Result<bool, AuditError> {
        let newest = last_alone(&self.store)?.unwrap_or(0);
        let came = newest.saturating_sub(std::mem::replace(&mut self.newest, newest));
        if came > LINES as u64 {
            return Ok(false);
        }
        let store = self.store.clone();
        // Reading and packing take some milliseconds.
        let batch = tokio::task::spawn_blocking(move || next(&store)).await;
        // It is never aborted, so it can but have panicked.
        let batch = batch.unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
        let Some(batch) = batch? else { return Ok(false) };
        self.store.commit(batch).await?;
        Ok(true)
    }
}

/// The batch that seals the oldest lines that stand alone, if there are enough.
pub(super) fn next(store: &Store) -> Result<Option<Batch>, AuditError> {
    let (Some(first), Some(last)) = (first_alone(store)?, last_alone(store)?) else {
        return Ok(None);
    };
    if (first + LINES as u64 + NEWEST) > last + 1 {
        return Ok(None);
    }
    let mut segment = match sealed_before(store, None)? {
        Some(before) => Segment::new(before.end(), before.hash()),
        None => Segment::new(1, [0; CHAIN_BYTES]),
    };
    let mut batch = Batch::new();
    for pair in store.scan_prefix(trees::AUDIT, &[], None, LINES)? {
        let kept = alone(&pair)?;
        if kept.sequence != segment.end() {
            return Err(AuditError::Broken { sequence: segment.end(), why: "it is missing" });
        }
        if segment.push(kept.payload) != kept.hash {
            let why = "its hash does not follow from what is there";
            return Err(AuditError::Broken { sequence: kept.sequence, why });
        }
        batch.delete(trees::AUDIT, &pair.0);
    }
    let key = segment.first.to_be_bytes();
    batch.require(trees::SEGMENTS, &key, Expect::Absent);
    batch.put(trees::SEGMENTS, &key, segment.packed());
    Ok(Some(batch))
}
