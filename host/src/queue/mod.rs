//! The one durable queue: a delivery to parse, a step to run, each is [`Work`] in it.
//!
//! Owns what is due when, on which lane, and who has claimed it. Promises that work is on disk
//! until it is settled, that a claim is exclusive, that one lane cannot starve another, and that
//! on a lane live work goes before backfill, and backfill before reconciliation.
//! Never runs anything itself: `dispatch` claims, calls and settles.

mod cause;
mod dead_letter;
mod lanes;
mod letters;
mod work;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use thiserror::Error;
use tokio::sync::{Notify, watch};

pub use cause::{Place, is_cause};
pub use dead_letter::DeadLetter;
pub use letters::{DeadLetters, Group, LIST_MAX, Which};
pub use work::{Task, Work};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    store::{Batch, CommitError, Expect, Store, StoreError, trees},
};
use lanes::Lanes;

/// Work that may be claimed at the same time, over all lanes.
pub const CLAIMS: usize = 256;
/// Work of one lane that may be claimed at the same time; less while little is free.
pub const CLAIMS_PER_LANE: usize = 16;
/// The most work that is given up in one commit.
const DISCARDED_AT_ONCE: usize = 500;
/// How long a lane rests when its work could not be settled: the disk is full, for one.
const REST_MS: u64 = 1_000;

/// What can go wrong in the queue.
#[derive(Debug, Error)]
pub enum QueueError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed, or someone else settled or discarded the work meanwhile.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Work on disk that cannot be read: written by a newer host, or damaged.
    #[error(
        "work under the key {key} cannot be read: {source}; was the data directory used by a newer jackfield?"
    )]
    Unreadable {
        /// The key, as hexadecimal text.
        key: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// No dead letter has this id.
    #[error("there is no dead letter `{0}`; `jackfield dead-letter list` shows those there are")]
    NoDeadLetter(String),
    /// No dead letter has this cause.
    #[error(
        "no dead letter has the cause `{0}`; `jackfield dead-letter list` shows those that there \
         are"
    )]
    NoCause(String),
}

/// The queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    lanes: Mutex<Lanes>,
    changed: Notify,
    /// How many dead letters wait, by cause; told anew whenever one comes or goes.
    causes: watch::Sender<BTreeMap<String, usize>>,
}

impl Queue {
    /// Opens the queue and finds the lanes on which work is waiting.
    pub fn open(store: Store, clock: SharedClock) -> Result<Self, QueueError> {
        let lanes = Mutex::new(Lanes::find(&store)?);
        let causes = watch::Sender::new(letters::count(&store)?);
        Ok(Self(Arc::new(Inner { store, clock, lanes, changed: Notify::new(), causes })))
    }

    /// Adds work to a batch. Call [`Queue::announce`] once the batch is on disk.
    pub fn enqueue(batch: &mut Batch, work: &Work) {
        batch.put(trees::DUE, &work.key(), work.value());
    }

    /// Adds to a batch that work which is queued is not to be done. The batch conflicts if it is
    /// done meanwhile.
    pub fn withdraw(batch: &mut Batch, work: &Work) {
        let key = work.key();
        batch.require(trees::DUE, &key, Expect::Present);
        batch.delete(trees::DUE, &key);
    }

    /// Tells the workers of work that is now on disk.
    pub fn announce(&self, work: &Work) {
        self.lanes().announce(work);
        self.0.changed.notify_one();
    }

    /// Whether a lane is claimed from; what is due on it waits while it is not, and is then done
    /// one after the other, in order.
    pub fn pause(&self, lane: &str, paused: bool) {
        let now_ms = self.0.clock.now_ms();
        self.lanes().pause(lane, paused, now_ms);
        self.0.changed.notify_one();
    }

    /// Claims nothing of a lane for a moment.
    pub fn rest(&self, lane: &str) {
        let until_ms = self.0.clock.now_ms() + REST_MS;
        self.lanes().rest(lane, until_ms);
    }

