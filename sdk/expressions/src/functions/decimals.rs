//! Exact decimal arithmetic, for money. It takes decimal strings and numbers, gives decimal
//! strings, and never rounds unless it is told how far: what needs more than 28 digits, or
//! is no decimal, fails.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, Error, RunPtr, ValR, ValXs};
use jaq_json::{Num, Val};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{currencies, text, wants, whole};
use crate::prelude::Data;

/// The most places after the point: what the decimal type can hold.
const MAX_PLACES: i32 = 28;

/// The most parts of an amount.
const MAX_PARTS: i32 = 1_000;

/// The most digits in the text of a decimal: 28, and the zero before the point.
const MAX_DIGITS: usize = 29;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 13] = [
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
        ("dec_round", 1, |mut cv| bome(round_to("dec_round", &cv.1, &cv.0.pop_var(), HALF_UP))),
        ("dec_round_even", 1, |mut cv| {
            bome(round_to("dec_round_even", &cv.1, &cv.0.pop_var(), HALF_EVEN))
        }),
        ("dec_percent", 2, |mut cv| {
            let (places, rate) = (cv.0.pop_var(), cv.0.pop_var());
            bome(percent(&cv.1, &rate, &places))
        }),
        ("dec_split", 2, |mut cv| {
            let (places, parts) = (cv.0.pop_var(), cv.0.pop_var());
            bome(split(&cv.1, &parts, &places))
        }),
        ("dec_parse", 1, |mut cv| bome(parse(&cv.1, &cv.0.pop_var()))),
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
fn round_to(function: &str, value: &Val, places: &Val, how: RoundingStrategy) -> ValR<Val> {
    let (value, places) = (decimal(function, value)?, places_of(function, places)?);
    exact(function, rounded_so(value, places, how))
}

/// Half away from zero, as invoices are rounded.
const HALF_UP: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;
/// Half to the even digit, as banks round.
const HALF_EVEN: RoundingStrategy = RoundingStrategy::MidpointNearestEven;

/// A decimal rounded half away from zero with exactly so many places; none where the type
/// cannot hold them.
fn rounded(value: Decimal, places: u32) -> Option<Decimal> {
    rounded_so(value, places, HALF_UP)
}

fn rounded_so(value: Decimal, places: u32, how: RoundingStrategy) -> Option<Decimal> {
    let mut value = value.round_dp_with_strategy(places, how);
    value.rescale(places);
    (value.scale() == places).then_some(value)
}

/// So many hundredths of the input, rounded.
fn percent(value: &Val, rate: &Val, places: &Val) -> ValR<Val> {
    let (value, rate) = (decimal("dec_percent", value)?, decimal("dec_percent", rate)?);
    let places = places_of("dec_percent", places)?;
    let hundredths =
        multiply(value, rate).and_then(|product| multiply(product, Decimal::new(1, 2)));
    exact("dec_percent", hundredths.and_then(|exact| rounded(exact, places)))
}

/// The input in parts that differ by one minor unit at most and add up to it; the first ones
/// are the larger.
fn split(value: &Val, parts: &Val, places: &Val) -> ValR<Val> {
    let count = i128::from(whole("dec_split", parts, 1, MAX_PARTS)?);
    let units = minor("dec_split", value, places)?.mantissa();
    let places = places_of("dec_split", places)?;
    let (share, rest) = (units / count, units % count);
    let part = |place: i128| share + if place < rest.abs() { rest.signum() } else { 0 };
    let amount = |units| Decimal::try_from_i128_with_scale(units, places).ok();
    (0..count).map(|place| exact("dec_split", amount(part(place)))).collect()
}

/// A decimal as people write it, with a mark before the places and other marks between the
/// thousands; null where it is none.
fn parse(value: &Val, mark: &Val) -> ValR<Val> {
    let between: &[char] = match text("dec_parse", mark)? {
        "." => &[',', '\'', '’', ' ', '\u{a0}', '\u{202f}'],
        "," => &['.', '\'', '’', ' ', '\u{a0}', '\u{202f}'],
        _ => {
            return Err(Error::str("`dec_parse` wants the mark before the places, \".\" or \",\""));
        }
    };
    let written = match value {
        Val::Null => return Ok(Val::Null),
        other => text("dec_parse", other)?.trim(),
    };
    let mark = if between[0] == ',' { '.' } else { ',' };
    let (sign, written) = written.strip_prefix(['-', '−']).map_or(("", written), |w| ("-", w));
    let (front, places) = written.split_once(mark).map_or((written, None), |(f, p)| (f, Some(p)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let groups: Vec<&str> = front.split(between).collect();
    // `1.5` with the mark `,` is a mistake of whoever sent it, not fifteen.
    let grouped = groups.iter().skip(1).all(|group| group.len() == 3)
        && (groups.len() == 1 || (1..=3).contains(&groups[0].len()));
    if !grouped || !groups.iter().all(|group| digits(group)) || !places.is_none_or(digits) {
        return Ok(Val::Null);
    }
    let places = places.map(|places| format!(".{places}")).unwrap_or_default();
    let plain = Decimal::from_str_exact(&format!("{sign}{}{places}", groups.concat()));
    Ok(plain.map_or(Val::Null, shown))
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
    let scaled = minor("dec_to_minor", value, places)?;
    Ok(Val::Num(Num::from_integral(scaled.mantissa())))
}

/// A decimal with exactly so many places, if no digit is lost by that.
fn minor(function: &str, value: &Val, places: &Val) -> Result<Decimal, Error<Val>> {
    let (amount, places) = (decimal(function, value)?, places_of(function, places)?);
    let scaled = rounded(amount, places).ok_or_else(|| too_long(function))?;
    if scaled != amount {
        return Err(Error::str(format_args!(
            "`{function}` would lose digits beyond {places} places; use `dec_round` first"
        )));
    }
    Ok(scaled)
}

/// A number of places, or that of a currency.
fn places_of(function: &str, places: &Val) -> Result<u32, Error<Val>> {
    if let Val::TStr(_) = places {
        return currencies::places(text(function, places)?).ok_or_else(|| {
            Error::str(format_args!("`{function}` knows no currency with this code, use a number"))
        });
    }
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
