//! What starts a run beside events: the clock, and a person.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Applied, Flow, FlowError, Flows, LANE, Stepped, Trigger,
    begin::{Beginning, Drafts},
};
use crate::{
    audit::Actor,
    fault::Fault,
    queue::{Task, Work},
    store::{Batch, CommitError, Expect, trees},
};

/// The longest key with which a person starts a run, in bytes.
const KEY_BYTES_MAX: usize = 256;
/// How often a beginning is made again when something of its key happened at the same time.
const TRIES_MAX: usize = 20;

impl Flows {
    /// The work by which a flow starts next by the clock, after `from_ms`.
    pub(super) fn next_tick(&self, flow: &Flow, applied_at_ms: u64, from_ms: u64) -> Option<Work> {
        let Trigger::Schedule(schedule) = &flow.on else { return None };
        let at_ms = schedule.after(from_ms)?;
        let task = Task::Tick { flow: flow.name.clone(), applied_at_ms, at_ms };
        Some(Work::new(LANE, task, at_ms))
    }

    /// A time of a schedule has come: the start of a run is queued, and the next time. Times that
    /// the host slept through are made up for by this one run.
    pub async fn tick(&self, name: &str, applied_at_ms: u64, at_ms: u64) -> Stepped {
        let mut follow = Vec::new();
        if let Some(entry) = self.in_force(name, applied_at_ms) {
            let task = Task::Start { flow: name.to_owned(), applied_at_ms, at_ms };
            let now_ms = self.0.clock.now_ms();
            follow.push(Work::new(LANE, task, now_ms));
            follow.extend(self.next_tick(&entry.1, applied_at_ms, now_ms.max(at_ms)));
        }
        Stepped::without_action(Batch::new(), Ok(follow))
    }

    /// Starts a run for a time of a schedule.
    pub async fn start_by_clock(&self, name: &str, applied_at_ms: u64, at_ms: u64) -> Stepped {
        let mut batch = Batch::new();
        let outcome = self.begin_by_clock(name, applied_at_ms, at_ms, &mut batch).await;
        Stepped::without_action(batch, outcome)
    }

    /// A flow, unless it was removed, or applied anew with times of its own.
    fn in_force(&self, name: &str, applied_at_ms: u64) -> Option<Arc<(Applied, Flow)>> {
        self.current(name).filter(|entry| entry.0.applied_at_ms == applied_at_ms)
    }

    async fn begin_by_clock(
        &self,
        name: &str,
        applied_at_ms: u64,
        at_ms: u64,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let Some(entry) = self.in_force(name, applied_at_ms) else { return Ok(Vec::new()) };
        let Trigger::Schedule(schedule) = &entry.1.on else { return Ok(Vec::new()) };
        let scheduled_at = schedule.written(at_ms);
        let event = json!({
            "kind": "schedule",
            "key": scheduled_at,
            "occurred_at_ms": at_ms,
            "record": { "scheduled_at": scheduled_at },
        });
        let beginning =
            Beginning { entry: entry.as_ref(), event: &event, delivery: None, parent: None };
        Ok(self.begin(beginning, &mut Drafts::default(), batch).await?.1)
    }

    /// Adds to a batch what becomes of a start that stopped and is given up: the clock goes on to
    /// the next time, and the next event of the key begins a burst of its own.
    pub fn pass_over(&self, task: &Task, batch: &mut Batch) -> Result<(), FlowError> {
        match task {
            Task::Tick { flow, applied_at_ms, at_ms } => {
                let entry = self.current(flow).filter(|e| e.0.applied_at_ms == *applied_at_ms);
                let from_ms = self.0.clock.now_ms().max(*at_ms);
                let next = entry.and_then(|e| self.next_tick(&e.1, *applied_at_ms, from_ms));
                if let Some(next) = next {
                    self.enqueue(batch, next);
                }
            }
            Task::Burst { flow, key } => self.forget_burst(flow, key, batch)?,
            // The clock has gone on before a start was tried.
            Task::Parse { .. } | Task::Step { .. } | Task::Wake { .. } | Task::Start { .. } => {}
        }
        Ok(())
    }

    /// Ends a burst of events of a debounced flow.
    pub async fn burst_ends(&self, flow: &str, key: &str) -> Stepped {
        let mut batch = Batch::new();
        let outcome = self.end_burst(flow, key, &mut batch);
        Stepped::without_action(batch, outcome)
    }

    /// Starts a run by hand: its id, or none if a burst has to end first. With a `key` the same
    /// start is made once: later ones answer the first run.
    pub async fn start_by_hand(
        &self,
        name: &str,
        record: Value,
        key: Option<String>,
        by: &Actor,
    ) -> Result<Option<String>, Fault> {
        let entry = self.known(name)?;
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES_MAX) {
            let message = format!("a key has 1 to {KEY_BYTES_MAX} bytes");
            return Err(Fault::operator("bad-input", message));
        }
        let now_ms = self.0.clock.now_ms();
        let event = json!({
            "kind": "manual",
            "key": key.clone().unwrap_or_else(|| now_ms.to_string()),
            "occurred_at_ms": now_ms,
            "record": record,
            "by": by,
        });
        let place = key.map(|key| ["@manual", name, &key].join("\0").into_bytes());
        for _ in 0..TRIES_MAX {
            let mut batch = Batch::new();
            let beginning =
                Beginning { entry: entry.as_ref(), event: &event, delivery: None, parent: None };
            let (run, follow) = self.begin(beginning, &mut Drafts::default(), &mut batch).await?;
            if let Some(place) = &place {
                let before = self.0.store.get(trees::EVENTS, place).map_err(FlowError::from)?;
                if let Some(before) = before {
                    return Ok(String::from_utf8(before).ok().filter(|run| !run.is_empty()));
                }
                batch.require(trees::EVENTS, place, Expect::Absent);
                batch.put(trees::EVENTS, place, run.clone().unwrap_or_default());
            }
            for work in follow {
                self.enqueue(&mut batch, work);
            }
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(run),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(FlowError::from(error).into()),
            }
        }
        let message = format!("too much of the flow `{name}` begins at the same time; try again");
        Err(Fault::operator("busy", message))
    }
}
