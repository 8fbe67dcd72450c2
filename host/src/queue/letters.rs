//! Where dead letters lie: by their ids, and by their causes.
//!
//! Promises that a letter and its place under its cause come and go in one batch, and that the
//! counts follow what is on disk.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio::sync::watch;

use super::{DeadLetter, Place, Queue, QueueError, Work, cause::CAUSE_DIGITS};
use crate::{
    audit::{Actor, Line, Word},
    fault::Blame,
    store::{Batch, Expect, Store, StoreError, trees},
};

/// The most dead letters, or groups of them, in one list.
pub const LIST_MAX: usize = 1000;
/// Letters that are read or indexed at once.
const PAGE: usize = 500;
/// Set once every letter lies under its cause.
const INDEXED: &[u8] = b"dead-letters-by-cause";

/// Which letters are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those of one cause.
    Cause(String),
    /// Every one.
    All,
}

/// The dead letters of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The cause's name.
    pub id: String,
    /// The connection.
    pub connection: String,
    /// Where in a flow, if there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whose fault it is.
    pub blame: Blame,
    /// The fault's short word.
    pub code: String,
    /// The line of the newest of them.
    pub message: String,
    /// How many wait.
    pub count: usize,
    /// When the first of those that wait stopped, in milliseconds since 1970.
    pub first_ms: u64,
    /// When the last one stopped.
    pub last_ms: u64,
}

impl Queue {
    /// Adds a dead letter to a batch; who waits for [`DeadLetters::changes`] hears of it once the
    /// batch is on disk.
    pub fn bury(&self, batch: &mut Batch, letter: &DeadLetter) {
        batch.put(trees::DEAD_LETTERS, letter.id.as_bytes(), letter.value());
        self.index(batch, letter);
    }

    fn index(&self, batch: &mut Batch, letter: &DeadLetter) {
        batch.put(trees::CAUSES, &place(letter), letter.at_ms.to_be_bytes());
        let (queue, cause) = (self.clone(), letter.cause.clone());
        batch.then(move || {
            queue.0.causes.send_modify(|causes| *causes.entry(cause.clone()).or_default() += 1);
        });
    }

