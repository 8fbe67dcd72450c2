//! `Retry-After`, as a system says when to come back (RFC 9110, section 10.2.3).
//!
//! Takes seconds and HTTP dates in the form that senders must use. Never says more than
//! [`AFTER_MAX`]: a system that names next year is not to stop a connection for good.

use std::time::Duration;

use super::reply::Reply;

/// The longest that is believed.
pub(super) const AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long from `now_ms` (milliseconds since 1970) a system wants to be left alone; none where it
/// does not say, or not intelligibly.
pub fn retry_after(reply: &Reply, now_ms: u64) -> Option<Duration> {
    let (_, value) = reply.headers.iter().find(|(name, _)| name == "retry-after")?;
    let value = value.trim();
    let after = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::from_millis(http_date_ms(value)?.saturating_sub(now_ms)),
    };
    Some(after.min(AFTER_MAX))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since 1970; the day's name is not checked.
pub(super) fn http_date_ms(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: u64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = parts.next()?;
    let month = 1 + u64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()?;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut time = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let whole = time.next().is_none() && parts.next() == Some("GMT") && parts.next().is_none();
    // A leap second is written as 60.
    if !whole || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. A year is taken to begin in March, so
/// that the leap day comes last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn after(value: &str, now_ms: u64) -> Option<Duration> {
        let headers = vec![("retry-after".to_owned(), value.to_owned())];
        retry_after(
            &Reply { status: 429, headers, cookies: Vec::new(), body: Bytes::new() },
            now_ms,
        )
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        // The date of RFC 9110, section 5.6.7.
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(after("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(after(" 0 ", 0), Some(Duration::ZERO));
        assert_eq!(after(date, 784_111_777_000 - 1500), Some(Duration::from_millis(1500)));
        assert_eq!(after(date, 784_111_778_000), Some(Duration::ZERO));
        let leap = "Thu, 29 Feb 2024 00:00:00 GMT";
        assert_eq!(after(leap, 1_709_164_799_000), Some(Duration::from_secs(1)));
    }

    #[test]
    fn nonsense_says_nothing_and_too_long_is_cut() {
        for value in [
            "",
            "-1",
            "soon",
            "1.5s",
            "Sun, 06 Nov 1994",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 00 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(after(value, 0), None, "{value}");
        }
        assert_eq!(after("99999999", 0), Some(AFTER_MAX));
        assert_eq!(after("Fri, 31 Dec 9999 23:59:59 GMT", 0), Some(AFTER_MAX));
    }
}
