//! The only room that reads the time.
//!
//! Owns "now" and "wake me then". Promises that with a [`VirtualClock`] a whole host lives by a
//! time that a test moves by hand. Never hands out an `Instant`: all times that are kept or
//! compared are milliseconds since 1970-01-01T00:00:00Z.
#![expect(clippy::disallowed_methods, reason = "the owner of the clock")]

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

/// A sleep that ends when the clock reaches its time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The longest that [`SystemClock`] sleeps before it looks at the time again, so that a clock
/// set forward, or a laptop that was closed, delays a timer by no more than this.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// The time, as every room sees it.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> u64;

    /// Ends at `at_ms` or just after it; at once if that has passed.
    fn sleep_until(&self, at_ms: u64) -> Sleep;
}

/// A clock that rooms share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep_until(&self, at_ms: u64) -> Sleep {
        Box::pin(async move {
            loop {
                let left = Duration::from_millis(at_ms.saturating_sub(SystemClock.now_ms()));
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_NAP)).await;
            }
        })
    }
}

/// Calls `beat` once a period for as long as it answers true; blocks. A beat that comes late does
/// not make those after it late.
pub fn beats(period: Duration, mut beat: impl FnMut() -> bool) {
    let mut next = Instant::now();
    loop {
        let now = Instant::now();
        // Those that were missed altogether are not made up for.
        next = (next + period).max(now);
        thread::sleep(next - now);
        if !beat() {
            return;
        }
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<watch::Sender<u64>>);

impl VirtualClock {
    /// A clock that stands at `now_ms`.
    pub fn at(now_ms: u64) -> Self {
        Self(Arc::new(watch::Sender::new(now_ms)))
    }

    /// Moves on by `by` and wakes everyone whose time has come.
    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.send_modify(|now| *now = now.saturating_add(by_ms));
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        *self.0.borrow()
    }

    fn sleep_until(&self, at_ms: u64) -> Sleep {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone, and with it everybody who waits for it.
            let _ = now.wait_for(|now| *now >= at_ms).await;
        })
    }
}
