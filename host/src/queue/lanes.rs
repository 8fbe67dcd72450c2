//! Whose turn it is: each lane in rotation, a bounded number of claims on each, and on a lane what
//! is live first.
//!
//! What is due is read from the store, so memory holds only what is claimed and, per lane, the
//! earliest times at which a look is worth while.

use std::collections::{BTreeMap, HashSet};

use super::{
    CLAIMS, CLAIMS_PER_LANE, QueueError,
    work::{Work, lane_of, prefix_at, priority_of},
};
use crate::{
    priority::Priority,
    store::{Store, trees},
};

/// Of so many claims of a lane one goes to what is not live, if any of that is due: it waits, and
/// does not starve.
pub(super) const ONE_IN: u32 = 8;
/// A lane may claim one of so many places that are free. So whoever comes late finds some, however
/// many lanes are slow: fifty of them leave some twenty places.
const PART_OF_FREE: usize = 4;

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
    /// No work is due before these, by priority.
    next_ms: [u64; Priority::ALL.len()],
    claimed: HashSet<Vec<u8>>,
    /// How many of them are of each priority.
    claimed_at: [usize; Priority::ALL.len()],
    /// Work that cannot be read, which must not stand in the way of what comes after it.
    unreadable: HashSet<Vec<u8>>,
    paused: bool,
    resting_until_ms: u64,
    /// When it went on after a pause: what waited is done one after the other, in order.
    in_order_since_ms: Option<u64>,
    /// Its system failed: from when on one piece of work at a time finds out whether it is back.
    probe_from_ms: Option<u64>,
    /// Claims so far, by which what is not live gets its turn.
    claims: u32,
}

impl Lane {
    /// When a look at this lane is worth while, if it may have `share` claims; never while it is
    /// full or paused.
    fn ready_ms(&self, share: usize) -> Option<u64> {
        if self.paused {
            return None;
        }
        let open = Priority::ALL.into_iter().filter(|priority| self.has_room(*priority, share));
        let next_ms = open.map(|priority| self.next_ms[usize::from(priority.byte())]).min()?;
        let from_ms = self.resting_until_ms.max(self.probe_from_ms.unwrap_or(0));
        Some(next_ms.max(from_ms)).filter(|at| *at < u64::MAX)
    }

    /// Whether one more may be claimed of a priority. What is not live leaves some places open.
    fn has_room(&self, priority: Priority, share: usize) -> bool {
        let one_by_one = self.in_order_since_ms.is_some() || self.probe_from_ms.is_some();
        let most = if one_by_one { 1 } else { share };
        let below: usize = self.claimed_at[usize::from(priority.byte())..].iter().sum();
        let most_below = u32::try_from(most).map_or(most, |most| priority.share(most) as usize);
        self.claimed.len() < most && below < most_below
    }

    /// In which order the priorities are asked at the next claim.
    fn order(&self) -> [Priority; 3] {
        use Priority::{Backfill, Live, Reconciliation};
        match self.claims % (2 * ONE_IN) {
            turn if turn == ONE_IN - 1 => [Backfill, Reconciliation, Live],
            turn if turn == 2 * ONE_IN - 1 => [Reconciliation, Backfill, Live],
            _ => Priority::ALL,
        }
    }
}

impl Lanes {
    /// Looks for the lanes in the store, one jump a lane.
    pub(super) fn find(store: &Store) -> Result<Self, QueueError> {
        let mut found = Self::default();
        let mut after = Vec::new();
        loop {
            let next = store.scan_prefix(trees::DUE, &[], Some(&after), 1)?;
            let Some(lane) = next.first().and_then(|(key, _)| lane_of(key)) else {
                return Ok(found);
            };
            found.lanes.entry(lane.to_owned()).or_default();
            after = [lane.as_bytes(), b"\x01"].concat();
        }
    }

