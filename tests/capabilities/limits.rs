//! Limits: a call that wants too much ends, and the next one goes on.

use jackfield::fault::Blame;
use serde_json::json;

use super::probe::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_spins_is_stopped_at_its_budget() {
    let scene = Scene::set_up().await;
    let fault = scene.ask("one", json!({ "ask": "spin" })).await.unwrap_err();
    assert_eq!((fault.code.as_ref(), fault.blame), ("cpu-budget", Blame::Guest));
    scene.ask("one", json!({ "ask": "settings" })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_hoards_memory_is_stopped_at_its_limit() {
    let scene = Scene::set_up().await;
    let fault = scene.ask("one", json!({ "ask": "grow" })).await.unwrap_err();
    assert_eq!(fault.blame, Blame::Guest);
    assert!(fault.message.contains("memory"), "{fault}");
    scene.ask("one", json!({ "ask": "settings" })).await.unwrap();
}
