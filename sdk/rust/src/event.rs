//! What a connector says (events) and what it is asked to do (calls).

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problem;

/// What a delivery means.
///
/// ```
/// use jackfield_sdk::{Event, serde_json::json};
///
/// let event = Event::new("deal.won", "deal:7:won").value(json!({"id": "7"})).at_ms(1_000);
/// assert_eq!(event.record["id"], "7");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// One of the kinds that the manifest declares in `[events]`, such as `deal.won`.
    pub kind: String,
    /// Names the change: the same change gives the same key however often, and on whichever
    /// way, it is seen. Up to 256 bytes.
    pub key: String,
    /// The canonical record, under the schema that the manifest names for this kind.
    pub record: Value,
    /// When it happened at the system, in milliseconds since 1970.
    pub occurred_at_ms: Option<u64>,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

impl Event {
    /// An event of this kind about the change that `key` names, with a null record.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            key: key.into(),
            record: Value::Null,
            occurred_at_ms: None,
            ext: Vec::new(),
        }
    }

    /// With this record.
    ///
    /// # Errors
    /// `invalid` if it cannot be written as JSON, such as a map whose keys are not text.
    pub fn record<T: Serialize + ?Sized>(mut self, record: &T) -> Result<Self, Problem> {
        self.record = serde_json::to_value(record)
            .map_err(|error| Problem::invalid(format!("the record is not json: {error}")))?;
        Ok(self)
    }

    /// With this record, already JSON.
    #[must_use]
    pub fn value(mut self, record: Value) -> Self {
        self.record = record;
        self
    }

    /// With the time at which it happened, in milliseconds since 1970.
    #[must_use]
    pub fn at_ms(mut self, occurred_at_ms: u64) -> Self {
        self.occurred_at_ms = Some(occurred_at_ms);
        self
    }
}

/// One call of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// One of the actions that the manifest declares in `[actions]`, such as `invoice.create`.
    pub action: String,
    /// JSON text; the host has checked it against the action's input schema.
    pub input: String,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

impl Call {
    /// A call with this input.
    pub fn new(action: impl Into<String>, input: &Value) -> Self {
        Self { action: action.into(), input: input.to_string(), ext: Vec::new() }
    }

    /// The input, read into a type.
    ///
    /// # Errors
    /// `invalid` if it does not fit.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.input).map_err(|error| {
            Problem::invalid(format!("the input of `{}` does not fit: {error}", self.action))
        })
    }

    /// The problem to answer to an action that the connector does not have.
    pub fn unknown(&self) -> Problem {
        Problem::invalid(format!("this connector has no action `{}`", self.action))
    }
}
