//! The use of credentials: of which connection, towards which host, how often, and when.
//!
//! Counted here, where they are attached; told by whoever keeps the audit trail.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Uses of one connection's credentials towards one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Of which connection.
    pub connection: String,
    /// Towards which host: the vendor's own name, even where a stand-in gets it.
    pub host: String,
    /// How often.
    pub count: u64,
    /// When first, in milliseconds since 1970.
    pub first_ms: u64,
    /// When last.
    pub last_ms: u64,
}

/// The uses that nobody has told of yet; at most one entry for each host of each connection.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<BTreeMap<(String, String), Use>>);

impl Uses {
    pub(super) fn note(&self, connection: &str, host: &str, now_ms: u64) {
        let mut uses = self.uses();
        let key = (connection.to_owned(), host.to_owned());
        let used = uses.entry(key).or_insert_with(|| Use {
            connection: connection.into(),
            host: host.into(),
            count: 0,
            first_ms: now_ms,
            last_ms: now_ms,
        });
        used.count += 1;
        used.last_ms = now_ms;
    }

    pub(super) fn take(&self) -> Vec<Use> {
        std::mem::take(&mut *self.uses()).into_values().collect()
    }

    pub(super) fn give_back(&self, back: Vec<Use>) {
        let mut uses = self.uses();
        for one in back {
            let key = (one.connection.clone(), one.host.clone());
            match uses.get_mut(&key) {
                Some(newer) => {
                    newer.count += one.count;
                    newer.first_ms = one.first_ms;
                }
                None => drop(uses.insert(key, one)),
            }
        }
    }

    fn uses(&self) -> MutexGuard<'_, BTreeMap<(String, String), Use>> {
        // A panic while the lock is held leaves the map whole: each change is one entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
