//! What can go wrong when a connector is installed, changed or looked up.

use std::{io, path::PathBuf};

use jackfield_registry::{
    manifest::Ask,
    package::{Digest, PackageError, Publisher},
};
use thiserror::Error;

use super::SchemaError;
use crate::{
    runtime::RuntimeError,
    store::{CommitError, StoreError},
    text::one_line,
};

/// What can go wrong when a connector is installed or looked up.
#[derive(Debug, Error)]
pub enum ConnectorError {
    /// Not a release: no component, no manifest, a manifest with mistakes, a wrong signature.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Nobody signed it.
    #[error(
        "the release is not signed\n  hint: ask its author for a signed one; if you know where \
         it is from, say --unsigned"
    )]
    Unsigned,
    /// Somebody signed it whom nobody trusts here.
    #[error(
        "the release is signed by `{0}`, whom nobody trusts here\n  hint: if you know whose key \
         this is, `jackfield publisher trust NAME {0}`"
    )]
    UntrustedPublisher(Publisher),
    /// No name for a publisher.
    #[error("`{0}` is no name for a publisher\n  hint: letters, digits, `-`, `_` and `.`")]
    PublisherName(String),
    /// Another key has this name.
    #[error(
        "`{0}` is the name of another key\n  hint: take another name; or, if their key has \
         changed and you know it, `jackfield publisher distrust {0}` first"
    )]
    PublisherTaken(String),
    /// No publisher has this name.
    #[error("there is no publisher `{0}`; `jackfield publisher list` shows those trusted")]
    UnknownPublisher(String),
    /// It asks for more than somebody has said yes to.
    #[error(
        "`{id}` {version} asks for what nobody has allowed: {}\n  hint: say --yes to allow it, \
         once you have looked at it",
        .new.iter().map(|ask| one_line(&ask.what)).collect::<Vec<_>>().join("; ")
    )]
    NotAllowed {
        /// Which connector.
        id: String,
        /// In which version.
        version: String,
        /// What nobody has allowed.
        new: Vec<Ask>,
    },
    /// It wants what no connector gets.
    #[error(
        "the component imports what is beyond the contract: {}\n  hint: a connector gets HTTP, \
         secrets, storage and the log through `jackfield:connector`, and of WASI only clocks, \
         random numbers and standard streams",
        .0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )]
    Imports(Vec<String>),
    /// An action's schema in the manifest is not one.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It does not compile, link or begin.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A connection could not go on through it.
    #[error(
        "the release does not fit what is connected: {0}\n  hint: the running release stays; see \
         `jackfield connection list`"
    )]
    Unfit(String),
    /// The release could not be written or read.
    #[error("the release file `{path}` cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A release file holds something else than when it was written.
    #[error("the release file of {0} is damaged\n  hint: install the release again")]
    Damaged(Digest),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What the store says of the connector `id` cannot be read.
    #[error("the record of connector `{id}` cannot be read: {source}")]
    Unreadable {
        /// Which connector.
        id: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// No connector has this id.
    #[error("there is no connector `{0}`; `jackfield connector list` shows those installed")]
    Unknown(String),
    /// It is installed and cannot be used.
    #[error(
        "the connector `{0}` does not load; the log of the host says why\n  hint: `jackfield \
         connector upgrade FILE` or `jackfield connector rollback {0}` mends it"
    )]
    OutOfOrder(String),
    /// It is installed already.
    #[error("`{0}` is installed already\n  hint: `jackfield connector upgrade FILE` replaces it")]
    Taken(String),
    /// There is no release to go back to.
    #[error("`{0}` has no release to go back to")]
    NothingBefore(String),
    /// Somebody else was faster.
    #[error("`{0}` was changed by somebody else meanwhile\n  hint: look again, and try again")]
    Changed(String),
    /// The connection tries no release of its own.
    #[error("the connection `{connection}` tries no release of `{id}` of its own")]
    NoTrial {
        /// Which connector.
        id: String,
        /// Which connection.
        connection: String,
    },
    /// A gate has a mistake of its own.
    #[error("the host failed at this: {0}\n  hint: its log has the place: please report it")]
    Broken(String),
    /// Connections go through it.
    #[error("connections go through `{id}`: {}\n  hint: remove them first", .connections.join(", "))]
    InUse {
        /// Which connector.
        id: String,
        /// Which connections.
        connections: Vec<String>,
    },
}
