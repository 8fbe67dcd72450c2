//! The writer: two threads between a batch and the disk.
//!
//! The first applies batches in the order in which they came, one by one, and so sees in each
//! precondition all that went before. The second makes what was applied durable, for everybody
//! who waits at once, while the first goes on. A conflict is told by the second too: by then
//! what it conflicts with is on disk.

use std::{
    collections::HashMap,
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as sync,
    },
    thread::{self, JoinHandle},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Batch, CommitError, Committed, Expect, StoreError, Tree,
    batch::{CHAIN_BYTES, Change, chain},
    pieces::{Head, PIECE_BYTES, place},
    sled::{engine, get, on_disk},
    trees::PIECES,
};

/// Batches that wait to be applied; who comes then waits for room.
const WAITING_MAX: usize = 1024;
/// Batches that are made durable at once.
const GROUP_MAX: usize = 4096;

type Answer = Result<Committed, CommitError>;

/// A batch, and whom to tell.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) done: oneshot::Sender<Answer>,
}

/// The handle of the two threads; dropping it waits for both.
#[derive(Debug)]
pub(super) struct Writer {
    requests: Option<mpsc::Sender<Request>>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        db: ::sled::Db,
        disk: File,
        dir: PathBuf,
        reserve_bytes: u64,
    ) -> Result<Self, StoreError> {
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let (applied, to_sync) = sync::sync_channel(GROUP_MAX);
        let broken = Arc::new(AtomicBool::new(false));
        let mut apply = Apply {
            pieces: next_piece(&db)?,
            db: db.clone(),
            dir: dir.clone(),
            reserve_bytes,
            logs: HashMap::new(),
            broken: broken.clone(),
        };
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.into()).spawn(body);
            thread.map_err(|source| StoreError::File {
                what: "start a thread for",
                path: dir.clone(),
                source,
            })
        };
        let threads = vec![
            spawn("store-apply", Box::new(move || apply.run(waiting, &applied)))?,
            spawn("store-sync", Box::new(move || sync(&db, &disk, &to_sync, &broken)))?,
        ];
        Ok(Self { requests: Some(requests), threads })
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
        for thread in self.threads.drain(..) {
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

/// The first thread's state.
struct Apply {
    db: ::sled::Db,
    dir: PathBuf,
    reserve_bytes: u64,
    /// The number under which the pieces of the next long value will stand.
    pieces: u64,
    /// The last number and hash of each log.
    logs: HashMap<u8, (u64, [u8; CHAIN_BYTES])>,
    /// Whether the engine has failed: what is in memory may then differ from the disk.
    broken: Arc<AtomicBool>,
}

impl Apply {
    fn run(
        &mut self,
        mut waiting: mpsc::Receiver<Request>,
        applied: &sync::SyncSender<(oneshot::Sender<Answer>, Answer)>,
    ) {
        while let Some(Request { batch, done }) = waiting.blocking_recv() {
            let answer = self.apply(batch);
            if applied.send((done, answer)).is_err() {
                return;
            }
        }
    }

    fn apply(&mut self, batch: Batch) -> Answer {
        if self.broken.load(Ordering::Acquire) {
            return Err(StoreError::Engine("an earlier write failed".into()).into());
        }
        self.room()?;
        for (tree, key, expect) in &batch.requires {
            self.require(*tree, key, expect)?;
        }
        let mut committed = Committed::default();
        let mut changes = ::sled::Batch::default();
        let mut logs = self.logs.clone();
        for change in batch.changes {
            match change {
                Change::Put(tree, key, value) => self.put(tree, &key, &value, &mut changes)?,
                Change::Delete(tree, key) => {
                    self.remove_pieces(tree, &key, &mut changes)?;
                    changes.remove(on_disk(tree, &key));
                }
                Change::Append(log, payload) => {
                    let sequence = self.append(log, &payload, &mut logs, &mut changes)?;
                    committed.sequences.push(sequence);
                }
            }
        }
        if let Err(error) = self.db.apply_batch(changes) {
            self.broken.store(true, Ordering::Release);
            return Err(engine(error).into());
        }
        self.logs = logs;
        Ok(committed)
    }

    /// Whether the disk has room for more.
    fn room(&self) -> Result<(), StoreError> {
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

    fn require(&self, tree: Tree, key: &[u8], expect: &Expect) -> Result<(), CommitError> {
        let found = get(&self.db, tree, key)?;
        let holds = match expect {
            Expect::Absent => found.is_none(),
            Expect::Present => found.is_some(),
            Expect::Is(value) => found.as_ref() == Some(value),
        };
        if holds { Ok(()) } else { Err(CommitError::Conflict { tree: tree.name }) }
    }

    fn put(
        &mut self,
        tree: Tree,
        key: &[u8],
        value: &[u8],
        changes: &mut ::sled::Batch,
    ) -> Result<(), StoreError> {
        if value.len() > tree.value_bytes_max {
            return Err(StoreError::TooBig { tree: tree.name, bytes: value.len() });
        }
        self.remove_pieces(tree, key, changes)?;
        if value.len() <= PIECE_BYTES {
            changes.insert(on_disk(tree, key), Head::whole(value));
            return Ok(());
        }
        let number = self.pieces;
        self.pieces += 1;
        let mut pieces = 0;
        for bytes in value.chunks(PIECE_BYTES) {
            changes.insert(place(number, pieces), bytes);
            pieces += 1;
        }
        changes.insert(on_disk(tree, key), Head::cut(number, pieces));
        Ok(())
    }

    /// Removes the pieces of the value that is there now, if it has any.
    fn remove_pieces(
        &self,
        tree: Tree,
        key: &[u8],
        changes: &mut ::sled::Batch,
    ) -> Result<(), StoreError> {
        if !tree.is_long() {
            return Ok(());
        }
        let Some(head) = self.db.get(on_disk(tree, key)).map_err(engine)? else { return Ok(()) };
        if let Head::Cut { number, pieces } = Head::read(tree, key, &head)? {
            for piece in 0..pieces {
                changes.remove(place(number, piece));
            }
        }
        Ok(())
    }

    /// Adds an entry to a log; `logs` is where each log ends once the batch is applied.
    fn append(
        &self,
        log: Tree,
        payload: &[u8],
        logs: &mut HashMap<u8, (u64, [u8; CHAIN_BYTES])>,
        changes: &mut ::sled::Batch,
    ) -> Result<u64, StoreError> {
        let (last, before) = match logs.get(&log.byte) {
            Some(end) => *end,
            None => self.end(log)?,
        };
        let sequence = last + 1;
        let hash = chain(&before, sequence, payload);
        let value = [&hash, payload].concat();
        if value.len() > log.value_bytes_max {
            return Err(StoreError::TooBig { tree: log.name, bytes: payload.len() });
        }
        changes.insert(on_disk(log, &sequence.to_be_bytes()), Head::whole(&value));
        logs.insert(log.byte, (sequence, hash));
        Ok(sequence)
    }

    /// Where a log ends on disk.
    fn end(&self, log: Tree) -> Result<(u64, [u8; CHAIN_BYTES]), StoreError> {
        let last = self.db.scan_prefix([log.byte]).next_back().transpose().map_err(engine)?;
        let Some((key, head)) = last else { return Ok((0, [0; CHAIN_BYTES])) };
        let damaged = || super::pieces::damaged(log, &key);
        let sequence = key.get(1..).and_then(|key| key.try_into().ok()).ok_or_else(damaged)?;
        let Head::Whole(value) = Head::read(log, &key, &head)? else { return Err(damaged()) };
        let hash = value.first_chunk().ok_or_else(damaged)?;
        Ok((u64::from_be_bytes(sequence), *hash))
    }
}

/// The second thread: makes everything that was applied durable, then tells those who wait.
fn sync(
    db: &::sled::Db,
    disk: &File,
    applied: &sync::Receiver<(oneshot::Sender<Answer>, Answer)>,
    broken: &AtomicBool,
) {
    while let Ok(first) = applied.recv() {
        let mut group = vec![first];
        group.extend(applied.try_iter().take(GROUP_MAX - 1));
        let mut durable = Ok(());
        if group.iter().any(|(_, answer)| answer.is_ok()) {
            let flushed = db.flush().map_err(|error| error.to_string());
            durable = flushed.and_then(|_| disk.sync_data().map_err(|error| error.to_string()));
        }
        if durable.is_err() {
            broken.store(true, Ordering::Release);
        }
        for (done, answer) in group {
            let answer = match &durable {
                Ok(()) => answer,
                Err(why) => answer.and(Err(StoreError::Engine(why.clone()).into())),
            };
            // Whoever no longer waits has given the request up; the batch is on disk all the same.
            let _ = done.send(answer);
        }
    }
}
