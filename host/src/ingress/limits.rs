//! How much may be under way at once, and what has come so far.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

/// Webhooks of one connection that may be under way at the same time: a noisy vendor is
/// answered 503 and comes again, and the others do not notice.
pub const IN_FLIGHT_PER_CONNECTION: u32 = 512;
/// Webhooks of all connections that may be under way at the same time.
pub const IN_FLIGHT: u32 = 2048;

/// Who is inside.
#[derive(Debug, Default)]
pub(super) struct Places(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    all: u32,
    of: HashMap<String, u32>,
}

/// A place inside; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    inside: Arc<Mutex<Inside>>,
    connection: String,
}

impl Places {
    /// A place for one webhook of a connection, if there is room.
    pub(super) fn enter(&self, connection: &str) -> Option<Place> {
        let mut inside = lock(&self.0);
        let of = inside.of.get(connection).copied().unwrap_or(0);
        if inside.all >= IN_FLIGHT || of >= IN_FLIGHT_PER_CONNECTION {
            return None;
        }
        inside.all += 1;
        inside.of.insert(connection.to_owned(), of + 1);
        Some(Place { inside: self.0.clone(), connection: connection.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.all -= 1;
        match inside.of.get_mut(&self.connection) {
            Some(of) if *of > 1 => *of -= 1,
            _ => drop(inside.of.remove(&self.connection)),
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    // Nothing that can panic happens while the lock is held.
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts of what came in since the start of the host.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    kept: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
    shed: AtomicU64,
}

/// The counters as they were at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests, of whatever kind.
    pub received: u64,
    /// Deliveries that are on disk.
    pub kept: u64,
    /// Deliveries that came again.
    pub repeated: u64,
    /// Deliveries that were turned away as forged.
    pub refused: u64,
    /// Requests that were answered 503 for want of room or of a working store.
    pub shed: u64,
}

impl Counters {
    pub(super) fn received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn kept(&self) {
        self.kept.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn shed(&self) {
        self.shed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            received: self.received.load(Ordering::Relaxed),
            kept: self.kept.load(Ordering::Relaxed),
            repeated: self.repeated.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            shed: self.shed.load(Ordering::Relaxed),
        }
    }
}
