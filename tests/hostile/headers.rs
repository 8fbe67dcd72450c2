//! Smuggled headers: framing, target and credential are the host's alone.

use serde_json::json;

use super::probe::{Scene, TOKEN};

/// Name and value of what a guest must not say.
const REFUSED: &[(&str, &str)] = &[
    ("Host", "evil.example.com"),
    ("hOsT", "evil.example.com"),
    ("authorization", "Bearer mine"),
    ("Authorization", "Bearer mine"),
    ("connection", "close"),
    ("Connection", "authorization"),
    ("proxy-connection", "close"),
    ("proxy-authorization", "Basic x"),
    ("keep-alive", "timeout=999"),
    ("transfer-encoding", "chunked"),
    ("Transfer-Encoding", "gzip, chunked"),
    ("content-length", "0"),
    ("Content-Length", "-1"),
    ("te", "trailers"),
    ("trailer", "x-late"),
    ("upgrade", "h2c"),
    ("http2-settings", "AAMAAABkAAQ"),
    ("expect", "100-continue"),
    ("x-a", "b\r\nx-c: d"),
    ("x-a", "b\nhost: evil.example.com"),
    ("x-a", "b\rx-c: d"),
    ("x-a", "b\0c"),
    ("x-a\r\nx-b", "c"),
    ("x-a: b", "c"),
    ("x-a\n", "c"),
    ("host ", "evil.example.com"),
    (" host", "evil.example.com"),
    (":authority", "evil.example.com"),
    ("", "x"),
    ("x\u{e9}", "x"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_header_of_a_guest_says_where_a_message_goes_or_ends() {
    let scene = Scene::set_up().await;
    for (name, value) in REFUSED {
        let url = "https://api.example.com/v1/x";
        let ask = json!({ "ask": "send", "url": url, "headers": [[name, value]] });
        let fault = scene.ask("one", ask).await.unwrap_err();
        assert_eq!(fault.code, "invalid", "{name:?}: {value:?}: {fault}");
        assert!(!fault.message.contains(TOKEN));
    }
    assert_eq!(scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_or_a_url_cannot_begin_a_second_request() {
    let scene = Scene::set_up().await;
    for (method, url) in [
        ("GET / HTTP/1.1\r\nhost: evil\r\n\r\nGET", "https://api.example.com/v1/x"),
        ("GET\n", "https://api.example.com/v1/x"),
        ("", "https://api.example.com/v1/x"),
        ("CONNECT", "https://api.example.com/v1/x"),
        ("TRACE", "https://api.example.com/v1/x"),
        ("GET", "https://api.example.com/v1/x HTTP/1.1\r\nx: y"),
        ("GET", "https://api.example.com/v1/\r\n\r\nDELETE /v1/y"),
        ("GET", "https://api.example.com/v1/\tx"),
        ("GET", "https://api.example.com/v1/..%2fv2"),
        ("GET", "https://api.example.com/v1/%2e%2e/v2/"),
        ("GET", "https://api.example.com/v1/..;/v2/"),
        ("GET", "https://api.example.com/v1/..\\v2"),
    ] {
        let ask = json!({ "ask": "send", "url": url, "method": method });
        let fault = scene.ask("one", ask).await.unwrap_err();
        let code = fault.code.as_ref();
        assert!(["invalid", "forbidden"].contains(&code), "{method:?} {url:?}: {fault}");
    }
    assert_eq!(scene.mirror.request_count(), 0);
}

/// What looks like a header in a body stays a body, and a second credential is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_one_request_with_one_credential() {
    let scene = Scene::set_up().await;
    let ask = json!({
        "ask": "send",
        "method": "POST",
        "url": "https://api.example.com/v1/x",
        "body": "0\r\n\r\nDELETE /v1/y HTTP/1.1\r\nhost: api.example.com\r\n\r\n",
    });
    assert_eq!(scene.ask("one", ask).await.unwrap()["status"], 200);
    assert_eq!(scene.mirror.request_count(), 1);
    let seen = &scene.mirror.requests()[0];
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(seen.header("content-length"), Some("53"));
}
