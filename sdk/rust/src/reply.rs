//! The system's answer. Owns the one mapping from HTTP statuses to problems, so that every
//! connector is retried, paused or given to a person by the same rules.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Problem;
use crate::header::{self, Header};

/// How much of a refusing body goes into a problem's details, in bytes.
const DETAILS_BYTES: usize = 4096;

/// The answer to a request; 4xx and 5xx are replies, not problems, until [`Reply::ok`] is asked.
///
/// ```
/// use jackfield_sdk::{Reply, code};
///
/// let reply = Reply::new(429).header("retry-after", "30");
/// let problem = reply.ok().unwrap_err();
/// assert!(problem.is(code::RATE_LIMITED));
/// assert_eq!(problem.retry_after_ms, Some(30_000));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// As the system sent it.
    pub status: u16,
    /// In order, without `set-cookie`.
    pub headers: Vec<Header>,
    /// Decoded, up to 10 MiB.
    pub body: Vec<u8>,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

impl Reply {
    /// A reply without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), ext: Vec::new() }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// With these bytes as the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With `value` as a JSON body; for tests. Values that JSON cannot say become `null`.
    #[must_use]
    pub fn with_json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec());
        self.header("content-type", "application/json").body(body)
    }

    /// The value of the first header of this name.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        header::find(&self.headers, name)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// This reply if its status is 2xx, else [`Reply::problem`].
    ///
    /// # Errors
    /// The problem that the status means.
    pub fn ok(self) -> Result<Self, Problem> {
        if self.is_success() { Ok(self) } else { Err(self.problem()) }
    }

    /// The JSON body of a 2xx reply.
    ///
    /// # Errors
    /// The problem that the status means; `unavailable` if the body is not the JSON expected.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        self.ok()?.body_json()
    }

    /// The JSON body whatever the status is, for systems whose errors have to be read.
    ///
    /// # Errors
    /// `unavailable` if the body is not the JSON expected.
    pub fn body_json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("the system answered {} with an unexpected body", self.status);
            Problem::unavailable(format!("{message}: {error}")).details(self.details())
        })
    }

    /// What a status that is not 2xx means to the host:
    /// 401 `unauthorized`, 403 `forbidden`, 404 and 410 `not-found`, 409 and 412 `conflict`,
    /// 429 `rate-limited`, 408, 425 and 5xx `unavailable` (both with `retry-after` where it is
    /// in seconds), every other `rejected`. The details hold the beginning of the body.
    pub fn problem(&self) -> Problem {
        let status = self.status;
        let problem = match status {
            401 => Problem::unauthorized("the system refused the credential (401)"),
            403 => Problem::forbidden("the system does not allow this credential to do it (403)"),
            404 | 410 => Problem::not_found(format!("the system has no such thing ({status})")),
            409 | 412 => Problem::conflict(format!("it collides with the system ({status})")),
            429 => Problem::rate_limited("the system asks to slow down (429)"),
            408 | 425 | 500..=599 => {
                Problem::unavailable(format!("the system could not answer ({status})"))
            }
            _ => Problem::rejected(format!("the system said no ({status})")),
        };
        let retry_after_ms = match status {
            429 | 408 | 425 | 500..=599 => self.retry_after_ms(),
            _ => None,
        };
        Problem { retry_after_ms, ..problem }.details(self.details())
    }

    /// `retry-after` in milliseconds, where the system gave it in seconds (RFC 9110 §10.2.3).
    fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.get_header("retry-after")?.trim().parse().ok()?;
        seconds.checked_mul(1000)
    }

    /// Status and the beginning of the body: as JSON if it is short and JSON, else as text.
    fn details(&self) -> Value {
        let whole = self.body.len() <= DETAILS_BYTES;
        let body = match serde_json::from_slice::<Value>(&self.body) {
            Ok(body) if whole => body,
            _ => {
                let beginning = &self.body[..self.body.len().min(DETAILS_BYTES)];
                Value::String(String::from_utf8_lossy(beginning).into_owned())
            }
        };
        json!({ "status": self.status, "body": body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;

    #[test]
    fn each_status_means_what_the_host_should_do() {
        let meanings = [
            (400, code::REJECTED),
            (401, code::UNAUTHORIZED),
            (403, code::FORBIDDEN),
            (404, code::NOT_FOUND),
            (409, code::CONFLICT),
            (422, code::REJECTED),
            (429, code::RATE_LIMITED),
            (500, code::UNAVAILABLE),
            (503, code::UNAVAILABLE),
            (302, code::REJECTED),
        ];
        for (status, code) in meanings {
            assert_eq!(Reply::new(status).problem().code, code, "{status}");
        }
    }

    #[test]
    fn a_retry_after_that_is_a_date_or_too_large_is_left_out() {
        for value in ["Fri, 31 Dec 1999 23:59:59 GMT", "-1", "18446744073709551615"] {
            let problem = Reply::new(503).header("Retry-After", value).problem();
            assert_eq!(problem.retry_after_ms, None, "{value}");
        }
    }

    #[test]
    fn a_refusal_keeps_what_the_system_said() {
        let problem = Reply::new(400).with_json(&json!({"error": "no name"})).problem();
        let said = json!({"status": 400, "body": {"error": "no name"}});
        assert_eq!(problem.details.as_deref(), Some(&said));
    }

    #[test]
    fn a_long_body_is_cut() {
        let problem = Reply::new(400).body("x".repeat(DETAILS_BYTES + 1)).problem();
        let details = problem.details.unwrap();
        assert_eq!(details["body"].as_str().unwrap().len(), DETAILS_BYTES);
    }

    #[test]
    fn a_body_that_is_not_json_is_worth_another_try() {
        let problem = Reply::new(200).body("<html>").json::<Value>().unwrap_err();
        assert!(problem.is(code::UNAVAILABLE));
    }
}
