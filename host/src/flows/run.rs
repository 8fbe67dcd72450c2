//! A run: one execution of a flow, as it stands on disk after each settled step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Applied, Effect, FlowError, Flows};
use crate::{
    contract::Event,
    store::{Batch, trees},
};

/// The most runs in one list.
pub const LIST_MAX: usize = 1000;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A step is queued.
    Running,
    /// Every step is settled.
    Done,
    /// A step stopped; a dead letter waits for a person.
    Dead,
}

/// A step that is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The action's output.
    pub output: Value,
    /// When it was settled, in milliseconds since 1970.
    pub at_ms: u64,
}

/// One execution of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its name: 32 hexadecimal digits that sort by the time of its start.
    pub id: String,
    /// The flow's name.
    pub flow: String,
    /// The flow's version.
    pub version: String,
    /// The delivery from which the event came.
    pub delivery: String,
    /// What started it, as expressions see it.
    pub event: Value,
    /// The steps that are settled, by id.
    pub steps: BTreeMap<String, StepRecord>,
    /// How far it has come.
    pub state: RunState,
    /// When it started, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// When it ended.
    pub ended_at_ms: Option<u64>,
}

impl Run {
    /// A run that begins.
    pub(super) fn start(applied: &Applied, delivery: &str, event: &Value, now_ms: u64) -> Self {
        Self {
            id: Uuid::now_v7().simple().to_string(),
            flow: applied.name.clone(),
            version: applied.version.clone(),
            delivery: delivery.to_owned(),
            event: event.clone(),
            steps: BTreeMap::new(),
            state: RunState::Running,
            started_at_ms: now_ms,
            ended_at_ms: None,
        }
    }

    /// What the expressions of its steps work on.
    pub(super) fn scope(&self) -> Value {
        let outputs = self.steps.iter().map(|(id, step)| (id.clone(), step.output.clone()));
        json!({ "event": self.event, "steps": Value::Object(outputs.collect()) })
    }

    pub(super) fn put(&self, batch: &mut Batch) {
        // Strings, numbers and JSON always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::RUNS, self.id.as_bytes(), value);
    }
}

impl Flows {
    /// The effects of a run, in the order of its flow's steps.
    pub fn effects(&self, run: &Run) -> Result<Vec<Effect>, FlowError> {
        let entry = self.version(&run.flow, &run.version)?;
        let steps = entry.1.steps.iter();
        let effects = steps.map(|step| Effect::get(&self.0.store, &run.id, step.id.get_ref()));
        effects.filter_map(Result::transpose).collect()
    }

    /// A run.
    pub fn run(&self, id: &str) -> Result<Run, FlowError> {
        let value = self.0.store.get(trees::RUNS, id.as_bytes())?;
        read(id, &value.ok_or_else(|| FlowError::UnknownRun(id.into()))?)
    }

    /// The newest runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, FlowError> {
        let newest = self.0.store.scan_last(trees::RUNS, None, limit.min(LIST_MAX))?;
        newest.iter().map(|(id, value)| read(&String::from_utf8_lossy(id), value)).collect()
    }
}

fn read(id: &str, value: &[u8]) -> Result<Run, FlowError> {
    serde_json::from_slice(value).map_err(|error| FlowError::Unreadable {
        what: "run",
        id: id.into(),
        why: error.to_string(),
    })
}

/// An event as expressions see it: `.event.record`, `.event.kind`, `.event.key`.
pub(super) fn scope_of(event: &Event) -> Result<Value, serde_json::Error> {
    Ok(json!({
        "kind": event.kind,
        "key": event.key,
        "occurred_at_ms": event.occurred_at_ms,
        "record": serde_json::from_str::<Value>(&event.record)?,
    }))
}
