//! The budget of one connection: how many requests in each window of time, and how many at once.
//!
//! Promises that no window of the given length, wherever it begins, sees more requests than
//! granted, that what is not live leaves its reserve to what is, and that a shortage says when
//! there is room again. Corrected by what the system itself tells. Never waits for a window:
//! whoever is short comes back later, and others go on.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{error::EgressError, told::News};
use crate::priority::Priority;

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
    /// What others used, as the system told last, and until when that counts.
    others: (u32, u64),
    /// How many the system grants in all, where it told and it is less.
    told_limit: Option<u32>,
}

impl Window {
    fn new(rate: Rate) -> Self {
        let rate = Rate { requests: rate.requests.max(1), per_ms: rate.per_ms.max(1) };
        Self { rate, used: VecDeque::new(), others: (0, 0), told_limit: None }
    }

    fn part_ms(&self) -> u64 {
        self.rate.per_ms.div_ceil(PARTS)
    }

    /// A part counts until the whole of it lies a window's length back.
    fn end_ms(&self, part: u64) -> u64 {
        (part + 1).saturating_mul(self.part_ms()).saturating_add(self.rate.per_ms)
    }

    /// How many requests it has room for in all.
    fn most(&self) -> u32 {
        self.told_limit.map_or(self.rate.requests, |limit| limit.clamp(1, self.rate.requests))
    }

    fn forget(&mut self, now_ms: u64) {
        while self.used.front().is_some_and(|(part, _)| self.end_ms(*part) <= now_ms) {
            self.used.pop_front();
        }
        if self.others.1 <= now_ms {
            self.others = (0, 0);
        }
    }

    /// How long until one more request of a priority fits.
    fn wait_ms(&mut self, now_ms: u64, priority: Priority) -> u64 {
        self.forget(now_ms);
        let most = u64::from(priority.share(self.most()));
        let own = self.used.iter().map(|(part, requests)| (self.end_ms(*part), *requests));
        let (others, others_end_ms) = self.others;
        let mut counted: Vec<(u64, u32)> = own.chain([(others_end_ms, others)]).collect();
        counted.sort_unstable();
        let mut used: u64 = counted.iter().map(|(_, requests)| u64::from(*requests)).sum();
        let mut room_ms = now_ms;
        for (end_ms, requests) in counted {
            if used < most {
                break;
            }
            used -= u64::from(requests);
            room_ms = room_ms.max(end_ms);
        }
        room_ms - now_ms
    }

    fn count(&mut self, now_ms: u64) {
        let part = now_ms / self.part_ms();
        match self.used.back_mut() {
            // A clock that was set back counts into the latest part.
            Some((latest, requests)) if *latest >= part => *requests += 1,
            _ => self.used.push_back((part, 1)),
        }
    }

    /// Takes in what the system told. It may know of requests that this host did not send; what it
    /// does not know yet is still counted here.
    fn correct(&mut self, news: News, now_ms: u64) {
        self.forget(now_ms);
        if let Some(limit) = news.limit {
            self.told_limit = Some(limit);
        }
        let own: u64 = self.used.iter().map(|(_, requests)| u64::from(*requests)).sum();
        let own = u32::try_from(own).unwrap_or(u32::MAX);
        let others = self.most().saturating_sub(news.remaining).saturating_sub(own);
        let lasts_ms = news
            .reset
            .map_or(self.rate.per_ms, |reset| u64::try_from(reset.as_millis()).unwrap_or(u64::MAX));
        self.others = (others, now_ms.saturating_add(lasts_ms));
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

    /// Counts one request of a priority, in every window or in none.
    pub(super) fn take(&self, now_ms: u64, priority: Priority) -> Result<(), Shortage> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let held_ms = state.held_until_ms.saturating_sub(now_ms);
        let waits = state.windows.iter_mut().map(|window| window.wait_ms(now_ms, priority));
        let wait_ms = waits.fold(held_ms, u64::max);
        if wait_ms > 0 {
            return Err(Shortage { after: Duration::from_millis(wait_ms) });
        }
        state.windows.iter_mut().for_each(|window| window.count(now_ms));
        Ok(())
    }

    /// The system told of one of the windows. With nothing left it is left alone until the window
    /// is renewed, if it said when.
    pub(super) fn hear(&self, window: usize, news: News, now_ms: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = state.windows.get_mut(window) {
            window.correct(news, now_ms);
        }
        drop(state);
        if let (0, Some(reset)) = (news.remaining, news.reset) {
            self.hold(now_ms, reset);
        }
    }

    /// The system asked to be left alone for `after`.
    pub(super) fn hold(&self, now_ms: u64, after: Duration) {
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held_until_ms = state.held_until_ms.max(now_ms.saturating_add(after_ms));
    }
}

#[cfg(test)]
mod tests;