    /// Claims nothing of a lane before the time that `from_ms` says, and then one piece of work at
    /// a time: its system failed, and the next call shows whether it is back. None when it is. It
    /// is asked under the queue's lock, so that of two who ask, the later is not overtaken.
    pub fn probe(&self, lane: &str, from_ms: impl FnOnce() -> Option<u64>) {
        let mut lanes = self.lanes();
        if lanes.probe(lane, from_ms()) {
            self.0.changed.notify_one();
        }
    }

    /// The next work that is due, of the lane whose turn it is. Waits until there is some.
    pub async fn claim(&self) -> Result<Claim, QueueError> {
        loop {
            // Interest first, then the look: what comes in between is not missed.
            let changed = self.0.changed.notified();
            let now_ms = self.0.clock.now_ms();
            let found = self.lanes().claim(&self.0.store, now_ms)?;
            match found {
                Ok(work) => return Ok(Claim { work, queue: self.clone() }),
                Err(None) => changed.await,
                Err(Some(due_ms)) => tokio::select! {
                    () = changed => {}
                    () = self.0.clock.sleep_until(due_ms) => {}
                },
            }
        }
    }

    /// How much work is claimed at this moment.
    pub fn claimed(&self) -> usize {
        self.lanes().claimed()
    }

    /// The work that waits, at most `limit` of it, lane by lane and by priority, the earliest
    /// first.
    pub fn waiting(&self, limit: usize) -> Result<Vec<Work>, QueueError> {
        let found = self.0.store.scan_prefix(trees::DUE, &[], None, limit)?;
        found.iter().map(|(key, value)| Work::read(key, value)).collect()
    }

    /// Whether any work waits on a lane.
    pub fn has_work(&self, lane: &str) -> Result<bool, QueueError> {
        let found = self.0.store.scan_prefix(trees::DUE, &work::prefix(lane), None, 1)?;
        Ok(!found.is_empty())
    }

    /// Gives up all the work of a lane. What is claimed at this moment ends, and is not settled.
    /// `ended` adds to the batch what becomes of that of which the work was a part.
    pub async fn discard<E: From<QueueError>>(
        &self,
        lane: &str,
        actor: &Actor,
        ended: impl Fn(&Task, &mut Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let prefix = work::prefix(lane);
            let found = self.0.store.scan_prefix(trees::DUE, &prefix, None, DISCARDED_AT_ONCE);
            let found = found.map_err(QueueError::from)?;
            if found.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            for (key, value) in &found {
                batch.delete(trees::DUE, key);
                // What cannot be read was never run.
                if let Ok(work) = Work::read(key, value) {
                    ended(&work.task, &mut batch)?;
                }
            }
            Line::new(self.0.clock.now_ms(), actor.clone(), Word::WorkDiscarded, lane)
                .connection(lane)
                .detail("count", found.len())
                .record(&mut batch);
            self.0.store.commit(batch).await.map_err(QueueError::from)?;
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // A panic while the lock is held leaves the lanes whole: each change is one assignment.
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work that is this worker's alone until it is settled or dropped.
#[derive(Debug)]
pub struct Claim {
    /// The work.
    pub work: Work,
    queue: Queue,
}

impl Claim {
    /// Ends the work: `batch`, the work's removal and all that follows are on disk together, or
    /// none of it is. If the commit fails the work stays and its lane rests for a second.
    pub async fn settle(&self, mut batch: Batch, follow: Vec<Work>) -> Result<(), QueueError> {
        let key = self.work.key();
        batch.require(trees::DUE, &key, Expect::Present);
        batch.delete(trees::DUE, &key);
        for work in &follow {
            Queue::enqueue(&mut batch, work);
        }
        if let Err(error) = self.queue.0.store.commit(batch).await {
            // Somebody else was faster, or it is too big: waiting mends neither.
            let waits = !matches!(
                error,
                CommitError::Conflict { .. } | CommitError::Store(StoreError::TooBig { .. })
            );
            if waits {
                let until_ms = self.queue.0.clock.now_ms() + REST_MS;
                self.queue.lanes().rest(&self.work.lane, until_ms);
            }
            return Err(error.into());
        }
        for work in &follow {
            self.queue.announce(work);
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.queue.lanes().release(&self.work.lane, &self.work.key());
        self.queue.0.changed.notify_one();
    }
}
