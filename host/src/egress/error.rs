//! What can go wrong on the way out, and what a guest is told of it.
//!
//! Promises that no text here holds a credential, a query string or a body. Whether something
//! may have reached the system is not said here but by `Sent`.

use std::{fmt, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{address::Why, policy::Refusal};
use crate::contract::Problem;

/// Where a request was when something happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// It waited for its turn among the connection's other requests.
    Queue,
    /// Name, socket and TLS were being made; nothing of it was sent.
    Connect,
    /// It was handed to a socket, and the head of the answer was awaited.
    Headers,
    /// The head of the answer was there, and its body was being read.
    Body,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queue => "its turn",
            Self::Connect => "a connection",
            Self::Headers => "the head of the answer",
            Self::Body => "the body of the answer",
        })
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum EgressError {
    /// The request is wrong in itself.
    #[error("{0}")]
    Invalid(String),
    /// A credential or a header of the manifest has characters that no header may have.
    #[error(
        "the connection's credential cannot be sent in a header; hint: set it again without \
         line ends"
    )]
    Credential,
    /// The key is none, or a value that is signed is not there.
    #[error(
        "the request cannot be signed: the key is not what the manifest says, or a value is not \
         set; hint: set the connection's secrets again"
    )]
    SigningKey,
    /// The sign-in is gone, and only a person can renew it.
    #[error(
        "the sign-in `{auth}` of the connection needs a person: {why}; hint: sign in with \
         `jackfield connection authorize`, or mend what is wrong with `jackfield connection set`"
    )]
    NeedsPerson {
        /// Which `[auth.NAME]`.
        auth: String,
        /// What the vendor said, or that nobody has signed in yet.
        why: String,
    },
    /// No token could be had at this moment.
    #[error("no token could be had for `{auth}`: {why}")]
    NoToken {
        /// Which `[auth.NAME]`.
        auth: String,
        /// Why not.
        why: String,
    },
    /// The vendor turned a token away, and gives no other so soon.
    #[error(
        "the vendor turned the token of `{auth}` away, and gives another in {} s", after.as_secs()
    )]
    TokenTooYoung {
        /// Which `[auth.NAME]`.
        auth: String,
        /// When it gives another, from now.
        after: Duration,
    },
    /// No rule allows it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It would go to an address that is not public.
    #[error(
        "`{host}` is refused: {ip} is {why}; hint: only `--origin` of `connection add` admits one"
    )]
    Address {
        /// The host of the URL.
        host: String,
        /// The address that was refused.
        ip: IpAddr,
        /// The reason.
        why: Why,
    },
    /// A name that the operator gave leads to an address that is not public.
    #[error(
        "`{host}` is refused: {ip} is {why}; hint: write the address itself in the URL if that is \
         where it shall go"
    )]
    PrivateName {
        /// The host of the URL.
        host: String,
        /// The address that was refused.
        ip: IpAddr,
        /// The reason.
        why: Why,
    },
    /// The connection's budget is used up.
    #[error("the connection's budget is used up; hint: try again in {} ms", after.as_millis())]
    RateLimited {
        /// When there is room again, from now.
        after: Duration,
    },
    /// The system failed again and again, so that nothing is sent to it for a while.
    #[error(
        "`{origin}` failed {failures} times in a row (last: {why}) and is left alone; hint: try \
         again in {} ms", after.as_millis()
    )]
    LeftAlone {
        /// Which origin.
        origin: String,
        /// How often.
        failures: u32,
        /// What the last failure was.
        why: String,
        /// When the next request may find out, from now.
        after: Duration,
    },
    /// The name has no address.
    #[error("`{host}` was not resolved: {why}")]
    Resolve {
        /// The host of the URL.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// No socket, or no TLS over it.
    #[error("no connection to `{host}`: {why}")]
    Connect {
        /// The host of the URL.
        host: String,
        /// What the network or TLS said.
        why: String,
    },
    /// It took too long.
    #[error("no answer within {timeout_ms} ms: it waited for {stage}")]
    Timeout {
        /// Where it was.
        stage: Stage,
        /// The whole time that it had, in milliseconds.
        timeout_ms: u64,
    },
    /// The socket, or what came over it, was no good.
    #[error("the connection broke while waiting for {stage}: {why}")]
    Broken {
        /// Where it was.
        stage: Stage,
        /// What HTTP said.
        why: String,
    },
    /// The body of the answer is over the bound.
    #[error("the body of the answer is over {bytes_max} bytes; hint: ask for smaller pages")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// The answer is compressed though that was not asked for, so that it could not be scrubbed.
    #[error("the answer is encoded as `{0}`, which was not asked for")]
    Encoded(String),
}

impl EgressError {
    /// Whether the request had been handed to a socket by then.
    pub(super) fn was_handed(&self) -> bool {
        match self {
            Self::Timeout { stage, .. } | Self::Broken { stage, .. } => {
                matches!(stage, Stage::Headers | Stage::Body)
            }
            Self::TooLarge { .. } | Self::Encoded(_) => true,
            _ => false,
        }
    }

    /// The code of `wit/types.wit`.
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) | Self::Credential | Self::SigningKey => "invalid",
            Self::Refused(_) | Self::Address { .. } | Self::PrivateName { .. } => "forbidden",
            // Nothing was tried, so that it counts as being put off.
            Self::RateLimited { .. } | Self::TokenTooYoung { .. } | Self::LeftAlone { .. } => {
                "rate-limited"
            }
            Self::NeedsPerson { .. } => "unauthorized",
            Self::NoToken { .. }
            | Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. }
            | Self::Encoded(_) => "unavailable",
        }
    }
}

impl From<EgressError> for Problem {
    fn from(error: EgressError) -> Self {
        let retry_after_ms = match &error {
            EgressError::RateLimited { after }
            | EgressError::TokenTooYoung { after, .. }
            | EgressError::LeftAlone { after, .. } => u64::try_from(after.as_millis()).ok(),
            _ => None,
        };
        let details = match &error {
            EgressError::Refused(refusal) => {
                refusal.lines().map(|lines| serde_json::json!({ "allow": lines }).to_string())
            }
            _ => None,
        };
        Self { code: error.code().into(), message: error.to_string(), retry_after_ms, details }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_told_the_code_and_when_to_come_back() {
        let error = EgressError::RateLimited { after: Duration::from_millis(1500) };
        let problem = Problem::from(error);
        assert_eq!(problem.code, "rate-limited");
        assert_eq!(problem.retry_after_ms, Some(1500));
        assert_eq!(
            problem.message,
            "the connection's budget is used up; hint: try again in 1500 ms"
        );
    }

    #[test]
    fn a_timeout_says_which_layer_it_was() {
        let error = EgressError::Timeout { stage: Stage::Connect, timeout_ms: 30 };
        let problem = Problem::from(error);
        assert_eq!(problem.code, "unavailable");
        assert_eq!(problem.message, "no answer within 30 ms: it waited for a connection");
    }
}
