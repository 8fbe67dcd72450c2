//! A fuse in the way of a call's writes to its storage, for trials of what a kill between two of
//! them leaves behind. Never there in a host that serves.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// Counts the writes of a call, and stops it for good before one of them if it is told to.
#[derive(Debug, Default)]
pub struct Fuse {
    /// How many go through; all of them if nothing is said.
    holds: Option<u32>,
    asked: AtomicU32,
    blown: Notify,
}

impl Fuse {
    /// One that lets so many writes through.
    pub fn new(holds: Option<u32>) -> Self {
        Self { holds, ..Self::default() }
    }

    /// How many writes there were to be.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Ends when it blows.
    pub async fn blows(&self) {
        self.blown.notified().await;
    }

    /// Lets a write through, or never comes back.
    pub(super) async fn pass(&self) {
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        if self.holds.is_some_and(|holds| before >= holds) {
            self.blown.notify_one();
            std::future::pending::<()>().await;
        }
    }
}
