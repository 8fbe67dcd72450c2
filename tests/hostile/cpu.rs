//! CPU time: a loop ends at its budget, whether the guest turns round in its own code or keeps
//! the host busy, and whatever it waits for ends at its wall limit.

use jackfield::fault::{Blame, Retry};
use serde_json::json;

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_ends_at_its_budget() {
    let stage = Stage::set_up().await;
    let fault = stage.fails(json!({ "attack": "spin" }), Blame::Guest, "cpu-budget").await;
    assert!(fault.message.contains("100 ms"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_keeps_the_host_busy_ends_too() {
    let stage = Stage::set_up().await;
    for window in ["log", "now", "has", "get", "mac", "send"] {
        let ask = json!({ "attack": "spin-on", "window": window });
        stage.fails(ask, Blame::Guest, "cpu-budget").await;
    }
    assert_eq!(stage.scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_writes_ends_at_the_wall() {
    let stage = Stage::set_up().await;
    let called = stage.called("bad", json!({ "attack": "spin-on", "window": "set" })).await;
    let fault = called.result.unwrap_err();
    // Which of the two comes first depends on how fast the disk is.
    assert!(["wall-limit", "cpu-budget"].contains(&fault.code.as_ref()), "{fault}");
    assert_eq!(fault.blame, Blame::Guest);
    stage.stands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_sleeps_is_woken_by_the_wall_limit() {
    let stage = Stage::set_up().await;
    let called = stage.called("bad", json!({ "attack": "sleep", "ms": 3_600_000 })).await;
    let fault = called.result.unwrap_err();
    assert_eq!((fault.blame, fault.code.as_ref()), (Blame::Guest, "wall-limit"), "{fault}");
    assert_eq!(fault.retry, Retry::Backoff);
    stage.stands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_recursion_traps() {
    let stage = Stage::set_up().await;
    let fault = stage.fails(json!({ "attack": "recurse", "from": 1 }), Blame::Guest, "trap").await;
    assert!(fault.message.contains("trap: "), "{fault}");
}
