//! A webhook request as it arrived, verified and kept by the host before the connector sees it.

use serde::de::DeserializeOwned;

use crate::Problem;
use crate::header::{self, Header};

/// One webhook request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The host's name for it; stable over every replay.
    pub id: String,
    /// When it arrived, in milliseconds since 1970-01-01T00:00:00Z.
    pub received_at_ms: u64,
    /// The HTTP method in upper case.
    pub method: String,
    /// What followed the endpoint in the path: empty, or `/` and more.
    pub path: String,
    /// The query string as sent, without the `?`.
    pub query: String,
    /// In order, less the credential or signature that was verified.
    pub headers: Vec<Header>,
    /// The exact bytes of the body.
    pub body: Vec<u8>,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

impl Delivery {
    /// A `POST` with this body, for tests: `id` is `test`, it arrived at 0.
    pub fn post(body: impl Into<Vec<u8>>) -> Self {
        Self {
            id: "test".into(),
            received_at_ms: 0,
            method: "POST".into(),
            path: String::new(),
            query: String::new(),
            headers: Vec::new(),
            body: body.into(),
            ext: Vec::new(),
        }
    }

    /// With one more header, for tests.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header::find(&self.headers, name)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `invalid`, which makes a dead letter, if the body is not the JSON expected.
    ///
    /// ```
    /// use jackfield_sdk::{Delivery, code};
    ///
    /// let problem = Delivery::post("{").json::<Vec<u8>>().unwrap_err();
    /// assert!(problem.is(code::INVALID));
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Problem::invalid(format!("the delivery is not what the connector expects: {error}"))
        })
    }
}
