//! Cycles: a connector is installed and removed again and again, and memory stays where it was.
//!
//! The yardstick is the memory after the first thousand: by then the trail has as many lines that
//! stand alone as it ever has, and every thread its share of the allocator. What it was after the
//! first hundred is told too. All are read at rest: once older lines of the trail are sealed, and
//! threads that nobody needs have ended.

use jackfield::{
    audit::Actor,
    clock::{Clock as _, SystemClock},
    connectors::Kind,
};
use jackfield_tests::{house::House, releases};
use serde_json::json;

use super::{
    install::{let_in, resident_mib},
    report::Report,
};

/// After so many cycles the memory is told, to be compared by whoever wants to.
const EARLY: u32 = 100;
/// After so many cycles the memory is what it will be.
const WARM: u32 = 1000;
/// After so long a host is at rest, in milliseconds: a thread without work ends after ten seconds.
const REST_MS: u64 = 12_000;

pub async fn measure(cycles: u32) -> anyhow::Result<Report> {
    let house = House::open().await;
    let rooms = house.rooms();
    // It has the same code, which therefore stays compiled: what is measured is the host.
    let_in(rooms, &releases::orders("keeper", "0.1.0"), Kind::Install).await?;
    let release = releases::orders("orders", "0.1.0");
    let (mut early, mut warm) = (None, None);
    for cycle in 1..=cycles {
        let_in(rooms, &release, Kind::Install).await?;
        rooms.remove_connector("orders", Actor::Operator("measure".into())).await?;
        match cycle {
            EARLY => early = Some(at_rest().await?),
            WARM => warm = Some(at_rest().await?),
            _ => {}
        }
        if cycle % 1000 == 0 {
            eprintln!("{cycle} of {cycles}, {:.1} MiB …", resident_mib()?);
        }
    }
    let last = at_rest().await?;
    // Of fewer cycles there is nothing to be told but the memory after all of them.
    let (early, warm) = (early.unwrap_or(last), warm.unwrap_or(last));
    let (early_at, warm_at) = (EARLY.min(cycles), WARM.min(cycles));
    let growth = last / warm - 1.0;
    Ok(Report {
        name: "cycles",
        ratio: last / warm,
        lines: vec![format!(
            "{last:.1} MiB after {cycles} cycles, {warm:.1} MiB after {warm_at}: {:+.1} % \
             ({early:.1} MiB after {early_at})",
            growth * 100.0
        )],
        more: json!({
            "cycles": cycles,
            "resident_mib": last,
            "growth": growth,
            "yardstick": { "cycles": warm_at, "resident_mib": warm },
            "early": { "cycles": early_at, "resident_mib": early },
            "durability": "each install and each removal is an fdatasync",
        }),
    })
}

async fn at_rest() -> anyhow::Result<f64> {
    SystemClock.sleep_until(SystemClock.now_ms() + REST_MS).await;
    resident_mib()
}
