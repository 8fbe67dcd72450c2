//! What can go wrong with the vault, and what a person does then.

use thiserror::Error;

use crate::store::{CommitError, StoreError};

/// What can go wrong with the vault.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The text is no master key.
    #[error(
        "this is no master key: it begins with `jackfield-master-1:` and 44 characters of base64 \
         follow\n  hint: `jackfield init` writes one; keep a copy of it in a safe place"
    )]
    Malformed,
    /// The master key is another than the one under which the vault was sealed.
    #[error(
        "the master key {given} does not open this vault, which was sealed under {wanted}\n  \
         hint: give the key {wanted} with --master-key{}; nothing was changed",
        .place.as_ref().map(|place| format!("; it was written to `{place}`")).unwrap_or_default()
    )]
    WrongKey {
        /// The id of the key that was given.
        given: String,
        /// The id of the key that is needed.
        wanted: String,
        /// Where the needed key was written by a rotation, if one wrote it.
        place: Option<String>,
    },
    /// A rotation was under way, and its new key is not there.
    #[error(
        "a rotation to the master key {id} did not end, and that key is not at `{place}`\n  hint: \
         put it back there and start again; some secrets are sealed under it, and nothing was \
         changed"
    )]
    NextKeyMissing {
        /// The id of the new key.
        id: String,
        /// Where it was written.
        place: String,
    },
    /// The mark by which the right master key is known was changed, cut or removed.
    #[error(
        "the vault's mark is damaged\n  hint: restore the data directory from a backup; nothing \
         was overwritten"
    )]
    DamagedMark,
    /// A sealed value was changed, cut or moved.
    #[error(
        "the sealed secret `{name}` of `{connection}` is damaged\n  hint: set it again: \
         `jackfield connection set {connection} --secret {name}=-`"
    )]
    Damaged {
        /// The connection.
        connection: String,
        /// The secret's name.
        name: String,
    },
    /// A connection's sealed data key was changed, cut or moved.
    #[error(
        "the sealed data key of `{connection}` is damaged, so none of its secrets opens\n  hint: \
         remove the connection and add it again, or restore the data directory from a backup"
    )]
    DamagedKey {
        /// The connection.
        connection: String,
    },
    /// Something does not open, so the rotation cannot end.
    #[error(
        "the rotation stays unfinished: {found} sealed entries are damaged, the first of them {}\n  \
         hint: set these secrets again, or remove their connections, then `jackfield key rotate` \
         goes on; all others open", .first.join(", ")
    )]
    Unsound {
        /// How many.
        found: usize,
        /// The first of them, in words.
        first: Vec<String>,
    },
    /// Another rotation, to another key, is not finished.
    #[error(
        "a rotation of the master key is under way{}, and has to end first\n  hint: `jackfield \
         key show` says how far it is; if it stopped, `jackfield key rotate` goes on with it",
        if .0.is_empty() { String::new() } else { format!(" to {}", .0) }
    )]
    UnderWay(String),
    /// No rotation is under way.
    #[error("no rotation of the master key is under way")]
    NotUnderWay,
    /// The host stops; the rotation goes on when it starts again.
    #[error("the host stops; the rotation goes on when it starts again")]
    Stopped,
    /// Somebody else has been changing the same secrets for too long.
    #[error("the secrets of `{0}` are being changed by another; try again")]
    Busy(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}
