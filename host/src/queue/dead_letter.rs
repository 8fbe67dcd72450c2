//! Work that stopped and waits for a person.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Place, QueueError, Task, Work, cause};
use crate::{
    fault::{Blame, Fault},
    priority::Priority,
};

/// Work that stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its name; names sort by the time at which the work stopped.
    pub id: String,
    /// When it stopped, in milliseconds since 1970.
    pub at_ms: u64,
    /// The connection on whose lane it ran.
    pub connection: String,
    /// What was to be done.
    pub task: Task,
    /// Where it stopped, if that was in a flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How often it had been tried.
    pub attempts: u32,
    /// When it was first queued, in milliseconds since 1970.
    pub since_ms: u64,
    /// Whose fault it was.
    pub blame: Blame,
    /// The fault's short word.
    pub code: String,
    /// The fault's line for the operator.
    pub message: String,
    /// What went before it on its lane.
    #[serde(default)]
    pub priority: Priority,
    /// What it has in common with others: the name of its cause.
    #[serde(default)]
    pub cause: String,
}

impl DeadLetter {
    /// What is left of work that ended in a fault which trying again cannot mend; `place` is where
    /// in a flow.
    pub fn of(work: &Work, fault: &Fault, place: Option<Place>, now_ms: u64) -> Self {
        let cause =
            cause::name(&work.lane, &work.task, place.as_ref(), &fault.code, &fault.message);
        Self {
            id: Uuid::now_v7().simple().to_string(),
            at_ms: now_ms,
            connection: work.lane.clone(),
            task: work.task.clone(),
            place,
            attempts: work.attempts + 1,
            since_ms: work.since_ms,
            blame: fault.blame,
            code: fault.code.to_string(),
            message: fault.message.clone(),
            priority: work.priority,
            cause,
        }
    }

    pub(super) fn read(key: &[u8], value: &[u8]) -> Result<Self, QueueError> {
        let mut letter: Self = serde_json::from_slice(value)
            .map_err(|source| QueueError::Unreadable { key: hex::encode(key), source })?;
        // One from before letters had causes.
        if letter.cause.is_empty() {
            letter.cause = cause::name(
                &letter.connection,
                &letter.task,
                letter.place.as_ref(),
                &letter.code,
                &letter.message,
            );
        }
        Ok(letter)
    }

    pub(super) fn value(&self) -> Vec<u8> {
        // Strings and numbers always make JSON.
        serde_json::to_vec(self).expect("plain data")
    }
}
