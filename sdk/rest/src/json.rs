//! JSON as text, so that every number keeps its digits from the system to the record and back.

use jackfield_sdk::Problem;
use serde_json::{Value, value::RawValue};

/// The most items of an array that one reply or delivery may have.
const ITEMS_MAX: usize = 10_000;

/// The value of a text that a program gave.
pub(crate) fn value(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::invalid(format!("an expression gave no json: {error}")))
}

/// Whether it is null.
pub(crate) fn is_null(text: &str) -> bool {
    text.trim() == "null"
}

/// Whether a condition holds, as jq has it: false and null do not.
pub(crate) fn holds(text: &str) -> bool {
    !matches!(text.trim(), "null" | "false")
}

/// The text of a string, a number or a boolean; none for null.
pub(crate) fn plain(text: &str) -> Option<String> {
    match serde_json::from_str::<String>(text) {
        Ok(plain) => Some(plain),
        Err(_) if is_null(text) => None,
        Err(_) => Some(text.to_owned()),
    }
}

/// The same, where an empty text is none either.
pub(crate) fn some(text: &str) -> Option<String> {
    plain(text).filter(|text| !text.is_empty())
}

/// A text as JSON.
pub(crate) fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// The items of an array, each as text; null is an empty one.
pub(crate) fn items(text: &str, what: &str) -> Result<Vec<String>, Problem> {
    if is_null(text) {
        return Ok(Vec::new());
    }
    let items: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(|_| {
        let hint = "an expression such as `.data` must give it";
        Problem::invalid(format!("{what} is not an array; {hint}"))
    })?;
    if items.len() > ITEMS_MAX {
        return Err(Problem::rejected(format!("{what} has more than {ITEMS_MAX} items")));
    }
    Ok(items.iter().map(|item| item.get().to_owned()).collect())
}

/// An object of names and JSON texts.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let member = |(name, value): (&str, &str)| format!("{}:{value}", string(name));
    format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
}

/// A point in time, in milliseconds since 1970: a number of seconds or milliseconds, or RFC 3339.
pub(crate) fn time_ms(text: &str) -> Option<u64> {
    /// What is below it counts seconds: as milliseconds it would be in 1973.
    const SECONDS_BELOW: f64 = 1e11;
    let plain = some(text)?;
    match plain.parse::<f64>() {
        Ok(number) if (0.0..SECONDS_BELOW).contains(&number) => Some((number * 1000.0) as u64),
        Ok(number) if (SECONDS_BELOW..1e16).contains(&number) => Some(number as u64),
        Ok(_) => None,
        Err(_) => jackfield_sdk::rfc3339_ms(&plain),
    }
}
