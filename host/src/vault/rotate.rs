//! Rotation: everything sealed anew under another master key, while it is used.
//!
//! The order is what makes it safe. The new key is on disk outside before [`Vault::begin`] notes
//! where; from then on whatever is new is sealed under it, and both keys open. [`Vault::reseal`]
//! gives each connection another data key and seals its values anew, in one batch per group, so a
//! connection is under the old key or under the new and never in between. [`Vault::finish`] opens
//! every entry with the new key alone before the mark names it and the old key is let go of.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    Home, KEYS, MasterKey, VALUES, Vault, VaultError, keep, key_place,
    mark::Mark,
    place,
    ring::{Ring, data_key},
    seal::{Key, open, seal},
};
use crate::store::{Batch, Expect, trees};

/// Connections that are sealed anew in one batch. Changes of their secrets wait for its commit.
const CONNECTIONS_AT_ONCE: usize = 32;
/// Entries that are looked at between two reads of the store.
const ENTRIES_AT_ONCE: usize = 512;
/// Damaged entries that are named.
const NAMED_MAX: usize = 5;

/// How much is sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Data keys: one for each connection that has secrets, and one for the host's own.
    pub data_keys: usize,
    /// Values.
    pub secrets: usize,
}

/// Entries that do not open.
#[derive(Default)]
struct Damage {
    found: usize,
    first: Vec<String>,
}

impl Damage {
    fn add(&mut self, what: String) {
        self.found += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(what);
        }
    }

    fn key(&mut self, connection: &str) {
        self.add(format!("the data key of `{connection}`"));
    }

    fn value(&mut self, connection: &str, name: &str) {
        self.add(format!("`{name}` of `{connection}`"));
    }

    fn none(self) -> Result<(), VaultError> {
        let Self { found, first } = self;
        if found == 0 { Ok(()) } else { Err(VaultError::Unsound { found, first }) }
    }
}

impl Vault {
    /// Begins to seal under `next`, which is on disk at `home` by now. A rotation that was begun
    /// before goes on.
    pub async fn begin(&self, next: MasterKey, home: Home) -> Result<(), VaultError> {
        let ring = self.0.ring.load_full();
        match &ring.next {
            Some(begun) if begun.id() == next.id() => return Ok(()),
            Some(begun) => return Err(VaultError::UnderWay(begun.id())),
            None => {}
        }
        let mut batch = Batch::new();
        home.put(&mut batch);
        self.0.store.commit(batch).await?;
        let ring = Ring { current: ring.current.clone(), next: Some(next) };
        self.0.ring.store(Arc::new(ring));
        Ok(())
    }

    /// Seals whatever is under the old key anew. `go_on` is told after each batch how much of it
    /// is done, and stops the walk with a no.
    pub async fn reseal(
        &self,
        go_on: impl Fn(Sealed) -> bool + Send + 'static,
    ) -> Result<(), VaultError> {
        let (vault, runtime) = (self.clone(), Handle::current());
        beside(move || vault.walk(&runtime, &go_on)).await
    }

    /// Ends a rotation: opens everything with the new key alone, then has the vault's mark name
    /// it, in one commit with what `with` adds. The old key is let go of.
    pub async fn finish(
        &self,
        with: impl FnOnce(Sealed, &mut Batch),
    ) -> Result<Sealed, VaultError> {
        let ring = self.0.ring.load_full();
        let next = ring.next.clone().ok_or(VaultError::NotUnderWay)?;
        let vault = self.clone();
        let sealed = beside(move || vault.verify()).await?;
        let mark = Mark::read(&self.0.store)?;
        let mut batch = Batch::new();
        with(sealed, &mut batch);
        Mark::replace(mark.as_ref(), &next, &mut batch);
        self.0.store.commit(batch).await?;
        self.0.ring.store(Arc::new(Ring { current: next, next: None }));
        Ok(sealed)
    }

    /// Where the last rotation wrote its new key, whether it has ended or not.
    pub fn home(&self) -> Result<Option<Home>, VaultError> {
        Home::read(&self.0.store)
    }

    /// How much is sealed.
    pub fn sealed(&self) -> Result<Sealed, VaultError> {
        let mut sealed = Sealed::default();
        self.each(KEYS, |_, _| sealed.data_keys += 1)?;
        self.each(VALUES, |_, _| sealed.secrets += 1)?;
        Ok(sealed)
    }

