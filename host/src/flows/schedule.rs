//! Times by the clock on the wall: a cron pattern in a time zone.

use std::{fmt, str::FromStr as _};

use croner::Cron;
use jiff::{Timestamp, tz::TimeZone};

/// When a flow starts by the clock.
#[derive(Clone, PartialEq)]
pub struct Schedule {
    pattern: String,
    cron: Cron,
    zone: TimeZone,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", self.pattern, self.zone.iana_name().unwrap_or("UTC"))
    }
}

impl Schedule {
    /// A pattern of five fields: minute, hour, day of the month, month, day of the week.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(pattern: &str, zone: TimeZone) -> Result<Self, String> {
        let fields = pattern.split_whitespace().count();
        if fields != 5 && !pattern.starts_with('@') {
            return Err(format!("it has {fields} fields, and must have five"));
        }
        let cron = Cron::from_str(pattern).map_err(|error| error.to_string().to_lowercase())?;
        let schedule = Self { pattern: pattern.to_owned(), cron, zone };
        match schedule.after(0) {
            Some(_) => Ok(schedule),
            None => Err("no time ever fits it".into()),
        }
    }

    /// The first time after `at_ms`, in milliseconds since 1970. A time that the change to summer
    /// time leaves out is taken at the change, and one that happens twice is taken once.
    pub fn after(&self, at_ms: u64) -> Option<u64> {
        let at = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
        let at = at.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&at, false).ok()?;
        u64::try_from(next.timestamp().as_millisecond()).ok()
    }

    /// A time as its zone writes it.
    pub fn written(&self, at_ms: u64) -> String {
        let at = i64::try_from(at_ms).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let at = at.unwrap_or_default().to_zoned(self.zone.clone());
        at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> u64 {
        let at: Timestamp = text.parse().unwrap();
        u64::try_from(at.as_millisecond()).unwrap()
    }

    fn london(pattern: &str) -> Schedule {
        Schedule::new(pattern, TimeZone::get("Europe/London").unwrap()).unwrap()
    }

    #[test]
    fn eight_in_the_morning_is_eight_on_the_wall_in_summer_and_winter() {
        let daily = london("0 8 * * *");
        assert_eq!(daily.after(ms("2026-10-24T12:00:00Z")), Some(ms("2026-10-25T08:00:00Z")));
        assert_eq!(daily.after(ms("2026-10-23T12:00:00Z")), Some(ms("2026-10-24T07:00:00Z")));
    }

    #[test]
    fn a_time_that_the_change_leaves_out_is_taken_at_the_change() {
        let daily = london("30 1 * * *");
        let gap = daily.after(ms("2026-03-28T12:00:00Z")).unwrap();
        assert!((ms("2026-03-29T00:30:00Z")..=ms("2026-03-29T01:30:00Z")).contains(&gap));
    }

    #[test]
    fn a_time_that_happens_twice_is_taken_once() {
        let daily = london("30 1 * * *");
        let first = daily.after(ms("2026-10-24T12:00:00Z")).unwrap();
        assert_eq!(daily.after(first), Some(ms("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn the_last_day_of_the_month_can_be_meant() {
        let monthly = london("0 18 L * *");
        assert_eq!(monthly.after(ms("2028-02-01T00:00:00Z")), Some(ms("2028-02-29T18:00:00Z")));
    }

    #[test]
    fn what_is_no_schedule_is_refused_in_words() {
        let refused = |pattern| Schedule::new(pattern, TimeZone::UTC).unwrap_err();
        assert_eq!(refused("0 8 * *"), "it has 4 fields, and must have five");
        assert!(refused("0 25 * * *").contains("out of bounds"), "{}", refused("0 25 * * *"));
        assert_eq!(refused("0 0 30 2 *"), "no time ever fits it");
    }
}
