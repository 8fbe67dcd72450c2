//! `[[param]]` and `[[secret]]`: the form that a person fills in to make a connection.
//!
//! Owns the questions. Never holds an answer: settings are the connection's, secrets the vault's.

use schemars::JsonSchema;
use serde::Deserialize;

/// A plain setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// The name, as templates write it: `{param:tenant_id}`.
    pub name: String,
    /// What the form calls it.
    pub title: String,
    /// Where a person finds the value; empty where that needs no words.
    #[serde(default)]
    pub help: String,
    /// Whether a connection must have a value; it must unless this says no.
    #[serde(default = "yes")]
    pub required: bool,
    /// The value where none is given.
    pub default: Option<String>,
}

impl Param {
    /// Whether every connection has a value for it.
    pub fn always_has_value(&self) -> bool {
        self.required || self.default.is_some()
    }
}

/// A value that only the vault, egress and verification see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The name, as the other blocks refer to it.
    pub name: String,
    /// What the form calls it.
    pub title: String,
    /// Where a person finds the value; empty where that needs no words.
    #[serde(default)]
    pub help: String,
    /// Whether a connection must have it; it must unless this says no.
    #[serde(default = "yes")]
    pub required: bool,
    /// What the component may do with it, without seeing it; nothing unless this says so.
    #[serde(default)]
    pub guest: Vec<SecretUse>,
}

/// What a component may do with a secret through the interface `secrets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretUse {
    /// Have the host compute an HMAC under it.
    Mac,
    /// Ask whether a text equals it.
    Matches,
}

fn yes() -> bool {
    true
}
