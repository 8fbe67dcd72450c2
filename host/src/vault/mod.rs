//! The vault: every secret, sealed.
//!
//! Each secret is sealed with XChaCha20-Poly1305 under a data key of its connection, and each
//! data key under the master key, which is never in the data directory. Promises that a secret
//! opens only under its own connection and name, and that a wrong master key is told at the
//! start. Never logs a value, and hands one out only as a [`Secret`].

mod error;
mod mark;
mod master;
mod ring;
mod rotate;
mod seal;
mod turns;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

pub use error::VaultError;
pub use mark::Home;
pub use master::MasterKey;
pub use rotate::Sealed;

use mark::Mark;
use ring::{Ring, data_key};
use seal::{KEY_BYTES, Key, open, seal};
use turns::{Turn, Turns};

use crate::{
    secret::Secret,
    store::{Batch, Expect, Store, trees},
};

/// How the places of data keys begin.
const KEYS: &[u8] = b"key\0";
/// How the places of values begin.
const VALUES: &[u8] = b"value\0";
/// Under which name the host keeps secrets of its own; no connection can have it.
const OWN: &str = "@host";
/// How often a secret is read again while rotations come in between; each comes once.
const TRIES_MAX: u32 = 8;

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    ring: ArcSwap<Ring>,
    turns: Turns,
    /// Data keys that were opened before, by connection.
    opened: Mutex<HashMap<String, Opened>>,
}

/// A data key, and the entry that it was opened from: it counts only as long as that stands.
struct Opened {
    from: Vec<u8>,
    key: Arc<Key>,
}

impl Vault {
    /// Opens the vault of a store; the first time, seals its mark under `master`.
    pub async fn open(store: Store, master: MasterKey) -> Result<Self, VaultError> {
        Self::open_with(store, master, None).await
    }

    /// The id of the master key under which a store is sealed; none if nothing ever was.
    pub fn sealed_under(store: &Store) -> Result<Option<String>, VaultError> {
        Ok(Mark::read(store)?.map(|mark| mark.id))
    }

    /// Where the new key of the last rotation is, if that may be needed beside the key of this
    /// id: the rotation did not end, or its new key did not take the old one's place.
    pub fn needs(store: &Store, current: &str) -> Result<Option<Home>, VaultError> {
        let Some(mark) = Mark::read(store)? else { return Ok(None) };
        let home = Home::read(store)?.filter(|home| home.id != current);
        Ok(home.filter(|home| home.beside || mark.id == current))
    }

    /// Opens a vault with the key in use and the new one of a rotation. If the rotation has ended,
    /// the new one is the key in use.
    pub async fn open_with(
        store: Store,
        current: MasterKey,
        next: Option<MasterKey>,
    ) -> Result<Self, VaultError> {
        let ring = match Mark::read(&store)? {
            None => {
                let mut batch = Batch::new();
                Mark::replace(None, &current, &mut batch);
                store.commit(batch).await?;
                Ring { current, next: None }
            }
            Some(mark) if mark.is_of(&current)? => Ring { current, next },
            Some(mark) => match next {
                Some(next) if mark.is_of(&next)? => Ring { current: next, next: None },
                _ => {
                    let home = Home::read(&store)?.filter(|home| home.id == mark.id);
                    let place = home.map(|home| home.place);
                    return Err(VaultError::WrongKey {
                        given: current.id(),
                        wanted: mark.id,
                        place,
                    });
                }
            },
        };
        let ring = ArcSwap::from_pointee(ring);
        let inner = Inner { store, ring, turns: Turns::default(), opened: Mutex::default() };
        let vault = Self(Arc::new(inner));
        vault.has_all_keys()?;
        Ok(vault)
    }

    /// The id of the master key in use.
    pub fn key_id(&self) -> String {
        self.0.ring.load().current.id()
    }

    /// The id of the new master key, while a rotation is under way.
    pub fn next_key_id(&self) -> Option<String> {
        self.0.ring.load().next.as_ref().map(MasterKey::id)
    }

    /// A random secret of the host's own for one purpose, made the first time. It is sealed as all
    /// others are and stays what it is when the master key changes. What hangs on it can be made
    /// anew, so a damaged one gives way to another.
    pub async fn own(&self, purpose: &str) -> Result<[u8; KEY_BYTES], VaultError> {
        match self.get(OWN, purpose) {
            Ok(Some(own)) => {
                if let Ok(own) = own.expose().as_slice().try_into() {
                    return Ok(own);
                }
            }
            Ok(None) => {}
            Err(error @ (VaultError::Damaged { .. } | VaultError::DamagedKey { .. })) => {
                tracing::warn!(purpose, %error, "the host makes a secret of its own anew");
                let mut batch = Batch::new();
                self.remove(&mut batch, OWN)?;
                self.0.store.commit(batch).await?;
            }
            Err(error) => return Err(error),
        }
        let own = Key::generate();
        let mut batch = Batch::new();
        self.put(&mut batch, OWN, [(purpose, own.bytes().as_slice())])?;
        self.0.store.commit(batch).await?;
        Ok(*own.bytes())
    }

