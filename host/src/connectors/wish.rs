//! What somebody wants of a release: as what it comes, and what they allow.

use crate::audit::Actor;

/// How a release shall be let in.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whether it is a connector's first release, or one in the place of another.
    pub kind: Kind,
    /// Whether it may be unsigned.
    pub unsigned: bool,
    /// The yes to what it asks for, as its [`super::Review`] calls it.
    pub approval: Option<String>,
    /// Whether it is watched, and taken back if it fails more than the one before.
    pub watch: bool,
    /// Who wishes it.
    pub actor: Actor,
}

/// What a release comes as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The first of its connector.
    Install,
    /// In the place of another, for all connections.
    Upgrade,
    /// In the place of another, for one connection.
    Trial(String),
}
