//! `context`: settings, time, and which try of which intention this is.

use jackfield::capabilities::{Particulars, Window};
use serde_json::json;

use super::probe::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_knows_its_settings_and_its_intention() {
    let scene = Scene::set_up().await;
    let settings = scene.ask("one", json!({ "ask": "settings" })).await.unwrap();
    assert_eq!(settings["word"], "lantern");
    let particulars =
        Particulars { attempt: 3, idempotency_key: Some("abc-1".into()), ..Particulars::default() };
    let live = scene.live("one");
    let window = Window::open(&live.means, &particulars);
    let ask = json!({ "ask": "context" });
    let seen = scene.ask_through(&live, window, live.connector.limits, ask).await.unwrap();
    assert_eq!(seen["attempt"], 3);
    assert_eq!(seen["key"], "abc-1");
    assert!(seen["now_ms"].as_u64().unwrap() > 1_700_000_000_000);
    let log = json!({ "ask": "log", "message": "a line" });
    assert_eq!(scene.ask("one", log).await.unwrap(), true);
}
