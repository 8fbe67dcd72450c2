//! `context`: settings, time, and which try of which intention this is.

use jackfield::capabilities::Particulars;
use serde_json::{Value, json};

use super::probe::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_knows_its_settings_and_its_intention() {
    let scene = Scene::set_up().await;
    let settings = scene.ask("one", json!({ "ask": "settings" })).await.unwrap();
    assert_eq!(settings["word"], "lantern");
    let particulars =
        Particulars { attempt: 3, idempotency_key: Some("abc-1".into()), ..Particulars::default() };
    let called = scene.call("one", json!({ "ask": "context" }), particulars).await;
    let seen: Value = serde_json::from_str(&called.result.unwrap()).unwrap();
    assert_eq!(seen["attempt"], 3);
    assert_eq!(seen["key"], "abc-1");
    assert!(seen["now_ms"].as_u64().unwrap() > 1_700_000_000_000);
    let log = json!({ "ask": "log", "message": "a line" });
    assert_eq!(scene.ask("one", log).await.unwrap(), true);
}
