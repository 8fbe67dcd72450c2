//! `http`: only where it was granted, and never with the credential in sight.

use serde_json::json;

use super::probe::{Scene, TOKEN};

#[tokio::test(flavor = "multi_thread")]
async fn the_host_attaches_the_credential_and_the_guest_never_sees_it() {
    let scene = Scene::set_up().await;
    let ask = json!({ "ask": "send", "url": "https://api.example.com/v1/whoami" });
    let seen = scene.ask("one", ask).await.unwrap();
    assert_eq!(seen["status"], 200);
    let asked = &scene.mirror.requests()[0];
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(asked.header("host"), Some("api.example.com"));
    assert!(!seen.to_string().contains(TOKEN), "the vendor's echo is scrubbed: {seen}");
    assert!(seen["text"].as_str().unwrap().contains("[secret]"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_refused_with_the_line_that_would_allow_it() {
    let scene = Scene::set_up().await;
    for (url, method) in [
        ("https://api.example.com/v2/", "GET"),
        ("https://api.example.com/v1/../v2/", "GET"),
        ("https://api.example.com/v1/x", "DELETE"),
        ("https://api.example.com:8443/v1/", "GET"),
        ("http://api.example.com/v1/", "GET"),
        ("https://evil.example.com/v1/", "GET"),
        ("http://169.254.169.254/latest/meta-data/", "GET"),
        ("http://127.0.0.1/v1/", "GET"),
    ] {
        let ask = json!({ "ask": "send", "url": url, "method": method });
        let fault = scene.ask("one", ask).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{method} {url}: {fault}");
        assert!(fault.message.contains("[[egress]]"), "{method} {url}: {fault}");
    }
    assert_eq!(scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_the_hosts_are_refused() {
    let scene = Scene::set_up().await;
    for (name, value) in [
        ("host", "evil.example.com"),
        ("authorization", "Bearer mine"),
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
        ("x-a", "b\r\nx-c: d"),
    ] {
        let url = "https://api.example.com/v1/x";
        let ask = json!({ "ask": "send", "url": url, "headers": [[name, value]] });
        let fault = scene.ask("one", ask).await.unwrap_err();
        assert_eq!(fault.code, "invalid", "{name}: {fault}");
    }
    assert_eq!(scene.mirror.request_count(), 0);
}
