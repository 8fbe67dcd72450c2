//! Growth: what a delivery costs, from the webhook to the end of its run, where a million are kept
//! already.
//!
//! The yardstick is a house that keeps a thousand. Both have short turns one after the other, so
//! that the machine's noise hits both alike; the young house is a new one in each round, as it
//! would not stay young.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use jackfield::{
    clock::{Clock as _, SystemClock},
    flows::Run,
    host::Rooms,
    store::{Tree, trees},
};
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    sender::Lane,
    twin::Twin,
};
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

use super::{
    copies::{Names, Pattern, only_row},
    load::BODY_BYTES,
    report::{Report, Side, Turns},
};

/// Deliveries that the young house keeps when it begins.
const YOUNG: u64 = 1_000;
/// Webhooks of one turn.
const TURN: u64 = 200;
/// Ways that are under way at the same time, at most: what one connection may have claimed.
const AT_ONCE: u64 = jackfield::queue::CLAIMS_PER_LANE as u64;
/// How long one turn may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// What a way leaves behind, apart from its lines of the trail.
const TREES: [Tree; 6] = [
    trees::DELIVERIES,
    trees::DELIVERY_STATUS,
    trees::DEDUPE,
    trees::EVENTS,
    trees::RUNS,
    trees::EFFECTS,
];

pub async fn measure(kept: u64, turns: Turns) -> anyhow::Result<Report> {
    let old = Kept::open(kept).await?;
    let (mut grown, mut young) = (Side::default(), Side::default());
    let mut last_mib = 0.0;
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        let new = Kept::open(YOUNG).await?;
        let end = Instant::now() + Duration::from_secs(turns.seconds * 2);
        while Instant::now() < end {
            new.turn(&mut young).await?;
            old.turn(&mut grown).await?;
        }
        last_mib = new.mib();
    }
    let ratio = grown.quantile_us(0.5) / young.quantile_us(0.5);
    let throughput_ratio = young.per_second() / grown.per_second();
    let line = |side: &Side, kept: u64, mib: f64| {
        format!(
            "{:>8} kept ({mib:.0} MiB): {:.0} µs a delivery at the median, {:.0} a second",
            kept,
            side.quantile_us(0.5) / TURN as f64,
            side.per_second() * TURN as f64
        )
    };
    let told = |side: &Side, kept: u64, mib: f64| {
        json!({
            "kept": kept,
            "disk_mib": mib.round(),
            "p50_us": side.quantile_us(0.5) / TURN as f64,
            "p99_us": side.quantile_us(0.99) / TURN as f64,
            "per_second": (side.per_second() * TURN as f64).round(),
            "deliveries": side.count() as u64 * TURN,
        })
    };
    Ok(Report {
        name: "growth",
        ratio,
        lines: vec![
            line(&young, YOUNG, last_mib),
            line(&grown, kept, old.mib()),
            format!("throughput 1 to {throughput_ratio:.3}"),
        ],
        more: json!({
            "grown": told(&grown, kept, old.mib()),
            "yardstick": told(&young, YOUNG, last_mib),
            "throughput_ratio": throughput_ratio,
            "deliveries_a_turn": TURN,
            "at_once": AT_ONCE,
            "body_bytes": BODY_BYTES,
            "durability": "fdatasync for every commit, group commit, on both sides",
        }),
    })
}

/// A house that keeps deliveries, and goes on receiving.
struct Kept {
    house: House,
    till: Twin<Till>,
    number: Arc<AtomicU64>,
}

impl Kept {
    async fn open(kept: u64) -> anyhow::Result<Self> {
        let (house, till) = orders::connected().await;
        let flow = house.file("orders.toml", orders::FLOW);
        house.does(&["flow", "apply", &flow]).await;
        let opened = Self { house, till, number: Arc::default() };
        opened.send(1).await?;
        let store = opened.house.rooms().store.clone();
        let next = opened.number.load(Ordering::Relaxed);
        let pattern = Pattern::of(&store, &TREES, &first(opened.house.rooms())?)?;
        pattern.copy(&store, kept, |copy| another(next + copy)).await?;
        opened.number.fetch_add(kept, Ordering::Relaxed);
        Ok(opened)
    }

    fn mib(&self) -> f64 {
        self.house.rooms().store.disk_bytes() as f64 / 1024.0 / 1024.0
    }

    /// Sends so many webhooks and waits for the end of their runs.
    async fn turn(&self, side: &mut Side) -> anyhow::Result<()> {
        let begin = Instant::now();
        self.send(TURN).await?;
        let took = begin.elapsed();
        side.add(vec![u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)], took);
        Ok(())
    }

    async fn send(&self, webhooks: u64) -> anyhow::Result<()> {
        let begin = Instant::now();
        let wanted = self.till.vendor().receipts() + webhooks;
        let endpoint = self.house.endpoint("orders");
        let left = Arc::new(AtomicU64::new(webhooks));
        let mut lanes = JoinSet::new();
        for _ in 0..AT_ONCE.min(webhooks) {
            let mut lane = Lane::new(&endpoint)?;
            let (left, number) = (left.clone(), self.number.clone());
            lanes.spawn(async move {
                let one_less = |left: u64| left.checked_sub(1);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    let answer = lane.send(&orders::delivery(number, BODY_BYTES)).await?;
                    ensure!(answer.status == 200, "answered {}", answer.status);
                }
                anyhow::Ok(())
            });
        }
        while let Some(lane) = lanes.join_next().await {
            lane.context("a lane panicked")??;
        }
        while self.till.vendor().receipts() < wanted || !self.house.is_idle() {
            SystemClock.sleep_until(SystemClock.now_ms() + 1).await;
            ensure!(begin.elapsed() < PATIENCE, "the receipts do not come");
        }
        Ok(())
    }
}

/// The names in what the only webhook that ever came left behind, the order 0: the delivery's id
/// and the run's, the effect's key, the digest of the body, the order's name.
fn first(rooms: &Rooms) -> anyhow::Result<Names> {
    let (delivery, _) = only_row(&rooms.store, trees::DELIVERIES)?;
    let (run, _) = only_row(&rooms.store, trees::RUNS)?;
    let (seen, _) = only_row(&rooms.store, trees::DEDUPE)?;
    // After the connection, a zero and what kind of delivery it is.
    let zero = seen.iter().position(|byte| *byte == 0).context("a connection")?;
    let digest = seen.get(zero + 2..).context("the delivery's name")?.to_vec();
    let of_run: Run = rooms.flows.run(std::str::from_utf8(&run)?)?;
    let effect = rooms.flows.effects(&of_run)?.pop().context("an effect")?.key;
    let names = vec![delivery, run, effect.into_bytes(), digest, orders::name(0).into_bytes()];
    for (name, other) in names.iter().zip(another(0)) {
        ensure!((1..=other.len()).contains(&name.len()), "a name has {} bytes", name.len());
    }
    Ok(names)
}

/// The same for another order.
fn another(number: u64) -> Names {
    let random = || Uuid::new_v4().simple().to_string();
    let by_time = || Uuid::now_v7().simple().to_string();
    let names = [by_time(), by_time(), random(), random() + &random(), orders::name(number)];
    names.into_iter().map(String::into_bytes).collect()
}
