//! A run: one execution of a flow, as it stands on disk after each settled step.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Applied, Effect, FlowError, Flows};
use crate::{
    contract::Event,
    priority::Priority,
    queue::{Task, Work},
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
    /// It waits for a time, an event, a person or another run.
    Waiting,
    /// It waits for its turn, or for its flow to be resumed.
    Held,
    /// Every step is settled.
    Done,
    /// It ended before its last step; `why` says for what.
    Cancelled,
    /// A step stopped; a dead letter waits for a person.
    Dead,
}

impl RunState {
    /// It in a word, as everybody writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

/// A step that is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What it gave; `null` if it was skipped or failed.
    pub output: Value,
    /// When it was settled, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whether its `when` did not hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
    /// Why it failed for good, where the flow says what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StepError>,
}

/// Why a step failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// The fault's short word.
    pub code: String,
    /// Its line.
    pub message: String,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The step that waits.
    pub step: String,
    /// For what.
    #[serde(flatten)]
    pub what: WaitsFor,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Until when; none is as long as it takes.
    pub until_ms: Option<u64>,
    /// Why waiting on is in vain: the run for which it waited was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<String>,
    /// The work that wakes it then.
    pub(super) timer: Option<String>,
    /// The keys under which events find it, as hexadecimal text.
    pub(super) watches: Vec<String>,
}

/// For what a run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "lowercase")]
pub enum WaitsFor {
    /// A time.
    Time,
    /// An event.
    Event {
        /// Of which connection.
        connection: String,
        /// Of which kind.
        event: String,
    },
    /// A person.
    Person {
        /// What the person is asked.
        ask: String,
    },
    /// The end of another run.
    Run {
        /// Which one.
        run: String,
    },
}

/// How far the items of a `for_each` are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    /// The step.
    pub step: String,
    /// How many there are.
    pub total: usize,
    /// How many are done.
    pub done: usize,
    /// How long the outputs of those are together, in bytes.
    #[serde(default)]
    pub bytes: usize,
}

/// The run of which this one is a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run.
    pub run: String,
    /// Its step.
    pub step: String,
    /// How many runs are above.
    pub depth: u32,
}

/// Why a run is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldBy {
    /// Others of its key are before it.
    Turn,
    /// Its flow is paused.
    Pause,
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
    /// The delivery from which the event came, if one did.
    pub delivery: Option<String>,
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
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// How far the items of its step are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// The run of which it is a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// With which runs it belongs together, as a hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether its turn has come, where it has to wait for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admitted: bool,
    /// Why it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// The dead letter that waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// What goes before its work: that of what started it.
    #[serde(default)]
    pub priority: Priority,
}

impl Run {
    /// A run that begins.
    pub(super) fn start(
        applied: &Applied,
        delivery: Option<&str>,
        event: Value,
        now_ms: u64,
    ) -> Self {
        Self {
            id: Uuid::now_v7().simple().to_string(),
            flow: applied.name.clone(),
            version: applied.version.clone(),
            delivery: delivery.map(str::to_owned),
            event,
            steps: BTreeMap::new(),
            state: RunState::Running,
            started_at_ms: now_ms,
            ended_at_ms: None,
            why: None,
            waiting: None,
            items: None,
            parent: None,
            key: None,
            admitted: false,
            held_by: None,
            letter: None,
            priority: Priority::current(),
        }
    }

    /// Whether nothing of it will happen any more.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, RunState::Done | RunState::Cancelled)
    }

    /// What the expressions of its steps work on; `item` is that of a `for_each`, with its place.
    pub(super) fn scope(&self, item: Option<(&Value, usize)>) -> Value {
        let outputs = self.steps.iter().map(|(id, step)| (id.clone(), step.output.clone()));
        let errors = self.steps.iter().filter_map(|(id, step)| {
            let StepError { code, message } = step.error.as_ref()?;
            Some((id.clone(), json!({ "code": code, "message": message })))
        });
        let mut scope = json!({
            "event": self.event,
            "steps": Value::Object(outputs.collect()),
            "errors": Value::Object(errors.collect()),
            "run": { "id": self.id, "flow": self.flow, "started_at_ms": self.started_at_ms },
        });
        if let Some((item, index)) = item {
            scope["item"] = item.clone();
            scope["index"] = index.into();
        }
        scope
    }

    /// What `where` finds as `$run`.
    pub(super) fn seen_by_where(&self) -> Value {
        let outputs = self.steps.iter().map(|(id, step)| (id.clone(), step.output.clone()));
        let steps = Value::Object(outputs.collect());
        json!({ "run": { "id": self.id, "event": self.event, "steps": steps } })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        // Strings, numbers and JSON always make JSON.
        serde_json::to_vec(self).expect("plain data")
    }

    pub(super) fn put(&self, batch: &mut Batch) {
        batch.put(trees::RUNS, self.id.as_bytes(), self.bytes());
    }

    /// The work of its next step.
    pub(super) fn work(&self, lane: &str, at_ms: u64) -> Work {
        Work::new(lane, Task::Step { run: self.id.clone() }, at_ms).at(self.priority)
    }
}

impl Flows {
    /// The effects of a run, in the order in which they were intended or are named.
    pub fn effects(&self, run: &Run) -> Result<Vec<Effect>, FlowError> {
        Effect::of_run(&self.0.store, &run.id)
    }

    /// A run.
    pub fn run(&self, id: &str) -> Result<Run, FlowError> {
        Ok(self.run_and_bytes(id)?.0)
    }

    /// A run, and how it stands on disk.
    pub(super) fn run_and_bytes(&self, id: &str) -> Result<(Run, Vec<u8>), FlowError> {
        let value = self.0.store.get(trees::RUNS, id.as_bytes())?;
        let value = value.ok_or_else(|| FlowError::UnknownRun(id.into()))?;
        Ok((read(id, &value)?, value))
    }

    /// The newest runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, FlowError> {
        self.runs_of(limit, None, None)
    }

    /// The newest runs of a flow, in a state, or both.
    pub fn runs_of(
        &self,
        limit: usize,
        flow: Option<&str>,
        state: Option<RunState>,
    ) -> Result<Vec<Run>, FlowError> {
        let limit = limit.min(LIST_MAX);
        let mut before: Option<Vec<u8>> = None;
        let mut found = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.0.store.scan_last(trees::RUNS, before.as_deref(), LIST_MAX)?;
            let Some((last, _)) = page.last() else { break };
            before = Some(last.clone());
            for (id, value) in &page {
                let id = String::from_utf8_lossy(id);
                // Of a run that is passed over nothing else is read.
                let head: Head = read(&id, value)?;
                let wanted = flow.is_none_or(|flow| head.flow == flow)
                    && state.is_none_or(|state| head.state == state);
                if wanted {
                    found.push(read(&id, value)?);
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

/// How many pages of runs are looked through for those of a flow or state.
const PAGES_MAX: usize = 100;

/// What tells whether a run is wanted in a list.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    flow: Cow<'a, str>,
    state: RunState,
}

fn read<'a, T: Deserialize<'a>>(id: &str, value: &'a [u8]) -> Result<T, FlowError> {
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
