//! The vault: every secret, sealed.
//!
//! Each secret is sealed with XChaCha20-Poly1305 under a data key of its connection, and each
//! data key under the master key, which is never in the data directory. Promises that a secret
//! opens only under its own connection and name, and that a wrong master key is told at the
//! start. Never logs a value, and hands one out only as a [`Secret`].

mod master;
mod seal;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use thiserror::Error;

pub use master::MasterKey;
use seal::{Key, open, seal};

use crate::{
    secret::Secret,
    store::{Batch, CommitError, Expect, Store, StoreError, trees},
};

/// Under which key of `META` the vault's mark stands: what a right master key opens.
const MARK: &[u8] = b"vault";
/// What the mark says.
const MARK_TEXT: &[u8] = b"the master key of this data directory";

/// What can go wrong with the vault.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The text is no master key.
    #[error(
        "this is no master key: it begins with `jackfield-master-1:` and 44 characters of base64 \
         follow\n  hint: `jackfield init` writes one; keep a copy of it in a safe place"
    )]
    Malformed,
    /// The master key is another than the one under which the vault was sealed.
    #[error(
        "the master key {given} does not open this vault, which was sealed under {wanted}\n  \
         hint: give the key file that `jackfield init` wrote for this data directory"
    )]
    WrongKey {
        /// The id of the key that was given.
        given: String,
        /// The id of the key that is needed.
        wanted: String,
    },
    /// A sealed value was changed, cut or moved.
    #[error("the sealed secret `{name}` of `{connection}` is damaged; set it again")]
    Damaged {
        /// The connection.
        connection: String,
        /// The secret's name, or the data key.
        name: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    master: MasterKey,
    /// Data keys that were opened before, by connection.
    keys: Mutex<HashMap<String, Arc<Key>>>,
}

impl Vault {
    /// Opens the vault of a store; the first time, seals its mark under `master`.
    pub async fn open(store: Store, master: MasterKey) -> Result<Self, VaultError> {
        let id = master.id();
        match store.get(trees::META, MARK)? {
            Some(mark) => {
                let (wanted, sealed) = mark.split_at_checked(id.len()).unwrap_or_default();
                if open(master.key(), MARK, sealed).is_none() {
                    let wanted = String::from_utf8_lossy(wanted).into_owned();
                    return Err(VaultError::WrongKey { given: id, wanted });
                }
            }
            None => {
                let mark = [id.as_bytes(), &seal(master.key(), MARK, MARK_TEXT)].concat();
                let mut batch = Batch::new();
                batch.require(trees::META, MARK, Expect::Absent).put(trees::META, MARK, mark);
                store.commit(batch).await?;
            }
        }
        Ok(Self(Arc::new(Inner { store, master, keys: Mutex::default() })))
    }

    /// Adds secrets of a connection to a batch, so that they are kept with it or not at all.
    pub fn put<'a>(
        &self,
        batch: &mut Batch,
        connection: &str,
        secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), VaultError> {
        let key = match self.data_key(connection)? {
            Some(key) => key,
            None => {
                let key = Arc::new(Key::generate());
                let place = key_place(connection);
                let sealed = seal(self.0.master.key(), &place, key.bytes());
                batch.require(trees::SECRETS, &place, Expect::Absent);
                batch.put(trees::SECRETS, &place, sealed);
                key
            }
        };
        for (name, value) in secrets {
            let place = place(connection, name);
            let sealed = seal(&key, &place, value);
            batch.put(trees::SECRETS, &place, sealed);
        }
        Ok(())
    }

    /// A secret of a connection; none if it is not set.
    pub fn get(&self, connection: &str, name: &str) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
        let place = place(connection, name);
        let Some(sealed) = self.0.store.get(trees::SECRETS, &place)? else { return Ok(None) };
        let damaged = || VaultError::Damaged { connection: connection.into(), name: name.into() };
        let key = self.data_key(connection)?.ok_or_else(damaged)?;
        open(&key, &place, &sealed).map(Some).ok_or_else(damaged)
    }

    /// Adds to a batch that the secrets of a connection go, and the key that opens them.
    pub fn remove(&self, batch: &mut Batch, connection: &str) -> Result<(), VaultError> {
        batch.delete(trees::SECRETS, &key_place(connection));
        let values = place(connection, "");
        for (place, _) in self.0.store.scan_prefix(trees::SECRETS, &values, None, usize::MAX)? {
            batch.delete(trees::SECRETS, &place);
        }
        Ok(())
    }

    /// How many secrets of a connection are set.
    pub fn count(&self, connection: &str) -> Result<usize, VaultError> {
        let values = place(connection, "");
        Ok(self.0.store.scan_prefix(trees::SECRETS, &values, None, usize::MAX)?.len())
    }

    /// Lets go of the opened key of a connection, once it is removed.
    pub fn forget(&self, connection: &str) {
        self.keys().remove(connection);
    }

    /// The data key of a connection; none if it has no secrets yet.
    fn data_key(&self, connection: &str) -> Result<Option<Arc<Key>>, VaultError> {
        if let Some(key) = self.keys().get(connection) {
            return Ok(Some(key.clone()));
        }
        let place = key_place(connection);
        let Some(sealed) = self.0.store.get(trees::SECRETS, &place)? else { return Ok(None) };
        let bytes = open(self.0.master.key(), &place, &sealed);
        let key = bytes.and_then(|bytes| Key::from_bytes(bytes.expose()));
        let damaged =
            || VaultError::Damaged { connection: connection.into(), name: "data key".into() };
        let key = Arc::new(key.ok_or_else(damaged)?);
        self.keys().insert(connection.to_owned(), key.clone());
        Ok(Some(key))
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, Arc<Key>>> {
        // A panic while the lock is held leaves the map whole: each change is one insertion.
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Where a secret stands; the seal is bound to it.
fn place(connection: &str, name: &str) -> Vec<u8> {
    [b"value\0", connection.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// Where a data key stands; the seal is bound to it.
fn key_place(connection: &str) -> Vec<u8> {
    [b"key\0", connection.as_bytes()].concat()
}
