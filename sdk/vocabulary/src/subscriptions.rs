//! `[subscriptions]`: how webhooks are registered at the system.
//!
//! Owns the requests. Events say with `topic` what the system calls them.

use serde::Deserialize;

use crate::{Jq, Paging, Request};

/// How webhooks are registered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Subscriptions {
    /// Whether each topic has a subscription of its own, or one has all.
    #[serde(default)]
    pub each: Each,
    /// Makes one: `.url`, `.topic` or `.topics`.
    pub create: Request,
    /// Lists those that there are.
    pub list: Request,
    /// They, in the list's reply, an array. Default: all of it.
    pub items: Option<Jq>,
    /// How the list goes on.
    pub paging: Option<Paging>,
    /// The id of one. Default: `.id`.
    pub id: Option<Jq>,
    /// The URL that it calls. Default: `.url`.
    pub url: Option<Jq>,
    /// Its topics: a text or an array. Default: `.topic`.
    pub topics: Option<Jq>,
    /// When it lapses: milliseconds or seconds since 1970, or RFC 3339; null for never.
    pub expires_at: Option<Jq>,
    /// Removes one: `.id`.
    pub remove: Request,
}

/// How topics are divided among subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Each has its own.
    #[default]
    Topic,
    /// One has all.
    All,
}
