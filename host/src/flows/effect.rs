//! Effects: the lasting trace of one mutating action, so that one intention has one effect.
//!
//! An effect is on disk as *intended* before the call. Whoever finds it so later, after a crash
//! or a lost answer, knows that the outcome is not known, and asks before trying again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{FlowError, Run};
use crate::store::{Batch, Store, trees};

/// How much is known of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectState {
    /// A call was about to be made. Found again, it means: perhaps it was.
    Intended,
    /// A request left the host and no definite answer came back.
    Unknown,
    /// It surely did not happen: the system said no, nothing was sent, or a person decided so.
    Refused,
    /// It happened; the step's output is the run's.
    Settled,
}

/// The trace of one mutating action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The intention: the same on every try, different for any other.
    pub key: String,
    /// The run that intends it.
    pub run: String,
    /// The step.
    pub step: String,
    /// The connection that acts.
    pub connection: String,
    /// The action.
    pub action: String,
    /// Its input, as of the first try; later tries send the same.
    pub input: Value,
    /// How much is known.
    pub state: EffectState,
    /// How often it was sent, or may have been.
    pub tries: u32,
}

impl Effect {
    /// What a step intends; not yet on disk.
    pub(super) fn intend(run: &Run, step: &super::Step, input: Value) -> Self {
        let step_id = step.id.get_ref();
        Self {
            key: hex::encode(&Sha256::digest(format!("{}/{step_id}", run.id))[..16]),
            run: run.id.clone(),
            step: step_id.clone(),
            connection: step.connection.get_ref().clone(),
            action: step.action.get_ref().clone(),
            input,
            state: EffectState::Refused,
            tries: 0,
        }
    }

    /// Whether it may have happened without the host's knowing.
    pub(super) fn may_have_happened(&self) -> bool {
        matches!(self.state, EffectState::Intended | EffectState::Unknown)
    }

    pub(super) fn put(&self, batch: &mut Batch) {
        // Strings, numbers and JSON always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::EFFECTS, &place(&self.run, &self.step), value);
    }

    /// The effect of a step, if the step was tried before.
    pub(super) fn get(store: &Store, run: &str, step: &str) -> Result<Option<Self>, FlowError> {
        let place = place(run, step);
        let Some(value) = store.get(trees::EFFECTS, &place)? else { return Ok(None) };
        serde_json::from_slice(&value).map(Some).map_err(|error| FlowError::Unreadable {
            what: "effect",
            id: String::from_utf8_lossy(&place).into_owned(),
            why: error.to_string(),
        })
    }
}

fn place(run: &str, step: &str) -> Vec<u8> {
    format!("{run}/{step}").into_bytes()
}
