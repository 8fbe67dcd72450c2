//! Sealing: older lines become segments, which take a tenth of the disk and of the memory.
//!
//! Promises that a segment and the lines that it takes the place of change in one batch, that the
//! newest lines stand alone, and that a row that is not whole is left as it is for `verify` to
//! find. Makes one segment in a turn, so that who waits for the store waits for one at most.

use super::{
    AuditError,
    kept::{alone, first_alone, last_alone, sealed_before},
    segment::{LINES, Segment},
};
use crate::store::{Batch, CHAIN_BYTES, Expect, Store, trees};

/// How many of the newest lines stand alone at least: the ones that people look at.
pub(super) const NEWEST: u64 = 256;

/// Makes one segment, if there are lines enough. Says whether it did.
pub async fn seal(store: &Store) -> Result<bool, AuditError> {
    // Asked before a thread is, so that threads nobody needs can end.
    if !is_due(store)? {
        return Ok(false);
    }
    let reading = store.clone();
    // Reading and packing take a millisecond or two.
    let batch = tokio::task::spawn_blocking(move || next(&reading)).await;
    // It is never aborted, so it can but have panicked.
    let batch = batch.unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
    store.commit(batch?).await?;
    Ok(true)
}

/// Whether there are lines enough for a segment.
pub(super) fn is_due(store: &Store) -> Result<bool, AuditError> {
    let ends = first_alone(store)?.zip(last_alone(store)?);
    Ok(ends.is_some_and(|(first, last)| first + LINES as u64 + NEWEST <= last + 1))
}

/// The batch that seals the oldest lines that stand alone.
pub(super) fn next(store: &Store) -> Result<Batch, AuditError> {
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
    Ok(batch)
}
