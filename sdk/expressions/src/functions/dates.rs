//! Calendar dates. It takes ISO 8601 dates and times, gives ISO dates, and knows no time
//! zone and no present: a time keeps the date that its sender wrote.

use std::collections::BTreeSet;

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::fmt::{strtime, temporal::Pieces};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::{text, wants, whole};
use crate::prelude::Data;

/// The furthest that a date is moved, in days: about 2700 years.
const MAX_DAYS: i32 = 1_000_000;
/// The furthest that a date is moved, in months: 1000 years.
const MAX_MONTHS: i32 = 12_000;

/// The furthest that a date is moved, in working days: about ten years.
const MAX_BUSINESS_DAYS: i32 = 2_600;
/// The length of a date alone.
const DATE_CHARS: usize = 10;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 10] = [
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
        ("date_add_business_days", 2, |mut cv| {
            let (holidays, days) = (cv.0.pop_var(), cv.0.pop_var());
            bome(business_days(&cv.1, &days, &holidays))
        }),
        ("date_start_of_month", 0, |cv| {
            bome(date("date_start_of_month", &cv.1).map(|day| shown(day.first_of_month())))
        }),
        ("date_end_of_month", 0, |cv| {
            bome(date("date_end_of_month", &cv.1).map(|day| shown(day.last_of_month())))
        }),
        ("date_weekday", 0, |cv| {
            let number = |day: Date| isize::from(day.weekday().to_monday_one_offset());
            bome(date("date_weekday", &cv.1).map(|day| Val::from(number(day))))
        }),
        ("date_format", 1, |mut cv| bome(format(&cv.1, &cv.0.pop_var()))),
        ("date_parse", 1, |mut cv| bome(parse(&cv.1, &cv.0.pop_var()))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// The date with which a string begins: alone, or before the time.
pub(super) fn date(function: &str, value: &Val) -> Result<Date, Error<Val>> {
    let text = text(function, value)?.trim();
    let day = text.split(['T', 't', ' ']).next().unwrap_or_default();
    // A year of four digits, so that `20260102` and `2-1-2026` are refused, not misread.
    let shape = day.len() == DATE_CHARS
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

/// A date so many working days later: not Saturdays, not Sundays, not holidays. With none to
/// go, the day itself or the next that is one.
fn business_days(value: &Val, days: &Val, holidays: &Val) -> ValR<Val> {
    const FUNCTION: &str = "date_add_business_days";
    let mut day = date(FUNCTION, value)?;
    let mut left = whole(FUNCTION, days, -MAX_BUSINESS_DAYS, MAX_BUSINESS_DAYS)?;
    let Val::Arr(holidays) = holidays else {
        return Err(wants(FUNCTION, "an array of holidays", holidays));
    };
    let closed = holidays.iter().map(|day| date(FUNCTION, day)).collect::<Result<BTreeSet<_>, _>>();
    let closed = closed?;
    let is_open = |day: Date| {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !closed.contains(&day)
    };
    let step = if left < 0 { -1 } else { 1 };
    let outside = || Error::str("`date_add_business_days` leaves the years 0 to 9999");
    while left != 0 || !is_open(day) {
        day =
            day.checked_add(step.days()).ok().filter(|day| day.year() >= 0).ok_or_else(outside)?;
        // A day that is closed does not count.
        left -= if is_open(day) && left != 0 { step } else { 0 };
    }
    Ok(shown(day))
}

/// A date or a time in the form that a pattern of `strftime` describes.
fn format(value: &Val, pattern: &Val) -> ValR<Val> {
    let (written, pattern) = (text("date_format", value)?.trim(), text("date_format", pattern)?);
    let unfit = || {
        Error::str("`date_format` wants a pattern such as \"%d/%m/%Y\" that asks for nothing else")
    };
    let day = date("date_format", value)?;
    let time = written.parse::<DateTime>().ok().filter(|_| written.len() > DATE_CHARS);
    // A time with an offset shows it if asked; a time without has none.
    let zoned = time.filter(|_| written.parse::<Timestamp>().is_ok()).and_then(|time| {
        let offset = Pieces::parse(written).ok()?.to_numeric_offset()?;
        offset.to_timestamp(time).ok().map(|at| at.to_zoned(TimeZone::fixed(offset)))
    });
    let shown = match (zoned, time) {
        (Some(zoned), _) => strtime::format(pattern, &zoned),
        (None, Some(time)) => strtime::format(pattern, time),
        (None, None) => strtime::format(pattern, day),
    };
    shown.map(Val::from).map_err(|_| unfit())
}

/// The date that a text is in the form that a pattern describes; null where it is none.
fn parse(value: &Val, pattern: &Val) -> ValR<Val> {
    let pattern = text("date_parse", pattern)?;
    let written = match value {
        Val::Null => return Ok(Val::Null),
        other => text("date_parse", other)?.trim(),
    };
    let parsed = strtime::parse(pattern, written).and_then(|parts| parts.to_date()).ok();
    Ok(parsed.filter(|date| date.year() >= 0).map_or(Val::Null, shown))
}

fn shown(date: Date) -> Val {
    Val::from(date.to_string())
}
