//! What went wrong, for those who must act on it: whose fault it is and whether to try again.
//!
//! Each room has a `thiserror` enum of its own; at a border between rooms it becomes a [`Fault`].
//! `anyhow` is for `main`, the command line and tests. A fault never carries a credential.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::backoff::Backoff;

/// Whose fault it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The connector: it trapped, ran over a limit or answered nonsense.
    Guest,
    /// The system at the other end, or the way to it.
    Remote,
    /// This host: its disk, its memory, a bug.
    Host,
    /// What a person wrote or did: a flow, a setting, a credential, a grant.
    Operator,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It will fail again until a person changes something.
    Never,
    /// Later, by the usual exponential backoff.
    Backoff,
    /// Not before this long from now: the system said so.
    After(Duration),
}

/// A failure at the border of a room.
#[derive(Debug)]
pub struct Fault {
    /// Whose fault it was.
    pub blame: Blame,
    /// Whether trying again can help.
    pub retry: Retry,
    /// A short stable word for grouping, such as `timeout` or `not-granted`.
    pub code: Cow<'static, str>,
    /// One line in lower case for the operator.
    pub message: String,
    /// How it is tried again, where that was said for what failed; else as the host does. In a box,
    /// since most faults have none and all are carried about.
    pub backoff: Option<Box<Backoff>>,
    /// What lay beneath, for the log.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Fault {
    /// A fault with nothing beneath it.
    pub fn new(
        blame: Blame,
        retry: Retry,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { blame, retry, code, message, backoff: None, source: None }
    }

    /// The host's own failure, worth another try: a full disk is emptied, a bug is not, and
    /// both end at the repair desk if they last.
    pub fn host(code: &'static str, source: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            blame: Blame::Host,
            retry: Retry::Backoff,
            code: code.into(),
            message: source.to_string(),
            backoff: None,
            source: Some(Box::new(source)),
        }
    }

    /// The same, tried again by what was said for what failed.
    #[must_use]
    pub fn tried_by(self, backoff: Option<Backoff>) -> Self {
        Self { backoff: backoff.map(Box::new).or(self.backoff), ..self }
    }

    /// A person's mistake: trying again cannot help.
    pub fn operator(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Blame::Operator, Retry::Never, code, message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
