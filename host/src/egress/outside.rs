//! A system within the process, which stands in the place of all that are outside.
//!
//! For trying connectors without a network. Promises that a request comes here only after the
//! policy has allowed it and `sanitise` has made it the host's; no credential is attached, no
//! budget is used up, and no socket is opened. Never there in a host that serves.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;

use super::{
    error::{EgressError, Stage},
    reply::Reply,
};

/// An answer under way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, Silence>> + Send + 'a>>;

/// What answers in the place of all systems.
pub trait Outside: fmt::Debug + Send + Sync + 'static {
    /// What a request is answered.
    fn answer(&self, asked: Asked) -> Answering<'_>;
}

/// A request as it would be sent, but for what shows who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub body: Bytes,
    /// Whether it may change something at the system.
    pub mutates: bool,
}

/// Hears the exchanges of one call, of which each is told once it has ended.
pub trait Ear: fmt::Debug + Send + Sync + 'static {
    /// A request, and what came of it.
    fn hear(&self, asked: Asked, came: &Result<Reply, EgressError>);
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// No socket: nothing of the request was sent.
    Refused,
    /// The socket broke before anything came back.
    Reset,
    /// Nothing came back in time.
    Timeout,
    /// The head came back, and the body broke off.
    CutOff {
        /// The status of the head.
        status: u16,
    },
    /// What egress said of it at another time.
    Known(EgressError),
}

impl Silence {
    /// Whether the request was handed to a socket, and the status that came back.
    pub(super) fn progress(&self) -> (bool, Option<u16>) {
        match self {
            Self::Refused => (false, None),
            Self::Reset | Self::Timeout => (true, None),
            Self::CutOff { status } => (true, Some(*status)),
            Self::Known(error) => (error.was_handed(), None),
        }
    }

    /// What egress says of it.
    pub(super) fn into_error(self, host: String, limit: Duration) -> EgressError {
        let broken = |stage| EgressError::Broken { stage, why: "connection reset".to_owned() };
        match self {
            Self::Refused => EgressError::Connect { host, why: "connection refused".to_owned() },
            Self::Reset => broken(Stage::Headers),
            Self::CutOff { .. } => broken(Stage::Body),
            Self::Known(error) => error,
            Self::Timeout => EgressError::Timeout {
                stage: Stage::Headers,
                timeout_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            },
        }
    }
}
