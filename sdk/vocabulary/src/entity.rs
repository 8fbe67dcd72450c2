//! `[entities.NAME]`: a kind of canonical record, and how the system is asked for it.
//!
//! Owns the operations. `id`, `record` and `fields` translate; `get`, `find`, `list`, `changes`
//! read; `create`, `update`, `upsert`, `delete` write. An action that is named after an entity and
//! one of these verbs, such as `contact.create`, needs no more words.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Jq, Paging, Request};

/// A kind of canonical record that a connector has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// The fields by which a record is found before one is made, the surest first.
    #[serde(rename = "match", default)]
    pub match_keys: Vec<String>,
    /// The system's id of a record, in what the system says. Default: `.id`.
    pub id: Option<Jq>,
    /// From what the system says to the canonical record. Members that it makes null are left out;
    /// null itself is no record, and whatever has it is left out.
    pub record: Option<Jq>,
    /// From the canonical record to what the system takes; `$current` is what it has by now, or
    /// null. It is the body of a write that has none of its own, and `$fields` in one that has.
    pub fields: Option<Jq>,
    /// Records that belong to this one, read before `record` runs: `$with.NAME` is canonical, or
    /// null where the system has it no more.
    #[serde(default)]
    pub with: BTreeMap<String, Related>,
    /// Reads one: `.id`.
    pub get: Option<Operation>,
    /// Finds by match keys; the first whose keys are all given is taken.
    #[serde(default)]
    pub find: Vec<Find>,
    /// Reads all of them, or those that changed.
    pub list: Option<List>,
    /// Reads which changed, where the system gives a token for that.
    pub changes: Option<Changes>,
    /// Makes one.
    pub create: Option<Operation>,
    /// Changes one: `.id`, and what is to be changed.
    pub update: Option<Operation>,
    /// Makes or changes one, where the system itself can do that.
    pub upsert: Option<Operation>,
    /// Removes one: `.id`.
    pub delete: Option<Operation>,
}

/// A request about one record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What is sent.
    pub request: Request,
    /// The record in the reply's body. Default: all of it.
    pub item: Option<Jq>,
    /// Statuses that mean that there is no such record. Default: 404 and 410. With 404 among them,
    /// what `[[http.error]]` calls `not-found` means it too.
    #[serde(default = "gone")]
    pub absent: Vec<u16>,
    /// Whether the reply has no more than the id, so that the record is read again by `get`.
    #[serde(default)]
    pub reread: bool,
}

/// How a record is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The match keys that it takes; all of them must be given.
    pub by: Vec<String>,
    /// What is sent: `.` has the keys.
    pub request: Request,
    /// The records in the reply's body, an array. Default: all of it.
    pub items: Option<Jq>,
    /// The id of the record that an item is about, where the item is not the record itself: it is
    /// then read by `get`.
    pub get: Option<Jq>,
    /// Statuses that mean that there is none. Default: 404 and 410.
    #[serde(default = "gone")]
    pub absent: Vec<u16>,
}

/// How all records are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What is sent: `$page`, `$since` and `$parent` say where it is.
    pub request: Request,
    /// The records in the reply's body, an array. Default: all of it.
    pub items: Option<Jq>,
    /// How it goes on; without it, one page is all.
    pub paging: Option<Paging>,
    /// When a record changed, a text or a number that grows: `$since` is the greatest that was
    /// seen by the end of the list before, null at first.
    pub since: Option<Jq>,
    /// The entity whose every record has a list of these: `$parent.id`.
    pub parent: Option<String>,
    /// The id of the record that an item is about, where the item is not the record itself: it is
    /// then read by `get`.
    pub get: Option<Jq>,
}

/// How a system that gives a token tells what changed since. Without a token, or when the token
/// has lapsed, a new one is had first, and then all records are listed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// What is sent: `$since` is the token, null where there is none.
    pub request: Request,
    /// The changes in the reply's body, an array. Default: all of it.
    pub items: Option<Jq>,
    /// The id of the record that a change is about; null for a change that is about none.
    pub get: Jq,
    /// The next token in the reply's body.
    pub token: Jq,
    /// Whether more changes are there at once.
    pub more: Option<Jq>,
    /// The status by which the system says that the token has lapsed or that there was none; its
    /// body has a new one.
    #[serde(default)]
    pub lapsed: Vec<u16>,
}

/// A record that belongs to another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// What it is.
    pub entity: String,
    /// Its id, in what the system says of the record that it belongs to; null for none.
    pub id: Jq,
}

/// What a status says of a record that is not there.
pub(crate) fn gone() -> Vec<u16> {
    vec![404, 410]
}
