//! The load: signed webhooks over kept connections, at a pace or as fast as they are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use jackfield_tests::{orders, sender::Lane};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

/// The length of a body, in bytes.
pub const BODY_BYTES: usize = 2048;

/// What came of a load.
#[derive(Debug, Default)]
pub struct Sent {
    /// How long each webhook took that was answered with a 200, in nanoseconds.
    pub latencies_ns: Vec<u64>,
    /// How many were answered with anything else, or not at all.
    pub refused: u64,
    /// Why the first of them was.
    why: Option<anyhow::Error>,
}

impl Sent {
    /// How long each took.
    ///
    /// # Errors
    /// One was not answered with a 200.
    pub fn none_refused(self) -> anyhow::Result<Vec<u64>> {
        match self.why {
            Some(why) => Err(why.context(format!("{} webhooks were refused", self.refused))),
            None => Ok(self.latencies_ns),
        }
    }

    fn refuse(&mut self, why: anyhow::Error) {
        self.refused += 1;
        self.why.get_or_insert(why);
    }

    fn add(&mut self, other: Self) {
        self.latencies_ns.extend(other.latencies_ns);
        self.refused += other.refused;
        self.why = self.why.take().or(other.why);
    }
}

/// Sends over so many connections for some seconds; with a pace, one webhook `every` so often over
/// all of them together. `number` tells the webhooks apart.
pub async fn send(
    url: &str,
    connections: u32,
    every: Option<Duration>,
    number: &Arc<AtomicU64>,
    seconds: u64,
) -> anyhow::Result<Sent> {
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds);
    let mut lanes = JoinSet::new();
    for lane_number in 0..connections {
        let mut lane = Lane::new(url)?;
        let number = number.clone();
        let mut pace = every.map(|every| {
            let mut pace = interval_at(begin + every * lane_number, every * connections);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            pace
        });
        lanes.spawn(async move {
            let mut sent = Sent::default();
            while Instant::now() < end {
                if let Some(pace) = &mut pace {
                    pace.tick().await;
                }
                let delivery = orders::delivery(number.fetch_add(1, Ordering::Relaxed), BODY_BYTES);
                match lane.send(&delivery).await {
                    Ok(answer) if answer.status == 200 => {
                        sent.latencies_ns.push(answer.latency_us * 1000);
                    }
                    Ok(answer) => sent.refuse(anyhow!("answered {}", answer.status)),
                    Err(error) => sent.refuse(error.into()),
                }
            }
            sent
        });
    }
    let mut all = Sent::default();
    while let Some(lane) = lanes.join_next().await {
        all.add(lane.context("a lane panicked")?);
    }
    Ok(all)
}
