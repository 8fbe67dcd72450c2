//! Problems that the host itself tells a guest; the codes are those of `wit/types.wit`.

use crate::contract::Problem;

fn problem(code: &str, message: String) -> Problem {
    Problem { code: code.into(), message, retry_after_ms: None, details: None }
}

/// What was asked is wrong in itself.
pub fn invalid(message: impl Into<String>) -> Problem {
    problem("invalid", message.into())
}

/// What was asked is not granted; the message says what would allow it.
pub fn forbidden(message: impl Into<String>) -> Problem {
    problem("forbidden", message.into())
}

/// What was asked for does not exist.
pub fn not_found(message: impl Into<String>) -> Problem {
    problem("not-found", message.into())
}

/// Asked too often.
pub fn rate_limited(message: impl Into<String>) -> Problem {
    problem("rate-limited", message.into())
}

/// It could not be done now.
pub fn unavailable(message: impl Into<String>) -> Problem {
    problem("unavailable", message.into())
}
