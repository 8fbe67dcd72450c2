//! Load: signed webhooks that keep arriving, whether there is a host or not.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{orders, sender::Lane};
use tokio::task::JoinHandle;

/// How long it waits from one webhook to the next.
const EVERY_MS: u64 = 40;
/// The length of a body, in bytes.
const BODY_BYTES: usize = 500;

/// One sender, in a task of its own.
#[derive(Debug, Clone)]
pub struct Load {
    url: String,
    stop: Arc<AtomicBool>,
    number: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
}

impl Load {
    /// Begins to send.
    pub fn begin(url: &str) -> anyhow::Result<(Self, JoinHandle<()>)> {
        let load = Self {
            url: url.to_owned(),
            stop: Arc::default(),
            number: Arc::default(),
            acknowledged: Arc::default(),
        };
        let mut lane = Lane::new(url)?;
        let sending = load.clone();
        let task = tokio::spawn(async move {
            while !sending.stop.load(Ordering::Relaxed) {
                // Without a host there is no answer, and the next webhook comes all the same.
                sending.send(&mut lane).await;
                SystemClock.sleep_until(SystemClock.now_ms() + EVERY_MS).await;
            }
        });
        Ok((load, task))
    }

    /// Sends one webhook now: its number, and whether it was answered 200.
    pub async fn send_one(&self) -> anyhow::Result<(u64, bool)> {
        Ok(self.send(&mut Lane::new(&self.url)?).await)
    }

    async fn send(&self, lane: &mut Lane) -> (u64, bool) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let sent = lane.send(&orders::delivery(number, BODY_BYTES)).await;
        let taken = sent.is_ok_and(|answer| answer.status == 200);
        if taken {
            self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        }
        (number, taken)
    }

    /// Lets it come to an end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The numbers of the webhooks that were answered 200.
    pub fn acknowledged(&self) -> BTreeSet<u64> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
