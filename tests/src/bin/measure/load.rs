//! The load: signed webhooks over kept connections, as fast as they are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use jackfield_tests::{orders, sender::Lane};
use tokio::{task::JoinSet, time::Instant};

/// The length of a body, in bytes.
pub const BODY_BYTES: usize = 2048;

/// Sends over so many connections for some seconds; every answer must be a 200. Returns how long each
/// took, in nanoseconds. `number` tells the webhooks apart.
pub async fn send(
    url: &str,
    connections: usize,
    number: &Arc<AtomicU64>,
    seconds: u64,
) -> anyhow::Result<Vec<u64>> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut lanes = JoinSet::new();
    for _ in 0..connections {
        let mut lane = Lane::new(url)?;
        let number = number.clone();
        lanes.spawn(async move {
            let mut latencies_ns = Vec::new();
            while Instant::now() < end {
                let delivery = orders::delivery(number.fetch_add(1, Ordering::Relaxed), BODY_BYTES);
                let answer = lane.send(&delivery).await?;
                ensure!(answer.status == 200, "answered {}", answer.status);
                latencies_ns.push(answer.latency_us * 1000);
            }
            anyhow::Ok(latencies_ns)
        });
    }
    let mut all = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        all.extend(lane.context("a lane panicked")??);
    }
    Ok(all)
}
