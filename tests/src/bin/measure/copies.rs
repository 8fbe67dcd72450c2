//! Copies: a store is filled with what a webhook leaves behind, without sending as many.
//!
//! One webhook goes its whole way; what it left in each tree, and its lines of the audit trail,
//! are then written again and again under other names, in batches of the store. So the bytes are
//! those that the rooms write, whatever they come to write.

use anyhow::Context as _;
use jackfield::store::{Batch, CHAIN_BYTES, Store, Tree, trees};
use tokio::task::JoinSet;

/// Copies in one batch.
const BATCH: u64 = 100;
/// Batches that are under way at the same time.
const AT_ONCE: usize = 4;
/// After so many copies a line tells how far it is.
const PROGRESS: u64 = 50_000;
/// The most lines of the trail that are read.
const LINES_MAX: usize = 1_000;

/// What has another name in each copy: the names of one of them, always in the same order.
pub type Names = Vec<Vec<u8>>;

/// Bytes with the places where names stand in them.
#[derive(Debug, Clone)]
struct Text {
    bytes: Vec<u8>,
    /// Where a name begins, how long it is, and which one it is.
    places: Vec<(usize, usize, usize)>,
}

impl Text {
    fn of(bytes: Vec<u8>, names: &Names) -> Self {
        let mut places = Vec::new();
        for (which, name) in names.iter().enumerate() {
            let found = bytes.windows(name.len()).enumerate();
            let found = found.filter(|(_, window)| window == name);
            places.extend(found.map(|(at, _)| (at, name.len(), which)));
        }
        Self { bytes, places }
    }

    fn under(&self, names: &Names) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (at, length, which) in &self.places {
            bytes[*at..at + length].copy_from_slice(&names[*which][..*length]);
        }
        bytes
    }
}

/// The only row of a tree: its key and its value.
pub fn only_row(store: &Store, tree: Tree) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let pairs = store.scan_prefix(tree, &[], None, 2)?;
    match <[_; 1]>::try_from(pairs) {
        Ok([pair]) => Ok(pair),
        Err(pairs) => {
            anyhow::bail!("the tree `{}` has {} keys and not one", tree.name, pairs.len())
        }
    }
}

/// What one way left behind.
#[derive(Debug, Clone)]
pub struct Pattern {
    rows: Vec<(Tree, Text, Text)>,
    lines: Vec<Text>,
}

impl Pattern {
    /// What the only way that ever was has left in some trees and in the trail, with the names in
    /// it that are to change.
    pub fn of(store: &Store, trees: &[Tree], names: &Names) -> anyhow::Result<Self> {
        let mut rows = Vec::new();
        for tree in trees {
            let (key, value) = only_row(store, *tree)?;
            rows.push((*tree, Text::of(key, names), Text::of(value, names)));
        }
        let lines = store.scan_prefix(trees::AUDIT, &[], None, LINES_MAX)?;
        let lines = lines.into_iter().map(|(_, entry)| entry[CHAIN_BYTES..].to_vec());
        let lines = lines.map(|line| Text::of(line, names)).filter(|line| !line.places.is_empty());
        Ok(Self { rows, lines: lines.collect() })
    }

    /// The same without what is in a tree.
    pub fn without(mut self, tree: Tree) -> Self {
        self.rows.retain(|(of, ..)| *of != tree);
        self
    }

    /// Writes it so many times, each time under the names that `names` gives for its number.
    pub async fn copy(
        &self,
        store: &Store,
        copies: u64,
        mut names: impl FnMut(u64) -> Names,
    ) -> anyhow::Result<()> {
        let mut under_way = JoinSet::new();
        let (mut begun, mut told) = (0, 0);
        while begun < copies {
            let many = BATCH.min(copies - begun);
            let batch = self.batch((begun..begun + many).map(&mut names));
            let writer = store.clone();
            under_way.spawn(async move { writer.commit(batch).await });
            begun += many;
            if under_way.len() >= AT_ONCE {
                let ended = under_way.join_next().await.context("a commit")?;
                ended.context("a commit panicked")??;
            }
            if begun / PROGRESS > told {
                told = begun / PROGRESS;
                let mib = store.disk_bytes() >> 20;
                eprintln!("{begun} of {copies} kept, {mib} MiB …");
            }
        }
        while let Some(ended) = under_way.join_next().await {
            ended.context("a commit panicked")??;
        }
        Ok(())
    }

    fn batch(&self, copies: impl Iterator<Item = Names>) -> Batch {
        let mut batch = Batch::new();
        for names in copies {
            for (tree, key, value) in &self.rows {
                batch.put(*tree, &key.under(&names), value.under(&names));
            }
            for line in &self.lines {
                batch.append(trees::AUDIT, line.under(&names));
            }
        }
        batch
    }
}
