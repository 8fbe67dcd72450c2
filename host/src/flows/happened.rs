//! What a person found out: an effect of which nobody knew whether it happened did happen.
//!
//! Promises that only an effect which may have happened is settled so, that an output which the
//! person gives fits the action's schema, and that the run goes on with the next step, or the next
//! item, as if the answer had come. Never sends anything.

use std::sync::atomic::AtomicBool;

use serde_json::Value;
use thiserror::Error;

use super::{
    Effect, EffectState, Flow, FlowError, Flows, Kind, Run, RunState, Step, Text,
    act::OUTPUT_BYTES_MAX, edit::open_step, turn::Turn,
};
use crate::{
    audit::{Actor, Line, Word},
    connectors::{Broken, broken_output},
    store::Batch,
};

/// Why an effect is not taken for happened.
#[derive(Debug, Error)]
pub enum HappenedError {
    /// The run goes on by itself, or has ended.
    #[error("the run `{0}` has not stopped; only of a step that stopped can it be said")]
    NotStopped(String),
    /// It does nothing at a system.
    #[error(
        "the step `{0}` does no action, so there is nothing of which to say that it happened; \
         retry or discard it"
    )]
    NoAction(String),
    /// It is known that it did not.
    #[error(
        "`{action}` surely did not happen at `{connection}`: nothing was sent, or it was refused; \
         `jackfield dead-letter retry` tries it again"
    )]
    Cannot {
        /// The connection.
        connection: String,
        /// The action.
        action: String,
    },
    /// There is no schema to hold the output against.
    #[error(
        "the connection `{0}` cannot be used now, so the output cannot be checked; `jackfield \
         connection list` says why"
    )]
    Connection(String),
    /// The schema refuses the output; a line for each mistake.
    #[error(
        "the output is not what `{action}` gives:\n{}",
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
    #[error("an output has at most {} KiB; this one has {} bytes", OUTPUT_BYTES_MAX >> 10, .0)]
    TooLong(usize),
    /// The run cannot go on with it.
    #[error("{0}")]
    GoOn(String),
    /// Run or flow cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl Flows {
    /// Adds to a batch that the action at which a run stopped did happen, and that the run goes on
    /// with `output`, or with `null`, for its answer. Answers the steps that read an output which
    /// is not given. The batch conflicts if the run is changed meanwhile.
    pub fn happened(
        &self,
        run: &str,
        output: Option<Value>,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<Vec<String>, HappenedError> {
        let (mut run, bytes) = self.run_and_bytes(run)?;
        let entry = self.version(&run.flow, &run.version)?;
        let step = open_step(&run, &entry.1).filter(|_| run.state == RunState::Dead);
        let step = step.ok_or_else(|| HappenedError::NotStopped(run.id.clone()))?;
        let id = step.id.get_ref();
        let Kind::Act { connection, action, .. } = &step.kind else {
            return Err(HappenedError::NoAction(id.clone()));
        };
        let [connection, action] = [connection, action].map(|name| name.get_ref().clone());
        let item = run.items.as_ref().map(|items| items.done);
        let effect = Effect::get(&self.0.store, &run.id, id, item)?;
        let Some(mut effect) = effect.filter(Effect::may_have_happened) else {
            return Err(HappenedError::Cannot { connection, action });
        };
        if let Some(output) = &output {
            self.fits(&connection, &action, output)?;
        }
        let missed = if output.is_some() { Vec::new() } else { readers(&entry.1, &run, id) };
        effect.state = EffectState::Settled;
        effect.put(batch);
        Line::new(self.0.clock.now_ms(), actor.clone(), Word::EffectDecided, &effect.key)
            .connection(&connection)
            .detail("action", &action)
            .detail("happened", true)
            .record(batch);
        // As at the turn in which the step stopped.
        run.admitted = entry.1.runs.at_once.is_some();
        run.held_by = None;
        let mail = self.mail(&run.id)?;
        let doubt = &AtomicBool::new(false);
        let turn = Turn { run, bytes, flow: &entry.1, mail, attempt: 1, doubt };
        turn.stands(batch);
        let follow = self.done(turn, step, output.unwrap_or_default(), batch);
        for work in follow {
            self.enqueue(batch, work);
        }
        Ok(missed)
    }

    /// Holds an output against the action's schema.
    fn fits(&self, connection: &str, action: &str, output: &Value) -> Result<(), HappenedError> {
        let bytes = output.to_string().len();
        if bytes > OUTPUT_BYTES_MAX {
            return Err(HappenedError::TooLong(bytes));
        }
        let gone = || HappenedError::Connection(connection.to_owned());
        let live = self.0.connections.get(connection).map_err(|_| gone())?;
        let declared = live.connector.manifest.actions.get(action).ok_or_else(gone)?;
        let broken = broken_output(action, declared, output);
        let broken = broken.map_err(|error| HappenedError::GoOn(error.to_string()))?;
        match broken.is_empty() {
            true => Ok(()),
            false => Err(HappenedError::Broken { action: action.to_owned(), broken }),
        }
    }
}

/// The steps still to come whose expressions read the output of a step.
pub(super) fn readers(flow: &Flow, run: &Run, id: &str) -> Vec<String> {
    let steps = flow.all_steps().into_iter();
    let steps = steps.filter(|step| !run.steps.contains_key(step.id.get_ref()));
    let reads = steps.filter(|step| texts(step).any(|text| reads(text.get_ref(), id)));
    reads.map(|step| step.id.get_ref().clone()).filter(|step| step != id).collect()
}

/// The expressions of a step.
fn texts(step: &Step) -> impl Iterator<Item = &Text> {
    let own = match &step.kind {
        Kind::Act { input, .. } | Kind::Flow { input, .. } => Some(input),
        Kind::Until(text) | Kind::Set(text) | Kind::Approve { ask: text, .. } => Some(text),
        Kind::Sleep(_) | Kind::WaitFor { .. } => None,
    };
    let list = step.for_each.as_ref().map(|each| &each.list);
    let filters = step.awaited().filter_map(|awaited| awaited.filter.as_ref());
    own.into_iter().chain(&step.when).chain(list).chain(filters)
}

/// Whether an expression has `.steps.ID` in it.
fn reads(expression: &str, id: &str) -> bool {
    let of = format!(".steps.{id}");
    expression.match_indices(&of).any(|(at, _)| {
        let next = expression[at + of.len()..].chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_the_one_that_it_names_and_no_longer_name() {
        for (expression, is_read) in [
            (".steps.note", true),
            ("{ a: .steps.note.id, b: 1 }", true),
            (".record.id == $run.steps.note.id", true),
            (".steps.notes.id", false),
            (".steps.note_2", false),
            (".event.note", false),
        ] {
            assert_eq!(reads(expression, "note"), is_read, "{expression}");
        }
    }
}
