//! How a run begins: its key, and whether it begins at once, later, or with a later event.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Applied, Flow, FlowError, Flows, LANE, Run, gates::Gate, run::Parent, turn::lane_of};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    queue::{Task, Work},
    store::{Batch, CommitError, Expect, trees},
};

/// Where allowances of starts stand.
const THROTTLE: &[u8] = b"throttle\0";
/// How many allowances are looked at in one go.
const PAGE: usize = 500;
/// A burst of events puts a debounced run off by this many times its span, at most.
const DEBOUNCED_MAX: u64 = 10;

/// What a run begins with.
#[derive(Debug)]
pub(super) struct Beginning<'a> {
    /// The flow, in its current version.
    pub(super) entry: &'a (Applied, Flow),
    /// The event, as expressions see it.
    pub(super) event: &'a Value,
    /// The delivery from which it came.
    pub(super) delivery: Option<&'a str>,
    /// The run of which it is a step.
    pub(super) parent: Option<Parent>,
}

/// What one batch holds already, where a second beginning has to see it.
#[derive(Debug, Default)]
pub struct Drafts {
    throttled: BTreeMap<Vec<u8>, u64>,
    debounced: BTreeSet<Vec<u8>>,
}

/// The last event of a burst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Burst {
    event: Value,
    delivery: Option<String>,
    first_ms: u64,
    due_ms: u64,
}

impl Flows {
    /// Adds the beginning of a run to a batch: its id, if it begins now, and the work that follows.
    /// The batch conflicts if something of the same key happens at the same time.
    pub(super) async fn begin(
        &self,
        beginning: Beginning<'_>,
        drafts: &mut Drafts,
        batch: &mut Batch,
    ) -> Result<(Option<String>, Vec<Work>), Fault> {
        let (applied, flow) = beginning.entry;
        let key = self.key(flow, beginning.event).await?;
        if let (Some(span_ms), Some(key), None) = (flow.runs.debounce_ms, &key, &beginning.parent) {
            return Ok((None, self.debounce(&beginning, span_ms, key, drafts, batch)?));
        }
        self.begin_now(applied, flow, &beginning, key, drafts, batch)
    }

    fn begin_now(
        &self,
        applied: &Applied,
        flow: &Flow,
        beginning: &Beginning<'_>,
        key: Option<String>,
        drafts: &mut Drafts,
        batch: &mut Batch,
    ) -> Result<(Option<String>, Vec<Work>), Fault> {
        let now_ms = self.0.clock.now_ms();
        let mut run = Run::start(applied, beginning.delivery, beginning.event.clone(), now_ms);
        run.parent = beginning.parent.clone();
        run.key = key;
        if flow.runs.at_once.is_some() {
            self.gate(&run)?.enter(&run.id, batch);
        }
        run.put(batch);
        let mut line = Line::new(now_ms, Actor::Host, Word::RunStarted, &run.id)
            .detail("flow", &run.flow)
            .detail("event", run.event["key"].as_str().unwrap_or_default());
        if let super::Trigger::Event(on) = &flow.on {
            line = line.connection(on.connection.get_ref());
        }
        if let Some(parent) = &run.parent {
            line = line.detail("parent", &parent.run);
        }
        line.record(batch);
        let at_ms = self.throttle(flow, &run, drafts, batch)?;
        let work = run.work(lane_of(&run, flow), at_ms);
        Ok((Some(run.id), vec![work]))
    }

    /// With which runs one belongs together, where the flow asks.
    async fn key(&self, flow: &Flow, event: &Value) -> Result<Option<String>, Fault> {
        let runs = &flow.runs;
        if runs.at_once.is_none() && runs.debounce_ms.is_none() && runs.throttle.is_none() {
            return Ok(None);
        }
        let value = match &runs.key {
            None => Value::Null,
            Some(key) => {
                let value = self.0.expressions.evaluate(key.get_ref(), event).await;
                value.map_err(|fault| Fault {
                    message: format!("`key` of the flow `{}`: {}", flow.name, fault.message),
                    ..fault
                })?
            }
        };
        Ok(Some(hex::encode(&Sha256::digest(value.to_string())[..16])))
    }

    /// Keeps the last event of a burst; the first of it queues the work that ends the burst.
    fn debounce(
        &self,
        beginning: &Beginning<'_>,
        span_ms: u64,
        key: &str,
        drafts: &mut Drafts,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let flow = &beginning.entry.0.name;
        let now_ms = self.0.clock.now_ms();
        let place = burst_place(flow, key);
        let (before, bytes) = self.burst(&place)?;
        let first_ms = before.map_or(now_ms, |burst| burst.first_ms);
        let latest_ms = first_ms.saturating_add(span_ms.saturating_mul(DEBOUNCED_MAX));
        let burst = Burst {
            event: beginning.event.clone(),
            delivery: beginning.delivery.map(str::to_owned),
            first_ms,
            due_ms: (now_ms + span_ms).min(latest_ms),
        };
        let begins = bytes.is_none() && drafts.debounced.insert(place.clone());
        batch.require(trees::GATES, &place, bytes.map_or(Expect::Absent, Expect::Is));
        // Strings, numbers and JSON always make JSON.
        batch.put(trees::GATES, &place, serde_json::to_vec(&burst).expect("plain data"));
        let task = Task::Burst { flow: flow.clone(), key: key.to_owned() };
        let work = Work::new(LANE, task, burst.due_ms);
        Ok(if begins { vec![work] } else { Vec::new() })
    }

