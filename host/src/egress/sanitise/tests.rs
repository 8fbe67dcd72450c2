//! What a guest may ask for, and what is refused.

use std::time::Duration;

use super::*;
use crate::secret::Secret;

fn policy(auth: Option<Credential>, redirect_to: Option<&str>) -> Policy {
    let rule = Rule {
        origin: "https://api.example.com".parse().unwrap(),
        methods: vec!["GET".into(), "POST".into(), "TRACE".into()],
        paths: vec!["/".into()],
        auth: auth.map(Auth::Fixed),
        safe_posts: Vec::new(),
        graphql: Vec::new(),
        redirect_to: redirect_to.map(|origin| origin.parse().unwrap()),
    };
    let headers = vec![
        ("x-tenant".to_owned(), "t-1".to_owned()),
        ("accept".to_owned(), "application/json".to_owned()),
    ];
    Policy::new(vec![rule], headers)
}

fn bearer() -> Option<Credential> {
    Some(Credential::Bearer(Secret::new("token-0123456789".to_owned())))
}

fn request(headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(n, v)| (n.to_string(), v.to_string()));
    Request {
        method: "POST".into(),
        url: "https://api.example.com/v1?q=1".into(),
        headers: headers.collect(),
        body: None,
        timeout: Duration::from_secs(1),
        idempotency: None,
    }
}

/// The request as it is sent.
fn sent(policy: &Policy, request: Request) -> Result<http::Request<Full<Bytes>>, EgressError> {
    let prepared = prepare(policy, request)?;
    match &prepared.auth {
        Some(Auth::Fixed(credential)) => prepared.with(Some(credential), 0),
        _ => prepared.with(None, 0),
    }
}

fn refused(request: Request) -> String {
    match sent(&policy(bearer(), None), request) {
        Err(EgressError::Invalid(why)) => why,
        other => panic!("not refused as invalid: {other:?}"),
    }
}

#[test]
fn headers_that_are_the_hosts_are_refused() {
    for name in [
        "Host",
        "connection",
        "Transfer-Encoding",
        "content-length",
        "TE",
        "upgrade",
        "Keep-Alive",
        "trailer",
        "Expect",
        "Proxy-Authorization",
        "proxy-connection",
        "Authorization",
    ] {
        let why = refused(request(&[(name, "x")]));
        assert!(why.contains("is the host's"), "{name}: {why}");
    }
}

#[test]
fn headers_that_would_split_a_message_are_refused() {
    for (name, value) in [
        ("x-a", "1\r\ntransfer-encoding: chunked"),
        ("x-a", "1\nhost: evil.test"),
        ("x-a", "1\0"),
        ("x-a\r\nhost", "evil.test"),
        ("x a", "1"),
        ("host ", "evil.test"),
        ("", "1"),
        (":authority", "evil.test"),
    ] {
        refused(request(&[(name, value)]));
    }
}

#[test]
fn bounds_on_headers_body_and_url_hold() {
    refused(request(&vec![("x-a", "1"); HEADERS_MAX + 1]));
    refused(request(&[("x-a", &"1".repeat(HEADERS_BYTES_MAX))]));
    refused(Request { body: Some(vec![0; BODY_BYTES_MAX + 1].into()), ..request(&[]) });
    let url = format!("https://api.example.com/{}", "a".repeat(URL_BYTES_MAX));
    refused(Request { url, ..request(&[]) });
    let whole = Request { body: Some(vec![0; BODY_BYTES_MAX].into()), ..request(&[]) };
    assert!(sent(&policy(None, None), whole).is_ok());
}

#[test]
fn urls_that_are_not_plain_are_refused() {
    for url in [
        "/v1",
        "api.example.com/v1",
        "//api.example.com/v1",
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "https://user@api.example.com/",
        "https://user:pw@api.example.com/",
        "https://api.example.com/#part",
        "https://api.example.com/a b",
        "https://api.example.com/a\r\nhost: evil.test",
        "https://api.example.com\\@evil.test/",
        "https:///v1",
        "",
    ] {
        if url == "https:///v1" {
            // The parser reads this as the host `v1`, which no rule grants.
            let result = sent(&policy(None, None), Request { url: url.into(), ..request(&[]) });
            assert!(matches!(result, Err(EgressError::Refused(_))));
            continue;
        }
        refused(Request { url: url.into(), ..request(&[]) });
    }
    for method in ["TRACE", "CONNECT", "GE T", ""] {
        refused(Request { method: method.into(), ..request(&[]) });
    }
}

#[test]
fn what_the_host_adds_is_there_and_wins() {
    let given = request(&[
        ("x-tenant", "t-2"),
        ("accept", "application/pdf"),
        ("Accept-Encoding", "gzip"),
        ("x-own", "1"),
    ]);
    let idempotency = Some(("Idempotency-Key".to_owned(), "run-1".to_owned()));
    let given = Request { idempotency, ..given };
    assert!(prepare(&policy(bearer(), None), given.clone()).unwrap().mutates);
    let sent = sent(&policy(bearer(), None), given).unwrap();
    let headers = sent.headers();
    assert_eq!(headers["x-tenant"], "t-1");
    assert_eq!(headers["accept"], "application/pdf");
    assert_eq!(headers["x-own"], "1");
    assert_eq!(headers["authorization"], "Bearer token-0123456789");
    assert_eq!(headers["idempotency-key"], "run-1");
    assert_eq!(headers["host"], "api.example.com");
    assert_eq!(headers["user-agent"], AGENT);
    assert!(!headers.contains_key("accept-encoding"));
    assert!(!format!("{sent:?}").contains("token-0123456789"));
}

#[test]
fn a_manifest_cannot_take_the_hosts_headers_either() {
    let name = || "Transfer-Encoding".to_owned();
    let rule = |auth| {
        policy(auth, None)
            .allows("POST", &target("https://api.example.com").unwrap())
            .cloned()
            .unwrap()
    };
    let by_header = Policy::new(vec![rule(None)], vec![(name(), "chunked".to_owned())]);
    let value = Secret::new("chunked".to_owned());
    let by_auth = Credential::Header { name: name(), value };
    let by_auth = Policy::new(vec![rule(Some(by_auth))], Vec::new());
    for policy in [by_header, by_auth] {
        assert!(matches!(sent(&policy, request(&[])), Err(EgressError::Invalid(_))));
    }
    refused(Request { idempotency: Some((name(), "chunked".to_owned())), ..request(&[]) });
}

#[test]
fn a_credential_in_the_query_is_the_hosts_alone() {
    let auth = || {
        let value = Secret::new("key-0123456789".to_owned());
        Some(Credential::Query { name: "api_token".into(), value })
    };
    let whole = sent(&policy(auth(), None), request(&[])).unwrap();
    assert_eq!(whole.uri().query(), Some("q=1&api_token=key-0123456789"));
    let url = "https://api.example.com/?api%5Ftoken=other".to_owned();
    let named = sent(&policy(auth(), None), Request { url, ..request(&[]) });
    assert!(matches!(named, Err(EgressError::Invalid(_))));
}

#[test]
fn a_stand_in_gets_the_request_under_the_right_name() {
    for (stand_in, uri, host) in [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/v1?q=1", "api.example.com"),
        ("http://localhost:9000", "http://localhost:9000/v1?q=1", "api.example.com"),
        (
            "https://sandbox.example.com",
            "https://sandbox.example.com/v1?q=1",
            "sandbox.example.com",
        ),
    ] {
        let sent = sent(&policy(None, Some(stand_in)), request(&[])).unwrap();
        assert_eq!(sent.uri().to_string(), uri);
        assert_eq!(sent.headers()["host"], host);
    }
}
