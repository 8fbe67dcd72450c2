//! Rotate: the master key is rotated under load, and no call may notice.
//!
//! The load: signed webhooks, calls of a guest that uses a secret through its window, secrets
//! that are read, and one that is set again and again. The yardstick is the same load without
//! rotations, in turns with it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use jackfield::{
    audit::Actor,
    capabilities::{Particulars, Window},
    clock::{Clock as _, SystemClock},
    connections::Change,
    contract::Call,
    host::RotationState,
    secret::Secret,
    store::Batch,
    vault::Vault,
};
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    releases,
    twin::Twin,
};
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use super::{
    load::{self, BODY_BYTES},
    report::{Report, Side, Turns},
};

/// Webhooks a second, over all connections of the sender.
const PER_SECOND: u32 = 1_000;
/// Connections of the sender.
const CONNECTIONS: u32 = 16;
/// Guests that call at a time.
const GUESTS: usize = 2;
/// How long each waits between two calls.
const REST: Duration = Duration::from_millis(2);
/// Secrets of each connection that is there for the sake of its secrets.
const SECRETS_EACH: usize = 4;
/// Connections that are filled in one commit.
const FILLED_AT_ONCE: usize = 100;
/// How often it is looked whether a rotation has ended.
const GLANCE: Duration = Duration::from_millis(5);

/// What the guest has and does.
const OWN: &str = r#"
[[secret]]
name = "signing"
title = "A signing key"
guest = ["mac"]

[actions."probe.ask"]
title = "Do as it is told"
mutates = false
"#;
/// The guest's secret, a text that it signs, and how the signature begins (HMAC-SHA256).
const SIGNING: &str = "key";
const TEXT: &str = "The quick brown fox jumps over the lazy dog";
const SIGNED: [u8; 4] = [0xf7, 0xbc, 0x83, 0xf4];

/// Secrets that are read without a rest.
const READ_AT_ONCE: usize = 50;

/// A call under way.
type Calling = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// What a turn of the load came to.
#[derive(Default)]
struct Pressed {
    calls: u64,
    refused: u64,
    failed: u64,
}

pub async fn measure(secrets: usize, turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await?;
    orders::connect(&house, &till).await;
    house
        .install("probe", &releases::guest("probe", &(releases::head("probe", "Probe") + OWN)))
        .await;
    let signing = format!("signing=@{}", house.file("signing", SIGNING));
    house
        .does(&["connection", "add", "signer", "--connector", "probe", "--secret", &signing])
        .await;
    let vault = house.rooms().connections.get("signer")?.means.vault.clone();
    fill(&house, &vault, secrets).await?;

    let (mut with, mut without) = (Side::default(), Side::default());
    let (number, mut all) = (Arc::new(AtomicU64::new(0)), Pressed::default());
    let mut took = Vec::new();
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        all.add(press(&house, &number, secrets, turns.seconds, &mut without).await?);
        let rotating = async {
            let end = Instant::now() + Duration::from_secs(turns.seconds);
            let mut took = Vec::new();
            while took.is_empty() || Instant::now() < end {
                took.push(rotate(&house).await?);
            }
            anyhow::Ok(took)
        };
        let pressing = press(&house, &number, secrets, turns.seconds, &mut with);
        let (pressed, rotated) = tokio::join!(pressing, rotating);
        all.add(pressed?);
        took.extend(rotated?);
    }
    took.sort_by(f64::total_cmp);
    let (median, most) = (took[took.len() / 2], took[took.len() - 1]);
    let ratio = with.quantile_us(0.99) / without.quantile_us(0.99);
    let failed_calls = all.failed + all.refused;
    Ok(Report {
        name: "rotate",
        ratio,
        lines: vec![
            format!(
                "{} rotations of {secrets} secrets, {median:.2} s at the median, {most:.2} s at most",
                took.len()
            ),
            format!("{} calls and {failed_calls} failures", all.calls),
            format!(
                "webhooks: p99 {:.0} µs with rotations, {:.0} µs without",
                with.quantile_us(0.99),
                without.quantile_us(0.99)
            ),
        ],
        more: json!({
            "secrets": secrets,
            "failed_calls": failed_calls,
            "seconds": (median * 1000.0).round() / 1000.0,
            "seconds_max": (most * 1000.0).round() / 1000.0,
            "rotations": took.len(),
            "calls": all.calls,
            "jackfield": with.json(),
            "yardstick": without.json(),
            "body_bytes": BODY_BYTES,
            "durability": "fdatasync after each batch of connections, group commit",
        }),
    })
}

impl Pressed {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.failed += other.failed;
    }
}

/// A connection that is there for the sake of its secrets.
fn filler(number: usize) -> String {
    format!("filler-{number}")
}

fn value(number: usize) -> String {
    format!("the value of secret number {number}")
}

