//! Checking and evaluating expressions: the crate's two verbs, without the sandbox around
//! them, so that ordinary tests run the same code. It promises one value for each expression
//! or one failure for all; of what an expression ran on it keeps nothing between calls.

use jaq_core::{Ctx, Vars};
use jaq_json::Val;

use crate::failure::{Failure, failed};
use crate::json;
use crate::prelude::Data;
use crate::program::{Variables, compile};
use crate::programs::kept;
use crate::tables::{Ask, asking};

/// The most expressions in one call.
pub const MAX_EXPRESSIONS: usize = 1024;
/// The most that one call may answer, over all its values, in bytes.
pub const MAX_RESULT_BYTES: usize = 4 * 1024 * 1024;

/// Whether `expression` is a program. Variables are taken on trust: their names come only
/// with the data. Answers the names of the tables in which it looks something up, in order.
///
/// # Errors
/// A [`Failure`] that names the place and the mistake.
pub fn check(expression: &str) -> Result<Vec<String>, Failure> {
    compile(expression, Variables::Unknown).map(|made| made.tables)
}

/// Runs each expression on `input` and answers, in their order, the one value that each
/// gives, as JSON text. The members of the JSON object `vars` are bound to `$name`, and `ask`
/// has the rows that `lookup` wants.
///
/// # Errors
/// The [`Failure`] of the first expression that is not a program, fails, or gives no value
/// or several; where there are several expressions it says which. Also for an `input` or
/// `vars` that is not JSON, and for whatever is over its bound.
pub fn evaluate(
    expressions: &[&str],
    input: &str,
    vars: &str,
    ask: Ask,
) -> Result<Vec<String>, Failure> {
    if expressions.len() > MAX_EXPRESSIONS {
        let (what, limit) = ("the call", MAX_EXPRESSIONS);
        return Err(Failure::OverLimit { what, limit, unit: "expressions" });
    }
    let input = json::parse(input, "input")?;
    let (names, values) = variables(vars)?;
    let results = asking(ask, || each(expressions, &input, (&names, &values)));
    crate::natives::forget();
    results
}

/// The values of all expressions, in their order.
fn each(
    expressions: &[&str],
    input: &Val,
    variables: (&[String], &[Val]),
) -> Result<Vec<String>, Failure> {
    let mut left_bytes = MAX_RESULT_BYTES;
    let mut results = Vec::with_capacity(expressions.len());
    for expression in expressions {
        let result = match one(expression, input, variables, left_bytes) {
            Err(failure) if expressions.len() > 1 => Err(failure.of(expression)),
            other => other,
        }?;
        left_bytes = left_bytes.saturating_sub(result.len());
        results.push(result);
    }
    Ok(results)
}

/// The one value of one expression.
fn one(
    expression: &str,
    input: &Val,
    (names, values): (&[String], &[Val]),
    limit_bytes: usize,
) -> Result<String, Failure> {
    let program = kept(expression, names)?;
    let context = Ctx::<Data>::new(&program.lut, Vars::new(values.iter().cloned()));
    let mut outputs = program.id.run((context, input.clone()));
    let first = outputs.next().ok_or(Failure::NoValue)?.map_err(stopped)?;
    // A failure after the first value counts as the failure that it is.
    if outputs.next().transpose().map_err(stopped)?.is_some() {
        return Err(Failure::SeveralValues);
    }
    json::write(&first, limit_bytes)
}

/// The failure for whatever ended a run.
fn stopped(exception: jaq_core::Exn<'_, Val>) -> Failure {
    // The words that halt are left out of the prelude, so an error is all that can come.
    exception
        .get_err()
        .map_or_else(|_| Failure::Failed("the expression stopped itself".to_owned()), failed)
}

/// The names, each with its `$`, and the values of the variables.
fn variables(vars: &str) -> Result<(Vec<String>, Vec<Val>), Failure> {
    let what = "set of variables";
    let Val::Obj(members) = json::parse(vars, what)? else {
        return Err(Failure::BadData { what, wanted: "a JSON object".to_owned() });
    };
    let mut names = Vec::with_capacity(members.len());
    let mut values = Vec::with_capacity(members.len());
    for (key, value) in members.iter() {
        let name = match key {
            Val::TStr(name) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        };
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(word)
        {
            let wanted = "an object whose names are words such as `rate_1`".to_owned();
            return Err(Failure::BadData { what, wanted });
        }
        names.push(format!("${name}"));
        values.push(value.clone());
    }
    Ok((names, values))
}

#[cfg(test)]
mod tests;
