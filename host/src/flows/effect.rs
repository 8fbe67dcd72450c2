//! Effects: the lasting trace of one mutating action, so that one intention has one effect.
//!
//! An effect is on disk as *intended* before the call. Whoever finds it so later, after a crash
//! or a lost answer, knows that the outcome is not known, and asks before trying again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{FlowError, Run};
use crate::store::{Batch, Store, trees};

/// The most effects of one run in a list.
const LIST_MAX: usize = 10_000;

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
    /// The item, where the step does something for each of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<usize>,
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
    /// When it was first intended, in milliseconds since 1970.
    #[serde(default)]
    pub at_ms: u64,
}

/// The action that a step is about to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed<'a> {
    /// The step.
    pub(super) step: &'a str,
    /// The item, where there are many.
    pub(super) item: Option<usize>,
    /// The connection that acts.
    pub(super) connection: &'a str,
    /// What it does there.
    pub(super) action: &'a str,
}

impl Effect {
    /// What a step intends; not yet on disk.
    pub(super) fn intend(run: &Run, deed: &Deed<'_>, input: Value, now_ms: u64) -> Self {
        let intention = place(&run.id, deed.step, deed.item);
        Self {
            key: hex::encode(&Sha256::digest(intention)[..16]),
            run: run.id.clone(),
            step: deed.step.to_owned(),
            item: deed.item,
            connection: deed.connection.to_owned(),
            action: deed.action.to_owned(),
            input,
            state: EffectState::Refused,
            tries: 0,
            at_ms: now_ms,
        }
    }

    /// Whether it may have happened without the host's knowing.
    pub(super) fn may_have_happened(&self) -> bool {
        matches!(self.state, EffectState::Intended | EffectState::Unknown)
    }

    pub(super) fn put(&self, batch: &mut Batch) {
        // Strings, numbers and JSON always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::EFFECTS, &place(&self.run, &self.step, self.item), value);
    }

    /// The effect of a step, if the step was tried before.
    pub(super) fn get(
        store: &Store,
        run: &str,
        step: &str,
        item: Option<usize>,
    ) -> Result<Option<Self>, FlowError> {
        let place = place(run, step, item);
        let Some(value) = store.get(trees::EFFECTS, &place)? else { return Ok(None) };
        read(&place, &value).map(Some)
    }

    /// The effects of a run.
    pub(super) fn of_run(store: &Store, run: &str) -> Result<Vec<Self>, FlowError> {
        let prefix = format!("{run}/");
        let found = store.scan_prefix(trees::EFFECTS, prefix.as_bytes(), None, LIST_MAX)?;
        let mut effects =
            found.iter().map(|(key, value)| read(key, value)).collect::<Result<Vec<Self>, _>>()?;
        effects.sort_by_key(|effect| effect.at_ms);
        Ok(effects)
    }
}

fn read(place: &[u8], value: &[u8]) -> Result<Effect, FlowError> {
    serde_json::from_slice(value).map_err(|error| FlowError::Unreadable {
        what: "effect",
        id: String::from_utf8_lossy(place).into_owned(),
        why: error.to_string(),
    })
}

/// Where an effect stands, and what makes its intention different from all others.
pub(super) fn place(run: &str, step: &str, item: Option<usize>) -> Vec<u8> {
    match item {
        Some(item) => format!("{run}/{step}/{item:06}").into_bytes(),
        None => format!("{run}/{step}").into_bytes(),
    }
}