/// Fills the vault with secrets.
async fn fill(house: &House, vault: &Vault, secrets: usize) -> anyhow::Result<()> {
    let numbers: Vec<usize> = (0..secrets).collect();
    for chunk in numbers.chunks(SECRETS_EACH * FILLED_AT_ONCE) {
        let mut batch = Batch::new();
        for of_one in chunk.chunks(SECRETS_EACH) {
            let set: Vec<(String, String)> =
                of_one.iter().map(|number| (number.to_string(), value(*number))).collect();
            let set = set.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            vault.put(&mut batch, &filler(of_one[0] / SECRETS_EACH), set)?;
        }
        house.rooms().store.commit(batch).await?;
    }
    Ok(())
}

/// One rotation; how many seconds it took.
async fn rotate(house: &House) -> anyhow::Result<f64> {
    let (keeper, begin) = (&house.rooms().keeper, Instant::now());
    keeper.rotate(None, Actor::Host)?;
    loop {
        let told = keeper.progress();
        match told.state {
            RotationState::Running => rest(GLANCE).await,
            RotationState::Done => return Ok(begin.elapsed().as_secs_f64()),
            _ => anyhow::bail!("the rotation stopped: {}", told.error.unwrap_or_default()),
        }
    }
}

async fn rest(time: Duration) {
    let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    SystemClock.sleep_until(SystemClock.now_ms() + time_ms).await;
}

/// Presses for some seconds.
async fn press(
    house: &House,
    number: &Arc<AtomicU64>,
    secrets: usize,
    seconds: u64,
    side: &mut Side,
) -> anyhow::Result<Pressed> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut others: JoinSet<anyhow::Result<Pressed>> = JoinSet::new();
    for _ in 0..GUESTS {
        others.spawn(until(end, sign(house)?));
    }
    others.spawn(until(end, set(house)));
    others.spawn(until(end, read(house, secrets)?));
    let (begin, every) = (Instant::now(), Duration::from_secs(1) / PER_SECOND);
    let endpoint = house.endpoint("orders");
    let sent = load::send(&endpoint, CONNECTIONS, Some(every), number, seconds).await?;
    let mut all = Pressed { refused: sent.refused, ..Pressed::default() };
    all.calls += sent.refused + sent.latencies_ns.len() as u64;
    side.add(sent.latencies_ns, begin.elapsed());
    while let Some(other) = others.join_next().await {
        all.add(other.context("a caller panicked")??);
    }
    Ok(all)
}

/// Calls again and again; tells of the first failure.
async fn until(end: Instant, mut call: impl FnMut() -> Calling + Send) -> anyhow::Result<Pressed> {
    let mut pressed = Pressed::default();
    while Instant::now() < end {
        pressed.calls += 1;
        if let Err(error) = call().await {
            if pressed.failed == 0 {
                eprintln!("a call failed: {error:#}");
            }
            pressed.failed += 1;
        }
        rest(REST).await;
    }
    Ok(pressed)
}

/// A guest signs a text with a secret that it does not see.
fn sign(house: &House) -> anyhow::Result<impl FnMut() -> Calling + Send + use<>> {
    let rooms = house.rooms().clone();
    let call = Call {
        action: "probe.ask".into(),
        input: json!({ "ask": "mac", "name": "signing", "data": TEXT }).to_string(),
        ext: Vec::new(),
    };
    Ok(move || {
        let (rooms, call) = (rooms.clone(), call.clone());
        Box::pin(async move {
            let live = rooms.connections.get("signer")?;
            let first = Particulars { attempt: 1, ..Particulars::default() };
            let window = Window::open(&live.means, &first);
            let package = &live.connector.package;
            let called = rooms.runtime.invoke(package, window, live.connector.limits, &call).await;
            let signed: Vec<u8> = serde_json::from_str(&called.result?)?;
            ensure!(signed.starts_with(&SIGNED), "signed with something else");
            Ok(())
        }) as Calling
    })
}

/// Somebody sets a secret anew.
fn set(house: &House) -> impl FnMut() -> Calling + Send + use<> {
    let connections = house.rooms().connections.clone();
    move || {
        let connections = connections.clone();
        Box::pin(async move {
            let secrets = [("signing".to_owned(), Secret::new(SIGNING.to_owned()))].into();
            let change = Change { secrets, ..Change::default() };
            connections.set("signer", change, Actor::Host).await?;
            Ok(())
        }) as Calling
    }
}

/// The secrets are read one after the other.
fn read(house: &House, secrets: usize) -> anyhow::Result<impl FnMut() -> Calling + Send + use<>> {
    let vault = house.rooms().connections.get("signer")?.means.vault.clone();
    let next = Arc::new(AtomicU64::new(0));
    Ok(move || {
        let (vault, next) = (vault.clone(), next.clone());
        Box::pin(async move {
            for _ in 0..READ_AT_ONCE {
                let number = next.fetch_add(1, Ordering::Relaxed) as usize % secrets.max(1);
                let found = vault.get(&filler(number / SECRETS_EACH), &number.to_string())?;
                let found = found.context("a secret is gone")?;
                ensure!(found.matches(value(number).as_bytes()), "a secret is another");
            }
            Ok(())
        }) as Calling
    })
}
