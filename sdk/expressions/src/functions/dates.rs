//! Calendar dates. It takes ISO 8601 dates and times, gives ISO dates, and knows no time
//! zone and no present: a time keeps the date that its sender wrote.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{text, whole};
use crate::prelude::Data;

/// The furthest that a date is moved, in days: about 2700 years.
const MAX_DAYS: i32 = 1_000_000;
/// The furthest that a date is moved, in months: 1000 years.
const MAX_MONTHS: i32 = 12_000;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 4] = [
        ("date_only", 0, |cv| bome(date("date_only", &cv.1).map(shown))),
        ("date_add_days", 1, |mut cv| {
            let days = whole("date_add_days", &cv.0.pop_var(), -MAX_DAYS, MAX_DAYS);
            bome(days.and_then(|days| moved("date_add_days", &cv.1, days.days())))
        }),
        ("date_add_months", 1, |mut cv| {
            let months = whole("date_add_months", &cv.0.pop_var(), -MAX_MONTHS, MAX_MONTHS);
            bome(months.and_then(|months| moved("date_add_months", &cv.1, months.months())))
        }),
        ("date_days_until", 1, |mut cv| bome(days_until(&cv.1, &cv.0.pop_var()))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// The date with which a string begins: alone, or before the time.
fn date(function: &str, value: &Val) -> Result<Date, Error<Val>> {
    let text = text(function, value)?.trim();
    let day = text.split(['T', 't', ' ']).next().unwrap_or_default();
    // A year of four digits, so that `20260102` and `2-1-2026` are refused, not misread.
    let shape = day.len() == 10
        && day.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    day.parse::<Date>()
        .ok()
        .filter(|_| shape)
        .ok_or_else(|| Error::str(format_args!("`{function}` wants a date such as \"2026-01-31\"")))
}

/// A date some days or months later, or earlier.
fn moved(function: &str, value: &Val, by: Span) -> ValR<Val> {
    let moved = date(function, value)?.checked_add(by).ok().filter(|date| date.year() >= 0);
    let outside = || Error::str(format_args!("`{function}` leaves the years 0 to 9999"));
    moved.map(shown).ok_or_else(outside)
}

/// How many days from the input to another date.
fn days_until(from: &Val, to: &Val) -> ValR<Val> {
    let (from, to) = (date("date_days_until", from)?, date("date_days_until", to)?);
    let days = from.duration_until(to).as_hours() / 24;
    Ok(Val::Num(jaq_json::Num::from_integral(days)))
}

fn shown(date: Date) -> Val {
    Val::from(date.to_string())
}
