//! `storage`: a small durable store of the connection's own.

use std::sync::Arc;

use super::{Fuse, Means, Particulars, Recording, Tape};
use crate::{
    contract::{Problem, storage::Host},
    problem,
    store::{Batch, CommitError, Expect, Store, trees},
};

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 256;
/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// The most keys in one answer.
const KEYS_MAX: usize = 1000;
/// How often a write is tried again when another call of the connection wrote in between. Each
/// time one of them gets through, and a connection has fewer calls at once.
const TRIES_MAX: u32 = 64;

/// The store of one connection: its own part of a tree, and how much it may keep there.
#[derive(Debug)]
pub struct Storage {
    of: Option<(Arc<str>, Store)>,
    quota_bytes: u64,
    tape: Tape,
    fuse: Option<Arc<Fuse>>,
}

/// What a write comes to.
type Done<T> = Result<T, Problem>;

impl Storage {
    pub(super) fn open(means: &Means, call: &Particulars, tape: &Tape) -> Self {
        Self {
            of: Some((means.connection.clone(), means.store.clone())),
            quota_bytes: means.quota_bytes,
            tape: tape.clone(),
            fuse: call.fuse.clone(),
        }
    }

    pub(super) fn shut() -> Self {
        Self { of: None, quota_bytes: 0, tape: Tape::default(), fuse: None }
    }

    /// Puts into a batch what a call that was recorded found, for a connection that has nothing yet.
    pub fn refill(batch: &mut Batch, connection: &str, recording: &Recording) {
        if let Some(used) = recording.used_bytes {
            batch.put(trees::COUNTERS, connection.as_bytes(), used.to_be_bytes());
        }
        let unread = recording.listed.iter().filter(|key| !recording.storage.contains_key(*key));
        for key in unread {
            batch.put(trees::STORAGE, &place(connection, key), Vec::new());
        }
        for (key, value) in &recording.storage {
            if let Some(value) = value {
                batch.put(trees::STORAGE, &place(connection, key), value.0.to_vec());
            }
        }
    }

    fn of(&self) -> Done<(&str, &Store)> {
        let (connection, store) =
            self.of.as_ref().ok_or_else(|| problem::forbidden("no storage here"))?;
        Ok((connection, store))
    }

    fn read(&self, key: &str) -> Done<Option<Vec<u8>>> {
        let (connection, store) = self.of()?;
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(problem::invalid(format!("a key has 1 to {KEY_BYTES_MAX} bytes")));
        }
        let value = store.get(trees::STORAGE, &place(connection, key)).map_err(unavailable)?;
        self.tape.looked(key, value.as_deref());
        Ok(value)
    }

    /// Writes what `change` makes of the present value, unless another call was faster; then
    /// again. `change` answers the new value (none removes) and what to tell the guest, or
    /// refuses.
    async fn update<T>(
        &self,
        key: &str,
        change: impl Fn(Option<&[u8]>) -> Done<(Option<Vec<u8>>, T)>,
    ) -> Done<T> {
        if let Some(fuse) = &self.fuse {
            fuse.pass().await;
        }
        let (connection, store) = self.of()?;
        let place = place(connection, key);
        for _ in 0..TRIES_MAX {
            let old = self.read(key)?;
            let (new, answer) = change(old.as_deref())?;
            if new == old {
                return Ok(answer);
            }
            let used = store.get(trees::COUNTERS, connection.as_bytes()).map_err(unavailable)?;
            let sum = self.usage(used.as_deref(), key, old.as_deref(), new.as_deref())?;
            let mut batch = Batch::new();
            batch.require(trees::STORAGE, &place, old.map_or(Expect::Absent, Expect::Is));
            batch.require(
                trees::COUNTERS,
                connection.as_bytes(),
                used.map_or(Expect::Absent, Expect::Is),
            );
            batch.put(trees::COUNTERS, connection.as_bytes(), sum.to_be_bytes());
            match new {
                Some(value) => batch.put(trees::STORAGE, &place, value),
                None => batch.delete(trees::STORAGE, &place),
            };
            match store.commit(batch).await {
                Ok(_) => return Ok(answer),
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Store(error)) => return Err(unavailable(error)),
            }
        }
        Err(problem::unavailable(format!("the key `{key}` is written by too many calls at once")))
    }

    /// What the connection will have used once `new` stands in the place of `old`.
    fn usage(
        &self,
        used: Option<&[u8]>,
        key: &str,
        old: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Done<u64> {
        let bytes =
            |value: Option<&[u8]>| value.map_or(0, |value| (key.len() + value.len()) as u64);
        let used = used.and_then(|used| used.try_into().ok()).map_or(0, u64::from_be_bytes);
        self.tape.used(used);
        let sum = (used + bytes(new)).saturating_sub(bytes(old));
        if sum > self.quota_bytes && sum > used {
            return Err(problem::forbidden(format!(
                "the storage quota of {} KiB is used up; `storage_kib` in `[limits]` asks for more",
                self.quota_bytes >> 10
            )));
        }
        Ok(sum)
    }
}

