//! The operator's tables, in which expressions look things up: what a code means here, which
//! account a category is booked to.
//!
//! Owns their names, their texts and their bounds. Promises that a table is there whole or not at
//! all, and that each change leaves a line in the audit trail. Never changes a table by itself,
//! and never shows one to an expression that does not name it: that is seen to by who asks.

mod read;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use read::{Form, ROWS_MAX, Table, Unfit};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    store::{Batch, CommitError, Store, StoreError, trees},
    text::nearest,
};

/// The longest text of a table, in bytes.
pub const BYTES_MAX: usize = 1 << 20;
/// The most tables.
pub const TABLES_MAX: usize = 200;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 48;
/// How many tables are kept ready in memory; the others are read when they are asked for.
const OPEN_MAX: usize = 16;
/// Under which keys a table stands: `about/NAME` and `text/NAME`.
const ABOUT: &str = "about/";
const TEXT: &str = "text/";

/// What can go wrong with a table.
#[derive(Debug, Error)]
pub enum TableError {
    /// No table has this name.
    #[error("there is no table `{name}`{}", .meant.as_ref().map_or_else(
        || "; `jackfield table list` shows those there are".to_owned(),
        |meant| format!("; did you mean `{meant}`?")
    ))]
    Unknown {
        /// The name that was given.
        name: String,
        /// A table with a name that is like it.
        meant: Option<String>,
    },
    /// The name is none.
    #[error("`{0}` is no name for a table\n  hint: use a-z, 0-9 and `-`, up to 48 of them")]
    Name(String),
    /// The text is longer than a table may be.
    #[error(
        "the table has {0} bytes and may have {most}\n  hint: leave out columns that no flow \
         reads, or make several tables of it", most = BYTES_MAX
    )]
    TooBig(usize),
    /// There are as many tables as there may be.
    #[error(
        "there are {most} tables already\n  hint: `jackfield table remove` one", most = TABLES_MAX
    )]
    TooMany,
    /// The text is no table.
    #[error("this is no table: {0}")]
    Unfit(#[from] Unfit),
    /// Flows look things up in it.
    #[error(
        "the table `{name}` is used by {}\n  hint: apply those without it, or remove them, first",
        .flows.iter().map(|flow| format!("`{flow}`")).collect::<Vec<_>>().join(", ")
    )]
    Needed {
        /// The table.
        name: String,
        /// The flows.
        flows: Vec<String>,
    },
    /// What the store holds is no table.
    #[error("the table `{0}` cannot be read: set it again with `jackfield table set`")]
    Unreadable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What is known of a table without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its name.
    pub name: String,
    /// In which form it was given.
    pub form: Form,
    /// How many keys it has.
    pub rows: usize,
    /// The columns of a CSV file; the first is the key.
    pub columns: Vec<String>,
    /// How long its text is.
    pub bytes: usize,
    /// The SHA-256 of its text.
    pub digest: String,
    /// When it was set, in milliseconds since 1970.
    pub set_at_ms: u64,
}

/// All tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tables(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    about: ArcSwap<BTreeMap<String, About>>,
    /// Tables that are ready, by their digests; the one that was asked for last is at the end.
    open: Mutex<Vec<(String, Arc<Table>)>>,
    /// One change at a time, so that none is lost between reading the map and writing it.
    changing: tokio::sync::Mutex<()>,
}

impl Tables {
    /// Finds the tables in the store.
    pub fn open(store: Store, clock: SharedClock) -> Result<Self, TableError> {
        let mut about = BTreeMap::new();
        for (key, value) in store.scan_prefix(trees::TABLES, ABOUT.as_bytes(), None, usize::MAX)? {
            match serde_json::from_slice::<About>(&value) {
                Ok(one) => drop(about.insert(one.name.clone(), one)),
                // One that is out of order must not keep the others from being used.
                Err(error) => {
                    let name = String::from_utf8_lossy(&key).into_owned();
                    tracing::error!(%error, name, "a table is not loaded: set it again");
                }
            }
        }
        let (about, changing) = (ArcSwap::from_pointee(about), tokio::sync::Mutex::new(()));
        Ok(Self(Arc::new(Inner { store, clock, about, open: Mutex::default(), changing })))
    }

