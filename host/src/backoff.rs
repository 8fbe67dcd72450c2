//! When a failure is tried again: exponentially later, anywhere within the span.
//!
//! Owns the numbers and the arithmetic. Promises that no delay is over the longest. Never sleeps.

use std::time::Duration;

use uuid::Uuid;

/// How retries are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The span of the first retry.
    pub first: Duration,
    /// No retry is later than this.
    pub longest: Duration,
    /// After this many tries, a dead letter.
    pub tries: u32,
}

impl Default for Backoff {
    /// Twelve tries over some hours: 2 s, 4 s, 8 s, up to an hour.
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_secs(3600), tries: 12 }
    }
}

impl Backoff {
    /// These numbers as they are where `host` is what the whole host goes by: what is asked for an
    /// action is meant beside [`Backoff::default`], so each number changes as that one has.
    #[must_use]
    pub fn beside(self, host: Self) -> Self {
        let usual = Self::default();
        let tries = u64::from(self.tries) * u64::from(host.tries);
        let tries = tries.div_ceil(u64::from(usual.tries)).max(1);
        Self {
            first: self.first.mul_f64(host.first.div_duration_f64(usual.first)),
            longest: self.longest.mul_f64(host.longest.div_duration_f64(usual.longest)),
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
        }
    }

    /// How long to wait after `attempts` earlier tries: full jitter over a span that doubles, so
    /// that what failed together does not come back together.
    pub fn delay(&self, attempts: u32) -> Duration {
        let doubled = 1u32.checked_shl(attempts).unwrap_or(u32::MAX);
        let span = self.first.saturating_mul(doubled).min(self.longest);
        span.mul_f64(random())
    }
}

/// A number from 0 to 1, as random as a UUID.
fn random() -> f64 {
    let bits = u32::try_from(Uuid::new_v4().as_u128() >> 96).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_doubles_up_to_the_longest() {
        let backoff = Backoff::default();
        for (attempts, span_s) in [(0, 2), (1, 4), (5, 64), (20, 3600), (u32::MAX, 3600)] {
            for _ in 0..50 {
                assert!(backoff.delay(attempts) <= Duration::from_secs(span_s));
            }
        }
    }

    #[test]
    fn what_failed_together_does_not_come_back_together() {
        let delays: std::collections::HashSet<_> =
            (0..20).map(|_| Backoff::default().delay(8)).collect();
        assert!(delays.len() > 15);
    }

    #[test]
    fn what_is_asked_for_an_action_shrinks_with_the_host() {
        let (usual, second) = (Backoff::default(), Duration::from_secs(1));
        let asked = Backoff { first: second, longest: 900 * second, tries: 6 };
        assert_eq!(asked.beside(usual), asked);
        let quick = Backoff { first: second / 50, longest: second / 5, tries: 5 };
        let told = asked.beside(quick);
        assert_eq!((told.first, told.longest, told.tries), (second / 100, second / 20, 3));
        assert_eq!(usual.beside(quick), quick);
    }
}
