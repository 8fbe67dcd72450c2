//! The budget of one connection: how many requests in each window of time, and how many at once.
//!
//! Promises that no window of the given length, wherever it begins, sees more requests than
//! granted, and that a shortage says when there is room again. Never waits for a window:
//! whoever is short comes back later, and others go on.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::EgressError;

/// Requests of one connection that may be under way at once where nothing less is asked. With
/// replies of 10 MiB it bounds what a connection can make the host hold.
const UNDER_WAY_MAX: u32 = 64;
/// Parts into which a window is divided; what is counted is exact to one part.
const PARTS: u64 = 60;

/// So many requests in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; 0 counts as 1.
    pub requests: u32,
    /// The length of the window, in milliseconds; 0 counts as 1.
    pub per_ms: u64,
}

/// There is no room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// When there is room again, from now.
    pub after: Duration,
}

impl From<Shortage> for EgressError {
    fn from(shortage: Shortage) -> Self {
        Self::RateLimited { after: shortage.after }
    }
}

/// What was used within one window.
#[derive(Debug)]
struct Window {
    rate: Rate,
    /// Number of the part since 1970, and requests in it; oldest first, at most [`PARTS`] + 1.
    used: VecDeque<(u64, u32)>,
}

impl Window {
    fn new(rate: Rate) -> Self {
        let rate = Rate { requests: rate.requests.max(1), per_ms: rate.per_ms.max(1) };
        Self { rate, used: VecDeque::new() }
    }

    fn part_ms(&self) -> u64 {
        self.rate.per_ms.div_ceil(PARTS)
    }

    /// A part counts until the whole of it lies a window's length back.
    fn end_ms(&self, part: u64) -> u64 {
        (part + 1).saturating_mul(self.part_ms()).saturating_add(self.rate.per_ms)
    }

    /// How long until one more request fits.
    fn wait_ms(&mut self, now_ms: u64) -> u64 {
        while self.used.front().is_some_and(|(part, _)| self.end_ms(*part) <= now_ms) {
            self.used.pop_front();
        }
        let used: u64 = self.used.iter().map(|(_, requests)| u64::from(*requests)).sum();
        match self.used.front() {
            Some((oldest, _)) if used >= u64::from(self.rate.requests) => {
                self.end_ms(*oldest).saturating_sub(now_ms)
            }
            _ => 0,
        }
    }

    fn count(&mut self, now_ms: u64) {
        let part = now_ms / self.part_ms();
        match self.used.back_mut() {
            // A clock that was set back counts into the latest part.
            Some((latest, requests)) if *latest >= part => *requests += 1,
            _ => self.used.push_back((part, 1)),
        }
    }
}

#[derive(Debug)]
struct State {
    windows: Vec<Window>,
    /// Until when the system itself asked to be left alone, in milliseconds since 1970.
    held_until_ms: u64,
}

/// The budget of one connection.
#[derive(Debug)]
pub(super) struct Budget {
    rates: Vec<Rate>,
    concurrency: Option<u32>,
    turns: Semaphore,
    state: Mutex<State>,
}

impl Budget {
    pub(super) fn new(rates: Vec<Rate>, concurrency: Option<u32>) -> Self {
        let turns = concurrency.unwrap_or(UNDER_WAY_MAX).clamp(1, UNDER_WAY_MAX);
        let windows = rates.iter().copied().map(Window::new).collect();
        Self {
            rates,
            concurrency,
            turns: Semaphore::new(turns as usize),
            state: Mutex::new(State { windows, held_until_ms: 0 }),
        }
    }

    /// Whether it was made from the same numbers.
    pub(super) fn is_for(&self, rates: &[Rate], concurrency: Option<u32>) -> bool {
        self.rates == rates && self.concurrency == concurrency
    }

    /// Waits until one more may be under way. None cannot happen, as nobody closes the turns.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Counts one request, in every window or in none.
    pub(super) fn take(&self, now_ms: u64) -> Result<(), Shortage> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let held_ms = state.held_until_ms.saturating_sub(now_ms);
        let waits = state.windows.iter_mut().map(|window| window.wait_ms(now_ms));
        let wait_ms = waits.fold(held_ms, u64::max);
        if wait_ms > 0 {
            return Err(Shortage { after: Duration::from_millis(wait_ms) });
        }
        state.windows.iter_mut().for_each(|window| window.count(now_ms));
        Ok(())
    }

    /// The system asked to be left alone for `after`.
    pub(super) fn hold(&self, now_ms: u64, after: Duration) {
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held_until_ms = state.held_until_ms.max(now_ms.saturating_add(after_ms));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE_MS: u64 = 60_000;

    fn budget(rates: &[(u32, u64)]) -> Budget {
        let rates = rates.iter().map(|&(requests, per_ms)| Rate { requests, per_ms });
        Budget::new(rates.collect(), None)
    }

    #[test]
    fn a_shortage_is_honest_about_when_there_is_room() {
        let budget = budget(&[(2, MINUTE_MS)]);
        assert_eq!(budget.take(0), Ok(()));
        assert_eq!(budget.take(10_000), Ok(()));
        let shortage = budget.take(20_000).unwrap_err();
        let later_ms = 20_000 + u64::try_from(shortage.after.as_millis()).unwrap();
        assert!(budget.take(later_ms - 1).is_err());
        assert_eq!(budget.take(later_ms), Ok(()));
        assert!(budget.take(later_ms).is_err());
    }

    #[test]
    fn the_tightest_of_several_windows_decides_and_a_refusal_costs_nothing() {
        let budget = budget(&[(1, 1_000), (3, MINUTE_MS)]);
        assert_eq!(budget.take(0), Ok(()));
        assert!(budget.take(500).is_err());
        assert_eq!(budget.take(2_000), Ok(()));
        assert_eq!(budget.take(4_000), Ok(()));
        let shortage = budget.take(6_000).unwrap_err();
        assert!(shortage.after > Duration::from_secs(50), "{shortage:?}");
    }

    #[test]
    fn a_system_that_asks_for_peace_gets_it() {
        let budget = budget(&[]);
        assert_eq!(budget.take(1_000), Ok(()));
        budget.hold(1_000, Duration::from_secs(5));
        budget.hold(1_000, Duration::from_secs(2));
        assert_eq!(budget.take(2_000), Err(Shortage { after: Duration::from_secs(4) }));
        assert_eq!(budget.take(6_000), Ok(()));
    }

    #[tokio::test]
    async fn only_so_many_are_under_way_at_once() {
        let budget = Budget::new(Vec::new(), Some(2));
        let first = budget.turn().await;
        let _second = budget.turn().await;
        let third = tokio::time::timeout(Duration::from_millis(20), budget.turn()).await;
        assert!(third.is_err());
        drop(first);
        assert!(budget.turn().await.is_some());
    }

    proptest! {
        #[test]
        fn no_window_sees_more_than_was_granted(
            requests in 1_u32..8,
            per_ms in 1_u64..500,
            gaps in proptest::collection::vec(0_u64..100, 1..200),
        ) {
            let budget = budget(&[(requests, per_ms)]);
            let mut now_ms = 0;
            let mut taken: Vec<u64> = Vec::new();
            for gap_ms in gaps {
                now_ms += gap_ms;
                if budget.take(now_ms).is_ok() {
                    taken.push(now_ms);
                }
            }
            for (at, start_ms) in taken.iter().enumerate() {
                let within = taken[at..].iter().filter(|t| **t < start_ms + per_ms).count();
                prop_assert!(within <= requests as usize);
            }
        }
    }
}
