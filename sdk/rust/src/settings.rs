//! The connection's settings: what a person filled into the form that `[[param]]` describes.
//! Secrets are never among them.

use std::collections::BTreeMap;

use crate::Problem;

/// A text for each `[[param]]` that has a value, set or by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads the JSON object that the contract's `context.settings` gives.
    ///
    /// # Errors
    /// `invalid` if it is not an object of texts.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            Problem::invalid(format!("the settings are not an object of texts: {error}"))
        })
    }

    /// The value of a setting; none where it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a setting that the connector cannot do without.
    ///
    /// # Errors
    /// `invalid`, naming the setting, where it is absent or empty.
    pub fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| {
            Problem::invalid(format!("the connection has no `{name}`; fill it in its settings"))
        })
    }

    /// All of them, as a JSON object.
    pub fn to_json(&self) -> String {
        // Texts by texts always become JSON.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Sets one, for tests.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }
}
