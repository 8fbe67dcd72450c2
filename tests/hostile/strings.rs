//! Huge strings to each host function: each is refused by its bound, or cut.

use jackfield::{capabilities::Window, runtime::Limits};
use serde_json::json;

use super::{probe::first, stage::Stage};

/// Longer than anything that is taken, and within the memory of the guest.
const BYTES: usize = 3 << 20;

/// Where it goes, how long it is, and the code with which it is refused; none where it is cut or
/// harmless.
const TABLE: [(&str, usize, Option<&str>); 17] = [
    ("url", BYTES, Some("invalid")),
    ("method", BYTES, Some("invalid")),
    ("header-name", BYTES, Some("invalid")),
    ("header-value", BYTES, Some("invalid")),
    ("headers", 101, Some("invalid")),
    ("body", (10 << 20) + 1, Some("invalid")),
    ("requests", 101, Some("forbidden")),
    ("key", BYTES, Some("invalid")),
    ("get-key", BYTES, Some("invalid")),
    ("value", BYTES, Some("invalid")),
    ("swap", BYTES, Some("invalid")),
    ("prefix", BYTES, Some("invalid")),
    ("after", BYTES, Some("invalid")),
    ("secret", BYTES, Some("not-found")),
    ("mac", (10 << 20) + 1, Some("invalid")),
    ("matches", BYTES, None),
    ("log", BYTES, None),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_window_refuses_or_cuts_what_is_huge() {
    let stage = Stage::set_up().await;
    let mut wrong = Vec::new();
    for (to, bytes, code) in TABLE {
        let ask = json!({ "attack": "huge", "to": to, "bytes": bytes });
        let result = stage.called("bad", ask).await.result;
        let got = result.as_ref().err().map(|fault| fault.code.to_string());
        if got.as_deref() != code {
            wrong.push(format!("{to}: {result:?}"));
        }
        if let Err(fault) = result {
            assert!(fault.message.len() < 5000, "{to}: {} bytes of reason", fault.message.len());
        }
        stage.stands().await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(stage.scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_lines_is_counted_and_dropped() {
    let stage = Stage::set_up().await;
    let live = stage.scene.live("bad");
    // Time enough to get to the end of it on a busy machine.
    let limits = Limits { cpu_ms: 5_000, wall_ms: 30_000, ..live.connector.limits };
    for attack in ["log-flood", "stderr-flood"] {
        let ask = json!({ "attack": attack, "lines": 5000 });
        let window = Window::open(&live.means, &first());
        let called = stage.scene.house.invoke(&live, window, limits, "attack.act", &ask).await;
        let dropped = called.window.unwrap().log.dropped;
        assert_eq!(dropped, 4800, "{attack}: 200 lines of a call are written, the others counted");
        stage.stands().await;
    }
}

/// A problem is one line for the operator: what would move the cursor of a terminal is not in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_problem_cannot_write_into_the_terminal_of_the_operator() {
    let stage = Stage::set_up().await;
    let message = "one\u{1b}[2Jtwo\nerror: three\r\u{9b}31m\u{202e}";
    let called = stage.called("bad", json!({ "attack": "problem", "message": message })).await;
    let fault = called.result.unwrap_err();
    assert!(!fault.message.contains(|c: char| c.is_control() || c == '\u{202e}'), "{fault:?}");
    assert!(fault.message.contains("one") && fault.message.contains("three"), "{fault}");
    let called = stage.called("bad", json!({ "attack": "trap" })).await;
    let fault = called.result.unwrap_err();
    assert!(!fault.message.contains('\n'), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_beyond_the_quota_and_of_another_is_out_of_reach() {
    let stage = Stage::set_up().await;
    stage.connect("worse", &[]).await;
    for _ in 0..2 {
        let ask = json!({ "attack": "huge", "to": "value", "bytes": 40 << 10 });
        stage.called("bad", ask).await.result.unwrap();
    }
    let keys = stage.called("worse", json!({ "attack": "swap-keys" })).await.result.unwrap();
    assert_eq!(keys, "[]");
    let keys = stage.called("bad", json!({ "attack": "swap-keys" })).await.result.unwrap();
    assert_eq!(keys, "[\"long\"]");
    let whole = json!({ "attack": "huge", "to": "value", "bytes": 64 << 10 });
    let fault = stage.called("bad", whole).await.result.unwrap_err();
    assert_eq!(fault.code, "forbidden", "{fault}");
    assert!(fault.message.contains("storage_kib"), "{fault}");
    stage.stands().await;
}
