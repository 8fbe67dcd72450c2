//! Points in time as systems write them (RFC 3339) and as the contract counts them
//! (milliseconds since 1970-01-01T00:00:00Z). Pure functions; never asks for the time now.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Reads a point in time in the form of RFC 3339, such as `2026-01-31T09:30:00.250+01:00`, in
/// milliseconds since 1970; what is finer is cut off. None for any other form, for a day that is
/// not in the calendar, and for a time before 1970. A leap second counts as the one after it.
///
/// ```
/// use jackfield_sdk::{rfc3339, rfc3339_ms};
///
/// assert_eq!(rfc3339_ms("1970-01-02T00:00:00Z"), Some(86_400_000));
/// assert_eq!(rfc3339(86_400_000), "1970-01-02T00:00:00Z");
/// ```
pub fn rfc3339_ms(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (year, month, day) = three(date, '-', [4, 2, 2])?;
    let at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let (hour, minute, second) = three(clock, ':', [2, 2, 2])?;
    let in_calendar = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    let on_clock = hour < 24 && minute < 60 && second <= 60;
    if !in_calendar || !on_clock {
        return None;
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    let ms = days(year, month, day) * DAY_MS + seconds * 1000 + fraction_ms(fraction)?;
    u64::try_from(ms - offset_ms(zone)?).ok()
}

/// Writes a time in milliseconds since 1970 in the form of RFC 3339, in UTC, with a fraction
/// where there is one. Years beyond 9999 are written with all their digits.
pub fn rfc3339(ms: u64) -> String {
    let (day, rest) = (ms / DAY_MS as u64, ms % DAY_MS as u64);
    let (year, month, day) = date(day);
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Three numbers of so many digits each.
fn three(text: &str, separator: char, widths: [usize; 3]) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator);
    let mut number = |width| digits(parts.next()?, width);
    let found = (number(widths[0])?, number(widths[1])?, number(widths[2])?);
    parts.next().is_none().then_some(found)
}

/// A number of exactly `width` digits.
fn digits(text: &str, width: usize) -> Option<i64> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The milliseconds in a fraction of a second of one digit or more.
fn fraction_ms(fraction: &str) -> Option<i64> {
    let plain = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let three: String = fraction.chars().chain("00".chars()).take(3).collect();
    if plain { three.parse().ok() } else { None }
}

/// How far a zone is ahead of UTC.
fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in
/// March, so that a leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The date that is so many days after 1970-01-01; the way back of [`days`].
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    // 400 years are 146097 days.
    let shifted = days_since_1970 + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_read() {
        // `date -u -d … +%s`
        assert_eq!(rfc3339_ms("2000-02-29T12:00:00Z"), Some(951_825_600_000));
        assert_eq!(rfc3339_ms("2026-01-31T09:30:00.25+01:00"), Some(1_769_848_200_250));
        assert_eq!(rfc3339_ms("2026-01-31 09:30:00.123456Z"), Some(1_769_851_800_123));
        assert_eq!(rfc3339_ms("1970-01-01T00:00:00-00:30"), Some(1_800_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T09:30:00",
            "2026-01-31 09:30:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00Zx",
            "1969-12-31T23:59:59Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00é",
        ] {
            assert_eq!(rfc3339_ms(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ms in 0u64..253_402_300_800_000) {
            prop_assert_eq!(rfc3339_ms(&rfc3339(ms)), Some(ms));
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_panics(text in "[-+0-9TZ:. é]{0,40}") {
            let _ = rfc3339_ms(&text);
        }
    }
}