    /// Puts the letters of a host that knew no causes under theirs.
    pub async fn index_letters(&self) -> Result<(), QueueError> {
        if self.0.store.get(trees::META, INDEXED)?.is_some() {
            return Ok(());
        }
        let mut after = Vec::new();
        loop {
            let page = self.0.store.scan_prefix(trees::DEAD_LETTERS, &[], Some(&after), PAGE)?;
            let mut batch = Batch::new();
            for (key, value) in &page {
                let letter = DeadLetter::read(key, value)?;
                // A kill in the middle of this leaves some of them where they belong.
                if self.0.store.get(trees::CAUSES, &place(&letter))?.is_none() {
                    self.index(&mut batch, &letter);
                }
            }
            match page.last() {
                Some((last, _)) => after.clone_from(last),
                None => drop(batch.put(trees::META, INDEXED, [1])),
            }
            if !batch.is_empty() {
                self.0.store.commit(batch).await?;
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }
}

/// How many letters wait for each cause.
pub(super) fn count(store: &Store) -> Result<BTreeMap<String, usize>, StoreError> {
    let (mut counts, mut after) = (BTreeMap::new(), Vec::new());
    loop {
        let page = store.scan_prefix(trees::CAUSES, &[], Some(&after), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(counts) };
        after.clone_from(last);
        for (key, _) in &page {
            let cause = String::from_utf8_lossy(&key[..CAUSE_DIGITS.min(key.len())]);
            *counts.entry(cause.into_owned()).or_default() += 1;
        }
    }
}

/// Where a letter lies under its cause.
fn place(letter: &DeadLetter) -> Vec<u8> {
    format!("{}/{}", letter.cause, letter.id).into_bytes()
}

/// Where the letters of a cause lie.
fn prefix(cause: &str) -> Vec<u8> {
    format!("{cause}/").into_bytes()
}

/// The id in the place of a letter under its cause.
fn id_of(place: &[u8]) -> String {
    String::from_utf8_lossy(place.get(CAUSE_DIGITS + 1..).unwrap_or_default()).into_owned()
}

/// The dead letters of a queue.
#[derive(Debug, Clone)]
pub struct DeadLetters(Queue);

impl DeadLetters {
    /// The dead letters of a queue.
    pub fn of(queue: Queue) -> Self {
        Self(queue)
    }

    fn store(&self) -> &Store {
        &self.0.0.store
    }

    /// How many wait, by cause, and how that changes.
    pub fn changes(&self) -> watch::Receiver<BTreeMap<String, usize>> {
        self.0.0.causes.subscribe()
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.0.0.causes.borrow().values().sum()
    }

    /// The newest dead letters first, up to `limit`, of one connection or of all.
    pub fn list(
        &self,
        connection: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, QueueError> {
        let limit = limit.min(LIST_MAX);
        let (mut letters, mut before) = (Vec::new(), None::<Vec<u8>>);
        while letters.len() < limit {
            let page = self.store().scan_last(trees::DEAD_LETTERS, before.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            before = Some(last.clone());
            for (key, value) in &page {
                let letter = DeadLetter::read(key, value)?;
                if connection.is_none_or(|name| name == letter.connection) {
                    letters.push(letter);
                }
            }
        }
        letters.truncate(limit);
        Ok(letters)
    }

    /// The groups, the one that grew last first, up to `limit`.
    pub fn groups(&self, connection: Option<&str>, limit: usize) -> Result<Vec<Group>, QueueError> {
        let counts = self.0.0.causes.borrow().clone();
        let mut groups = Vec::new();
        for cause in counts.keys() {
            match self.group(cause) {
                Ok(group) => groups.push(group),
                // The last one of it was taken away just now.
                Err(QueueError::NoCause(_)) => {}
                Err(error) => return Err(error),
            }
        }
        groups.retain(|group| connection.is_none_or(|name| name == group.connection));
        groups.sort_by(|a, b| (b.last_ms, &a.id).cmp(&(a.last_ms, &b.id)));
        groups.truncate(limit.min(LIST_MAX));
        Ok(groups)
    }

    /// One of the groups.
    pub fn group(&self, cause: &str) -> Result<Group, QueueError> {
        let none = || QueueError::NoCause(cause.to_owned());
        let count = self.0.0.causes.borrow().get(cause).copied().ok_or_else(none)?;
        let first = self.store().scan_prefix(trees::CAUSES, &prefix(cause), None, 1)?;
        let (_, first) = first.first().ok_or_else(none)?;
        let first_ms = first.as_slice().try_into().map_or(0, u64::from_be_bytes);
        let newest = self.get(&self.newest(cause)?.ok_or_else(none)?).map_err(|_| none())?;
        Ok(Group {
            id: cause.to_owned(),
            connection: newest.connection,
            place: newest.place,
            blame: newest.blame,
            code: newest.code,
            message: newest.message,
            count,
            first_ms,
            last_ms: newest.at_ms,
        })
    }

    /// The newest letter of a cause.
    pub fn newest(&self, cause: &str) -> Result<Option<String>, QueueError> {
        // `0` is the byte behind `/`.
        let end = format!("{cause}0");
        let found = self.store().scan_last(trees::CAUSES, Some(end.as_bytes()), 1)?;
        let found = found.first().filter(|(key, _)| key.starts_with(&prefix(cause)));
        Ok(found.map(|(key, _)| id_of(key)))
    }

    /// The newest letter of one cause or of all.
    pub fn newest_of(&self, which: &Which) -> Result<Option<String>, QueueError> {
        match which {
            Which::Cause(cause) => self.newest(cause),
            Which::All => Ok(self.list(None, 1)?.pop().map(|letter| letter.id)),
        }
    }

    /// The letters of one cause or of all that are newer than the one with the id `after`, the
    /// oldest first, up to `limit`: their ids.
    pub fn after(
        &self,
        which: &Which,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, QueueError> {
        let found = match which {
            Which::All => {
                let after = Some(after.as_bytes());
                self.store().scan_prefix(trees::DEAD_LETTERS, &[], after, limit)?
            }
            Which::Cause(cause) => {
                let begin = prefix(cause);
                let after = [&begin, after.as_bytes()].concat();
                self.store().scan_prefix(trees::CAUSES, &begin, Some(&after), limit)?
            }
        };
        let ids = found.iter().map(|(key, _)| match which {
            Which::All => String::from_utf8_lossy(key).into_owned(),
            Which::Cause(_) => id_of(key),
        });
        Ok(ids.collect())
    }

    /// All those of one connection, however old.
    pub fn of_connection(&self, connection: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let (mut letters, mut after) = (Vec::new(), Vec::new());
        loop {
            let page = self.store().scan_prefix(trees::DEAD_LETTERS, &[], Some(&after), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(letters) };
            after.clone_from(last);
            for (key, value) in &page {
                let letter = DeadLetter::read(key, value)?;
                letters.extend(Some(letter).filter(|letter| letter.connection == connection));
            }
        }
    }

    /// One of them.
    pub fn get(&self, id: &str) -> Result<DeadLetter, QueueError> {
        let value = self.store().get(trees::DEAD_LETTERS, id.as_bytes())?;
        let value = value.ok_or_else(|| QueueError::NoDeadLetter(id.into()))?;
        DeadLetter::read(id.as_bytes(), &value)
    }

    /// Puts the work of letters back into the queue, due at once and with its tries counted anew,
    /// together with what was decided about it in `decided`: all of them, or none.
    pub async fn retry(
        &self,
        letters: &[DeadLetter],
        actor: &Actor,
        decided: Batch,
    ) -> Result<(), QueueError> {
        let now_ms = self.0.0.clock.now_ms();
        let mut batch = decided;
        let mut queued = Vec::new();
        for letter in letters {
            let work = Work::new(&letter.connection, letter.task.clone(), now_ms);
            let work = work.at(letter.priority);
            self.take(&mut batch, letter, Word::DeadLetterRetried, actor);
            Queue::enqueue(&mut batch, &work);
            queued.push(work);
        }
        self.store().commit(batch).await?;
        for work in &queued {
            self.0.announce(work);
        }
        Ok(())
    }

    /// Gives the work up for good; the audit trail keeps that it was. All of them, or none.
    /// `given_up` has what becomes of that of which the work was a part.
    pub async fn discard(
        &self,
        letters: &[DeadLetter],
        actor: &Actor,
        given_up: Batch,
    ) -> Result<(), QueueError> {
        let mut batch = given_up;
        for letter in letters {
            self.take(&mut batch, letter, Word::DeadLetterDiscarded, actor);
        }
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Takes a letter off the desk whose work happened; `decided` has what follows from that.
    pub async fn happened(
        &self,
        letter: &DeadLetter,
        actor: &Actor,
        decided: Batch,
    ) -> Result<(), QueueError> {
        let mut batch = decided;
        self.take(&mut batch, letter, Word::DeadLetterHappened, actor);
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Adds to a batch that a letter is given up, if it is still there: that of which its work was a
    /// part has ended without it.
    pub fn withdraw(&self, batch: &mut Batch, id: &str, actor: &Actor) -> Result<(), QueueError> {
        match self.get(id) {
            Ok(letter) => self.take(batch, &letter, Word::DeadLetterDiscarded, actor),
            Err(QueueError::NoDeadLetter(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Adds to a batch that a letter is taken off the desk, by one person only.
    fn take(&self, batch: &mut Batch, letter: &DeadLetter, word: Word, actor: &Actor) {
        batch.require(trees::DEAD_LETTERS, letter.id.as_bytes(), Expect::Present);
        batch.delete(trees::DEAD_LETTERS, letter.id.as_bytes());
        batch.delete(trees::CAUSES, &place(letter));
        Line::new(self.0.0.clock.now_ms(), actor.clone(), word, &letter.id)
            .connection(&letter.connection)
            .detail("code", &letter.code)
            .detail("cause", &letter.cause)
            .record(batch);
        let (queue, cause) = (self.0.clone(), letter.cause.clone());
        batch.then(move || {
            queue.0.causes.send_modify(|causes| {
                if let Some(count) = causes.get_mut(&cause) {
                    *count = count.saturating_sub(1);
                }
                causes.retain(|_, count| *count > 0);
            });
        });
    }
}
