//! Pipeline: webhook, parse, map, one action at a twin, every step durable.
//!
//! On the way a webhook takes four commits: kept, parsed with its run, the effect intended, the
//! step settled. The yardstick makes as many bare durable appends one after the other, with as
//! many ways under way at a time.

use std::{
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    twin::Twin,
};
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use super::{
    journal::Journal,
    load::{self, BODY_BYTES},
    report::{Report, Side, Turns},
};

/// Commits on the way of one webhook.
const COMMITS: usize = 4;
/// Ways that are under way at the same time, at most: what one connection may have claimed.
const AT_ONCE: u32 = jackfield::queue::CLAIMS_PER_LANE as u32;

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await?;
    orders::connect(&house, &till).await;
    let flow = house.file("orders.toml", orders::FLOW);
    house.does(&["flow", "apply", &flow]).await;
    let journal = Journal::open(&house.dir().join("yardstick"))?;
    let endpoint = house.endpoint("orders");
    let number = Arc::new(AtomicU64::new(0));
    let (mut ours, mut bare) = (Side::default(), Side::default());
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        appends(&journal, turns.seconds, &mut bare).await?;
        ways(&endpoint, &till, &number, turns.seconds, &mut ours).await?;
    }
    let written = till.vendor().receipts();
    let sent = number.load(Ordering::Relaxed);
    ensure!(written == sent, "{sent} webhooks came to {written} receipts");
    let ratio = ours.per_second() / bare.per_second();
    Ok(Report {
        name: "pipeline",
        ratio,
        lines: vec![
            format!("jackfield {:>8.0} ways/s", ours.per_second()),
            format!("yardstick {:>8.0} times {COMMITS} appends/s", bare.per_second()),
        ],
        more: json!({
            "jackfield": ours.json(),
            "yardstick": bare.json(),
            "commits_per_way": COMMITS,
            "at_once": AT_ONCE,
            "body_bytes": BODY_BYTES,
            "durability": "fdatasync for every commit, group commit, on both sides",
        }),
    })
}

/// Sends webhooks for some seconds and waits for all their receipts.
async fn ways(
    url: &str,
    till: &Twin<Till>,
    number: &Arc<AtomicU64>,
    seconds: u64,
    side: &mut Side,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let written_before = till.vendor().receipts();
    let all = load::send(url, AT_ONCE, None, number, seconds).await?.none_refused()?;
    let wanted = written_before + all.len() as u64;
    while till.vendor().receipts() < wanted {
        SystemClock.sleep_until(SystemClock.now_ms() + 1).await;
        ensure!(begin.elapsed() < Duration::from_secs(120), "the receipts do not come");
    }
    side.add(all, begin.elapsed());
    Ok(())
}

/// As many chains of bare appends at a time, for some seconds.
async fn appends(journal: &Journal, seconds: u64, side: &mut Side) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut chains = JoinSet::new();
    for _ in 0..AT_ONCE {
        let journal = journal.clone();
        chains.spawn(async move {
            let mut latencies_ns = Vec::new();
            while begin.elapsed() < Duration::from_secs(seconds) {
                let before = Instant::now();
                for _ in 0..COMMITS {
                    journal.append(vec![b'x'; BODY_BYTES]).await;
                }
                latencies_ns.push(u64::try_from(before.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
            latencies_ns
        });
    }
    let mut all = Vec::new();
    while let Some(chain) = chains.join_next().await {
        all.extend(chain.context("a chain panicked")?);
    }
    side.add(all, begin.elapsed());
    Ok(())
}
