//! `secrets`: use without sight, as far as the manifest grants it.

use serde_json::json;

use super::probe::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_can_be_used_in_the_granted_way_and_in_no_other() {
    let scene = Scene::set_up().await;
    let mac = json!({ "ask": "mac", "name": "signing", "data": "The quick brown fox jumps over the lazy dog" });
    let mac = scene.ask("one", mac).await.unwrap();
    let bytes: Vec<u8> =
        mac.as_array().unwrap().iter().map(|b| b.as_u64().unwrap() as u8).collect();
    // The well-known HMAC-SHA256 of this text under the key "key".
    assert_eq!(bytes[..4], [0xf7, 0xbc, 0x83, 0xf4]);
    let right = scene.ask("one", json!({ "ask": "matches", "name": "pin", "data": "4711" })).await;
    assert_eq!(right.unwrap(), true);
    let wrong = scene.ask("one", json!({ "ask": "matches", "name": "pin", "data": "4712" })).await;
    assert_eq!(wrong.unwrap(), false);
    for ask in [
        json!({ "ask": "mac", "name": "token", "data": "" }),
        json!({ "ask": "matches", "name": "token", "data": "" }),
        json!({ "ask": "matches", "name": "signing", "data": "" }),
        json!({ "ask": "mac", "name": "pin", "data": "" }),
    ] {
        let fault = scene.ask("one", ask.clone()).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{ask}: {fault}");
        assert!(fault.message.contains("guest = ["), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matches_is_no_oracle() {
    let scene = Scene::set_up().await;
    let ask = json!({ "ask": "matches", "name": "pin", "data": "4711", "times": 9 });
    assert_eq!(scene.ask("one", ask).await.unwrap_err().code, "rate-limited");
}