    /// Adds secrets of a connection to a batch, so that they are kept with it or not at all. A
    /// rotation leaves the connection alone until the batch is on disk or dropped.
    pub fn put<'a>(
        &self,
        batch: &mut Batch,
        connection: &str,
        secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), VaultError> {
        let mut secrets = secrets.into_iter().peekable();
        if secrets.peek().is_none() {
            return Ok(());
        }
        let turn = self.turn(connection)?;
        let at = key_place(connection);
        let key = match self.0.store.get(trees::SECRETS, &at)? {
            Some(record) => self.data_key(connection, &record)?,
            None => {
                let key = Arc::new(Key::generate());
                let sealed = self.0.ring.load().seal(&at, &key);
                batch.require(trees::SECRETS, &at, Expect::Absent);
                batch.put(trees::SECRETS, &at, sealed);
                key
            }
        };
        for (name, value) in secrets {
            let place = place(connection, name);
            let sealed = seal(&key, &place, value);
            batch.put(trees::SECRETS, &place, sealed);
        }
        keep(batch, turn);
        Ok(())
    }

    /// A secret of a connection; none if it is not set.
    pub fn get(&self, connection: &str, name: &str) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
        let (at, place) = (key_place(connection), place(connection, name));
        let mut before = None;
        for _ in 0..TRIES_MAX {
            let record = self.0.store.get(trees::SECRETS, &at)?;
            let Some(sealed) = self.0.store.get(trees::SECRETS, &place)? else { return Ok(None) };
            let key = record.as_ref().map(|record| self.data_key(connection, record));
            if let Some(Ok(key)) = &key
                && let Some(value) = open(key, &place, &sealed)
            {
                return Ok(Some(value));
            }
            // A rotation may have come between two of these reads; then the entry is another.
            if before.as_ref() == Some(&record) {
                return match key {
                    Some(Err(error)) => Err(error),
                    _ => break,
                };
            }
            before = Some(record);
        }
        Err(VaultError::Damaged { connection: connection.into(), name: name.into() })
    }

    /// Adds to a batch that the secrets of a connection go, and the key that opens them.
    pub fn remove(&self, batch: &mut Batch, connection: &str) -> Result<(), VaultError> {
        let turn = self.turn(connection)?;
        batch.delete(trees::SECRETS, &key_place(connection));
        let values = place(connection, "");
        for (place, _) in self.0.store.scan_prefix(trees::SECRETS, &values, None, usize::MAX)? {
            batch.delete(trees::SECRETS, &place);
        }
        keep(batch, turn);
        Ok(())
    }

    /// Adds to a batch that one secret of a connection goes.
    pub fn take_away(
        &self,
        batch: &mut Batch,
        connection: &str,
        name: &str,
    ) -> Result<(), VaultError> {
        let turn = self.turn(connection)?;
        batch.delete(trees::SECRETS, &place(connection, name));
        keep(batch, turn);
        Ok(())
    }

    /// How many secrets of a connection are set.
    pub fn count(&self, connection: &str) -> Result<usize, VaultError> {
        let values = place(connection, "");
        Ok(self.0.store.scan_prefix(trees::SECRETS, &values, None, usize::MAX)?.len())
    }

    /// Lets go of the opened key of a connection, once it is removed.
    pub fn forget(&self, connection: &str) {
        self.0.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(connection);
    }

    /// Whether some data key hangs on the new key of a rotation, which is not there.
    fn has_all_keys(&self) -> Result<(), VaultError> {
        let ring = self.0.ring.load();
        let home = Home::read(&self.0.store)?.filter(|home| home.id != ring.current.id());
        let Some(home) = home.filter(|_| ring.next.is_none()) else { return Ok(()) };
        let mut closed = false;
        self.each(KEYS, |at, record| {
            closed |= data_key(&ring.current, at, record).is_none();
        })?;
        // With all of them open under the key in use, the rotation had not come far enough to
        // count.
        let Home { id, at, .. } = home;
        if closed { Err(VaultError::NextKeyMissing { id, place: at }) } else { Ok(()) }
    }

    fn turn(&self, connection: &str) -> Result<Turn, VaultError> {
        self.0.turns.write(connection).ok_or_else(|| VaultError::Busy(connection.into()))
    }

    /// The data key of a connection, from its entry.
    fn data_key(&self, connection: &str, record: &[u8]) -> Result<Arc<Key>, VaultError> {
        // A panic while the lock is held leaves the map whole: each change is one insertion.
        let opened = || self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = opened().get(connection).filter(|before| before.from == record) {
            return Ok(before.key.clone());
        }
        let key = self.0.ring.load().open(&key_place(connection), record);
        let damaged = || VaultError::DamagedKey { connection: connection.into() };
        let key = Arc::new(key.ok_or_else(damaged)?);
        let entry = Opened { from: record.to_vec(), key: key.clone() };
        opened().insert(connection.to_owned(), entry);
        Ok(key)
    }
}

/// Has a turn end with a batch: when it is on disk, or dropped.
fn keep(batch: &mut Batch, turn: Turn) {
    batch.then(move || {
        let _ = &turn;
    });
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Where a secret stands; the seal is bound to it.
fn place(connection: &str, name: &str) -> Vec<u8> {
    [VALUES, connection.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// Where a data key stands; the seal is bound to it.
fn key_place(connection: &str) -> Vec<u8> {
    [KEYS, connection.as_bytes()].concat()
}
