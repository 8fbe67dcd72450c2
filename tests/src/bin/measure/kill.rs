//! Kill: how soon a guest that spins is stopped, and whether the host's clocks go on meanwhile.
//!
//! The yardstick is the guest's own CPU budget.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use jackfield::{capabilities::Window, contract::Call, runtime::Limits};
use jackfield_tests::{house::House, releases};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::report::{Report, Side, Turns};

/// The CPU time that the guest is given, in milliseconds.
const CPU_MS: u64 = 100;
/// How often a timer of the host should fire.
const TIMER: Duration = Duration::from_millis(5);

/// What the guest offers.
const ACTIONS: &str = r#"
[actions."probe.ask"]
title = "Do as it is told"
mutates = false
"#;

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let manifest = releases::head("spinner", "Spinner") + ACTIONS;
    house.install("spinner", &releases::guest("probe", &manifest)).await;
    let rooms = house.rooms();
    let package = rooms.connectors.get("spinner")?.package.clone();
    let limits = Limits { cpu_ms: CPU_MS, wall_ms: 30_000, memory_bytes: 16 << 20 };
    let spin = Call {
        action: "probe.ask".into(),
        input: json!({ "ask": "spin" }).to_string(),
        ext: Vec::new(),
    };
    let (mut stopped, mut late) = (Side::default(), Side::default());
    let end = Instant::now() + Duration::from_secs(turns.seconds * u64::from(turns.rounds));
    while Instant::now() < end {
        let begin = Instant::now();
        let (runtime, package, spin) = (rooms.runtime.clone(), package.clone(), spin.clone());
        let mut call = tokio::spawn(async move {
            runtime.invoke(&package, Window::shut(), limits, &spin).await.result
        });
        let mut timer = interval(TIMER);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        timer.tick().await;
        let mut latencies_ns = Vec::new();
        let ended = loop {
            let before = Instant::now();
            tokio::select! {
                ended = &mut call => break ended.context("the call panicked")?,
                _ = timer.tick() => latencies_ns.push(nanos(before.elapsed().saturating_sub(TIMER))),
            }
        };
        stopped.add(vec![nanos(begin.elapsed())], begin.elapsed());
        late.add(latencies_ns, begin.elapsed());
        let fault = ended.err().context("a guest that spins came to an end")?;
        ensure!(fault.code == "cpu-budget", "stopped for `{}`: {}", fault.code, fault.message);
    }
    let over_ms = |share| stopped.quantile_us(share) / 1000.0 - CPU_MS as f64;
    Ok(Report {
        name: "kill",
        ratio: stopped.quantile_us(0.5) / 1000.0 / CPU_MS as f64,
        lines: vec![
            format!(
                "stopped {:.1} ms after its budget at the median, {:.1} ms at most",
                over_ms(0.5),
                over_ms(1.0)
            ),
            format!(
                "the host's timers meanwhile: {:.1} ms late at the p99",
                late.quantile_us(0.99) / 1000.0
            ),
        ],
        more: json!({
            "budget_ms": CPU_MS,
            "over_budget_p50_ms": over_ms(0.5),
            "over_budget_max_ms": over_ms(1.0),
            "timer_late_p99_ms": late.quantile_us(0.99) / 1000.0,
            "timer_late_max_ms": late.quantile_us(1.0) / 1000.0,
            "kills": stopped.count(),
            "yardstick": { "budget_ms": CPU_MS },
            "durability": "none: nothing is written",
        }),
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
