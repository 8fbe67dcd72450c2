//! Sleepers: what runs that are asleep cost a host, and how late they get up.
//!
//! A host in a process of its own has one run asleep, another a million, with timers spread over
//! half a year and an event each that would end them. Memory, starting and the webhooks of the two
//! are measured in turns; then ten thousand are due within a minute, while webhooks come.

mod bed;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{orders, sender::Lane, victim::Victim};
use serde_json::{Value, json};
use tokio::{process::Child, time::Instant};

use super::{
    load,
    report::{Report, Side, Turns},
};
use bed::{BODY_BYTES, Bed};

/// Those that sleep are due within so long, in milliseconds, the first not before a day.
const SPREAD_MS: u64 = 180 * DAY_MS;
const DAY_MS: u64 = 24 * 3_600_000;
/// So many are due within the minute, or a part of all if there are fewer.
const DUE: u64 = 10_000;
const PART: u64 = 4;
/// The minute has so many seconds for each second of a turn.
const MINUTE: u64 = 20;
/// How long before the first is due they are written and the host is started, in milliseconds, and
/// how much longer for each of them.
const LEAD_MS: u64 = 15_000;
const LEAD_MS_EACH: u64 = 10;
/// How long all may take to be done once the minute is over.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a host has for itself before its memory is looked at, in milliseconds.
const REST_MS: u64 = 2_000;
/// Webhooks over so many connections, one each so often: what a busy host has, and far from all
/// that it can take.
const LANES: u32 = 4;
const EVERY: Duration = Duration::from_millis(20);
/// The number of the first order of a load: none of those that sleep has it.
const FIRST: u64 = 5_000_000_000;
/// Runs that an event ends.
const ENDED: u64 = 20;
/// What an operator types, and how long it takes is told.
const COMMANDS: [&[&str]; 5] = [
    &["status"],
    &["run", "list"],
    &["run", "list", "--state", "waiting"],
    &["run", "list", "--state", "dead"],
    &["doctor"],
];

/// A host that runs, and what is known of it.
struct Running {
    child: Child,
    bed: Bed,
    victim: Victim,
    side: Side,
    start_ms: f64,
    mib: f64,
}

pub async fn measure(runs: u64, turns: Turns) -> anyhow::Result<Report> {
    let mut full = Bed::open().await?;
    let from_ms = SystemClock.now_ms() + DAY_MS;
    full.fill(runs, |n| from_ms + n.wrapping_mul(SPREAD_MS / 1009) % SPREAD_MS).await?;
    let disk_mib = full.house.rooms().store.disk_bytes() >> 20;
    let ended = full.fill_unseen(ENDED, from_ms + SPREAD_MS).await?;
    let mut empty = Running::start(Bed::open().await?).await?;
    let mut full = Running::start(full).await?;
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        empty.webhooks(turns.seconds).await?;
        full.webhooks(turns.seconds).await?;
    }
    let ended_ms = full.end_by_events(&ended).await?;
    let typed = full.types().await?;
    let due = (runs / PART).min(DUE);
    let minute_s = turns.seconds * MINUTE;
    let woken = full.wake(due, minute_s).await?;
    let ratio = full.side.quantile_us(0.5) / empty.side.quantile_us(0.5);
    let bytes_each = (full.mib - empty.mib) * 1024.0 * 1024.0 / runs as f64;
    let waking = woken.beside.quantile_us(0.5) / empty.side.quantile_us(0.5);
    Ok(Report {
        name: "sleepers",
        ratio,
        lines: vec![
            format!(
                "memory    {:.0} MiB with {runs} asleep, {:.0} MiB with one: {bytes_each:.0} bytes \
                 each",
                full.mib, empty.mib
            ),
            format!("start     {:.0} ms, and {:.0} ms with one", full.start_ms, empty.start_ms),
            format!(
                "late      {:.0} ms at the median, {:.0} ms at p99, {:.0} ms at most, of {due} due \
                 in {minute_s} s",
                woken.up.quantile_us(0.5) / 1000.0,
                woken.up.quantile_us(0.99) / 1000.0,
                woken.up.quantile_us(1.0) / 1000.0
            ),
            format!(
                "webhooks  {:.0} µs at the median, with one asleep {:.0} µs; {waking:.2} times that \
                 while they get up",
                full.side.quantile_us(0.5),
                empty.side.quantile_us(0.5)
            ),
        ],
        more: json!({
            "asleep": runs,
            "disk_mib": disk_mib,
            "memory_mib": full.mib,
            "memory_bytes_each": bytes_each,
            "memory_after_mib": woken.mib,
            "start_ms": full.start_ms,
            "webhooks": full.side.json(),
            "webhooks_while_waking": woken.beside.json(),
            "waking_ratio": waking,
            "p99_ratio": full.side.quantile_us(0.99) / empty.side.quantile_us(0.99),
            "ended_by_event_ms": ended_ms,
            "commands_ms": typed,
            "due": due,
            "due_within_s": minute_s,
            "late": woken.up.json(),
            "late_max_ms": woken.up.quantile_us(1.0) / 1000.0,
            "action_late": woken.done.json(),
            "yardstick": {
                "asleep": 1,
                "memory_mib": empty.mib,
                "start_ms": empty.start_ms,
                "webhooks": empty.side.json(),
            },
            "durability": "fdatasync for every commit, group commit, on both sides",
        }),
    })
}

