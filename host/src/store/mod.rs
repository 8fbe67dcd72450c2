//! The data directory: ordered keys in named trees, changed by atomic batches.
//!
//! Promises that [`Engine::commit`] returns when the batch is on disk and would survive a power
//! cut, that a batch is there whole or not at all, and that a durable batch implies all that were
//! committed before it. Only this room knows the engine beneath. Never looks inside a value.

mod batch;
mod pieces;
mod sled;
pub mod trees;
mod writer;

#[cfg(test)]
mod tests;

use std::{future::Future, io, path::Path, path::PathBuf, pin::Pin, sync::Arc};

use thiserror::Error;

pub use batch::{Batch, CHAIN_BYTES, Expect, chain};
pub use trees::Tree;

/// Free space below which nothing more is accepted, so that the engine itself never meets a full
/// disk in the middle of a write.
pub const RESERVE_BYTES: u64 = 64 << 20;
/// Memory for pages that were read or written lately; the engine's own default is a gigabyte.
const CACHE_BYTES: u64 = 128 << 20;

/// What can go wrong beneath.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another host has the directory.
    #[error(
        "the data directory `{}` is in use by another jackfield{}\n  hint: stop it, or give this \
         one a directory of its own with --data DIR",
        .dir.display(), .pid.as_ref().map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// Who has it, as far as the lock file says.
        pid: Option<String>,
    },
    /// A file or directory could not be used.
    #[error("cannot {what} `{}`: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The disk is nearly full.
    #[error(
        "the disk is full: {} MiB are free and {} MiB are kept in reserve; free some space, \
         nothing is lost meanwhile", .free_bytes >> 20, .reserve_bytes >> 20
    )]
    Full {
        /// Free bytes on the file system of the data directory.
        free_bytes: u64,
        /// What must stay free.
        reserve_bytes: u64,
    },
    /// A value over the limit of its tree.
    #[error("a value of {bytes} bytes is too big for the tree `{tree}`")]
    TooBig {
        /// The tree.
        tree: &'static str,
        /// The value's length.
        bytes: usize,
    },
    /// The engine failed; nothing is written from then on until the host starts again.
    #[error("the store failed and takes no more writes: {0}; start jackfield again")]
    Engine(String),
    /// A value that the engine gave back is not what was put in.
    #[error("the tree `{tree}` is damaged at the key {key}")]
    Damaged {
        /// The tree.
        tree: &'static str,
        /// The key, as hexadecimal text.
        key: String,
    },
}

impl StoreError {
    /// The same error for another who waits; what the system said is told in words.
    fn again(&self) -> Self {
        match self {
            Self::Full { free_bytes, reserve_bytes } => {
                Self::Full { free_bytes: *free_bytes, reserve_bytes: *reserve_bytes }
            }
            other => Self::Engine(other.to_string()),
        }
    }
}

/// Why a batch was not committed; nothing of it was written.
#[derive(Debug, Error)]
pub enum CommitError {
    /// A precondition did not hold. What it conflicts with is on disk by now.
    #[error("someone else changed `{tree}` first")]
    Conflict {
        /// The tree of the precondition.
        tree: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a commit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The sequence number of each [`Batch::append`], in order.
    pub sequences: Vec<u64>,
}

/// Key and value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A commit under way.
pub type Committing<'a> = Pin<Box<dyn Future<Output = Result<Committed, CommitError>> + Send + 'a>>;

/// A store engine: small enough to sit on an embedded store and on a distributed one.
pub trait Engine: Send + Sync + std::fmt::Debug + 'static {
    /// The value of a key.
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` pairs whose key begins with `prefix`, in order, beyond the key `after`.
    fn scan_prefix(
        &self,
        tree: Tree,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError>;

    /// The `limit` pairs with the greatest keys below `before`, the greatest first.
    fn scan_last(
        &self,
        tree: Tree,
        before: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError>;

    /// Writes a batch. Returns when it is on disk.
    fn commit(&self, batch: Batch) -> Committing<'_>;

    /// What the store takes up on disk, in bytes.
    fn disk_bytes(&self) -> u64;
}

/// A store that rooms share.
pub type Store = Arc<dyn Engine>;

/// How a store is driven.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Memory for pages, in bytes.
    pub cache_bytes: u64,
    /// Free disk space below which commits are refused, in bytes.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES, reserve_bytes: RESERVE_BYTES }
    }
}

/// Opens the store in a directory, which is made if it is not there.
pub fn open(dir: &Path, options: Options) -> Result<Store, StoreError> {
    Ok(Arc::new(sled::Sled::open(dir, options)?))
}

/// An empty store for a test, in a directory that is removed with the first of the two.
#[cfg(test)]
pub(crate) fn scratch() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { reserve_bytes: 0, ..Options::default() };
    let store = open(dir.path(), options).expect("a store");
    (dir, store)
}
