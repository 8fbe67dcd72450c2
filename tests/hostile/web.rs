//! `wasi:http` is no way around: the same addresses are refused, the same headers are the host's,
//! and what was left in the middle is not forgotten.

use jackfield::{
    capabilities::{Left, Means, Window},
    runtime::Called,
};
use jackfield_tests::releases;
use serde_json::{Value, json};

use super::{
    addresses::{DISGUISES, TABLE},
    liar::Liar,
    probe::{ASKS, Scene, first},
};

/// What the guest that sends through `wasi:http` has of its own.
const OWN: &str = r#"
[actions."web.ask"]
title = "Send something"
idempotency = { kind = "natural-key" }

[limits]
cpu_ms = 5000
why = "writes long bodies in small pieces"
"#;

/// The scene with the connection `web` in it.
async fn set_up() -> Scene {
    let scene = Scene::set_up().await;
    let manifest = releases::head("web", "Web") + ASKS + OWN;
    scene.house.install("web", &releases::guest("web", &manifest)).await;
    scene.connect("web", "web", &[]).await;
    scene
}

async fn asked(scene: &Scene, means: &Means, ask: Value) -> Called<String> {
    let live = scene.live("web");
    let window = Window::open(means, &first());
    scene.house.invoke(&live, window, live.connector.limits, "web.ask", &ask).await
}

/// What came of sending something.
async fn sent(scene: &Scene, means: &Means, ask: Value) -> Value {
    let text = asked(scene, means, ask).await.result.unwrap();
    serde_json::from_str(&text).unwrap()
}

fn get(authority: &str) -> Value {
    json!({ "ask": "send", "method": "GET", "authority": authority, "path": "/v1/" })
}

fn error(seen: &Value) -> &str {
    seen["error"].as_str().unwrap_or_else(|| panic!("it went out: {seen}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn wasi_http_leads_to_no_address_that_is_not_public() {
    let scene = set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    let origins: Vec<String> = (0..TABLE.len()).map(|n| format!("http://n{n}.example")).collect();
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let means = liar.means(&scene.live("web"), &origins);
    for (n, (address, _)) in TABLE.iter().enumerate() {
        liar.name(&format!("n{n}.example"), &[address]);
        let seen = sent(&scene, &means, get(&format!("n{n}.example"))).await;
        assert!(error(&seen).contains("DestinationIpProhibited"), "{address}: {seen}");
    }
    for origin in DISGUISES {
        let authority = origin.trim_start_matches("http://");
        let means = liar.means(&scene.live("web"), &[origin]);
        error(&sent(&scene, &means, get(authority)).await);
    }
    assert_eq!(liar.dialled(), []);
    assert_eq!(scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wasi_http_reaches_what_was_granted_and_nothing_else() {
    let scene = set_up().await;
    let means = scene.live("web").means.clone();
    let https = |path: &str, headers: Value| {
        json!({
            "ask": "send", "method": "GET", "scheme": "https", "authority": "api.example.com",
            "path": path, "headers": headers,
        })
    };
    assert_eq!(sent(&scene, &means, https("/v1/x", json!({}))).await, json!({ "status": 200 }));
    let asked = scene.mirror.requests();
    let token = format!("Bearer {}", super::probe::TOKEN);
    assert_eq!(asked[0].header("authorization"), Some(token.as_str()));
    for (path, headers) in [
        ("/v2/x", json!({})),
        ("/v1/../v2/x", json!({})),
        ("/v1/x", json!({ "authorization": "Bearer stolen" })),
        ("/v1/x", json!({ "host": "evil.example" })),
        ("/v1/x", json!({ "connection": "upgrade" })),
        ("/v1/x", json!({ "te": "trailers" })),
        ("/v1/x", json!({ "content-length": "7" })),
        ("/v1/x", json!({ "transfer-encoding": "chunked" })),
    ] {
        let seen = sent(&scene, &means, https(path, headers.clone())).await;
        error(&seen);
    }
    let elsewhere = get("evil.example.com");
    assert!(error(&sent(&scene, &means, elsewhere).await).contains("HttpRequestDenied"));
    assert_eq!(scene.mirror.request_count(), 1);
}

fn post(ask: &str) -> Value {
    json!({
        "ask": ask, "method": "POST", "scheme": "https", "authority": "api.example.com",
        "path": "/v1/x",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_given_up_may_have_happened_and_one_left_open_has_not() {
    let scene = set_up().await;
    let means = scene.live("web").means.clone();
    scene.mirror.delay(2_000);
    let called = asked(&scene, &means, post("give-up")).await;
    assert_eq!(called.window.unwrap().http.left(), Left::Something);
    assert_eq!(called.result.unwrap_err().code, "unavailable");
    scene.mirror.delay(0);
    scene.mirror.forget_requests();
    let called = asked(&scene, &means, post("leave-open")).await;
    assert_eq!(called.window.unwrap().http.left(), Left::Nothing);
    assert!(scene.mirror.requests().is_empty(), "nothing of it was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_held_to_the_bound() {
    let scene = set_up().await;
    let means = scene.live("web").means.clone();
    for (bytes, code) in [(11_u64 << 20, "InternalError"), (40 << 20, "HttpRequestBodySize")] {
        let mut ask = post("send");
        ask["bytes"] = json!(bytes);
        let seen = sent(&scene, &means, ask).await;
        assert!(error(&seen).contains(code), "{bytes}: {seen}");
    }
    assert_eq!(scene.mirror.request_count(), 0);
}
