//! `storage`: durable, bounded, and each connection's own.

use serde_json::json;

use super::probe::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_connection_keeps_no_other_sees() {
    let mut scene = Scene::set_up().await;
    scene.ask("one", json!({ "ask": "set", "key": "cursor", "value": "42" })).await.unwrap();
    let mine = scene.ask("one", json!({ "ask": "get", "key": "cursor" })).await.unwrap();
    assert_eq!(mine, "42");
    let theirs = scene.ask("two", json!({ "ask": "get", "key": "cursor" })).await.unwrap();
    assert!(theirs.is_null());
    let keys = scene.ask("two", json!({ "ask": "keys", "prefix": "" })).await.unwrap();
    assert_eq!(keys, json!([]));
    scene.house.stop().await;
    scene.house.start().await;
    let mine = scene.ask("one", json!({ "ask": "get", "key": "cursor" })).await.unwrap();
    assert_eq!(mine, "42", "it outlives the host");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_holds_and_room_comes_back() {
    let scene = Scene::set_up().await;
    let set = |key: &str| json!({ "ask": "set", "key": key, "bytes": 30 << 10 });
    scene.ask("one", set("a")).await.unwrap();
    scene.ask("one", set("b")).await.unwrap();
    let fault = scene.ask("one", set("c")).await.unwrap_err();
    assert_eq!(fault.code, "forbidden");
    assert!(fault.message.contains("storage_kib"), "{fault}");
    scene.ask("two", set("c")).await.unwrap();
    scene.ask("one", json!({ "ask": "delete", "key": "a" })).await.unwrap();
    scene.ask("one", set("c")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn swap_and_increment_are_one_step() {
    let scene = Scene::set_up().await;
    let adds = (0..20).map(|_| scene.ask("one", json!({ "ask": "increment", "key": "n" })));
    for add in futures_util::future::join_all(adds).await {
        add.unwrap();
    }
    let sum = scene.ask("one", json!({ "ask": "get", "key": "n" })).await.unwrap();
    assert_eq!(sum, "20");
    let swap = |expected: &str, new: &str| json!({ "ask": "swap", "key": "n", "expected": expected, "new": new });
    assert_eq!(scene.ask("one", swap("19", "0")).await.unwrap(), false);
    assert_eq!(scene.ask("one", swap("20", "0")).await.unwrap(), true);
    let absent = json!({ "ask": "swap", "key": "new", "new": "first" });
    assert_eq!(scene.ask("one", absent.clone()).await.unwrap(), true);
    assert_eq!(scene.ask("one", absent).await.unwrap(), false);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_values_have_their_bounds() {
    let scene = Scene::set_up().await;
    for ask in [
        json!({ "ask": "set", "key": "", "value": "x" }),
        json!({ "ask": "set", "key": "k".repeat(257), "value": "x" }),
        json!({ "ask": "set", "key": "k", "bytes": (64 << 10) + 1 }),
    ] {
        assert_eq!(scene.ask("one", ask).await.unwrap_err().code, "invalid");
    }
}
