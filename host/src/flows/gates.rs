//! Turns: of the runs that belong together only so many are under way, and the others wait in the
//! order in which they began.
//!
//! Promises that a run which waits is called when its turn comes: who enters, leaves or goes to rest
//! before a gate counts it up, and is late if somebody else did so first.

use super::FlowError;
use crate::store::{Batch, Expect, Store, trees};

/// A gate, as somebody saw it.
#[derive(Debug)]
pub(super) struct Gate {
    count: Option<Vec<u8>>,
    place: Vec<u8>,
    members: Vec<u8>,
    store: Store,
}

impl Gate {
    pub(super) fn look(store: &Store, flow: &str, key: &str) -> Result<Self, FlowError> {
        let place = format!("gate\0{flow}\0{key}").into_bytes();
        let members = format!("turn\0{flow}\0{key}\0").into_bytes();
        let count = store.get(trees::GATES, &place)?;
        Ok(Self { count, place, members, store: store.clone() })
    }

    /// Adds to a batch that a run stands before the gate.
    pub(super) fn enter(&self, run: &str, batch: &mut Batch) {
        self.count_up(batch);
        batch.put(trees::GATES, &self.member(run), Vec::new());
    }

    /// Whether a run is among the first so many.
    pub(super) fn admits(&self, run: &str, at_once: u32) -> Result<bool, FlowError> {
        Ok(self.first(at_once as usize)?.iter().any(|first| first == run))
    }

    /// Lets a batch be committed only if nobody entered or left since.
    pub(super) fn unchanged(&self, batch: &mut Batch) {
        let expect = self.count.clone().map_or(Expect::Absent, Expect::Is);
        batch.require(trees::GATES, &self.place, expect);
    }

    /// Adds to a batch that a run has left; answers the first so many of those that stay.
    pub(super) fn leave(
        &self,
        run: &str,
        at_once: u32,
        batch: &mut Batch,
    ) -> Result<Vec<String>, FlowError> {
        let mut stay = self.first(at_once as usize + 1)?;
        stay.retain(|other| other != run);
        stay.truncate(at_once as usize);
        self.unchanged(batch);
        batch.delete(trees::GATES, &self.member(run));
        if stay.is_empty() {
            // Nobody is left; the next who comes makes the gate anew.
            batch.delete(trees::GATES, &self.place);
        } else {
            self.count_up(batch);
        }
        Ok(stay)
    }

    fn first(&self, most: usize) -> Result<Vec<String>, FlowError> {
        let found = self.store.scan_prefix(trees::GATES, &self.members, None, most)?;
        let runs = found.iter().map(|(key, _)| {
            String::from_utf8_lossy(key.get(self.members.len()..).unwrap_or_default()).into_owned()
        });
        Ok(runs.collect())
    }

    fn count_up(&self, batch: &mut Batch) {
        self.unchanged(batch);
        let count = self.count.as_deref().and_then(|bytes| bytes.try_into().ok());
        let count = count.map_or(0, u64::from_be_bytes).wrapping_add(1);
        batch.put(trees::GATES, &self.place, count.to_be_bytes());
    }

    fn member(&self, run: &str) -> Vec<u8> {
        [&self.members, run.as_bytes()].concat()
    }
}
