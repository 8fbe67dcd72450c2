//! Beside an attack: how long a well-behaved call takes while another connection spins or hoards.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::stage::Stage;

/// Well-behaved calls of one measure.
const CALLS: usize = 400;
/// How many times as long the 99th percentile may be beside an attack.
const TIMES: u32 = 2;
/// What is allowed on top: a spinning guest keeps its worker for a tick of 5 ms, a call waits
/// for its turn when it comes and when its store is made, and a shared machine adds as much again.
const FLOOR: Duration = Duration::from_millis(20);

/// The 99th percentile of well-behaved calls.
async fn p99(stage: &Stage) -> Duration {
    let mut took = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begin = Instant::now();
        stage.stands().await;
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    took[CALLS * 99 / 100]
}

/// The same while `bad` does its worst, again and again.
async fn p99_beside(stage: &Stage, ask: &Value) -> Duration {
    let attack = async {
        loop {
            let called = stage.called("bad", ask.clone()).await;
            assert!(called.result.is_err(), "an attack that succeeds");
        }
    };
    tokio::select! {
        () = attack => unreachable!("it never ends"),
        measured = p99(stage) => measured,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_well_behaved_call_is_hardly_slower_beside_an_attack() {
    let stage = Stage::set_up().await;
    let alone = p99(&stage).await;
    let allowed = alone * TIMES + FLOOR;
    let mut slow = Vec::new();
    for ask in [
        json!({ "attack": "spin" }),
        json!({ "attack": "spin-on", "window": "log" }),
        json!({ "attack": "spin-on", "window": "mac" }),
        json!({ "attack": "spin-on", "window": "get" }),
        json!({ "attack": "memory" }),
        json!({ "attack": "recurse", "from": 1 }),
    ] {
        let beside = p99_beside(&stage, &ask).await;
        eprintln!("alone {alone:?}, beside {ask} {beside:?}");
        if beside > allowed {
            slow.push(format!("{ask}: {beside:?}"));
        }
    }
    assert!(slow.is_empty(), "alone {alone:?}, allowed {allowed:?}: {slow:#?}");
}