/// What came of those that were due.
struct Morning {
    up: Side,
    done: Side,
    /// The webhooks that came meanwhile.
    beside: Side,
    mib: f64,
}

impl Running {
    /// Stops the house and starts a host of its own process on its data.
    async fn start(mut bed: Bed) -> anyhow::Result<Self> {
        bed.house.stop().await;
        let victim = Victim::of(&bed.house, &bed.endpoint)?;
        let begin = Instant::now();
        let child = victim.open().await?;
        let first = orders::delivery(FIRST, BODY_BYTES);
        let answer = Lane::new(&victim.url)?.send(&first).await?;
        ensure!(answer.status == 200, "answered {}", answer.status);
        let start_ms = begin.elapsed().as_secs_f64() * 1000.0;
        rest(REST_MS).await;
        let mib = resident_mib(&child)?;
        Ok(Self { child, bed, victim, side: Side::default(), start_ms, mib })
    }

    /// Webhooks at a steady pace, each of which puts one more run to sleep.
    async fn webhooks(&mut self, seconds: u64) -> anyhow::Result<()> {
        let (latencies_ns, took) = self.send(seconds).await?;
        self.side.add(latencies_ns, took);
        Ok(())
    }

    async fn send(&self, seconds: u64) -> anyhow::Result<(Vec<u64>, Duration)> {
        static NUMBER: std::sync::OnceLock<Arc<AtomicU64>> = std::sync::OnceLock::new();
        let number = NUMBER.get_or_init(|| Arc::new(AtomicU64::new(FIRST + 1)));
        let begin = Instant::now();
        let sent = load::send(&self.victim.url, LANES, Some(EVERY), number, seconds).await?;
        Ok((sent.none_refused()?, begin.elapsed()))
    }

    /// Sends events that end runs; how long it took until the last of them had ended.
    async fn end_by_events(&self, orders: &[u64]) -> anyhow::Result<f64> {
        let begin = Instant::now();
        let mut lane = Lane::new(&self.victim.url)?;
        for number in orders {
            let answer = lane.send(&orders::delivery(*number, BODY_BYTES)).await?;
            ensure!(answer.status == 200, "answered {}", answer.status);
        }
        loop {
            let listed = ["run", "list", "--state", "cancelled", "--limit", "1000"];
            let listed = self.bed.house.told(&listed).await;
            if listed.as_array().is_some_and(|runs| runs.len() == orders.len()) {
                return Ok(begin.elapsed().as_secs_f64() * 1000.0);
            }
            ensure!(begin.elapsed() < PATIENCE, "an event ended {listed} of {}", orders.len());
            rest(100).await;
        }
    }

    /// How long each command takes, in milliseconds.
    async fn types(&self) -> anyhow::Result<Value> {
        let mut took = json!({});
        for command in COMMANDS {
            let begin = Instant::now();
            let (_, _, said) = self.bed.house.types(command).await;
            ensure!(!said.contains("error"), "{}: {said}", command.join(" "));
            took[command.join(" ")] = (begin.elapsed().as_secs_f64() * 1000.0).round().into();
        }
        Ok(took)
    }

    /// Has so many get up within some seconds, while webhooks come.
    async fn wake(&mut self, many: u64, seconds: u64) -> anyhow::Result<Morning> {
        self.child.kill().await.context("the host cannot be killed")?;
        let span_ms = seconds * 1000;
        let begin_ms = SystemClock.now_ms() + LEAD_MS + many * LEAD_MS_EACH;
        let due_ms = |n: u64| begin_ms + n * span_ms / many;
        let due = self.bed.fill_stopped(many, due_ms).await?;
        let before = self.bed.till.vendor().receipts();
        self.child = self.victim.open().await?;
        let now_ms = SystemClock.now_ms();
        ensure!(now_ms < begin_ms, "the host started {} ms too late", now_ms - begin_ms);
        rest(begin_ms - now_ms).await;
        let (latencies_ns, took) = self.send(seconds).await?;
        let mut beside = Side::default();
        beside.add(latencies_ns, took);
        let end = Instant::now() + PATIENCE;
        loop {
            let woken = self.bed.till.vendor().receipts() - before;
            if woken >= many {
                break;
            }
            ensure!(Instant::now() < end, "{woken} of {many} got up");
            rest(100).await;
        }
        // The last of them have their receipts, and are about to end.
        rest(REST_MS).await;
        let mib = resident_mib(&self.child)?;
        self.child.kill().await.context("the host cannot be killed")?;
        let (mut up, mut done) = (Side::default(), Side::default());
        let woken = self.bed.lateness(&due)?;
        up.add(woken.iter().map(|woken| woken.up_ns).collect(), took);
        done.add(woken.iter().map(|woken| woken.done_ns).collect(), took);
        Ok(Morning { up, done, beside, mib })
    }
}

async fn rest(ms: u64) {
    SystemClock.sleep_until(SystemClock.now_ms() + ms).await;
}

/// The memory that a process has in use, in MiB.
fn resident_mib(child: &Child) -> anyhow::Result<f64> {
    let id = child.id().context("a process that runs")?;
    super::install::resident_mib_of(&id.to_string())
}
