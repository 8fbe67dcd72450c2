//! Why something could not be done. Owns the codes of the contract and a constructor for each,
//! so that a connector chooses what the host does next (retry, ask a person) by name.
//! A problem never carries a credential.

use std::fmt;

use serde_json::Value;

/// The codes of the contract; the host decides from them what happens next.
pub mod code {
    /// The input or the request is wrong; a person must mend it.
    pub const INVALID: &str = "invalid";
    /// The credential was refused.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// Not granted.
    pub const FORBIDDEN: &str = "forbidden";
    /// There is no such thing at the system.
    pub const NOT_FOUND: &str = "not-found";
    /// It collides with what is at the system already.
    pub const CONFLICT: &str = "conflict";
    /// Too fast; try again after `retry_after_ms`.
    pub const RATE_LIMITED: &str = "rate-limited";
    /// The system did not answer, or not sensibly; try again.
    pub const UNAVAILABLE: &str = "unavailable";
    /// The system understood and said no; a person must decide.
    pub const REJECTED: &str = "rejected";
}

/// Why something could not be done.
///
/// ```
/// use jackfield_sdk::{Problem, code};
///
/// let problem = Problem::rate_limited("the hourly budget is used up").retry_after_ms(60_000);
/// assert!(problem.is(code::RATE_LIMITED));
/// assert_eq!(problem.to_string(), "rate-limited: the hourly budget is used up");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// One of [`code`]; a code that is not listed there counts as `rejected`.
    pub code: String,
    /// One line for the operator, in lower case, without credentials.
    pub message: String,
    /// The earliest time to try again, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// What the system said, for the repair desk; boxed, so that results stay small.
    pub details: Option<Box<Value>>,
}

impl Problem {
    /// A problem with one of the codes of [`code`].
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry_after_ms: None, details: None }
    }

    /// The input or the request is wrong; a person must mend it.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(code::INVALID, message)
    }

    /// The credential was refused.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(code::UNAUTHORIZED, message)
    }

    /// Not granted; the message should name what would allow it.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(code::FORBIDDEN, message)
    }

    /// There is no such thing at the system.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(code::NOT_FOUND, message)
    }

    /// It collides with what is at the system already.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(code::CONFLICT, message)
    }

    /// Too fast; try again later.
    pub fn rate_limited(message: impl Into<String>) -> Self {
        Self::new(code::RATE_LIMITED, message)
    }

    /// The system did not answer, or not sensibly; the host tries again.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(code::UNAVAILABLE, message)
    }

    /// The system understood and said no; a person must decide.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(code::REJECTED, message)
    }

    /// With the earliest time to try again, in milliseconds from now.
    #[must_use]
    pub fn retry_after_ms(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// With what the system said.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Whether it has this code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Problem {}
