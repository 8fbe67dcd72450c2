//! Exact decimal arithmetic, for money. It takes decimal strings and numbers, gives decimal
//! strings, and never rounds unless it is told how far: what needs more than 28 digits, or
//! is no decimal, fails.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, Error, RunPtr, ValR, ValXs};
use jaq_json::{Num, Val};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{wants, whole};
use crate::prelude::Data;

/// The most places after the point: what the decimal type can hold.
const MAX_PLACES: i32 = 28;

/// The most digits in the text of a decimal: 28, and the zero before the point.
const MAX_DIGITS: usize = 29;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 9] = [
        ("dec_add", 2, |cv| two(cv, "dec_add", add)),
        ("dec_sub", 2, |cv| two(cv, "dec_sub", |a, b| add(a, -b))),
        ("dec_mul", 2, |cv| two(cv, "dec_mul", multiply)),
        ("dec_compare", 2, |mut cv| {
            let (b, a) = (cv.0.pop_var(), cv.0.pop_var());
            bome(compare(&a, &b))
        }),
        ("dec_div", 3, |mut cv| {
            let (places, b, a) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
            bome(divide(&a, &b, &places))
        }),
        ("dec_round", 1, |mut cv| bome(round_to(&cv.1, &cv.0.pop_var()))),
        ("dec_sum", 0, |cv| bome(sum(&cv.1))),
        ("dec_from_minor", 1, |mut cv| bome(from_minor(&cv.1, &cv.0.pop_var()))),
        ("dec_to_minor", 1, |mut cv| bome(to_minor(&cv.1, &cv.0.pop_var()))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// A function of two decimals; none where the result would not be exact.
fn two<'a>(
    mut cv: Cv<'a, Data>,
    function: &str,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> ValXs<'a, Val> {
    let (b, a) = (cv.0.pop_var(), cv.0.pop_var());
    let result = decimal(function, &a).and_then(|a| Ok((a, decimal(function, &b)?)));
    bome(result.and_then(|(a, b)| exact(function, operation(a, b))))
}

/// The sum, if it keeps every place.
fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_add(b).filter(|sum| sum.scale() == a.scale().max(b.scale()))
}

/// The product, if it keeps every place.
fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = a.checked_mul(b)?;
    let kept = product.scale() == a.scale() + b.scale();
    (kept || a.is_zero() || b.is_zero()).then_some(product)
}

/// The order of two decimals, as -1, 0 or 1.
fn compare(a: &Val, b: &Val) -> ValR<Val> {
    let (a, b) = (decimal("dec_compare", a)?, decimal("dec_compare", b)?);
    Ok(Val::from(a.cmp(&b) as isize))
}

/// The quotient, rounded.
fn divide(a: &Val, b: &Val, places: &Val) -> ValR<Val> {
    let (a, b) = (decimal("dec_div", a)?, decimal("dec_div", b)?);
    let places = places_of("dec_div", places)?;
    if b.is_zero() {
        return Err(Error::str("`dec_div` cannot divide by zero"));
    }
    let rounded = a.checked_div(b).and_then(|quotient| rounded(quotient, places));
    exact("dec_div", rounded)
}

/// The input with exactly so many places.
fn round_to(value: &Val, places: &Val) -> ValR<Val> {
    let (value, places) = (decimal("dec_round", value)?, places_of("dec_round", places)?);
    exact("dec_round", rounded(value, places))
}

/// A decimal rounded half away from zero, as invoices are, with exactly so many places;
/// none where the type cannot hold them.
fn rounded(value: Decimal, places: u32) -> Option<Decimal> {
    let mut value = value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    value.rescale(places);
    (value.scale() == places).then_some(value)
}

/// The sum of an array.
fn sum(value: &Val) -> ValR<Val> {
    let Val::Arr(items) = value else { return Err(wants("dec_sum", "an array", value)) };
    let mut total = Decimal::ZERO;
    for item in items.iter() {
        let next = add(total, decimal("dec_sum", item)?);
        total = next.ok_or_else(|| too_long("dec_sum"))?;
    }
    Ok(shown(total))
}

/// Cents as a decimal.
fn from_minor(value: &Val, places: &Val) -> ValR<Val> {
    let minor = decimal("dec_from_minor", value)?;
    let places = places_of("dec_from_minor", places)?;
    if !minor.fract().is_zero() {
        return Err(Error::str("`dec_from_minor` wants a whole number of minor units"));
    }
    let amount = Decimal::try_from_i128_with_scale(minor.trunc().mantissa(), places);
    exact("dec_from_minor", amount.ok())
}

/// A decimal as cents.
fn to_minor(value: &Val, places: &Val) -> ValR<Val> {
    let amount = decimal("dec_to_minor", value)?;
    let places = places_of("dec_to_minor", places)?;
    let scaled = rounded(amount, places).ok_or_else(|| too_long("dec_to_minor"))?;
    if scaled != amount {
        return Err(Error::str(format_args!(
            "`dec_to_minor` would lose digits beyond {places} places; use `dec_round` first"
        )));
    }
    Ok(Val::Num(Num::from_integral(scaled.mantissa())))
}

/// A number of places.
fn places_of(function: &str, places: &Val) -> Result<u32, Error<Val>> {
    whole(function, places, 0, MAX_PLACES).map(i32::unsigned_abs)
}

/// The decimal that a string or a number is.
fn decimal(function: &str, value: &Val) -> Result<Decimal, Error<Val>> {
    let text = match value {
        Val::Num(number) => number.to_string(),
        Val::TStr(text) => String::from_utf8_lossy(text).trim().to_owned(),
        other => return Err(wants(function, "a decimal such as \"12.50\"", other)),
    };
    // The parser takes underscores between digits, and rounds what is written with an exponent.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = !text.contains('_') && digits <= MAX_DIGITS;
    let parsed = if text.contains(['e', 'E']) {
        Decimal::from_scientific(&text)
    } else {
        Decimal::from_str_exact(&text)
    };
    parsed.ok().filter(|_| plain).ok_or_else(|| {
        Error::str(format_args!(
            "`{function}` wants a decimal such as \"12.50\" of at most 28 digits, got another {}",
            super::type_name(value)
        ))
    })
}

/// The result as jq takes it, or the failure where it would not be exact.
fn exact(function: &str, result: Option<Decimal>) -> ValR<Val> {
    result.map(shown).ok_or_else(|| too_long(function))
}

/// A decimal string; zero has no sign.
fn shown(value: Decimal) -> Val {
    let value = if value.is_zero() { value.abs() } else { value };
    Val::from(value.to_string())
}

fn too_long(function: &str) -> Error<Val> {
    Error::str(format_args!("the result of `{function}` has more than 28 digits"))
}
