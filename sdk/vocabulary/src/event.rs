//! What `[webhook]` and `[events.*]` say of what a delivery means.
//!
//! Owns the words. Verification, handshakes and replies are the host's and are not here.

use serde::Deserialize;

use crate::Jq;

/// How a delivery is taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Webhook {
    /// What happened, in the delivery's body, an array. Default: the body if it is an array, else
    /// the body alone.
    pub items: Option<Jq>,
}

/// A kind of event: what an item of a delivery must be to be one, and what the event says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What happened, in words.
    pub title: String,
    /// The canonical record that the event carries; none where it is free in form.
    pub entity: Option<String>,
    /// What the system calls it when one subscribes: `.topic` of `[subscriptions]`.
    pub topic: Option<String>,
    /// Whether an item is one of this kind. Default: each is.
    pub when: Option<Jq>,
    /// Names the change, as a text; the same change must give the same each time. What it lacks to
    /// be alone in its connection, the kind, is added.
    pub key: Option<Jq>,
    /// When it happened: milliseconds or seconds since 1970, or RFC 3339.
    pub at: Option<Jq>,
    /// The event's record, as it is.
    pub record: Option<Jq>,
    /// What the system says of the record, of which the entity's `record` makes the event's.
    pub raw: Option<Jq>,
    /// The record's id, where the item says no more: it is read by the entity's `get`.
    pub get: Option<Jq>,
}
