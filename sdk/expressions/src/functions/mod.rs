//! What business data needs and jq has not: exact decimals, names, addresses, dates, value
//! maps. One table describes every function, with examples that are also its tests; it
//! promises that nothing is callable that the table does not show.

mod dates;
mod decimals;
mod table;
mod texts;

use jaq_core::native::Fun;
use jaq_core::{Error, ValR};
use jaq_json::Val;

use crate::prelude::Data;

/// One function as its users see it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// How it is called, such as `dec_add(a; b)`.
    pub call: &'static str,
    /// What it does, in one or two sentences.
    pub doc: &'static str,
    /// What it gives for what.
    pub examples: &'static [Example],
}

/// An expression, its input and its value; the last two are JSON text.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The jq expression.
    pub expression: &'static str,
    /// What it runs on.
    pub input: &'static str,
    /// What it gives.
    pub output: &'static str,
}

impl Function {
    /// The name alone, such as `dec_add`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.call.split_once('(').map_or(self.call, |(name, _)| name)
    }
}

/// Every function of this crate, by subject.
pub fn all() -> &'static [Function] {
    table::FUNCTIONS
}

/// The listing of every function with its examples, as Markdown.
#[must_use]
pub fn listing() -> String {
    let mut text = String::new();
    for function in all() {
        text.push_str(&format!("### `{}`\n\n{}\n\n", function.call, function.doc));
        text.push_str("| expression | input | value |\n|---|---|---|\n");
        for Example { expression, input, output } in function.examples {
            // A bar would end the table's cell.
            let expression = expression.replace('|', "\\|");
            text.push_str(&format!("| `{expression}` | `{input}` | `{output}` |\n"));
        }
        text.push('\n');
    }
    text
}

/// The functions that are written in Rust; those written in jq are in `definitions.jq`.
pub(crate) fn natives() -> impl Iterator<Item = Fun<Data>> {
    decimals::natives().chain(texts::natives()).chain(dates::natives())
}

/// A failure in this crate's own words: `function`, what it wants, and what it got.
fn wants(function: &str, wanted: &str, got: &Val) -> Error<Val> {
    Error::str(format_args!("`{function}` wants {wanted}, got {}", type_name(got)))
}

/// The jq name of a value's type.
fn type_name(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::TStr(_) | Val::BStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

/// The text of a string value.
fn text<'a>(function: &str, value: &'a Val) -> Result<&'a str, Error<Val>> {
    match value {
        Val::TStr(bytes) => std::str::from_utf8(bytes)
            .map_err(|_| Error::str(format_args!("`{function}` wants text in utf-8"))),
        other => Err(wants(function, "a string", other)),
    }
}

/// A whole number between two bounds, both included.
fn whole(function: &str, value: &Val, least: i32, most: i32) -> Result<i32, Error<Val>> {
    let number = match value {
        Val::Num(number) => number.as_isize().and_then(|number| i32::try_from(number).ok()),
        _ => None,
    };
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        Error::str(format_args!("`{function}` wants a whole number from {least} to {most}"))
    })
}

/// A string, or null where there is none.
fn text_or_null(text: Option<String>) -> ValR<Val> {
    Ok(text.map_or(Val::Null, Val::from))
}

#[cfg(test)]
mod tests;
