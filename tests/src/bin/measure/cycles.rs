//! Cycles: a connector is installed and removed again and again, and memory stays where it was.
//!
//! The yardstick is the memory after the first hundred. Both are read at rest: once the allocator has
//! given back what nobody uses, and older lines of the trail are sealed.

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

/// After so many cycles the memory is what it will be.
const FIRST: u32 = 100;
/// After so long a host is at rest, in milliseconds.
const REST_MS: u64 = 10_000;

pub async fn measure(cycles: u32) -> anyhow::Result<Report> {
    let house = House::open().await;
    let rooms = house.rooms();
    // It has the same code, which therefore stays compiled: what is measured is the host.
    let_in(rooms, &releases::orders("keeper", "0.1.0"), Kind::Install).await?;
    let release = releases::orders("orders", "0.1.0");
    let mut first = at_rest().await?;
    for cycle in 1..=cycles {
        let_in(rooms, &release, Kind::Install).await?;
        rooms.remove_connector("orders", Actor::Operator("measure".into())).await?;
        if cycle == FIRST.min(cycles) {
            first = at_rest().await?;
        }
        if cycle % 1000 == 0 {
            eprintln!("{cycle} of {cycles}, {:.1} MiB …", resident_mib()?);
        }
    }
    let last = at_rest().await?;
    let growth = last / first - 1.0;
    Ok(Report {
        name: "cycles",
        ratio: last / first,
        lines: vec![format!(
            "{last:.1} MiB after {cycles} cycles, {first:.1} MiB after {FIRST}: {:+.1} %",
            growth * 100.0
        )],
        more: json!({
            "cycles": cycles,
            "resident_mib": last,
            "growth": growth,
            "yardstick": { "resident_mib": first },
            "durability": "each install and each removal is an fdatasync",
        }),
    })
}

async fn at_rest() -> anyhow::Result<f64> {
    SystemClock.sleep_until(SystemClock.now_ms() + REST_MS).await;
    resident_mib()
}
