//! A segment: older lines of the trail, packed into one value in the order of their numbers.
//!
//! Owns how it is written. Promises that whoever opens one has the very lines that were sealed,
//! each linked to the one before it, or is told that they are not. Never touches the store.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

use super::AuditError;
use crate::store::{CHAIN_BYTES, chain};

/// Lines in a segment: enough that what they have in common is kept once, few enough that one of
/// them is read in a millisecond.
pub(super) const LINES: usize = 256;
/// The most bytes that a segment comes to when it is unpacked; a line has at most five KiB, as
/// its tree has it.
const PLAIN_BYTES_MAX: usize = LINES * (6 << 10);
/// The first byte of a segment as it is written today.
const VERSION: u8 = 1;
/// How hard packing tries, of ten: beyond this it takes long and gains little.
const EFFORT: u8 = 6;

/// The hash of a line.
pub(super) type Hash = [u8; CHAIN_BYTES];

/// Lines in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of the first.
    pub(super) first: u64,
    /// The hash of the line before the first.
    before: Hash,
    /// What they say, each with its hash.
    pub(super) lines: Vec<(Hash, Vec<u8>)>,
}

impl Segment {
    /// A segment without lines yet, whose first one follows `before`.
    pub(super) fn new(first: u64, before: Hash) -> Self {
        Self { first, before, lines: Vec::with_capacity(LINES) }
    }

    /// The number after its last line.
    pub(super) fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// The hash of its last line.
    pub(super) fn hash(&self) -> Hash {
        self.lines.last().map_or(self.before, |(hash, _)| *hash)
    }

    /// Adds the next line, and says what its hash is.
    pub(super) fn push(&mut self, payload: Vec<u8>) -> Hash {
        let hash = chain(&self.hash(), self.end(), &payload);
        self.lines.push((hash, payload));
        hash
    }

    /// The segment as it is kept: how it is written, the hash before it, its own, and the lines,
    /// each behind its length. Their hashes follow from what they say and are not kept.
    pub(super) fn packed(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        for (_, payload) in &self.lines {
            // A line has a few KiB.
            plain.extend_from_slice(&(payload.len() as u32).to_be_bytes());
            plain.extend_from_slice(payload);
        }
        let packed = compress_to_vec(&plain, EFFORT);
        [&[VERSION], &self.before[..], &self.hash(), &packed].concat()
    }

    /// Opens what is kept under the number of its first line.
    pub(super) fn open(first: u64, kept: &[u8]) -> Result<Self, AuditError> {
        let broken = |why| AuditError::Broken { sequence: first, why };
        let unreadable = || broken("the segment that begins with it cannot be read");
        let (&VERSION, rest) = kept.split_first().ok_or_else(unreadable)? else {
            return Err(unreadable());
        };
        let (before, rest) = rest.split_first_chunk().ok_or_else(unreadable)?;
        let (hash, packed) = rest.split_first_chunk::<CHAIN_BYTES>().ok_or_else(unreadable)?;
        let plain = decompress_to_vec_with_limit(packed, PLAIN_BYTES_MAX);
        let plain = plain.map_err(|_| unreadable())?;
        let mut segment = Self::new(first, *before);
        let mut rest = plain.as_slice();
        while !rest.is_empty() {
            let (length, behind) = rest.split_first_chunk().ok_or_else(unreadable)?;
            let length = u32::from_be_bytes(*length) as usize;
            let (payload, behind) = behind.split_at_checked(length).ok_or_else(unreadable)?;
            segment.push(payload.to_vec());
            rest = behind;
        }
        if segment.lines.is_empty() || segment.hash() != *hash {
            return Err(broken("it, or a line that is sealed with it, is not what was sealed"));
        }
        Ok(segment)
    }
}
