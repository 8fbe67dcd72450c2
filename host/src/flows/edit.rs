//! An input that a person edited, so that a step that stopped can go on.
//!
//! Promises that the edited input was held against the action's schema, that the original is kept
//! beside it, and that nothing is edited of which nobody knows whether it happened. An effect that
//! was surely refused becomes another intention with another key, since a system may remember
//! what it refused under the first one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{
    Effect, EffectState, Flow, FlowError, Flows, Kind, Run, RunState, Step, Text,
    cursor::{self, Cursor},
    effect::place,
    happened::readers,
};
use crate::{
    audit::{Actor, Line, Word},
    connectors::Broken,
    store::{Batch, trees},
};

/// The longest input of an action, in bytes. As values it takes dozens of times as much.
const INPUT_BYTES_MAX: usize = 1 << 20;
/// Digits of a digest in the trail.
const DIGEST_DIGITS: usize = 16;

/// Why an input is not edited.
#[derive(Debug, Error)]
pub enum EditError {
    /// The run goes on by itself, or has ended.
    #[error("the run `{0}` has not stopped; only the input of a step that stopped is edited")]
    NotStopped(String),
    /// It has no input.
    #[error("the step `{0}` does no action, so it has no input; retry or discard it")]
    NoAction(String),
    /// It may have happened with the input as it was.
    #[error(
        "`{action}` may have happened at `{connection}` with the input as it is; look there: \
         `jackfield dead-letter retry` if it did not, `happened` if it did"
    )]
    Unknown {
        /// The connection.
        connection: String,
        /// The action.
        action: String,
    },
    /// There is no schema to hold it against.
    #[error("the connection `{0}` cannot be used now; `jackfield connection list` says why")]
    Connection(String),
    /// The schema refuses it; a line for each mistake.
    #[error(
        "the input does not fit `{action}`:\n{}",
        .broken.iter().map(|one| format!("  {one}"))
            .collect::<Vec<_>>().join("\n")
    )]
    Broken {
        /// The action.
        action: String,
        /// What is wrong.
        broken: Vec<Broken>,
    },
    /// It is too long.
    #[error("an input has at most {} KiB; this one has {} bytes", INPUT_BYTES_MAX >> 10, .0)]
    TooLong(usize),
    /// Run or flow cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// An input that was edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// What the flow's expression had made of the event; none if it failed.
    pub original: Option<Value>,
    /// What is sent in its place.
    pub edited: Value,
    /// Who edited it last.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// How often it was edited; the trail has a line for each time.
    pub times: u32,
    /// The effect that was refused with the input as it was before.
    pub refused: Option<Effect>,
}

/// The step at which a run stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stuck {
    /// The flow.
    pub flow: String,
    /// The step.
    pub step: String,
    /// Which item of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<usize>,
    /// The connection that acts.
    pub connection: String,
    /// The action.
    pub action: String,
    /// What was, or would be, sent; none if the expression fails.
    pub input: Option<Value>,
    /// What the schema says against it.
    pub broken: Vec<Broken>,
    /// Whether nobody knows if it happened.
    pub unknown: bool,
    /// The steps to come that read its output.
    pub readers: Vec<String>,
    /// What a person made of the input before.
    pub edit: Option<Edit>,
    /// The event that started the run.
    pub event: Value,
}

impl Flows {
    /// Where a run stands: its flow, and the step that is not settled.
    pub fn standing(&self, run: &str) -> Option<(String, String)> {
        let run = self.run(run).ok()?;
        let entry = self.version(&run.flow, &run.version).ok()?;
        let step = open_step(&run, &entry.1)?.id.get_ref().clone();
        Some((run.flow, step))
    }

    /// The step at which a run stopped, with its input and what is wrong with that.
    pub async fn stuck(&self, run: &str) -> Result<Stuck, EditError> {
        let run = self.run(run)?;
        let entry = self.version(&run.flow, &run.version)?;
        let none = || EditError::NotStopped(run.id.clone());
        let step = open_step(&run, &entry.1).ok_or_else(none)?;
        let id = step.id.get_ref().clone();
        let Kind::Act { connection, action, input } = &step.kind else {
            return Err(EditError::NoAction(id));
        };
        let item = run.items.as_ref().map(|items| items.done);
        let [connection, action] = [connection, action].map(|name| name.get_ref().clone());
        let effect = Effect::get(&self.0.store, &run.id, &id, item)?;
        let edit = self.edit_of(&run.id, &id, item)?;
        let unknown = effect.as_ref().is_some_and(Effect::may_have_happened);
        let input = match (effect, &edit) {
            (Some(effect), _) => Some(effect.input),
            (None, Some(edit)) => Some(edit.edited.clone()),
            (None, None) => self.expressed(&run, input).await?,
        };
        let live = self.0.connections.get(&connection).ok();
        let broken = live.zip(input.as_ref());
        let broken = broken.map(|(live, input)| live.connector.schemas.broken(&action, input));
        let broken = broken.unwrap_or_default();
        let readers = readers(&entry.1, &run, &id);
        let Run { flow, event, .. } = run;
        let step = id;
        Ok(Stuck {
            flow,
            step,
            item,
            connection,
            action,
            input,
            broken,
            unknown,
            readers,
            edit,
            event,
        })
    }

