//! What replies tell of a budget: how many requests are left, of how many, and when it is renewed.
//!
//! Reads the headers that a manifest names. Promises to take nonsense for silence, and never to
//! believe a time further off than `Retry-After` may name.

use std::time::Duration;

use jackfield_registry::manifest::Reset;
use jiff::Timestamp;

use super::{
    reply::Reply,
    retry_after::{AFTER_MAX, http_date_ms},
};

/// The headers that tell of one window of a budget; names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which of the rates, from 0.
    pub window: usize,
    /// How many requests are left.
    pub remaining: String,
    /// When there will be more.
    pub reset: Option<(String, Reset)>,
    /// How many there are in all.
    pub limit: Option<String>,
}

/// What one reply told of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct News {
    pub(super) remaining: u32,
    /// From now.
    pub(super) reset: Option<Duration>,
    pub(super) limit: Option<u32>,
}

impl Told {
    /// What a reply tells; none where it does not say how many are left, or not intelligibly.
    pub(super) fn read(&self, reply: &Reply, now_ms: u64) -> Option<News> {
        let value = |name: &str| {
            let found = reply.headers.iter().find(|(named, _)| named == name);
            found.map(|(_, value)| value.trim())
        };
        let remaining = count(value(&self.remaining)?)?;
        let reset = self.reset.as_ref();
        let reset = reset.and_then(|(name, form)| time_left(*form, value(name)?, now_ms));
        let limit = self.limit.as_ref().and_then(|name| count(value(name)?));
        Some(News { remaining, reset, limit })
    }
}

/// How long from now.
fn time_left(form: Reset, text: &str, now_ms: u64) -> Option<Duration> {
    let whole = |text: &str| text.parse::<u64>().ok();
    let at_ms = match form {
        Reset::Seconds => {
            let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
            return Some(Duration::try_from_secs_f64(seconds).map_or(AFTER_MAX, bounded));
        }
        Reset::EpochSeconds => whole(text)?.checked_mul(1_000)?,
        Reset::EpochMilliseconds => whole(text)?,
        Reset::Rfc3339 => u64::try_from(text.parse::<Timestamp>().ok()?.as_millisecond()).ok()?,
        Reset::HttpDate => http_date_ms(text)?,
    };
    Some(bounded(Duration::from_millis(at_ms.saturating_sub(now_ms))))
}

fn bounded(after: Duration) -> Duration {
    after.min(AFTER_MAX)
}

/// The number with which a text begins: some systems write `59.5`, or `100, 100;w=60`. What is
/// below zero is none left.
fn count(text: &str) -> Option<u32> {
    let (below, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let ends = matches!(text[end..].chars().next(), None | Some('.' | ',' | ';' | '/' | ' '));
    let number = text[..end].parse::<u64>().ok().filter(|_| ends)?;
    Some(if below { 0 } else { u32::try_from(number).unwrap_or(u32::MAX) })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn reply(headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Reply { status: 200, headers: headers.collect(), cookies: Vec::new(), body: Bytes::new() }
    }

    #[test]
    fn each_form_of_a_time_is_understood() {
        let half_a_minute = Some(Duration::from_secs(30));
        for (form, text) in [
            (Reset::Seconds, "30"),
            (Reset::Seconds, "30.0"),
            (Reset::EpochSeconds, "1700000030"),
            (Reset::EpochMilliseconds, "1700000030000"),
            (Reset::Rfc3339, "2023-11-14T22:13:50Z"),
            (Reset::Rfc3339, "2023-11-15T00:13:50+02:00"),
            (Reset::HttpDate, "Tue, 14 Nov 2023 22:13:50 GMT"),
        ] {
            assert_eq!(time_left(form, text, NOW_MS), half_a_minute, "{form:?} {text}");
        }
        assert_eq!(
            time_left(Reset::EpochSeconds, "17", NOW_MS),
            Some(Duration::ZERO),
            "it has passed"
        );
        assert_eq!(time_left(Reset::Seconds, "1e300", NOW_MS), Some(AFTER_MAX));
        assert_eq!(time_left(Reset::EpochMilliseconds, "9999999999999", NOW_MS), Some(AFTER_MAX));
    }

    #[test]
    fn nonsense_is_silence() {
        use Reset::{EpochMilliseconds, EpochSeconds, HttpDate, Rfc3339, Seconds};
        for form in [Seconds, EpochSeconds, EpochMilliseconds, Rfc3339, HttpDate] {
            for text in ["", "soon", "-1", "NaN", "99999999999999999999999x"] {
                assert_eq!(time_left(form, text, NOW_MS), None, "{form:?} {text}");
            }
        }
        for text in ["", "many", "5k", "-", "x5", "--5"] {
            assert_eq!(count(text), None, "{text}");
        }
    }

    #[test]
    fn a_reply_tells_what_is_left_of_how_much_and_until_when() {
        let told = Told {
            window: 0,
            remaining: "x-left".into(),
            reset: Some(("x-reset".into(), Reset::Seconds)),
            limit: Some("x-limit".into()),
        };
        let all = reply(&[("x-left", " 3 "), ("x-reset", "7"), ("x-limit", "100, 100;w=60")]);
        let news = News { remaining: 3, reset: Some(Duration::from_secs(7)), limit: Some(100) };
        assert_eq!(told.read(&all, NOW_MS), Some(news));
        let less = reply(&[("x-left", "-2"), ("x-reset", "later")]);
        let news = News { remaining: 0, reset: None, limit: None };
        assert_eq!(told.read(&less, NOW_MS), Some(news));
        assert_eq!(told.read(&reply(&[("x-reset", "7")]), NOW_MS), None);
        assert_eq!([count("59.5"), count("4294967296")], [Some(59), Some(u32::MAX)]);
    }
}
