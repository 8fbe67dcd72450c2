//! Call: a fresh sandbox that parses a delivery of 2 KiB into an event.
//!
//! The yardstick is the very same Rust code, called natively. What counts is the difference of
//! the medians: what the sandbox costs.

use std::{hint::black_box, time::Duration};

use jackfield::capabilities::{Particulars, Window};
use jackfield_guests::orders::Orders;
use jackfield_sdk::{Delivery, FakeHost, roles::Webhooks as _};
use jackfield_tests::{
    calls,
    house::House,
    orders::{self, Till},
    twin::Twin,
};
use serde_json::json;
use tokio::time::Instant;

use super::{
    load::BODY_BYTES,
    report::{Report, Side, Turns},
};

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await?;
    orders::connect(&house, &till).await;
    let rooms = house.rooms();
    let live = rooms.connections.get("orders")?;
    let delivery = calls::posted(orders::body(1, BODY_BYTES));
    let (mut sandboxed, mut native) = (Side::default(), Side::default());
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        let host = FakeHost::new();
        turn(turns.seconds, &mut native, async || {
            let delivery = Delivery::post(delivery.body.clone());
            let events = Orders::parse(black_box(&host), delivery);
            anyhow::ensure!(events.is_ok_and(|events| events.len() == 1), "the code fails");
            Ok(())
        })
        .await?;
        turn(turns.seconds, &mut sandboxed, async || {
            let window = Window::open(&live.means, &Particulars::default());
            let (package, limits) = (&live.connector.package, live.connector.limits);
            let called = rooms.runtime.parse(package, window, limits, &delivery).await;
            anyhow::ensure!(called.result.is_ok_and(|events| events.len() == 1), "the call fails");
            Ok(())
        })
        .await?;
    }
    let (ours_us, native_us) = (sandboxed.quantile_us(0.5), native.quantile_us(0.5));
    let overhead_us = ours_us - native_us;
    Ok(Report {
        name: "call",
        ratio: ours_us / native_us,
        lines: vec![
            format!("in a fresh sandbox {ours_us:.1} µs at the median, natively {native_us:.1} µs"),
            format!("overhead {overhead_us:.1} µs"),
        ],
        more: json!({
            "overhead_us": overhead_us,
            "sandboxed": { "p50_us": ours_us, "p99_us": sandboxed.quantile_us(0.99) },
            "yardstick": { "p50_us": native_us, "p99_us": native.quantile_us(0.99) },
            "body_bytes": BODY_BYTES,
            "durability": "none: nothing is written",
        }),
    })
}

/// Does it again and again for some seconds.
pub async fn turn(
    seconds: u64,
    side: &mut Side,
    mut once: impl AsyncFnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut latencies_ns = Vec::new();
    while begin.elapsed() < Duration::from_secs(seconds) {
        let before = Instant::now();
        once().await?;
        latencies_ns.push(u64::try_from(before.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    side.add(latencies_ns, begin.elapsed());
    Ok(())
}