/// Where a key of a connection stands; connection names have no zero byte.
fn place(connection: &str, key: &str) -> Vec<u8> {
    [connection.as_bytes(), b"\0", key.as_bytes()].concat()
}

fn unavailable(error: impl std::fmt::Display) -> Problem {
    problem::unavailable(error.to_string())
}

fn fits(value: Vec<u8>) -> Done<Vec<u8>> {
    if value.len() > VALUE_BYTES_MAX {
        return Err(problem::invalid(format!("a value has up to {} KiB", VALUE_BYTES_MAX >> 10)));
    }
    Ok(value)
}

impl Host for Storage {
    async fn get(&mut self, key: String) -> wasmtime::Result<Done<Option<Vec<u8>>>> {
        Ok(self.read(&key))
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Done<()>> {
        Ok(match fits(value) {
            Ok(value) => self.update(&key, |_| Ok((Some(value.clone()), ()))).await,
            Err(problem) => Err(problem),
        })
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Done<()>> {
        Ok(self.update(&key, |_| Ok((None, ()))).await)
    }

    async fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
    ) -> wasmtime::Result<Done<Vec<String>>> {
        let list = || {
            let (connection, store) = self.of()?;
            if prefix.len() > KEY_BYTES_MAX
                || after.as_ref().is_some_and(|after| after.len() > KEY_BYTES_MAX)
            {
                return Err(problem::invalid(format!("a key has 1 to {KEY_BYTES_MAX} bytes")));
            }
            let skip = connection.len() + 1;
            let found = store
                .scan_prefix(
                    trees::STORAGE,
                    &place(connection, &prefix),
                    after.map(|after| place(connection, &after)).as_deref(),
                    KEYS_MAX,
                )
                .map_err(unavailable)?;
            let key = |(at, _): &(Vec<u8>, _)| String::from_utf8_lossy(&at[skip..]).into_owned();
            let keys: Vec<_> = found.iter().map(key).collect();
            self.tape.listed(&keys);
            Ok(keys)
        };
        Ok(list())
    }

    async fn swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
    ) -> wasmtime::Result<Done<bool>> {
        let new = match new.map(fits).transpose() {
            Ok(new) => new,
            Err(problem) => return Ok(Err(problem)),
        };
        let swap = |old: Option<&[u8]>| {
            let same = old == expected.as_deref();
            Ok((if same { new.clone() } else { old.map(<[u8]>::to_vec) }, same))
        };
        Ok(self.update(&key, swap).await)
    }

    async fn increment(&mut self, key: String, by: i64) -> wasmtime::Result<Done<i64>> {
        let add = |old: Option<&[u8]>| {
            let text = std::str::from_utf8(old.unwrap_or(b"0")).unwrap_or_default();
            let sum = text.parse::<i64>().ok().and_then(|number| number.checked_add(by));
            let sum = sum.ok_or_else(|| {
                problem::invalid(format!("`{key}` is not an integer, or the sum is out of range"))
            })?;
            Ok((Some(sum.to_string().into_bytes()), sum))
        };
        Ok(self.update(&key, add).await)
    }
}
