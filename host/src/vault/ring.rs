//! The master keys that open data keys: one, and during a rotation a second.

use super::{
    MasterKey,
    seal::{Key, open, seal},
};

/// The keys in use.
pub(super) struct Ring {
    /// The key that the vault's mark names.
    pub(super) current: MasterKey,
    /// The key that takes its place, while a rotation is under way.
    pub(super) next: Option<MasterKey>,
}

impl Ring {
    /// The key under which whatever is new is sealed.
    pub(super) fn newest(&self) -> &MasterKey {
        self.next.as_ref().unwrap_or(&self.current)
    }

    /// Seals a data key for its place.
    pub(super) fn seal(&self, place: &[u8], key: &Key) -> Vec<u8> {
        seal(self.newest().key(), place, key.bytes())
    }

    /// A data key, whichever of the master keys it was sealed under.
    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Key> {
        let keys = self.next.iter().chain([&self.current]);
        keys.filter_map(|master| data_key(master, place, sealed)).next()
    }

    /// Whether a data key is sealed under the newest key.
    pub(super) fn is_newest(&self, place: &[u8], sealed: &[u8]) -> bool {
        data_key(self.newest(), place, sealed).is_some()
    }
}

/// A data key that was sealed under one master key.
pub(super) fn data_key(master: &MasterKey, place: &[u8], sealed: &[u8]) -> Option<Key> {
    Key::from_bytes(open(master.key(), place, sealed)?.expose())
}
