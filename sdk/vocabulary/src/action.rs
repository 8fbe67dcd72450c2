//! What an action of `[actions.*]` does, where no entity says it.
//!
//! Owns one request or several steps, and how it is found out whether it happened.

use serde::Deserialize;

use crate::{Jq, Request};

/// What an action does: `request`, or `step`s in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Action {
    /// The one request.
    pub request: Option<Request>,
    /// Several, in order.
    #[serde(default)]
    pub step: Vec<Step>,
    /// The output, made of the reply's body; with steps, of `$steps`. Default: the body of the
    /// last reply.
    pub result: Option<Jq>,
    /// How it is found out whether it already happened, for `search-first`.
    pub recall: Option<Recall>,
}

/// One step of an action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name: later ones find what it gave as `$steps.NAME`.
    pub id: String,
    /// Whether it is done; it is unless this gives false or null.
    pub when: Option<Jq>,
    /// What is sent.
    pub request: Request,
    /// What it gives, made of the reply's body. Default: all of it.
    pub result: Option<Jq>,
    /// Statuses that are no failure and give null.
    #[serde(default)]
    pub absent: Vec<u16>,
}

/// How it is found out whether an action already happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// What is asked; it must change nothing.
    pub request: Request,
    /// The action's output, made of the reply's body; null if it did not happen.
    pub result: Option<Jq>,
    /// The record in the reply's body, instead, where the action makes a record of the entity that
    /// it is named after; null if it did not happen. Default: all of it.
    pub item: Option<Jq>,
    /// Statuses that mean that it did not happen. Default: 404 and 410.
    #[serde(default = "crate::entity::gone")]
    pub absent: Vec<u16>,
}
