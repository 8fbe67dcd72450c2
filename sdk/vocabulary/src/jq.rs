//! A jq program as a manifest holds it. It is compiled and run in the sandbox, never here.

use serde::Deserialize;

/// The longest program, in bytes.
pub const JQ_BYTES_MAX: usize = 64 << 10;

/// The variables that every program may use, each without its `$`; those that have no value where
/// it stands are null.
pub const VARIABLES: [&str; 14] = [
    "current", "delivery", "fields", "found", "input", "key", "now", "page", "parent", "reply",
    "settings", "since", "steps", "with",
];

/// The text of a jq program. Whether it is one is found out in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct Jq(String);

impl Jq {
    /// The program's text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Jq {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("an expression is empty\n  hint: `.` is the whole input".into());
        }
        if text.len() > JQ_BYTES_MAX {
            return Err(format!(
                "an expression has more than {JQ_BYTES_MAX} bytes\n  hint: split it, or write \
                 this part in code"
            ));
        }
        Ok(Self(text))
    }
}
