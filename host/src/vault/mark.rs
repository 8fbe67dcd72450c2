//! What stands in `META` of the vault: the mark that the right master key opens, and where a
//! rotation wrote its new key.

use serde::{Deserialize, Serialize};

use super::{
    MasterKey, VaultError,
    seal::{open, seal},
};
use crate::store::{Batch, Expect, Store, trees};

/// Under which key of `META` the mark stands.
const MARK: &[u8] = b"vault";
/// What the mark says.
const TEXT: &[u8] = b"the master key of this data directory";
/// Under which key of `META` stands where the last rotation wrote its new key.
const HOME: &[u8] = b"vault-next";
/// The length of a key's id, in bytes.
const ID_BYTES: usize = 16;

/// The mark: the id of the master key, and a text that it sealed.
pub(super) struct Mark {
    pub(super) id: String,
    bytes: Vec<u8>,
}

/// Where a rotation wrote its new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The new key's id.
    pub id: String,
    /// The place, as `--master-key` takes it.
    pub place: String,
    /// Where it stands until the rotation has ended, for people.
    pub at: String,
    /// Whether it is the place of the old key, whose own place the new one takes in the end.
    pub beside: bool,
}

impl Mark {
    /// The mark of a store; none if there never was a vault in it.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, VaultError> {
        let Some(bytes) = store.get(trees::META, MARK)? else {
            // Secrets without a mark were not left by us.
            let sealed = store.scan_prefix(trees::SECRETS, &[], None, 1)?;
            return if sealed.is_empty() { Ok(None) } else { Err(VaultError::DamagedMark) };
        };
        let id = bytes.get(..ID_BYTES).filter(|id| id.iter().all(u8::is_ascii_hexdigit));
        let id = String::from_utf8_lossy(id.ok_or(VaultError::DamagedMark)?).into_owned();
        Ok(Some(Self { id, bytes }))
    }

    /// Whether a master key is the one that sealed the mark.
    ///
    /// # Errors
    /// The mark names the key, and does not open.
    pub(super) fn is_of(&self, master: &MasterKey) -> Result<bool, VaultError> {
        if self.id != master.id() {
            return Ok(false);
        }
        let sealed = self.bytes.get(ID_BYTES..).unwrap_or_default();
        open(master.key(), MARK, sealed).map(|_| true).ok_or(VaultError::DamagedMark)
    }

    /// Adds to a batch that the mark is of another master key from then on.
    pub(super) fn replace(before: Option<&Self>, master: &MasterKey, batch: &mut Batch) {
        let expect = before.map_or(Expect::Absent, |mark| Expect::Is(mark.bytes.clone()));
        let mark = [master.id().as_bytes(), &seal(master.key(), MARK, TEXT)].concat();
        batch.require(trees::META, MARK, expect).put(trees::META, MARK, mark);
    }
}

impl Home {
    /// Where the last rotation wrote its key, whether it has ended or not.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, VaultError> {
        let Some(bytes) = store.get(trees::META, HOME)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| VaultError::DamagedMark)
    }

    /// Adds it to a batch.
    pub(super) fn put(&self, batch: &mut Batch) {
        // Strings always make JSON.
        batch.put(trees::META, HOME, serde_json::to_vec(self).expect("plain data"));
    }
}
