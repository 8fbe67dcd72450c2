//! A flow as its file says it: `flows/NAME.toml`.

use serde::Deserialize;
use toml::Spanned;

use super::{FlowError, check::Mistake};

/// The most steps of a flow.
const STEPS_MAX: usize = 100;
/// The longest flow file, in bytes.
const FILE_BYTES_MAX: usize = 256 << 10;

/// When this event, do these steps.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name: the same name applied again replaces it.
    pub name: String,
    /// What starts it.
    pub on: Trigger,
    /// What it does, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// The event that starts a flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The connection from which it comes.
    pub connection: Spanned<String>,
    /// Its kind, such as `deal.won`.
    pub event: Spanned<String>,
    /// An expression on the event: anything but `false` and `null` lets it through.
    pub when: Option<Spanned<String>>,
}

/// One action of a flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, under which later steps find its output: `.steps.ID`.
    pub id: Spanned<String>,
    /// The connection that acts.
    pub connection: Spanned<String>,
    /// What it does there.
    pub action: Spanned<String>,
    /// An expression that makes the action's input of `.event` and `.steps`.
    pub input: Spanned<String>,
}

impl Flow {
    /// Reads a flow file. `file` is its name, for the mistakes.
    pub fn parse(text: &str, file: &str) -> Result<Self, FlowError> {
        let mistake = |at: Option<usize>, what: String, hint: &str| {
            FlowError::Mistakes(vec![Mistake::at(file, text, at, what, hint)])
        };
        if text.len() > FILE_BYTES_MAX {
            let what = format!("a flow file has at most {} KiB", FILE_BYTES_MAX >> 10);
            return Err(mistake(None, what, "split it into several flows"));
        }
        let flow: Self = toml::from_str(text).map_err(|error| {
            let hint = "a flow has `name`, `[on]` (connection, event, when) and `[[step]]` (id, \
                        connection, action, input)";
            mistake(error.span().map(|span| span.start), error.message().to_owned(), hint)
        })?;
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if flow.name.is_empty() || flow.name.len() > 64 || !flow.name.chars().all(good) {
            let what = format!("`{}` is no name for a flow", flow.name);
            return Err(mistake(Some(0), what, "use a-z, 0-9 and `-`, up to 64 of them"));
        }
        if flow.steps.is_empty() || flow.steps.len() > STEPS_MAX {
            let what = format!("a flow has 1 to {STEPS_MAX} steps");
            return Err(mistake(None, what, "each begins with `[[step]]`"));
        }
        for (at, step) in flow.steps.iter().enumerate() {
            let id = step.id.get_ref();
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let begins = id.starts_with(|c: char| c.is_ascii_alphabetic());
            if !begins || id.len() > 64 || !id.chars().all(word) {
                let what = format!("`{id}` is no id for a step");
                let hint = "begin with a letter, and use letters, digits and `_`: later steps \
                            write `.steps.ID`";
                return Err(mistake(Some(step.id.span().start), what, hint));
            }
            if flow.steps[..at].iter().any(|before| before.id.get_ref() == id) {
                let what = format!("there are two steps `{id}`");
                return Err(mistake(Some(step.id.span().start), what, "give each its own id"));
            }
        }
        Ok(flow)
    }
}
