//! The embedded engine: sled, in one tree on disk so that a batch spans all of ours.
//!
//! sled's own `flush` leaves the disk's cache and the file's metadata alone, so what it wrote
//! survives a killed process but not a power cut; the writer therefore follows it with an
//! fdatasync of sled's file, once for everybody who waits.
#![expect(clippy::disallowed_methods, reason = "the one place that opens sled")]

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    ops::Bound,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use ::sled::{Config, Mode};
use tokio::sync::oneshot;

use super::{
    Batch, CommitError, Committing, Engine, Options, Pair, StoreError, Tree,
    pieces::{Head, damaged, place},
    writer::{Request, Writer},
};

/// The file that says whose the directory is.
const LOCK_FILE: &str = "lock";
/// How often a directory is tried that somebody has, and how long is waited in between. A
/// process that is being started has all our files for a moment, and so the lock of a store that
/// was just closed.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// How often a long value is read again when it was overwritten meanwhile.
const TRIES_MAX: u32 = 16;

/// A store on sled. Dropping it waits until what was accepted is on disk.
#[derive(Debug)]
pub(super) struct Sled {
    writer: Writer,
    db: ::sled::Db,
    dir: PathBuf,
    /// Held as long as the store is open.
    _lock: File,
}

impl Sled {
    pub(super) fn open(dir: &Path, options: Options) -> Result<Self, StoreError> {
        let file = |what, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::File { what, path, source }
        };
        // What businesses write to each other is nobody else's to read.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(file("make the directory", dir))?;
        let lock = lock_soon(dir)?;
        let inside = dir.join("sled");
        let db = Config::new()
            .path(&inside)
            .cache_capacity(options.cache_bytes)
            .mode(Mode::HighThroughput)
            .flush_every_ms(None)
            .open()
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        db.flush().map_err(|error| StoreError::Engine(error.to_string()))?;
        let log = inside.join("db");
        let disk = File::open(&log).map_err(file("open", &log))?;
        disk.sync_all().map_err(file("sync", &log))?;
        for made in [&inside, dir] {
            let sync = File::open(made).and_then(|made| made.sync_all());
            sync.map_err(file("sync the directory", made))?;
        }
        let writer = Writer::start(db.clone(), disk, inside, options.reserve_bytes)?;
        Ok(Self { writer, db, dir: dir.to_owned(), _lock: lock })
    }
}

/// Takes the directory, as soon as nobody has it.
fn lock_soon(dir: &Path) -> Result<File, StoreError> {
    for _ in 1..LOCK_TRIES {
        match lock(dir) {
            Err(StoreError::InUse { .. }) => thread::sleep(LOCK_PAUSE),
            taken => return taken,
        }
    }
    lock(dir)
}

/// Takes the directory for this process alone.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_FILE);
    let failed = |source| StoreError::File { what: "lock", path: path.clone(), source };
    let options =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = options.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(failed(source)),
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // The number is a courtesy; the message is good without it.
            let _ = file.read_to_string(&mut pid);
            let pid = Some(pid.trim().to_owned()).filter(|pid| !pid.is_empty());
            return Err(StoreError::InUse { dir: dir.to_owned(), pid });
        }
    }
    let written = file.set_len(0).and_then(|()| file.rewind());
    written.and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

/// A key as it stands on disk.
pub(super) fn on_disk(tree: Tree, key: &[u8]) -> Vec<u8> {
    [&[tree.byte], key].concat()
}

/// The value of a key, its pieces put together. `raw` looks up what stands under a key of the
/// disk.
pub(super) fn value(
    raw: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    tree: Tree,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    // Between the head and its pieces somebody may have overwritten the value.
    for _ in 0..TRIES_MAX {
        let Some(head) = raw(&on_disk(tree, key))? else { return Ok(None) };
        match Head::read(tree, key, &head)? {
            Head::Whole(value) => return Ok(Some(value)),
            Head::Cut { number, pieces } => {
                if let Some(value) = together(&raw, number, pieces)? {
                    return Ok(Some(value));
                }
            }
        }
    }
    Err(damaged(tree, key))
}

/// The pieces of a value in one; none if one of them is gone.
fn together(
    raw: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    number: u64,
    pieces: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut value = Vec::new();
    for piece in 0..pieces {
        let Some(bytes) = raw(&place(number, piece))? else { return Ok(None) };
        value.extend_from_slice(&bytes);
    }
    Ok(Some(value))
}

pub(super) fn engine(error: ::sled::Error) -> StoreError {
    StoreError::Engine(error.to_string())
}

impl Sled {
    /// A found pair as callers see it: none if it was removed since it was found.
    fn pair(&self, tree: Tree, key: &[u8], head: &[u8]) -> Result<Option<Pair>, StoreError> {
        let key = key.get(1..).unwrap_or_default();
        if let Head::Whole(value) = Head::read(tree, key, head)? {
            return Ok(Some((key.to_vec(), value)));
        }
        Ok(self.get(tree, key)?.map(|value| (key.to_vec(), value)))
    }

    fn pairs(
        &self,
        tree: Tree,
        found: impl Iterator<Item = ::sled::Result<(::sled::IVec, ::sled::IVec)>>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let mut pairs = Vec::new();
        for found in found {
            if pairs.len() == limit {
                break;
            }
            let (key, head) = found.map_err(engine)?;
            pairs.extend(self.pair(tree, &key, &head)?);
        }
        Ok(pairs)
    }
}

impl Engine for Sled {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let raw = |key: &[u8]| Ok(self.db.get(key).map_err(engine)?.map(|value| value.to_vec()));
        value(raw, tree, key)
    }

    fn scan_prefix(
        &self,
        tree: Tree,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let begin = on_disk(tree, prefix);
        let from = match after.map(|after| on_disk(tree, after)) {
            Some(after) if after >= begin => Bound::Excluded(after),
            _ => Bound::Included(begin.clone()),
        };
        let found = self.db.range((from, Bound::Unbounded));
        let inside = found.take_while(|pair| match pair {
            Ok((key, _)) => key.starts_with(&begin),
            Err(_) => true,
        });
        self.pairs(tree, inside, limit)
    }

    fn scan_last(
        &self,
        tree: Tree,
        before: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let end = before.map_or(vec![tree.byte + 1], |before| on_disk(tree, before));
        self.pairs(tree, self.db.range(vec![tree.byte]..end).rev(), limit)
    }

    fn commit(&self, batch: Batch) -> Committing<'_> {
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let stopped =
                || CommitError::Store(StoreError::Engine("the writer has stopped".into()));
            self.writer.send(Request { batch, done }).await.map_err(|_| stopped())?;
            answer.await.map_err(|_| stopped())?
        })
    }

    fn disk_bytes(&self) -> u64 {
        let files = fs::read_dir(self.dir.join("sled")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }
}
