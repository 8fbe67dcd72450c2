//! Effects: entries are created at a vendor whose answers get lost, by a host that is killed.
//!
//! Each webhook asks for one entry, so one event is one run is one create. The creates are spread
//! over the five kinds of idempotency; beside them goes a connector that claims one which its
//! system does not have, and must write twice: else the torture would not bite. The vendor lives
//! on in this process.

mod load;
mod toll;
mod verdict;

use std::sync::Arc;

use anyhow::Context as _;
use jackfield::{
    clock::{Clock as _, SystemClock},
    dispatch::Backoff,
};
use jackfield_tests::{
    entries,
    house::{House, QUICK},
    twin::{
        Twin,
        entries::{Entries, Mishap},
    },
    victim::Victim,
};
use tokio::process::Child;

use super::chance::Chance;
use load::Load;
pub use toll::Toll;
use verdict::Kill;

/// How long a host lives, in milliseconds: from the one to the other.
const LIFE_MS: (u64, u64) = (50, 1_500);
/// How long the hosts that are killed may take to write everything down.
const KILLED_MS: u64 = 900_000;
/// How long the last host may take to work everything off.
const LAST_MS: u64 = 600_000;
/// How often it is looked whether it has.
const GLANCE_MS: u64 = 50;
/// Of a hundred requests, so many are done and their answer is lost.
const LOST_PERCENT: u64 = 30;
/// Of a hundred requests, so many are answered with a 429, a 500 or nonsense.
const WRONG_PERCENT: u64 = 20;
/// What goes wrong for one entry at most. A vendor that never answers is a case for the repair
/// desk, and not what is tortured here.
const MISHAPS_MAX: u32 = 5;

pub async fn torture(creates: u32, seed: Option<u64>) -> anyhow::Result<Toll> {
    let begin_ms = SystemClock.now_ms();
    let seed = seed.unwrap_or_else(Chance::any_seed);
    eprintln!("seed {seed}");
    let mut chance = Chance::from_seed(seed);
    let vendor = Entries::in_weather(move |reference, nth| mishap(seed, reference, nth));
    let vendor = Twin::launch(vendor, 0).await?;
    // The last host may find work that was tried as often as those before it do.
    let backoff = Backoff { tries: Backoff::default().tries, ..QUICK };
    let mut house = House::with(Arc::new(SystemClock), backoff).await;
    entries::connect(&house, &vendor).await;
    let endpoints = load::paths(&house)?;
    let first = house.endpoint(load::FIRST.name());
    house.stop().await;
    let victim = Victim::of(&house, &first)?.silent();
    let load = Load::begin(creates, &victim.url, &endpoints)?;
    let kills = kill_until_written(&victim, &load, &vendor, &mut chance).await?;
    eprintln!("{} kills; the last host works off what is left", kills.len());
    let load = load.end().await?;
    house.start().await;
    work_off(&house).await;
    let mut toll = verdict::pass(&house, vendor.vendor(), &load, &kills)?;
    house.stop().await;
    toll.seed = seed;
    toll.creates = creates;
    toll.seconds = (SystemClock.now_ms() - begin_ms) as f64 / 1000.0;
    Ok(toll)
}

/// What goes wrong with the n-th request about an entry: the same for the same seed, in whatever
/// order the requests come.
fn mishap(seed: u64, reference: &str, nth: u32) -> Option<Mishap> {
    if nth > MISHAPS_MAX {
        return None;
    }
    let mut chance = Chance::of(seed, &format!("{reference} {nth}"));
    let drawn = chance.below(100);
    if drawn < LOST_PERCENT {
        return Some(Mishap::Lost);
    }
    let done = chance.below(2) == 0;
    (drawn < LOST_PERCENT + WRONG_PERCENT).then(|| {
        *chance.one_of(&[Mishap::TooMany, Mishap::Failed { done }, Mishap::Garbage { done }])
    })
}

/// Kills one host after the other until everything is sent and written, or time is up.
async fn kill_until_written(
    victim: &Victim,
    load: &Load,
    vendor: &Twin<Entries>,
    chance: &mut Chance,
) -> anyhow::Result<Vec<Kill>> {
    let end_ms = SystemClock.now_ms() + KILLED_MS;
    let mut kills = Vec::new();
    loop {
        let mut host = victim.open().await?;
        let life_ms = LIFE_MS.0 + chance.below(LIFE_MS.1 - LIFE_MS.0);
        SystemClock.sleep_until(SystemClock.now_ms() + life_ms).await;
        kills.push(kill(&mut host).await?);
        let missing = load.missing(vendor.vendor());
        if kills.len() % 10 == 0 || missing == 0 {
            eprintln!("{} kills: {}, {missing} missing", kills.len(), load.told());
        }
        if missing == 0 || SystemClock.now_ms() > end_ms {
            return Ok(kills);
        }
    }
}

async fn kill(host: &mut Child) -> anyhow::Result<Kill> {
    let begin_ms = SystemClock.now_ms();
    host.kill().await.context("the host cannot be killed")?;
    Ok(Kill { begin_ms, end_ms: SystemClock.now_ms() })
}

/// Waits until nothing is left to do; what then still is counts as lost.
async fn work_off(house: &House) {
    let end_ms = SystemClock.now_ms() + LAST_MS;
    while !house.is_idle() && SystemClock.now_ms() < end_ms {
        SystemClock.sleep_until(SystemClock.now_ms() + GLANCE_MS).await;
    }
}
