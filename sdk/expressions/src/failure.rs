//! Why an expression could not be used, in one line for the person who wrote it.
//! It promises to name the place and the types, and never to repeat the data that the
//! expression ran on: data may be personal, and messages end up in logs.

use jaq_core::Error;
use jaq_json::Val;

/// The longest part of an expression, or of a message from one, that is repeated, in
/// characters.
const QUOTED_CHARS: usize = 200;

/// Why an expression could not be checked or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The text is not a jq program.
    #[error("line {line}, column {column}: expected {expected}, found {found}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What would have been right there.
        expected: String,
        /// What stands there, quoted.
        found: String,
    },
    /// A function, variable, label or module that does not exist.
    #[error("line {line}, column {column}: unknown {kind} `{name}`; {hint}")]
    Unknown {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// Such as `function`.
        kind: &'static str,
        /// The word; for a function with the number of arguments, such as `map/2`.
        name: String,
        /// What to write instead.
        hint: String,
    },
    /// A lookup in a table whose name is computed.
    #[error(
        "line {line}, column {column}: `lookup` wants the name of its table as it is, such as \
         `lookup(\"rates\"; .currency)`"
    )]
    Computed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// The program ran and failed, or called `error`.
    #[error("{0}")]
    Failed(String),
    /// The program gave no value.
    #[error("the expression gave no value; it must give exactly one, such as `… // null`")]
    NoValue,
    /// The program gave more than one value.
    #[error("the expression gave several values; it must give exactly one, such as `[…]`")]
    SeveralValues,
    /// The value cannot be written as JSON.
    #[error("the result cannot be written as JSON: {0}")]
    NotJson(&'static str),
    /// The input or the variables are not what they must be.
    #[error("the {what} is not {wanted}")]
    BadData {
        /// `input` or `set of variables`.
        what: &'static str,
        /// Such as `JSON`.
        wanted: String,
    },
    /// Something is larger than its bound.
    #[error("{what} is over the limit of {limit} {unit}")]
    OverLimit {
        /// Such as `the expression`.
        what: &'static str,
        /// The bound.
        limit: usize,
        /// Such as `bytes`.
        unit: &'static str,
    },
    /// A failure of one among several expressions.
    #[error("in `{expression}`: {failure}")]
    In {
        /// The expression, shortened and on one line.
        expression: String,
        /// What is wrong with it.
        failure: Box<Failure>,
    },
}

impl Failure {
    /// The same failure with the expression that it is about.
    pub(crate) fn of(self, expression: &str) -> Self {
        Self::In { expression: quoted(expression), failure: Box::new(self) }
    }
}

/// A text on one line, shortened.
pub(crate) fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The words for an error at run time. What the expression itself says with `error` is
/// repeated as it is; in jq's own errors the values are replaced by their types.
pub(crate) fn failed(error: Error<Val>) -> Failure {
    let value = error.clone().into_val();
    let said = if let Val::TStr(text) = &value {
        String::from_utf8_lossy(text).into_owned()
    } else {
        value.to_string()
    };
    let own_words = Error::new(value) == error;
    let message = if own_words { said } else { types_for_values(&said).unwrap_or(said) };
    Failure::Failed(quoted(&message))
}

/// `cannot index 5 with "x"` as `cannot index number with "x"`, and likewise the other
/// messages in which jq repeats values.
fn types_for_values(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("cannot index ") {
        let (of, rest) = leading_type(rest)?;
        let index = rest.strip_prefix(" with ")?;
        let index = match leading_type(index)? {
            ("object", _) => "object",
            ("array", _) => "array",
            _ => index,
        };
        return Some(format!("cannot index {of} with {index}"));
    }
    if let Some(rest) = message.strip_prefix("cannot use ") {
        let (of, rest) = leading_type(rest)?;
        return Some(format!("cannot use {of}{rest}"));
    }
    if let Some(rest) = message.strip_prefix("cannot calculate ") {
        let (left, rest) = leading_type(rest)?;
        let (operator, right) = rest.strip_prefix(' ')?.split_once(' ')?;
        let (right, _) = leading_type(right)?;
        return Some(format!("cannot calculate {left} {operator} {right}"));
    }
    let rest = message.strip_prefix("invalid path expression with input ")?;
    let (of, _) = leading_type(rest)?;
    Some(format!("a {of} was computed here, and only a path such as `.a.b` can be changed"))
}

/// The type of the JSON value with which a text begins, and what follows it.
fn leading_type(text: &str) -> Option<(&'static str, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let kind = match values.next()?.ok()? {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    Some((kind, &text[values.byte_offset()..]))
}