    /// Adds to a batch that the step at which a run stopped is tried with this input. Commit it
    /// only while the run's dead letter waits: then nobody runs the step meanwhile.
    pub async fn edit(
        &self,
        run: &str,
        input: Value,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), EditError> {
        let bytes = input.to_string().len();
        if bytes > INPUT_BYTES_MAX {
            return Err(EditError::TooLong(bytes));
        }
        let run = self.run(run)?;
        if run.state != RunState::Dead {
            return Err(EditError::NotStopped(run.id));
        }
        let stuck = self.stuck(&run.id).await?;
        let Stuck { step, item, connection, action, .. } = stuck;
        if stuck.unknown {
            return Err(EditError::Unknown { connection, action });
        }
        let live = self.0.connections.get(&connection);
        let live = live.map_err(|_| EditError::Connection(connection.clone()))?;
        let broken = live.connector.schemas.broken(&action, &input);
        if !broken.is_empty() {
            return Err(EditError::Broken { action, broken });
        }
        let before = stuck.edit;
        let times = before.as_ref().map_or(0, |edit| edit.times) + 1;
        let refused = Effect::get(&self.0.store, &run.id, &step, item)?;
        if let Some(effect) = &refused {
            let mut intention = place(&run.id, &step, item);
            intention.extend_from_slice(format!("#{times}").as_bytes());
            let key = hex::encode(&Sha256::digest(intention)[..16]);
            let state = EffectState::Refused;
            Effect { key, input: input.clone(), state, tries: 0, ..effect.clone() }.put(batch);
        }
        let now_ms = self.0.clock.now_ms();
        Line::new(now_ms, actor.clone(), Word::DeadLetterEdited, &run.id)
            .connection(&connection)
            .detail("step", &step)
            .detail("action", &action)
            .detail("from", stuck.input.as_ref().map_or_else(String::new, digest))
            .detail("to", digest(&input))
            .record(batch);
        let by = match actor {
            Actor::Operator(name) => name.clone(),
            Actor::Host | Actor::Vendor => String::new(),
        };
        let original = before.map_or(stuck.input, |edit| edit.original);
        let edit = Edit { original, edited: input, by, at_ms: now_ms, times, refused };
        // Strings, numbers and JSON always make JSON.
        let value = serde_json::to_vec(&edit).expect("plain data");
        batch.put(trees::EDITS, &place(&run.id, &step, item), value);
        Ok(())
    }

    /// The input that a person made for a step, if one did.
    pub(super) fn edited(
        &self,
        run: &str,
        step: &str,
        item: Option<usize>,
    ) -> Result<Option<Value>, FlowError> {
        Ok(self.edit_of(run, step, item)?.map(|edit| edit.edited))
    }

    fn edit_of(
        &self,
        run: &str,
        step: &str,
        item: Option<usize>,
    ) -> Result<Option<Edit>, FlowError> {
        let place = place(run, step, item);
        let Some(value) = self.0.store.get(trees::EDITS, &place)? else { return Ok(None) };
        serde_json::from_slice(&value).map(Some).map_err(|error| FlowError::Unreadable {
            what: "edited input",
            id: String::from_utf8_lossy(&place).into_owned(),
            why: error.to_string(),
        })
    }

    /// What the step's expression makes of the run, if it makes something.
    async fn expressed(&self, run: &Run, input: &Text) -> Result<Option<Value>, FlowError> {
        let item = run.items.is_some().then(|| self.item(run)).transpose()?;
        let scope = run.scope(item.as_ref().map(|(item, index)| (item, *index)));
        Ok(self.0.expressions.evaluate(input.get_ref(), &scope).await.ok())
    }
}

/// The first step that is not settled.
pub(super) fn open_step<'a>(run: &Run, flow: &'a Flow) -> Option<&'a Step> {
    match cursor::next(&flow.steps, run) {
        Cursor::Step(step) => Some(step),
        Cursor::End | Cursor::Failed(_) => None,
    }
}

/// The beginning of an input's SHA-256: enough to tell it from others.
fn digest(input: &Value) -> String {
    let mut digest = hex::encode(Sha256::digest(input.to_string()));
    digest.truncate(DIGEST_DIGITS);
    digest
}
