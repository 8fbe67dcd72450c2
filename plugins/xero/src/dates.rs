//! Xero's dates: `/Date(1550899400362+0000)/` in replies and `2017-06-21T01:15:39.902` (UTC
//! without saying so) in webhooks, to milliseconds since 1970 and to canonical text.
//! It never reads a clock and never guesses a malformed date.

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// The farthest instant that has a four-digit year: 9999-12-31T23:59:59.999Z.
const LAST_MS: i64 = 253_402_300_799_999;

/// The milliseconds since 1970 of `/Date(ms)/` or `/Date(ms+0000)/`. The offset only says how
/// the instant was shown, so it does not change it. None for other text, for instants before
/// 0001 and after 9999.
pub(crate) fn ms_date(text: &str) -> Option<i64> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    // A sign in front belongs to the number; one further on begins the offset.
    let end = inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map(|(i, _)| i);
    let (number, offset) = inner.split_at(end.unwrap_or(inner.len()));
    let digits = offset.get(1..).unwrap_or_default();
    let offset_good = offset.is_empty() || (digits.len() == 4 && all_digits(digits));
    let number_good = all_digits(number.strip_prefix('-').unwrap_or(number));
    let ms = (offset_good && number_good).then(|| number.parse::<i64>().ok())??;
    (days_from_civil(1, 1, 1) * DAY_MS..=LAST_MS).contains(&ms).then_some(ms)
}

/// The milliseconds since 1970 of an ISO 8601 instant in UTC, with or without fraction and `Z`.
pub(crate) fn iso_utc(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once('T')?;
    let days = iso_day(date)?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    let in_range = hour < 24 && minute < 60 && second < 60;
    if !in_range || fraction.is_empty() || !all_digits(fraction) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let ms = days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    u64::try_from(ms).ok()
}

/// The UTC day of an instant, as `YYYY-MM-DD`.
pub(crate) fn day(ms: i64) -> String {
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// An instant as RFC 3339 in UTC with milliseconds.
pub(crate) fn instant(ms: i64) -> String {
    let of_day = ms.rem_euclid(DAY_MS);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", day(ms))
}

/// The days since 1970 of a `YYYY-MM-DD` that exists.
fn iso_day(text: &str) -> Option<i64> {
    let [year, month, day] = fields(text, '-', [4, 2, 2])?;
    let days = days_from_civil(year, month, day);
    (year > 0 && civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Three numbers of fixed widths between separators.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && all_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that
/// begin on 1 March, so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wrapped_date_is_read_with_and_without_offset() {
        assert_eq!(ms_date("/Date(1539993600000+0000)/"), Some(1_539_993_600_000));
        assert_eq!(ms_date("/Date(1573755038314)/"), Some(1_573_755_038_314));
        assert_eq!(ms_date("/Date(-86400000-0800)/"), Some(-86_400_000));
        assert_eq!(day(1_539_993_600_000), "2018-10-20");
        assert_eq!(instant(1_573_755_038_314), "2019-11-14T18:10:38.314Z");
        assert_eq!(day(-1), "1969-12-31");
    }

    #[test]
    fn a_webhook_time_is_utc() {
        assert_eq!(iso_utc("2017-06-21T01:15:39.902"), Some(1_498_007_739_902));
        assert_eq!(iso_utc("2017-06-21T01:15:39.9"), Some(1_498_007_739_900));
        assert_eq!(iso_utc("2017-06-21T01:15:39.9029999Z"), Some(1_498_007_739_902));
        assert_eq!(iso_utc("1970-01-01T00:00:00"), Some(0));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "/Date()/", "/Date(-)/", "/Date(+1)/", "/Date(1+00)/", "/Date(1x)/", "1"] {
            assert_eq!(ms_date(text), None, "{text:?}");
        }
        assert_eq!(ms_date("/Date(9223372036854775807)/"), None);
        for text in ["2017-02-29T00:00:00", "2017-06-21", "2017-06-21T24:00:00", "2017-6-1T0:0:0"] {
            assert_eq!(iso_utc(text), None, "{text:?}");
        }
        assert_eq!(iso_utc("2017-06-21T01:15:39.é"), None);
        assert_eq!(iso_utc("2017-06-21T01:15:39+02:00"), None);
    }

    proptest! {
        #[test]
        fn an_instant_reads_back(ms in 0i64..=LAST_MS) {
            prop_assert_eq!(iso_utc(&instant(ms)), u64::try_from(ms).ok());
            let wrapped = format!("/Date({ms}+0000)/");
            prop_assert_eq!(ms_date(&wrapped), Some(ms));
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_panics(text in "\\PC{0,40}") {
            let _ = (ms_date(&text), iso_utc(&text), ms_date(&format!("/Date({text})/")));
        }
    }
}
