//! Where a run stopped at a step that does no action: it waited in vain, the run that it started
//! was cancelled, or an expression failed.

use serde::Serialize;
use serde_json::Value;

use super::{EditError, Flows, Waiting, edit::open_step};

/// The step at which a run stopped that does no action, so that nothing of it can have happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Halted {
    /// The flow.
    pub flow: String,
    /// The step.
    pub step: String,
    /// What it does, in a word of the flow's file: `wait_for`, for one.
    pub does: &'static str,
    /// For what it waited.
    pub waiting: Option<Waiting>,
    /// The event that started the run.
    pub event: Value,
}

impl Flows {
    /// The step at which a run stopped, where that does no action.
    pub fn halted(&self, run: &str) -> Result<Halted, EditError> {
        let run = self.run(run)?;
        let entry = self.version(&run.flow, &run.version)?;
        let none = || EditError::NotStopped(run.id.clone());
        let step = open_step(&run, &entry.1).ok_or_else(none)?;
        let (step, does) = (step.id.get_ref().clone(), step.word());
        Ok(Halted { flow: run.flow, step, does, waiting: run.waiting, event: run.event })
    }
}
