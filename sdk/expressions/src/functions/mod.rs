//! What business data needs and jq has not: exact decimals, dates and zones, telephone numbers,
//! names, addresses, value maps, lookups, XML. One table describes every function, with examples that are also its tests; it
//! promises that nothing is callable that the table does not show.

mod addresses;
mod currencies;
mod dates;
mod decimals;
mod digests;
mod names;
mod phones;
mod table;
mod texts;
mod xml;
mod zones;

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
pub fn all() -> impl Iterator<Item = &'static Function> {
    table::SUBJECTS.iter().flat_map(|(_, functions)| *functions)
}

/// The listing of every function with its examples, as Markdown: `FUNCTIONS.md`.
#[must_use]
pub fn listing() -> String {
    let mut text = HEAD.to_owned();
    for (subject, functions) in table::SUBJECTS {
        text.push_str(&format!("\n## {subject}\n"));
        for function in functions {
            text.push_str(&format!("\n### `{}`\n\n{}\n\n", function.call, function.doc));
            text.push_str("| expression | input | value |\n|---|---|---|\n");
            for Example { expression, input, output } in function.examples {
                // A bar would end the table's cell.
                let expression = expression.replace('|', "\\|");
                text.push_str(&format!("| `{expression}` | `{input}` | `{output}` |\n"));
            }
        }
    }
    text
}

/// What stands above the listing.
const HEAD: &str = "\
# What expressions can do beside jq

Expressions are [jq](https://jqlang.org/manual/) programs. They have no clock, no environment and no other input than
`.`; beside jq's own words they have the functions below. Each example is a test. Missing values are null, never an
empty text, and a function that cannot tell says null or fails: it does not guess.

`cargo run -p jackfield-expressions --example functions` writes this file. In the examples of `lookup` there is a
table `accounts` with the row `travel`, whose `code` is `493`.
";

/// The functions that are written in Rust; those written in jq are in `definitions.jq`.
pub(crate) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let amounts = decimals::natives().chain(currencies::natives());
    let texts = texts::natives().chain(phones::natives()).chain(names::natives());
    let times = dates::natives().chain(zones::natives());
    let values = addresses::natives().chain(crate::tables::natives());
    let data = xml::natives().chain(digests::natives());
    amounts.chain(texts).chain(times).chain(values).chain(data)
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
