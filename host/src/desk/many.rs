//! Many letters alike: retried or discarded in bounded batches.
//!
//! Owns no state between two batches: whoever asks says where the last one ended, so that a
//! command that was broken off is typed again and goes on with what is left. Letters that come
//! while it goes on are left alone, so that what fails again is not tried for ever.

use serde::{Deserialize, Serialize};

use super::{Desk, DeskError};
use crate::{
    audit::Actor,
    flows::UNDECIDED,
    queue::{DeadLetter, QueueError, Which},
    store::{Batch, CommitError},
};

/// Letters in one batch.
const AT_ONCE: usize = 100;
/// Failures that are told of one by one.
const FAILURES_MAX: usize = 10;

/// Which letters, and how far the last batch came.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Many {
    /// Those of this cause; without one, all.
    pub cause: Option<String>,
    /// Whether a person says that what nobody knows did not happen, and wants that tried too.
    pub decided: bool,
    /// None that is newer than this letter; for the first batch, the newest of now.
    pub upto: Option<String>,
    /// The last letter of the batch before.
    pub after: String,
}

/// What became of one batch.
#[derive(Debug, Default, Serialize)]
pub struct Told {
    /// How many were done.
    pub done: usize,
    /// How many were left out, since nobody knows whether they happened.
    pub left_out: usize,
    /// How many failed.
    pub failed: usize,
    /// Why, for some of them: the letter and the reason.
    pub failures: Vec<(String, String)>,
    /// For the next batch.
    pub upto: String,
    /// For the next batch; none if this was the last one.
    pub after: Option<String>,
}

impl Told {
    fn fails(&mut self, letter: &DeadLetter, error: &DeskError) {
        self.failed += 1;
        if self.failures.len() < FAILURES_MAX {
            self.failures.push((letter.id.clone(), error.to_string()));
        }
    }
}

impl Desk {
    /// Puts one batch of letters back into the queue.
    pub async fn retry_many(&self, many: &Many, actor: &Actor) -> Result<Told, DeskError> {
        let (mut letters, mut told) = self.batch(many)?;
        if !many.decided {
            let before = letters.len();
            letters.retain(|letter| letter.code != UNDECIDED);
            told.left_out = before - letters.len();
        }
        let mut decided = Batch::new();
        let mut ready = Vec::new();
        for letter in letters {
            match self.decide(&letter, actor, &mut decided) {
                Ok(()) => ready.push(letter),
                Err(error) => told.fails(&letter, &error),
            }
        }
        match self.letters().retry(&ready, actor, decided).await {
            Ok(()) => told.done = ready.len(),
            Err(QueueError::Commit(CommitError::Conflict { .. })) => {
                for letter in &ready {
                    match self.retry_one(letter, actor).await {
                        Ok(()) => told.done += 1,
                        Err(error) => told.fails(letter, &error),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(told)
    }

    /// Gives one batch of letters up for good.
    pub async fn discard_many(&self, many: &Many, actor: &Actor) -> Result<Told, DeskError> {
        let (letters, mut told) = self.batch(many)?;
        let mut given_up = Batch::new();
        for letter in &letters {
            self.give_up(letter, actor, &mut given_up)?;
        }
        match self.letters().discard(&letters, actor, given_up).await {
            Ok(()) => told.done = letters.len(),
            Err(QueueError::Commit(CommitError::Conflict { .. })) => {
                for letter in &letters {
                    match self.discard_one(letter, actor).await {
                        Ok(()) => told.done += 1,
                        Err(error) => told.fails(letter, &error),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(told)
    }

    /// The letters of the next batch.
    fn batch(&self, many: &Many) -> Result<(Vec<DeadLetter>, Told), DeskError> {
        let which = match &many.cause {
            Some(cause) => Which::Cause(cause.clone()),
            None => Which::All,
        };
        // A cause that there is not is a mistake, but only at the beginning.
        if let (Which::Cause(cause), true) = (&which, many.after.is_empty()) {
            self.letters().group(cause)?;
        }
        let upto = match &many.upto {
            Some(upto) => upto.clone(),
            None => self.letters().newest_of(&which)?.unwrap_or_default(),
        };
        let ids = self.letters().after(&which, &many.after, AT_ONCE)?;
        let mut told = Told::default();
        let goes_on = ids.len() == AT_ONCE && ids.last() < Some(&upto);
        told.after = ids.last().filter(|_| goes_on).cloned();
        let mut letters = Vec::new();
        for id in ids.iter().filter(|id| **id <= upto) {
            match self.letters().get(id) {
                Ok(letter) => letters.push(letter),
                // Somebody else was faster.
                Err(QueueError::NoDeadLetter(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        told.upto = upto;
        Ok((letters, told))
    }
}
