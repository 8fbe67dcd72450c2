//! Signals: what others tell a run while it waits, kept until the run has heard it.
//!
//! Owns each run's mailbox. Promises that a signal is not missed: who sends counts the mailbox up,
//! and a run goes to rest only if nobody has since it looked. Never touches the run itself: its own
//! work does.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{FlowError, Flows, LANE, RunState};
use crate::{
    audit::Actor,
    queue::{Queue, Task, Work},
    store::{Batch, Expect, StoreError, trees},
};

/// The most signals that one run may have waiting.
const SIGNALS_MAX: usize = 1000;

/// What a run is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "lowercase")]
pub(super) enum Signal {
    /// It shall end.
    Cancel {
        /// Why, for the person who reads of it.
        why: String,
        /// Who wants it.
        by: Actor,
    },
    /// An event for which a step waits has come.
    Event {
        /// The step.
        step: String,
        /// The event, as expressions see it.
        event: Value,
        /// Whether it ends the run.
        cancels: bool,
    },
    /// A person has decided.
    Decision {
        /// The step.
        step: String,
        /// Whether the person said yes.
        approved: bool,
        /// What the person said beside that.
        note: Option<String>,
        /// Who.
        by: Actor,
    },
    /// A run that a step started has ended.
    Child {
        /// The step.
        step: String,
        /// The run.
        run: String,
        /// Why it was cancelled; none if it is done.
        cancelled: Option<String>,
        /// The outputs of its steps.
        steps: Value,
    },
}

/// The mailbox of a run, as somebody saw it.
#[derive(Debug, Default)]
pub(super) struct Mail {
    count: Option<Vec<u8>>,
    /// What is in it, in order.
    pub(super) signals: Vec<Signal>,
    keys: Vec<Vec<u8>>,
}

impl Mail {
    /// Who wants the run to end, and why.
    pub(super) fn cancel(&self) -> Option<(&str, &Actor)> {
        self.signals.iter().find_map(|signal| match signal {
            Signal::Cancel { why, by } => Some((why.as_str(), by)),
            _ => None,
        })
    }

    /// Lets a batch be committed only if nobody has told the run anything since.
    pub(super) fn unchanged(&self, run: &str, batch: &mut Batch) {
        let expect = self.count.clone().map_or(Expect::Absent, Expect::Is);
        batch.require(trees::SIGNALS, run.as_bytes(), expect);
    }

    /// Removes what is in it.
    pub(super) fn heard(&self, batch: &mut Batch) {
        for key in &self.keys {
            batch.delete(trees::SIGNALS, key);
        }
    }

    /// Removes all of it: the run has ended.
    pub(super) fn close(&self, run: &str, batch: &mut Batch) {
        self.heard(batch);
        if self.count.is_some() {
            batch.delete(trees::SIGNALS, run.as_bytes());
        }
    }
}

impl Flows {
    /// The mailbox of a run.
    pub(super) fn mail(&self, run: &str) -> Result<Mail, FlowError> {
        let count = self.0.store.get(trees::SIGNALS, run.as_bytes())?;
        if count.is_none() {
            return Ok(Mail::default());
        }
        let prefix = format!("{run}/");
        let found =
            self.0.store.scan_prefix(trees::SIGNALS, prefix.as_bytes(), None, SIGNALS_MAX)?;
        let mut mail = Mail { count, ..Mail::default() };
        for (key, value) in found {
            let signal = serde_json::from_slice(&value).map_err(|error| FlowError::Unreadable {
                what: "signal",
                id: String::from_utf8_lossy(&key).into_owned(),
                why: error.to_string(),
            })?;
            mail.signals.push(signal);
            mail.keys.push(key);
        }
        Ok(mail)
    }

    /// Adds to a batch that a run is told something, and the work by which it hears it. The batch
    /// conflicts if somebody else tells it something at the same time. Nothing is added if the run
    /// has ended; answers whether something was.
    pub(super) fn tell(
        &self,
        run: &str,
        signal: &Signal,
        batch: &mut Batch,
    ) -> Result<Option<Work>, FlowError> {
        let state = match self.run(run) {
            Ok(run) => run.state,
            Err(FlowError::UnknownRun(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if matches!(state, RunState::Done | RunState::Cancelled) {
            return Ok(None);
        }
        let count = self.0.store.get(trees::SIGNALS, run.as_bytes())?;
        let number = count.as_deref().map_or(Ok(0), |bytes| number(run, bytes))? + 1;
        batch.require(trees::SIGNALS, run.as_bytes(), count.map_or(Expect::Absent, Expect::Is));
        batch.put(trees::SIGNALS, run.as_bytes(), number.to_be_bytes());
        // Strings, numbers and JSON always make JSON.
        let value = serde_json::to_vec(signal).expect("plain data");
        // Two may be told in one batch.
        let key = match signal {
            // However much there is beside it, it is the first that is read.
            Signal::Cancel { .. } => format!("{run}/!"),
            _ => format!("{run}/{number:020}-{}", Uuid::now_v7().simple()),
        };
        batch.put(trees::SIGNALS, key.as_bytes(), value);
        let work = Work::new(LANE, Task::Wake { run: run.to_owned() }, self.0.clock.now_ms());
        Ok(Some(work))
    }

    /// Tells a run something, durably.
    pub(super) async fn send(&self, run: &str, signal: &Signal) -> Result<bool, FlowError> {
        let mut batch = Batch::new();
        let Some(work) = self.tell(run, signal, &mut batch)? else { return Ok(false) };
        self.enqueue(&mut batch, work);
        self.0.store.commit(batch).await?;
        Ok(true)
    }

    /// Adds work to a batch; the workers hear of it once that is on disk.
    pub(super) fn enqueue(&self, batch: &mut Batch, work: Work) {
        Queue::enqueue(batch, &work);
        let queue = self.0.queue.clone();
        batch.then(move || queue.announce(&work));
    }
}

fn number(run: &str, bytes: &[u8]) -> Result<u64, StoreError> {
    let damaged = || StoreError::Damaged { tree: trees::SIGNALS.name, key: run.into() };
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| damaged())?))
}
