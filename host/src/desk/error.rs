//! What can go wrong at the desk.

use thiserror::Error;

use crate::{
    flows::{EditError, FlowError, HappenedError},
    inbox::InboxError,
    queue::QueueError,
    store::{CommitError, StoreError},
    vault::VaultError,
};

/// What can go wrong at the desk.
#[derive(Debug, Error)]
pub enum DeskError {
    /// The queue failed, or there is no such letter.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A run or a flow cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// An input is not edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It is not taken for happened.
    #[error(transparent)]
    Happened(#[from] HappenedError),
    /// A delivery cannot be read.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// A secret cannot be kept or read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What stopped is no step, and has no input of ours.
    #[error(
        "what stopped is {0}, which is not edited; mend what `jackfield dead-letter show` names, \
         then `jackfield dead-letter retry`"
    )]
    NoInput(String),
    /// What stopped does nothing at a system.
    #[error(
        "`{0}` is no step of a run, so there is nothing of which to say that it happened; retry or \
         discard it"
    )]
    NoStep(String),
    /// Nobody said how alerts go out.
    #[error("alerts are not set; `jackfield alert set --help` shows how")]
    NoAlerts,
    /// Neither or both of the two ways.
    #[error("alerts go out in one way; give --webhook, or --connection and --action")]
    Ways,
    /// The webhook's URL cannot be used.
    #[error("the webhook's url cannot be used: {0}")]
    Url(String),
    /// The action cannot be used.
    #[error("alerts cannot go through `{connection}`: {why}")]
    Action {
        /// The connection.
        connection: String,
        /// Why not.
        why: String,
    },
    /// The input's expression does not give what is wanted.
    #[error("the alert's input is not right: {0}\n  hint: --input '{{ text: .text }}', for one")]
    Input(String),
    /// The ledger on disk was written by a newer host, or is damaged.
    #[error("the {what} of alerts cannot be read: {why}; `jackfield alert set` makes it anew")]
    Unreadable {
        /// Settings or ledger.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A notice was not taken.
    #[error("the alert was not taken: {0}")]
    NotTaken(String),
}
