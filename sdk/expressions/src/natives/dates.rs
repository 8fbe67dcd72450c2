//! Times as jq has them: seconds since 1970, and the array of broken down time, all in UTC.
//! It reads no clock and no time zone file.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::{Num, Val};
use jaq_std::ValT as _;
use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::{float, said, text};
use crate::prelude::Data;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 6] = [
        ("fromdateiso8601", 0, |cv| bome(text(&cv.1).and_then(from_iso))),
        ("todateiso8601", 0, |cv| bome(moment(&cv.1).and_then(|at| said(at.to_string())))),
        ("gmtime", 0, |cv| {
            bome(moment(&cv.1).map(|at| broken_down(at.to_zoned(TimeZone::UTC).datetime())))
        }),
        ("mktime", 0, |cv| bome(zoned(&cv.1).map(|at| seconds(at.timestamp())))),
        ("strftime", 1, |mut cv| {
            let format = cv.0.pop_var();
            bome(strftime(&cv.1, &format))
        }),
        ("strptime", 1, |mut cv| {
            let format = cv.0.pop_var();
            bome(strptime(&cv.1, &format))
        }),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

fn from_iso(text: &str) -> ValR<Val> {
    let not_a_time = |_| Error::str("the text is not a time such as \"2026-01-31T08:00:00Z\"");
    text.parse::<Timestamp>().map(seconds).map_err(not_a_time)
}

/// Seconds since 1970: whole ones as an integer, others as a fraction.
fn seconds(at: Timestamp) -> Val {
    if at.subsec_nanosecond() == 0 {
        return Val::Num(Num::from_integral(at.as_second()));
    }
    Val::from(at.as_second() as f64 + f64::from(at.subsec_nanosecond()) / 1e9)
}

/// The moment that a number of seconds is.
fn moment(value: &Val) -> Result<Timestamp, Error<Val>> {
    // An f64 holds every whole second, and the years of a calendar to the microsecond.
    Timestamp::from_microsecond((float(value)? * 1e6).round() as i64).map_err(Error::str)
}

/// The array of year, month from 0, day, hour, minute, second, weekday and day of the year.
fn broken_down(at: DateTime) -> Val {
    let second = f64::from(at.second()) + f64::from(at.subsec_nanosecond()) / 1e9;
    let whole = at.subsec_nanosecond() == 0;
    let parts = [
        at.year() as isize,
        at.month() as isize - 1,
        at.day() as isize,
        at.hour() as isize,
        at.minute() as isize,
        at.second() as isize,
        at.weekday().to_sunday_zero_offset() as isize,
        at.day_of_year() as isize - 1,
    ];
    let value = |(place, part)| match (place, whole) {
        (5, false) => Val::from(second),
        _ => Val::from(part),
    };
    parts.into_iter().enumerate().map(value).collect()
}

/// The time that a broken down array, or a number of seconds, is.
fn zoned(value: &Val) -> Result<Zoned, Error<Val>> {
    let Val::Arr(parts) = value else {
        return moment(value).map(|at| at.to_zoned(TimeZone::UTC));
    };
    let part = |place: usize| parts.get(place).and_then(Val::as_isize);
    let small = |place: usize| part(place).and_then(|part| i8::try_from(part).ok());
    let built = || {
        let second = parts.get(5)?.as_f64()?;
        let (year, month) = (i16::try_from(part(0)?).ok()?, small(1)?.checked_add(1)?);
        let nanosecond = (second.fract() * 1e9) as i32;
        DateTime::new(year, month, small(2)?, small(3)?, small(4)?, second as i8, nanosecond).ok()
    };
    let wanted = "the array is not a time such as [2026, 0, 31, 8, 0, 0]";
    let time = built().ok_or_else(|| Error::str(wanted))?;
    time.to_zoned(TimeZone::UTC).map_err(Error::str)
}

fn strftime(value: &Val, format: &Val) -> ValR<Val> {
    strtime::format(text(format)?, &zoned(value)?).map_err(Error::str).and_then(said)
}

fn strptime(value: &Val, format: &Val) -> ValR<Val> {
    let mut parsed = BrokenDownTime::parse(text(format)?, text(value)?).map_err(Error::str)?;
    if parsed.offset().is_none() {
        parsed.set_offset(Some(Offset::UTC));
    }
    let at = parsed.to_timestamp().map_err(Error::str)?;
    Ok(broken_down(at.to_zoned(TimeZone::UTC).datetime()))
}