    /// What is known of each table, by name.
    pub fn list(&self) -> Vec<About> {
        self.0.about.load().values().cloned().collect()
    }

    /// What is known of one table.
    pub fn about(&self, name: &str) -> Result<About, TableError> {
        let all = self.0.about.load();
        all.get(name).cloned().ok_or_else(|| TableError::Unknown {
            name: name.to_owned(),
            meant: nearest(name, all.keys().map(String::as_str)).map(str::to_owned),
        })
    }

    /// A table, ready for lookups.
    pub fn get(&self, name: &str) -> Result<Arc<Table>, TableError> {
        let about = self.about(name)?;
        if let Some(table) = self.ready(&about.digest) {
            return Ok(table);
        }
        let unreadable = || TableError::Unreadable(name.to_owned());
        let key = format!("{TEXT}{name}");
        let text = self.0.store.get(trees::TABLES, key.as_bytes())?.ok_or_else(unreadable)?;
        let table = Arc::new(Table::read(about.form, &text).map_err(|_| unreadable())?);
        // Set anew meanwhile, it would be kept under a digest that is not its own.
        if hex::encode(Sha256::digest(&text)) == about.digest {
            self.keep(about.digest, &table);
        }
        Ok(table)
    }

    /// Sets a table, in the place of the one with its name. Whatever looks it up from now on sees
    /// this one.
    pub async fn set(
        &self,
        name: &str,
        form: Form,
        text: Vec<u8>,
        actor: Actor,
    ) -> Result<About, TableError> {
        if !is_name(name) {
            return Err(TableError::Name(name.to_owned()));
        }
        if text.len() > BYTES_MAX {
            return Err(TableError::TooBig(text.len()));
        }
        let table = Table::read(form, &text)?;
        let _one = self.0.changing.lock().await;
        let mut all = BTreeMap::clone(&self.0.about.load());
        if all.len() >= TABLES_MAX && !all.contains_key(name) {
            return Err(TableError::TooMany);
        }
        let about = About {
            name: name.to_owned(),
            form,
            rows: table.len(),
            columns: table.columns().to_vec(),
            bytes: text.len(),
            digest: hex::encode(Sha256::digest(&text)),
            set_at_ms: self.0.clock.now_ms(),
        };
        // Strings and numbers always make JSON.
        let value = serde_json::to_vec(&about).expect("plain data");
        let mut batch = Batch::new();
        batch.put(trees::TABLES, format!("{ABOUT}{name}").as_bytes(), value);
        batch.put(trees::TABLES, format!("{TEXT}{name}").as_bytes(), text);
        Line::new(about.set_at_ms, actor, Word::TableSet, name)
            .detail("rows", about.rows)
            .detail("digest", &about.digest)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        all.insert(name.to_owned(), about.clone());
        self.0.about.store(Arc::new(all));
        Ok(about)
    }

    /// Removes a table, unless there are `flows` that need it.
    pub async fn remove(
        &self,
        name: &str,
        flows: Vec<String>,
        actor: Actor,
    ) -> Result<(), TableError> {
        let _one = self.0.changing.lock().await;
        let about = self.about(name)?;
        if !flows.is_empty() {
            return Err(TableError::Needed { name: name.to_owned(), flows });
        }
        let mut all = BTreeMap::clone(&self.0.about.load());
        all.remove(name);
        let mut batch = Batch::new();
        batch.delete(trees::TABLES, format!("{ABOUT}{name}").as_bytes());
        batch.delete(trees::TABLES, format!("{TEXT}{name}").as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::TableRemoved, name)
            .detail("digest", about.digest)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        self.0.about.store(Arc::new(all));
        Ok(())
    }

    fn ready(&self, digest: &str) -> Option<Arc<Table>> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.iter().position(|(known, _)| known == digest)?;
        let one = open.remove(place);
        let table = one.1.clone();
        open.push(one);
        Some(table)
    }

    /// A panic while the lock is held leaves the list whole: each change is one step.
    fn keep(&self, digest: String, table: &Arc<Table>) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_MAX {
            open.remove(0);
        }
        open.push((digest, table.clone()));
    }
}

/// Whether a text can be the name of a table.
fn is_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_CHARS_MAX).contains(&text.len()) && text.chars().all(word)
}
