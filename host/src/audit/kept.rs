//! Where a line stands: alone under its number, or in a segment with others.
//!
//! Promises those above that they see one row of lines, whatever is sealed while they read. Never
//! judges whether the row is whole; that is `verify`'s.

use super::{
    AuditError,
    segment::{Hash, Segment},
};
use crate::store::{CHAIN_BYTES, Pair, Store, trees};

/// Lines that stand alone and are read at once.
const PAGE: usize = 512;

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its number.
    pub(super) sequence: u64,
    /// Its hash: the one that is kept with it, or the one that follows in its segment.
    pub(super) hash: Hash,
    /// What it says, as it was written.
    pub(super) payload: Vec<u8>,
}

/// Lines in a row from this number on: at least one, unless there is none with this number.
pub(super) fn from(store: &Store, next: u64) -> Result<Vec<Kept>, AuditError> {
    if let Some(sealed) = sealed_from(store, next)? {
        return Ok(sealed);
    }
    let after = (next - 1).to_be_bytes();
    let page = store.scan_prefix(trees::AUDIT, &[], Some(&after), PAGE)?;
    // Sealing may take the lines away that this would have come to: they are in a segment then,
    // and asked for next.
    let mut row = Vec::new();
    for (pair, sequence) in page.iter().zip(next..) {
        let kept = alone(pair)?;
        if kept.sequence != sequence {
            break;
        }
        row.push(kept);
    }
    if row.is_empty() {
        // It may have been sealed between the two looks.
        return Ok(sealed_from(store, next)?.unwrap_or_default());
    }
    Ok(row)
}

/// The lines of the segment that holds this number, from it on.
fn sealed_from(store: &Store, next: u64) -> Result<Option<Vec<Kept>>, AuditError> {
    let Some(segment) = sealed_before(store, Some(next + 1))? else { return Ok(None) };
    Ok((next < segment.end()).then(|| rows(segment).filter(|kept| kept.sequence >= next).collect()))
}

/// Lines below a number, or the last ones, the newest first; none if there is none.
pub(super) fn below(store: &Store, before: Option<u64>) -> Result<Vec<Kept>, AuditError> {
    let key = before.map(u64::to_be_bytes);
    let page = store.scan_last(trees::AUDIT, key.as_ref().map(<[u8; 8]>::as_slice), PAGE)?;
    if !page.is_empty() {
        return page.iter().map(alone).collect();
    }
    let Some(segment) = sealed_before(store, before)? else { return Ok(Vec::new()) };
    let mut row: Vec<Kept> =
        rows(segment).filter(|kept| before.is_none_or(|before| kept.sequence < before)).collect();
    row.reverse();
    Ok(row)
}

/// The last segment whose first line is below a number, or the last of all.
pub(super) fn sealed_before(
    store: &Store,
    before: Option<u64>,
) -> Result<Option<Segment>, AuditError> {
    let key = before.map(u64::to_be_bytes);
    let last = store.scan_last(trees::SEGMENTS, key.as_ref().map(<[u8; 8]>::as_slice), 1)?;
    let Some((key, value)) = last.first() else { return Ok(None) };
    Segment::open(sequence(key)?, value).map(Some)
}

/// The number of the first line that stands alone.
pub(super) fn first_alone(store: &Store) -> Result<Option<u64>, AuditError> {
    let first = store.scan_prefix(trees::AUDIT, &[], None, 1)?;
    first.first().map(|(key, _)| sequence(key)).transpose()
}

/// The number of the last line that stands alone: the newest, since that one is never sealed.
pub(super) fn last_alone(store: &Store) -> Result<Option<u64>, AuditError> {
    let last = store.scan_last(trees::AUDIT, None, 1)?;
    last.first().map(|(key, _)| sequence(key)).transpose()
}

/// A line that stands alone.
pub(super) fn alone((key, value): &Pair) -> Result<Kept, AuditError> {
    let sequence = sequence(key)?;
    let (hash, payload) = value
        .split_first_chunk::<CHAIN_BYTES>()
        .ok_or(AuditError::Broken { sequence, why: "it is cut off" })?;
    Ok(Kept { sequence, hash: *hash, payload: payload.to_vec() })
}

fn rows(segment: Segment) -> impl Iterator<Item = Kept> {
    let numbered = (segment.first..).zip(segment.lines);
    numbered.map(|(sequence, (hash, payload))| Kept { sequence, hash, payload })
}

fn sequence(key: &[u8]) -> Result<u64, AuditError> {
    let broken = AuditError::Broken { sequence: 0, why: "a key is malformed" };
    key.try_into().map(u64::from_be_bytes).map_err(|_| broken)
}
