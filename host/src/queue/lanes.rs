//! Whose turn it is: each lane in rotation, a bounded number of claims on each.
//!
//! What is due is read from the store, so memory holds only what is claimed and, per lane, the
//! earliest time at which a look is worth while.

use std::collections::{BTreeMap, HashSet};

use super::{
    CLAIMS_PER_LANE, QueueError,
    work::{Work, prefix, split},
};
use crate::store::{Store, trees};

/// Work that was queued so long after a pause, in milliseconds, did not wait for its end: nor did
/// what follows from it need to be in order.
const IN_ORDER_MS: u64 = 60_000;

/// The lanes that have or had work.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<String, Lane>,
    /// The lane that was claimed from last; the next in order is the next to be asked.
    last: String,
}

#[derive(Debug, Default)]
struct Lane {
    /// No work is due before this.
    next_ms: u64,
    claimed: HashSet<Vec<u8>>,
    /// Work that cannot be read, which must not stand in the way of what comes after it.
    unreadable: HashSet<Vec<u8>>,
    paused: bool,
    resting_until_ms: u64,
    /// When it went on after a pause: what waited is done one after the other, in order.
    in_order_since_ms: Option<u64>,
}

impl Lane {
    /// When a look at this lane is worth while; never while it is full or paused.
    fn ready_ms(&self) -> Option<u64> {
        let most = if self.in_order_since_ms.is_some() { 1 } else { CLAIMS_PER_LANE };
        let open = !self.paused && self.claimed.len() < most;
        open.then(|| self.next_ms.max(self.resting_until_ms)).filter(|at| *at < u64::MAX)
    }
}

impl Lanes {
    /// Looks for the lanes in the store, one jump a lane.
    pub(super) fn find(store: &Store) -> Result<Self, QueueError> {
        let mut found = Self::default();
        let mut after = Vec::new();
        loop {
            let next = store.scan_prefix(trees::DUE, &[], Some(&after), 1)?;
            let Some((lane, ..)) = next.first().and_then(|(key, _)| split(key)) else {
                return Ok(found);
            };
            found.lanes.entry(lane.to_owned()).or_default();
            after = [lane.as_bytes(), b"\x01"].concat();
        }
    }

    pub(super) fn announce(&mut self, lane: &str, due_ms: u64) {
        match self.lanes.get_mut(lane) {
            Some(known) => known.next_ms = known.next_ms.min(due_ms),
            None => {
                drop(self.lanes.insert(lane.into(), Lane { next_ms: due_ms, ..Lane::default() }))
            }
        }
    }

    pub(super) fn pause(&mut self, lane: &str, paused: bool, now_ms: u64) {
        let lane = self.lanes.entry(lane.into()).or_default();
        if lane.paused && !paused {
            lane.in_order_since_ms = Some(now_ms);
        }
        lane.paused = paused;
    }

    pub(super) fn rest(&mut self, lane: &str, until_ms: u64) {
        self.lanes.entry(lane.into()).or_default().resting_until_ms = until_ms;
    }

    pub(super) fn release(&mut self, lane: &str, key: &[u8]) {
        let lane = self.lanes.entry(lane.into()).or_default();
        lane.claimed.remove(key);
        // The work may still be there: its settlement may have failed.
        lane.next_ms = 0;
    }

    pub(super) fn claimed(&self) -> usize {
        self.lanes.values().map(|lane| lane.claimed.len()).sum()
    }

    /// Claims what is due on the lane whose turn it is; else says when to look again, if a time
    /// is known.
    pub(super) fn claim(
        &mut self,
        store: &Store,
        now_ms: u64,
    ) -> Result<Result<Work, Option<u64>>, QueueError> {
        let names: Vec<String> = {
            let after = self.lanes.range(self.last.clone()..).map(|(name, _)| name);
            let before = self.lanes.range(..self.last.clone()).map(|(name, _)| name);
            let (last, rest): (Vec<_>, Vec<_>) =
                after.chain(before).partition(|name| **name == self.last);
            rest.into_iter().chain(last).cloned().collect()
        };
        let mut soonest: Option<u64> = None;
        for name in names {
            let Some(lane) = self.lanes.get_mut(&name) else { continue };
            let Some(ready_ms) = lane.ready_ms() else { continue };
            if ready_ms <= now_ms
                && let Some(work) = lane.take(store, &name, now_ms)?
            {
                self.last = name;
                return Ok(Ok(work));
            }
            let at = lane.ready_ms();
            soonest = soonest.into_iter().chain(at).min();
        }
        Ok(Err(soonest))
    }
}

impl Lane {
    /// The first work that is due and not claimed; remembers when the next will be.
    fn take(&mut self, store: &Store, name: &str, now_ms: u64) -> Result<Option<Work>, QueueError> {
        let look = self.claimed.len() + self.unreadable.len() + 1;
        let found = store.scan_prefix(trees::DUE, &prefix(name), None, look)?;
        self.next_ms = u64::MAX;
        for (key, value) in found {
            if self.claimed.contains(&key) || self.unreadable.contains(&key) {
                continue;
            }
            let work = match Work::read(&key, &value) {
                Ok(work) => work,
                Err(error) => {
                    tracing::error!(lane = name, %error, "work is passed over");
                    self.unreadable.insert(key);
                    self.next_ms = 0;
                    return Ok(None);
                }
            };
            if work.due_ms > now_ms {
                self.next_ms = work.due_ms;
                self.in_order_since_ms = None;
                return Ok(None);
            }
            let in_order = |since_ms: &u64| work.since_ms < since_ms + IN_ORDER_MS;
            self.in_order_since_ms = self.in_order_since_ms.filter(in_order);
            self.claimed.insert(key);
            self.next_ms = 0;
            return Ok(Some(work));
        }
        if self.claimed.is_empty() {
            self.in_order_since_ms = None;
        }
        Ok(None)
    }
}
