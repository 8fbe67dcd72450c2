//! A batch: changes that happen together, under preconditions, or not at all.

use std::{fmt, sync::Arc};

use super::Tree;

/// Changes that are committed together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub(super) requires: Vec<(Tree, Vec<u8>, Expect)>,
    pub(super) changes: Vec<Change>,
    pub(super) after: Vec<After>,
}

/// What is done once a batch is on disk.
#[derive(Clone)]
pub(super) struct After(pub(super) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("After")
    }
}

/// What a key must hold for a batch to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Absent,
    /// Anything.
    Present,
    /// Exactly this.
    Is(Vec<u8>),
    /// Nothing, or a value that sorts before this one.
    Below(Vec<u8>),
}

#[derive(Debug, Clone)]
pub(super) enum Change {
    Put(Tree, Vec<u8>, Vec<u8>),
    Delete(Tree, Vec<u8>),
    Append(Tree, Vec<u8>),
}

impl Batch {
    /// A batch that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key; of several changes of a key the last one counts.
    pub fn put(&mut self, tree: Tree, key: &[u8], value: impl Into<Vec<u8>>) -> &mut Self {
        self.forget(tree, key);
        self.changes.push(Change::Put(tree, key.to_vec(), value.into()));
        self
    }

    /// Removes a key, if it is there.
    pub fn delete(&mut self, tree: Tree, key: &[u8]) -> &mut Self {
        self.forget(tree, key);
        self.changes.push(Change::Delete(tree, key.to_vec()));
        self
    }

    /// Lets the batch be committed only if the key is as expected before any of its changes.
    pub fn require(&mut self, tree: Tree, key: &[u8], expect: Expect) -> &mut Self {
        self.requires.push((tree, key.to_vec(), expect));
        self
    }

    /// Adds an entry at the end of a tree that is a log. The key is the next sequence number
    /// (eight bytes, from 1), the value the chain's hash up to here and then `payload`: see
    /// [`chain`].
    pub fn append(&mut self, log: Tree, payload: Vec<u8>) -> &mut Self {
        self.changes.push(Change::Append(log, payload));
        self
    }

    /// Has `done` called once the batch is on disk, even if nobody waits for the commit any more.
    /// It is called by the writer and must be quick.
    pub fn then(&mut self, done: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.after.push(After(Arc::new(done)));
        self
    }

    fn forget(&mut self, tree: Tree, key: &[u8]) {
        self.changes.retain(|change| match change {
            Change::Put(other, at, _) | Change::Delete(other, at) => *other != tree || at != key,
            Change::Append(..) => true,
        });
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// The length of a hash in front of a log's entries, in bytes.
pub const CHAIN_BYTES: usize = 32;

/// The hash of a log's entry: SHA-256 over the hash before it, its number and its payload, so
/// that no entry can be changed, removed or moved without breaking the chain.
pub fn chain(before: &[u8; CHAIN_BYTES], sequence: u64, payload: &[u8]) -> [u8; CHAIN_BYTES] {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::new().chain_update(before).chain_update(sequence.to_be_bytes());
    hash.chain_update(payload).finalize().into()
}