    /// Ends a burst of events: a run begins with the last of them, unless more came meanwhile.
    pub(super) fn end_burst(
        &self,
        name: &str,
        key: &str,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let place = burst_place(name, key);
        let (Some(burst), Some(bytes)) = self.burst(&place)? else { return Ok(Vec::new()) };
        batch.require(trees::GATES, &place, Expect::Is(bytes));
        if burst.due_ms > self.0.clock.now_ms() {
            let task = Task::Burst { flow: name.to_owned(), key: key.to_owned() };
            return Ok(vec![Work::new(LANE, task, burst.due_ms)]);
        }
        batch.delete(trees::GATES, &place);
        // Removed meanwhile: no event starts it any more.
        let Some(entry) = self.current(name) else { return Ok(Vec::new()) };
        let beginning = Beginning {
            entry: entry.as_ref(),
            event: &burst.event,
            delivery: burst.delivery.as_deref(),
            parent: None,
        };
        let (applied, flow) = entry.as_ref();
        let key = Some(key.to_owned());
        let mut drafts = Drafts::default();
        Ok(self.begin_now(applied, flow, &beginning, key, &mut drafts, batch)?.1)
    }

    /// Adds to a batch that nothing comes of a burst of events.
    pub(super) fn forget_burst(
        &self,
        name: &str,
        key: &str,
        batch: &mut Batch,
    ) -> Result<(), FlowError> {
        let place = burst_place(name, key);
        if let Some(bytes) = self.0.store.get(trees::GATES, &place)? {
            batch.require(trees::GATES, &place, Expect::Is(bytes));
            batch.delete(trees::GATES, &place);
        }
        Ok(())
    }

    fn burst(&self, place: &[u8]) -> Result<(Option<Burst>, Option<Vec<u8>>), FlowError> {
        let Some(bytes) = self.0.store.get(trees::GATES, place)? else { return Ok((None, None)) };
        let burst = serde_json::from_slice(&bytes).map_err(|error| FlowError::Unreadable {
            what: "burst of events",
            id: String::from_utf8_lossy(place).into_owned(),
            why: error.to_string(),
        })?;
        Ok((Some(burst), Some(bytes)))
    }

    /// When a run may begin, so that no more begin than the flow allows: starts are spread evenly
    /// once a burst of as many as allowed has gone through.
    fn throttle(
        &self,
        flow: &Flow,
        run: &Run,
        drafts: &mut Drafts,
        batch: &mut Batch,
    ) -> Result<u64, Fault> {
        let now_ms = self.0.clock.now_ms();
        let (Some(throttle), Some(key)) = (flow.runs.throttle, &run.key) else { return Ok(now_ms) };
        let place = [THROTTLE, format!("{}\0{key}", flow.name).as_bytes()].concat();
        let kept = self.0.store.get(trees::GATES, &place).map_err(FlowError::from)?;
        let known = kept.as_deref().and_then(|bytes| bytes.try_into().ok());
        let known = drafts.throttled.get(&place).copied().or(known.map(u64::from_be_bytes));
        let gap_ms = (throttle.per_ms / u64::from(throttle.runs)).max(1);
        let burst_ms = gap_ms * u64::from(throttle.runs - 1);
        // The time at which the allowance will be whole again, as the generic cell rate algorithm
        // keeps it.
        let whole_ms = known.unwrap_or(0).max(now_ms);
        let at_ms = whole_ms.saturating_sub(burst_ms).max(now_ms);
        let next_ms = whole_ms + gap_ms;
        batch.require(trees::GATES, &place, kept.map_or(Expect::Absent, Expect::Is));
        batch.put(trees::GATES, &place, next_ms.to_be_bytes());
        drafts.throttled.insert(place, next_ms);
        Ok(at_ms)
    }

    /// Removes the allowances of starts that are whole again.
    pub(super) async fn forget_allowances(&self) -> Result<(), FlowError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.0.store.scan_prefix(trees::GATES, THROTTLE, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let now_ms = self.0.clock.now_ms();
            for (key, value) in page {
                let whole_ms = value.as_slice().try_into().map(u64::from_be_bytes);
                if whole_ms.is_ok_and(|whole_ms| whole_ms < now_ms) {
                    let mut batch = Batch::new();
                    batch.require(trees::GATES, &key, Expect::Is(value)).delete(trees::GATES, &key);
                    match self.0.store.commit(batch).await {
                        // Somebody makes use of it just now.
                        Ok(_) | Err(CommitError::Conflict { .. }) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
    }

    /// The gate before which runs of a key wait for their turn.
    pub(super) fn gate(&self, run: &Run) -> Result<Gate, FlowError> {
        Gate::look(&self.0.store, &run.flow, run.key.as_deref().unwrap_or_default())
    }
}

fn burst_place(flow: &str, key: &str) -> Vec<u8> {
    format!("burst\0{flow}\0{key}").into_bytes()
}
