//! The native functions of jq that its library in Rust offers only together with the clock
//! and the time zone files: patterns, formats, dates in UTC and everyday mathematics. They
//! have jq's names and jq's meaning; whatever is ours alone is in `functions`.

mod dates;
mod formats;
mod maths;
mod patterns;

use jaq_core::native::Fun;
use jaq_core::{Error, ValR};
use jaq_json::Val;
use jaq_std::ValT as _;

use crate::prelude::Data;

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = Fun<Data>> {
    let texts = formats::natives().chain(patterns::natives());
    texts.chain(dates::natives()).chain(maths::natives())
}

/// Forgets whatever was kept to make the functions faster.
pub(crate) fn forget() {
    patterns::forget();
}

/// The text of a string value.
fn text(value: &Val) -> Result<&str, Error<Val>> {
    std::str::from_utf8(value.as_utf8_bytes().ok_or_else(|| Error::typ(value.clone(), "string"))?)
        .map_err(Error::str)
}

/// The number as floating point.
fn float(value: &Val) -> Result<f64, Error<Val>> {
    value.as_f64().ok_or_else(|| Error::typ(value.clone(), "number"))
}

/// A text as the result.
fn said(text: impl Into<String>) -> ValR<Val> {
    Ok(Val::from(text.into()))
}
