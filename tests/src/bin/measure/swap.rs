//! Swap: releases change places under signed load, a swap a second.
//!
//! The yardstick is the same load without swaps, in turns with it.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use jackfield::connectors::Kind;
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    releases,
    twin::Twin,
};
use serde_json::json;
use tokio::time::{Instant, interval};

use super::{
    install::let_in,
    load::{self, BODY_BYTES},
    report::{Report, Side, Turns},
};

/// Webhooks a second, over all connections of the sender.
const PER_SECOND: u32 = 2_000;
/// Connections of the sender.
const CONNECTIONS: u32 = 32;
/// How often releases change places.
const SWAP_EVERY: Duration = Duration::from_secs(1);

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await?;
    orders::connect(&house, &till).await;
    let endpoint = house.endpoint("orders");
    let number = Arc::new(AtomicU64::new(0));
    let releases = [releases::orders("orders", "0.1.0"), releases::orders("orders", "0.2.0")];
    let (mut with, mut without) = (Side::default(), Side::default());
    let (mut swaps, mut refused) = (0, 0);
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        refused += press(&endpoint, &number, turns.seconds, &mut without).await?;
        let end = Instant::now() + Duration::from_secs(turns.seconds);
        let mut pressing = Box::pin(press(&endpoint, &number, turns.seconds, &mut with));
        let mut next = interval(SWAP_EVERY);
        refused += loop {
            tokio::select! {
                refused = &mut pressing => break refused?,
                _ = next.tick(), if Instant::now() < end => {
                    swaps += 1;
                    let release = &releases[swaps % releases.len()];
                    // The load goes on while the gates are passed.
                    let swapped = let_in(house.rooms(), release, Kind::Upgrade);
                    tokio::select! {
                        refused = &mut pressing => break refused?,
                        swapped = swapped => swapped?,
                    }
                }
            }
        };
    }
    let p99_ratio = with.quantile_us(0.99) / without.quantile_us(0.99);
    Ok(Report {
        name: "swap",
        ratio: p99_ratio,
        lines: vec![
            format!("{swaps} swaps, {refused} webhooks answered with anything but 200"),
            format!(
                "p99 {:.0} µs with swaps, {:.0} µs without",
                with.quantile_us(0.99),
                without.quantile_us(0.99)
            ),
        ],
        more: json!({
            "swaps": swaps,
            "non_2xx": refused,
            "p99_ratio": (p99_ratio * 1000.0).round() / 1000.0,
            "jackfield": with.json(),
            "yardstick": without.json(),
            "wanted_per_second": PER_SECOND,
            "body_bytes": BODY_BYTES,
            "durability": "fdatasync before the reply, group commit",
        }),
    })
}

/// Sends at the pace for some seconds; answers how many were not answered with a 200.
async fn press(
    url: &str,
    number: &Arc<AtomicU64>,
    seconds: u64,
    side: &mut Side,
) -> anyhow::Result<u64> {
    let begin = Instant::now();
    let every = Duration::from_secs(1) / PER_SECOND;
    let sent = load::send(url, CONNECTIONS, Some(every), number, seconds).await?;
    side.add(sent.latencies_ns, begin.elapsed());
    Ok(sent.refused)
}