    pub(super) fn announce(&mut self, work: &Work) {
        let lane = self.lanes.entry(work.lane.clone()).or_insert_with(|| Lane {
            next_ms: [u64::MAX; Priority::ALL.len()],
            ..Lane::default()
        });
        let next_ms = &mut lane.next_ms[usize::from(work.priority.byte())];
        *next_ms = work.due_ms.min(*next_ms);
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

    /// From `from_ms` on one piece of work of a lane at a time; or as ever again.
    pub(super) fn probe(&mut self, lane: &str, from_ms: Option<u64>) -> bool {
        let known = self.lanes.get(lane).and_then(|lane| lane.probe_from_ms);
        if known != from_ms {
            self.lanes.entry(lane.into()).or_default().probe_from_ms = from_ms;
        }
        known != from_ms
    }

    pub(super) fn release(&mut self, lane: &str, key: &[u8]) {
        let lane = self.lanes.entry(lane.into()).or_default();
        let at = usize::from(priority_of(key).byte());
        if lane.claimed.remove(key) {
            lane.claimed_at[at] -= 1;
        }
        // The work may still be there: its settlement may have failed.
        lane.next_ms[at] = 0;
    }

    pub(super) fn claimed(&self) -> usize {
        self.lanes.values().map(|lane| lane.claimed.len()).sum()
    }

    /// How much each lane may have claimed, as things stand.
    fn share(&self) -> usize {
        let free = CLAIMS.saturating_sub(self.claimed());
        (free / PART_OF_FREE).clamp(1, CLAIMS_PER_LANE)
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
        let share = self.share();
        let mut soonest: Option<u64> = None;
        for name in names {
            let Some(lane) = self.lanes.get_mut(&name) else { continue };
            let Some(ready_ms) = lane.ready_ms(share) else { continue };
            if ready_ms <= now_ms
                && let Some(work) = lane.take(store, &name, now_ms, share)?
            {
                self.last = name;
                return Ok(Ok(work));
            }
            let at = lane.ready_ms(share);
            soonest = soonest.into_iter().chain(at).min();
        }
        Ok(Err(soonest))
    }
}

impl Lane {
    /// The work whose turn it is of that which is due and not claimed.
    fn take(
        &mut self,
        store: &Store,
        name: &str,
        now_ms: u64,
        share: usize,
    ) -> Result<Option<Work>, QueueError> {
        for priority in self.order() {
            let may_be_due = self.next_ms[usize::from(priority.byte())] <= now_ms;
            if may_be_due
                && self.has_room(priority, share)
                && let Some(work) = self.first(store, name, priority, now_ms)?
            {
                let in_order = |since_ms: &u64| work.since_ms < since_ms + IN_ORDER_MS;
                self.in_order_since_ms = self.in_order_since_ms.filter(in_order);
                self.claims = self.claims.wrapping_add(1);
                return Ok(Some(work));
            }
        }
        if self.claimed.is_empty() && self.next_ms.iter().all(|next_ms| *next_ms > now_ms) {
            self.in_order_since_ms = None;
        }
        Ok(None)
    }

    /// The first work of a priority that is due and not claimed; remembers when the next will be.
    fn first(
        &mut self,
        store: &Store,
        name: &str,
        priority: Priority,
        now_ms: u64,
    ) -> Result<Option<Work>, QueueError> {
        let look = self.claimed.len() + self.unreadable.len() + 1;
        let found = store.scan_prefix(trees::DUE, &prefix_at(name, priority), None, look)?;
        let next_ms = &mut self.next_ms[usize::from(priority.byte())];
        *next_ms = u64::MAX;
        for (key, value) in found {
            if self.claimed.contains(&key) || self.unreadable.contains(&key) {
                continue;
            }
            let work = match Work::read(&key, &value) {
                Ok(work) => work,
                Err(error) => {
                    tracing::error!(lane = name, %error, "work is passed over");
                    self.unreadable.insert(key);
                    *next_ms = 0;
                    return Ok(None);
                }
            };
            if work.due_ms > now_ms {
                *next_ms = work.due_ms;
                return Ok(None);
            }
            *next_ms = 0;
            self.claimed.insert(key);
            self.claimed_at[usize::from(priority.byte())] += 1;
            return Ok(Some(work));
        }
        Ok(None)
    }
}
