//! The writer: one thread between the batches and the disk.
//!
//! It takes whatever waits, goes through it in order, and writes all of it as one: each batch
//! sees in its preconditions what those before it change. Then it makes the whole durable, once
//! for everybody, and answers. A conflict is told at the same moment, so what it conflicts with
//! is on disk by then.

use std::{
    collections::HashMap,
    fs::File,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Batch, CommitError, Committed, Expect, StoreError, Tree,
    batch::{CHAIN_BYTES, Change, chain},
    pieces::{Head, PIECE_BYTES, damaged, place},
    sled::{engine, on_disk, value},
    trees::PIECES,
};

/// Batches that wait; who comes then waits for room.
const WAITING_MAX: usize = 1024;
/// Batches that are written at once.
const GROUP_MAX: usize = 512;

/// How often, and for how long each time, the writer waits for a group like the last.
const GATHER_STEPS: u32 = 10;
const GATHER_STEP: Duration = Duration::from_micros(100);

type Answer = Result<Committed, CommitError>;

/// A batch, and whom to tell.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) done: oneshot::Sender<Answer>,
}

/// The handle of the thread; dropping it waits until what was accepted is on disk.
#[derive(Debug)]
pub(super) struct Writer {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        db: ::sled::Db,
        disk: File,
        dir: PathBuf,
        reserve_bytes: u64,
    ) -> Result<Self, StoreError> {
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let pieces = next_piece(&db)?;
        let logs = HashMap::new();
        let path = dir.clone();
        let state = State { db, disk, dir, reserve_bytes, pieces, logs, broken: None };
        let thread = thread::Builder::new().name("store".into()).spawn(move || state.run(waiting));
        let thread = thread.map_err(|source| StoreError::File {
            what: "start a thread for",
            path,
            source,
        })?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    pub(super) async fn send(&self, request: Request) -> Result<(), Request> {
        match &self.requests {
            Some(requests) => requests.send(request).await.map_err(|error| error.0),
            None => Err(request),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.requests.take());
        // What is done after a batch may hold the last handle; nobody waits for themselves.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| !own(thread)) {
            // A panic has been printed by then, and there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// The number after the greatest under which pieces stand.
fn next_piece(db: &::sled::Db) -> Result<u64, StoreError> {
    let last = db.scan_prefix([PIECES.byte]).keys().next_back().transpose().map_err(engine)?;
    let number = last.as_deref().and_then(|key| key.get(1..9)?.try_into().ok());
    Ok(number.map_or(1, |number| u64::from_be_bytes(number) + 1))
}

/// Where a log ends: the last number and hash.
type End = (u64, [u8; CHAIN_BYTES]);

/// Gives those who were just answered the time to come back, so that one write serves most of
/// them: a write costs the same for one and for many. Whoever is alone does not wait.
fn gather(waiting: &mpsc::Receiver<Request>, last: usize) {
    for _ in 0..GATHER_STEPS {
        if waiting.is_closed() || waiting.len() >= last / 2 {
            return;
        }
        thread::sleep(GATHER_STEP);
    }
}

/// What the thread knows.
struct State {
    db: ::sled::Db,
    disk: File,
    dir: PathBuf,
    reserve_bytes: u64,
    /// The number under which the pieces of the next long value will stand.
    pieces: u64,
    /// Where each log ends, by its tree.
    logs: HashMap<u8, End>,
    /// Why the engine has failed, if it has: what is in memory may then differ from the disk.
    broken: Option<String>,
}

/// Changes that are not written yet: the new value of each key, none where it is removed.
#[derive(Default)]
struct Draft {
    keys: HashMap<Vec<u8>, Option<Vec<u8>>>,
    logs: HashMap<u8, End>,
}

impl State {
    fn run(mut self, mut waiting: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP_MAX);
        let mut last = 0;
        loop {
            gather(&waiting, last);
            last = waiting.blocking_recv_many(&mut group, GROUP_MAX);
            if last == 0 {
                return;
            }
            self.write(group.drain(..));
        }
    }

    /// Writes a group and answers everybody in it.
    fn write(&mut self, group: impl Iterator<Item = Request>) {
        let open = self.is_open();
        let mut draft = Draft::default();
        let mut answers = Vec::new();
        for Request { mut batch, done } in group {
            let after = std::mem::take(&mut batch.after);
            let answer = match &open {
                Ok(()) => self.add(batch, &mut draft),
                Err(error) => Err(error.again().into()),
            };
            answers.push((done, answer, after));
        }
        let durable = self.make_durable(draft);
        for (done, answer, after) in answers {
            let answer = match &durable {
                Ok(()) => answer,
                Err(why) => answer.and(Err(StoreError::Engine(why.clone()).into())),
            };
            if answer.is_ok() {
                after.iter().for_each(|after| (after.0)());
            }
            // Whoever no longer waits has given the request up; the batch is on disk all the same.
            let _ = done.send(answer);
        }
    }

    /// Whether anything may be written: the engine is sound, and the disk has room.
    fn is_open(&self) -> Result<(), StoreError> {
        if let Some(why) = &self.broken {
            return Err(StoreError::Engine(why.clone()));
        }
        let disk = rustix::fs::statvfs(&self.dir).map_err(|error| StoreError::File {
            what: "ask for the free space of",
            path: self.dir.clone(),
            source: error.into(),
        })?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free_bytes < self.reserve_bytes {
            return Err(StoreError::Full { free_bytes, reserve_bytes: self.reserve_bytes });
        }
        Ok(())
    }

    fn make_durable(&mut self, draft: Draft) -> Result<(), String> {
        if draft.keys.is_empty() {
            return Ok(());
        }
        let mut changes = ::sled::Batch::default();
        for (key, value) in draft.keys {
            match value {
                Some(value) => changes.insert(key, value),
                None => changes.remove(key),
            }
        }
        let written = self.db.apply_batch(changes).map_err(|error| error.to_string());
        let flushed = written.and_then(|()| self.db.flush().map_err(|error| error.to_string()));
        let synced = flushed.and_then(|_| self.disk.sync_data().map_err(|error| error.to_string()));
        match &synced {
            Ok(()) => self.logs.extend(draft.logs),
            Err(why) => self.broken = Some(why.clone()),
        }
        synced
    }

    /// Adds a batch to the draft: all of it, or nothing.
    fn add(&mut self, batch: Batch, draft: &mut Draft) -> Answer {
        for (tree, key, expect) in &batch.requires {
            self.require(draft, *tree, key, expect)?;
        }
        let mut committed = Committed::default();
        let mut added = Draft::default();
        for change in batch.changes {
            match change {
                Change::Put(tree, key, value) => {
                    self.put(draft, tree, &key, &value, &mut added)?;
                }
                Change::Delete(tree, key) => {
                    self.remove_pieces(draft, tree, &key, &mut added)?;
                    added.keys.insert(on_disk(tree, &key), None);
                }
                Change::Append(log, payload) => {
                    committed.sequences.push(self.append(draft, log, &payload, &mut added)?);
                }
            }
        }
        draft.keys.extend(added.keys);
        draft.logs.extend(added.logs);
        Ok(committed)
    }

    /// What stands under a key of the disk, as of the end of the draft.
    fn raw(&self, draft: &Draft, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(drafted) = draft.keys.get(key) {
            return Ok(drafted.clone());
        }
        Ok(self.db.get(key).map_err(engine)?.map(|value| value.to_vec()))
    }

    fn require(
        &self,
        draft: &Draft,
        tree: Tree,
        key: &[u8],
        expect: &Expect,
    ) -> Result<(), CommitError> {
        let holds = match expect {
            Expect::Absent => self.raw(draft, &on_disk(tree, key))?.is_none(),
            Expect::Present => self.raw(draft, &on_disk(tree, key))?.is_some(),
            Expect::Is(wanted) => {
                let found = value(|key| self.raw(draft, key), tree, key)?;
                found.as_ref() == Some(wanted)
            }
            Expect::Below(limit) => {
                let found = value(|key| self.raw(draft, key), tree, key)?;
                found.is_none_or(|found| found < *limit)
            }
        };
        if holds { Ok(()) } else { Err(CommitError::Conflict { tree: tree.name }) }
    }

    fn put(
        &mut self,
        draft: &Draft,
        tree: Tree,
        key: &[u8],
        value: &[u8],
        added: &mut Draft,
    ) -> Result<(), StoreError> {
        if value.len() > tree.value_bytes_max {
            return Err(StoreError::TooBig { tree: tree.name, bytes: value.len() });
        }
        self.remove_pieces(draft, tree, key, added)?;
        if value.len() <= PIECE_BYTES {
            added.keys.insert(on_disk(tree, key), Some(Head::whole(value)));
            return Ok(());
        }
        let number = self.pieces;
        self.pieces += 1;
        let mut pieces = 0;
        for bytes in value.chunks(PIECE_BYTES) {
            added.keys.insert(place(number, pieces), Some(bytes.to_vec()));
            pieces += 1;
        }
        added.keys.insert(on_disk(tree, key), Some(Head::cut(number, pieces)));
        Ok(())
    }

    /// Removes the pieces of the value that is there now, if it has any.
    fn remove_pieces(
        &self,
        draft: &Draft,
        tree: Tree,
        key: &[u8],
        added: &mut Draft,
    ) -> Result<(), StoreError> {
        if !tree.is_long() {
            return Ok(());
        }
        let Some(head) = self.raw(draft, &on_disk(tree, key))? else { return Ok(()) };
        if let Head::Cut { number, pieces } = Head::read(tree, key, &head)? {
            added.keys.extend((0..pieces).map(|piece| (place(number, piece), None)));
        }
        Ok(())
    }

    /// Adds an entry to a log, after what the draft and this batch have added to it.
    fn append(
        &self,
        draft: &Draft,
        log: Tree,
        payload: &[u8],
        added: &mut Draft,
    ) -> Result<u64, StoreError> {
        let known = [&added.logs, &draft.logs, &self.logs].into_iter();
        let (last, before) = match known.filter_map(|logs| logs.get(&log.byte)).next() {
            Some(end) => *end,
            None => self.end(log)?,
        };
        let sequence = last + 1;
        let hash = chain(&before, sequence, payload);
        let entry = [&hash, payload].concat();
        if entry.len() > log.value_bytes_max {
            return Err(StoreError::TooBig { tree: log.name, bytes: payload.len() });
        }
        let key = on_disk(log, &sequence.to_be_bytes());
        added.keys.insert(key, Some(Head::whole(&entry)));
        added.logs.insert(log.byte, (sequence, hash));
        Ok(sequence)
    }

    /// Where a log ends on disk.
    fn end(&self, log: Tree) -> Result<End, StoreError> {
        let last = self.db.scan_prefix([log.byte]).next_back().transpose().map_err(engine)?;
        let Some((key, head)) = last else { return Ok((0, [0; CHAIN_BYTES])) };
        let damaged = || damaged(log, &key);
        let sequence = key.get(1..).and_then(|key| key.try_into().ok()).ok_or_else(damaged)?;
        let Head::Whole(value) = Head::read(log, &key, &head)? else { return Err(damaged()) };
        let hash = value.first_chunk().ok_or_else(damaged)?;
        Ok((u64::from_be_bytes(sequence), *hash))
    }
}