    fn walk(&self, runtime: &Handle, go_on: &dyn Fn(Sealed) -> bool) -> Result<(), VaultError> {
        // Who began before the new key was there may still seal a data key under the old one.
        if !self.0.turns.drained() {
            return Err(VaultError::Busy("some connection".into()));
        }
        let (mut damage, mut done) = (Damage::default(), Sealed::default());
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = self.0.store.scan_prefix(
                trees::SECRETS,
                KEYS,
                after.as_deref(),
                CONNECTIONS_AT_ONCE,
            )?;
            let Some((last, _)) = found.last() else { break };
            after = Some(last.clone());
            let names: Vec<String> =
                found.iter().map(|(place, _)| text(&place[KEYS.len()..])).collect();
            let turn = self.0.turns.hold(&names);
            let turn = turn.ok_or_else(|| VaultError::Busy(names.join("`, `")))?;
            let mut batch = Batch::new();
            for name in &names {
                let secrets = self.renew(name, &mut batch, &mut damage)?;
                done.data_keys += 1;
                done.secrets += secrets;
            }
            if !batch.is_empty() {
                // The turn ends when the batch is on disk, also if nobody waits for it any more.
                keep(&mut batch, turn);
                runtime.block_on(self.0.store.commit(batch))?;
            }
            if !go_on(done) {
                return Err(VaultError::Stopped);
            }
        }
        damage.none()
    }

    /// Adds to a batch that a connection gets another data key, with its values sealed anew;
    /// nothing if it has one under the newest master key already. Answers how many values it has.
    fn renew(
        &self,
        connection: &str,
        batch: &mut Batch,
        damage: &mut Damage,
    ) -> Result<usize, VaultError> {
        let ring = self.0.ring.load();
        let at = key_place(connection);
        let Some(record) = self.0.store.get(trees::SECRETS, &at)? else { return Ok(0) };
        let values =
            self.0.store.scan_prefix(trees::SECRETS, &place(connection, ""), None, usize::MAX)?;
        if ring.is_newest(&at, &record) {
            return Ok(values.len());
        }
        let Some(old) = ring.open(&at, &record) else {
            damage.key(connection);
            return Ok(values.len());
        };
        let new = Key::generate();
        let mut renewed = Vec::with_capacity(values.len());
        for (at, sealed) in &values {
            let value = open(&old, at, sealed);
            renewed.extend(value.map(|value| (at, seal(&new, at, value.expose()))));
            if renewed.last().is_none_or(|(last, _)| *last != at) {
                damage.value(connection, &text(&at[place(connection, "").len()..]));
                return Ok(values.len());
            }
        }
        batch.require(trees::SECRETS, &at, Expect::Is(record));
        batch.put(trees::SECRETS, &at, ring.seal(&at, &new));
        for (at, sealed) in renewed {
            batch.put(trees::SECRETS, at, sealed);
        }
        Ok(values.len())
    }

    /// Opens every data key with the newest master key alone, and every value.
    fn verify(&self) -> Result<Sealed, VaultError> {
        let ring = self.0.ring.load_full();
        let (mut damage, mut sealed) = (Damage::default(), Sealed::default());
        self.each(KEYS, |place, record| {
            sealed.data_keys += 1;
            if data_key(ring.newest(), place, record).is_none() {
                damage.key(&text(&place[KEYS.len()..]));
            }
        })?;
        let mut values = Vec::new();
        self.each(VALUES, |place, _| values.push(place[VALUES.len()..].to_vec()))?;
        for value in values {
            sealed.secrets += 1;
            let (connection, name) = match value.iter().position(|byte| *byte == 0) {
                Some(end) => (text(&value[..end]), text(&value[end + 1..])),
                None => (text(&value), String::new()),
            };
            match self.get(&connection, &name) {
                Ok(_) => {}
                Err(VaultError::Damaged { .. } | VaultError::DamagedKey { .. }) => {
                    damage.value(&connection, &name);
                }
                Err(error) => return Err(error),
            }
        }
        damage.none()?;
        Ok(sealed)
    }

    /// Goes through the entries below a prefix, some at a time.
    pub(super) fn each(
        &self,
        prefix: &[u8],
        mut look: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), VaultError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let after_ref = after.as_deref();
            let found =
                self.0.store.scan_prefix(trees::SECRETS, prefix, after_ref, ENTRIES_AT_ONCE)?;
            found.iter().for_each(|(place, entry)| look(place, entry));
            match found.last() {
                Some((last, _)) => after = Some(last.clone()),
                None => return Ok(()),
            }
        }
    }
}

/// Does work that takes its time beside the workers.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
