//! Density and start: what many installed connectors cost in memory, and how soon a host that has
//! them serves.
//!
//! Each connector has code of its own, so nothing is shared. The yardstick is a host with none.

use anyhow::{Context as _, ensure};
use jackfield::{capabilities::Window, connectors::Kind};
use jackfield_tests::{calls, house::House, orders, releases};
use serde_json::json;
use tokio::time::Instant;

use super::{
    install::{let_in, resident_mib},
    load::BODY_BYTES,
    report::Report,
};

/// Connectors whose memory is measured.
const DENSE: usize = 100;
/// Connectors with which a host starts.
const MANY: usize = 140;

/// Memory for each connector: installed, and after a call of each.
pub async fn density() -> anyhow::Result<Report> {
    let mut house = filled(DENSE).await?;
    // What installing left behind is not what having installed costs.
    house.stop().await;
    let empty = House::open().await;
    // The first host of a process also maps what all of them share.
    let none = resident_mib()?;
    house.start().await;
    let idle = resident_mib()?;
    let delivery = calls::posted(orders::body(1, BODY_BYTES));
    let rooms = house.rooms();
    for installed in rooms.connectors.list().into_iter().filter_map(|(_, installed)| installed) {
        let (package, limits) = (&installed.package, installed.limits);
        let called = rooms.runtime.parse(package, Window::shut(), limits, &delivery).await;
        ensure!(called.result.is_ok(), "the call fails");
    }
    let called = resident_mib()?;
    drop(empty);
    let each = |with: f64| (with - none) / DENSE as f64;
    Ok(Report {
        name: "density",
        ratio: each(idle),
        lines: vec![format!(
            "{:.2} MiB for each of {DENSE} connectors, {:.2} MiB after a call of each",
            each(idle),
            each(called)
        )],
        more: json!({
            "connectors": DENSE,
            "idle_mib_each": each(idle),
            "called_mib_each": each(called),
            "yardstick": { "resident_mib": none },
            "durability": "does not matter here",
        }),
    })
}

/// From nothing to both doors open.
pub async fn start() -> anyhow::Result<Report> {
    let mut house = filled(MANY).await?;
    house.stop().await;
    let begin = Instant::now();
    house.start().await;
    let seconds = begin.elapsed().as_secs_f64();
    ensure!(house.rooms().connectors.list().len() == MANY, "some are not there");
    let mut empty = House::open().await;
    empty.stop().await;
    let begin = Instant::now();
    empty.start().await;
    let bare = begin.elapsed().as_secs_f64();
    Ok(Report {
        name: "start",
        ratio: seconds / bare,
        lines: vec![format!(
            "{seconds:.2} s with {MANY} connectors from the cache, {bare:.2} s with none"
        )],
        more: json!({
            "connectors": MANY,
            "seconds": seconds,
            "yardstick": { "seconds": bare },
            "durability": "does not matter here",
        }),
    })
}

/// A host with so many connectors, each compiled for itself.
async fn filled(connectors: usize) -> anyhow::Result<House> {
    let house = House::open().await;
    for number in 0..connectors {
        if number % 10 == 0 {
            eprintln!("installing {number} of {connectors} …");
        }
        let release = releases::orders_with_own_code(&format!("orders-{number}"), "0.1.0");
        let_in(house.rooms(), &release, Kind::Install).await.context("an install")?;
    }
    Ok(house)
}
