//! Work that stopped and waits for a person.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Queue, QueueError, Task, Work};
use crate::{
    audit::{Actor, Line, Word},
    fault::{Blame, Fault},
    priority::Priority,
    store::{Batch, Expect, trees},
};

/// The most dead letters in one list.
pub const LIST_MAX: usize = 1000;

/// Work that stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its name.
    pub id: String,
    /// When it stopped, in milliseconds since 1970.
    pub at_ms: u64,
    /// The connection on whose lane it ran.
    pub connection: String,
    /// What was to be done.
    pub task: Task,
    /// How often it had been tried.
    pub attempts: u32,
    /// When it was first queued, in milliseconds since 1970.
    pub since_ms: u64,
    /// Whose fault it was.
    pub blame: Blame,
    /// The fault's short word: letters with the same one share a cause.
    pub code: String,
    /// The fault's line for the operator.
    pub message: String,
    /// What went before it on its lane.
    #[serde(default)]
    pub priority: Priority,
}

impl DeadLetter {
    /// What is left of work that ended in a fault which trying again cannot mend.
    pub fn of(work: &Work, fault: &Fault, now_ms: u64) -> Self {
        Self {
            id: Uuid::now_v7().simple().to_string(),
            at_ms: now_ms,
            connection: work.lane.clone(),
            task: work.task.clone(),
            attempts: work.attempts + 1,
            since_ms: work.since_ms,
            blame: fault.blame,
            code: fault.code.to_string(),
            message: fault.message.clone(),
            priority: work.priority,
        }
    }

    /// Adds it to a batch.
    pub fn put(&self, batch: &mut Batch) {
        // Strings and numbers always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::DEAD_LETTERS, self.id.as_bytes(), value);
    }
}

/// The repair desk's view of the queue.
#[derive(Debug, Clone)]
pub struct DeadLetters(Queue);

impl DeadLetters {
    /// The dead letters of a queue.
    pub fn of(queue: Queue) -> Self {
        Self(queue)
    }

    /// The newest dead letters first, up to [`LIST_MAX`].
    pub fn list(&self) -> Result<Vec<DeadLetter>, QueueError> {
        let found = self.0.0.store.scan_last(trees::DEAD_LETTERS, None, LIST_MAX)?;
        found.iter().map(|(key, value)| read(key, value)).collect()
    }

    /// All those of one connection, however old.
    pub fn of_connection(&self, connection: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let (mut letters, mut after) = (Vec::new(), Vec::new());
        loop {
            let page =
                self.0.0.store.scan_prefix(trees::DEAD_LETTERS, &[], Some(&after), LIST_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(letters) };
            after.clone_from(last);
            for (key, value) in &page {
                let letter = read(key, value)?;
                letters.extend(Some(letter).filter(|letter| letter.connection == connection));
            }
        }
    }

    /// One of them.
    pub fn get(&self, id: &str) -> Result<DeadLetter, QueueError> {
        let value = self.0.0.store.get(trees::DEAD_LETTERS, id.as_bytes())?;
        let value = value.ok_or_else(|| QueueError::NoDeadLetter(id.into()))?;
        read(id.as_bytes(), &value)
    }

    /// Puts the work back into the queue, due at once and with its tries counted anew, together
    /// with what was decided about it in `decided`.
    pub async fn retry(&self, id: &str, actor: Actor, decided: Batch) -> Result<(), QueueError> {
        let letter = self.get(id)?;
        let now_ms = self.0.0.clock.now_ms();
        let work = Work::new(&letter.connection, letter.task.clone(), now_ms).at(letter.priority);
        let mut batch = decided;
        take(&mut batch, &letter, Word::DeadLetterRetried, actor, now_ms);
        Queue::enqueue(&mut batch, &work);
        self.0.0.store.commit(batch).await?;
        self.0.announce(&work);
        Ok(())
    }

    /// Gives the work up for good; the audit trail keeps that it was.
    pub async fn discard(&self, id: &str, actor: Actor) -> Result<(), QueueError> {
        let letter = self.get(id)?;
        let now_ms = self.0.0.clock.now_ms();
        let mut batch = Batch::new();
        take(&mut batch, &letter, Word::DeadLetterDiscarded, actor, now_ms);
        self.0.0.store.commit(batch).await?;
        Ok(())
    }
}

/// Adds to a batch that the letter is taken off the desk, by one person only.
fn take(batch: &mut Batch, letter: &DeadLetter, word: Word, actor: Actor, now_ms: u64) {
    batch.require(trees::DEAD_LETTERS, letter.id.as_bytes(), Expect::Present);
    batch.delete(trees::DEAD_LETTERS, letter.id.as_bytes());
    Line::new(now_ms, actor, word, &letter.id)
        .connection(&letter.connection)
        .detail("code", &letter.code)
        .record(batch);
}

fn read(key: &[u8], value: &[u8]) -> Result<DeadLetter, QueueError> {
    serde_json::from_slice(value)
        .map_err(|source| QueueError::Unreadable { key: hex::encode(key), source })
}
