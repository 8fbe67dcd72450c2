//! Durations as a person writes them.
//!
//! Promises that what is read is at least one second and at most [`DURATION_DAYS_MAX`] days.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

/// The longest duration, in days.
const DURATION_DAYS_MAX: u64 = 366;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A duration as it is written, for the schema of a manifest.
pub(super) struct Duration;

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+[smhd]$" })
    }
}

/// Reads a duration such as `1m` into milliseconds.
pub(super) fn duration_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_ms(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "`{}` is not a duration\n  hint: write a whole number from 1 and a unit, `s`, `m`, `h` \
             or `d`, such as `1m`; at most {DURATION_DAYS_MAX}d",
            text.escape_debug()
        ))
    })
}

/// The same where it may be left out.
pub(super) fn maybe_duration_ms<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    duration_ms(deserializer).map(Some)
}

/// The milliseconds of a duration such as `1m`: a whole number from 1 and `s`, `m`, `h` or `d`, up to
/// 366 days.
pub fn parse_ms(text: &str) -> Option<u64> {
    let unit_ms = match text.bytes().last()? {
        b's' => 1000,
        b'm' => 60 * 1000,
        b'h' => 60 * 60 * 1000,
        b'd' => DAY_MS,
        _ => return None,
    };
    // The last byte is one of four letters, so a character ends there.
    let count = &text[..text.len() - 1];
    let plain = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    let ms = count.parse::<u64>().ok().filter(|_| plain)?.checked_mul(unit_ms)?;
    (1..=DURATION_DAYS_MAX * DAY_MS).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::parse_ms;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(parse_ms("1s"), Some(1000));
        assert_eq!(parse_ms("5m"), Some(300_000));
        assert_eq!(parse_ms("24h"), parse_ms("1d"));
        assert_eq!(parse_ms("366d"), Some(366 * 86_400_000));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["", "s", "1", "0s", "-1s", "+1s", "1.5s", "1 m", "1ms", "m1", "367d", "1µ"] {
            assert_eq!(parse_ms(bad), None, "{bad}");
        }
        assert_eq!(parse_ms("99999999999999999999d"), None);
        assert_eq!(parse_ms("18446744073709551615d"), None);
    }
}
