//! Lookups in the tables that the operator keeps. It promises that a key that is not there is a
//! failure unless the expression says what to take instead. It holds no table: each row is asked
//! for when it is wanted, and only while expressions run.

use std::cell::Cell;

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Bind, Cv, Error, RunPtr, ValXs};
use jaq_json::Val;

use crate::failure::quoted;
use crate::json;
use crate::prelude::Data;

/// The function by which expressions look something up.
pub(crate) const LOOKUP: &str = "lookup";

/// There is no such table, or the call does not reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTable;

/// A row as JSON text, or none for a key that is not there.
pub type Row = Result<Option<String>, NoTable>;

/// Answers the row of a key in a table.
pub type Ask = fn(table: &str, key: &str) -> Row;

/// Who is asked where there are no tables.
///
/// # Errors
/// Always [`NoTable`].
pub fn none(_table: &str, _key: &str) -> Row {
    Err(NoTable)
}

thread_local! {
    /// Who has the tables of the expressions that run.
    static ASKED: Cell<Ask> = const { Cell::new(none) };
}

/// Does some work while `ask` has the tables.
pub(crate) fn asking<T>(ask: Ask, work: impl FnOnce() -> T) -> T {
    ASKED.set(ask);
    let done = work();
    ASKED.set(none);
    done
}

/// The functions as jaq takes them.
pub(crate) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let or_fails: (_, _, RunPtr<Data>) = (LOOKUP, v(2), |mut cv| {
        let (key, table) = (cv.0.pop_var(), cv.0.pop_var());
        bome(row(&table, &key).and_then(|row| row.ok_or_else(|| missing(&table))))
    });
    // What to take instead is evaluated only then, so that it may be `error("…")`.
    let arguments: Box<[Bind]> = [Bind::Var(()), Bind::Var(()), Bind::Fun(())].into();
    let or_default: (_, _, RunPtr<Data>) = (LOOKUP, arguments, otherwise);
    [or_fails, or_default].into_iter().map(run::<Data>)
}

/// The row, or what the third argument gives.
fn otherwise(mut cv: Cv<'_, Data>) -> ValXs<'_, Val> {
    let (instead, context) = cv.0.pop_fun();
    let (key, table) = (cv.0.pop_var(), cv.0.pop_var());
    match row(&table, &key) {
        Ok(Some(row)) => bome(Ok(row)),
        Ok(None) => instead.run((context, cv.1)),
        Err(error) => bome(Err(error)),
    }
}

/// The row of a key; null has none.
fn row(table: &Val, key: &Val) -> Result<Option<Val>, Error<Val>> {
    let Val::TStr(name) = table else {
        return Err(Error::str("`lookup` wants the name of a table, such as \"rates\""));
    };
    let key = match key {
        Val::Null => return Ok(None),
        Val::TStr(text) => String::from_utf8_lossy(text).into_owned(),
        Val::Num(number) => number.to_string(),
        Val::Bool(truth) => truth.to_string(),
        _ => return Err(Error::str("`lookup` wants a string or a number as the key")),
    };
    let name = String::from_utf8_lossy(name);
    let row = (ASKED.get())(&name, &key).map_err(|NoTable| {
        Error::str(format_args!("there is no table `{}` for `lookup`", quoted(&name)))
    })?;
    let read = |text: String| json::parse(&text, "row").map_err(Error::str);
    row.map(read).transpose()
}

/// The failure for a key that is not there; the key may be personal and is not repeated.
fn missing(table: &Val) -> Error<Val> {
    let Val::TStr(name) = table else { return Error::str("the table has no such key") };
    let name = quoted(&String::from_utf8_lossy(name));
    Error::str(format_args!(
        "the table `{name}` has no such key; add it, or say what to take instead: \
         `lookup(\"{name}\"; …; null)`"
    ))
}
