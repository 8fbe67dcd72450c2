//! Stories of requests that meet real sockets on this machine.

mod guard;
mod heed;
mod operator;
mod twin;

use std::{net::TcpListener, sync::Arc, time::Duration};

use self::twin::{BRIEF, BlackHole, PATIENCE, Play, Twin, reply};
use super::*;
use crate::{clock::VirtualClock, secret::Secret};

const SECRET: &str = "tok+3n/0123456789";

/// Everything at `origin`, with a bearer token, answered by `stand_in`.
fn rule(origin: &str, stand_in: Option<&str>) -> Rule {
    Rule {
        origin: origin.parse().unwrap(),
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE"].map(String::from).to_vec(),
        paths: vec!["/".into()],
        auth: Some(Auth::Fixed(Credential::Bearer(Secret::new(SECRET.to_owned())))),
        safe_posts: vec!["/search".into()],
        graphql: vec!["/graphql".into()],
        redirect_to: stand_in.map(|origin| origin.parse().unwrap()),
    }
}

/// What stands in for `https://api.example.com`.
fn policy(stand_in: &str) -> Policy {
    Policy::new(vec![rule("https://api.example.com", Some(stand_in))], Vec::new())
}

fn client(stand_in: &str) -> Client {
    Egress::new(EgressConfig::default()).client("books", Arc::new(policy(stand_in)))
}

/// A client of these rules in a network of the test's own.
fn client_in(network: Arc<dyn Network>, rules: Vec<Rule>) -> Client {
    let config = EgressConfig { network, ..EgressConfig::default() };
    Egress::new(config).client("books", Arc::new(Policy::new(rules, Vec::new())))
}

fn request(method: &str, path: &str) -> Request {
    Request {
        method: method.into(),
        url: format!("https://api.example.com{path}"),
        headers: Vec::new(),
        body: (method != "GET").then(|| "{}".into()),
        timeout: PATIENCE,
        idempotency: None,
    }
}

fn plain(request: Request) -> Request {
    Request { url: request.url.replacen("https", "http", 1), ..request }
}

fn brief(request: Request) -> Request {
    Request { timeout: BRIEF, ..request }
}

fn stage(answer: &Answer) -> Option<Stage> {
    match &answer.result {
        Err(EgressError::Timeout { stage, .. } | EgressError::Broken { stage, .. }) => Some(*stage),
        _ => None,
    }
}

#[tokio::test]
async fn a_stand_in_is_sent_what_the_vendor_would_be_sent() {
    let twin =
        Twin::start(vec![Play::Say(reply(201, "x-id: 7\r\nset-cookie: a=b\r\n", "{}"))]).await;
    let answer = client(&twin.origin()).send(request("POST", "/v1/invoices?draft=1")).await;
    assert_eq!(answer.sent, Sent::Done);
    let reply = answer.result.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (201, &b"{}"[..]));
    assert!(reply.headers.contains(&("x-id".into(), "7".into())));
    assert!(!reply.headers.iter().any(|(name, _)| name == "set-cookie"));
    let sent = twin.requests().remove(0);
    assert!(sent.starts_with("POST /v1/invoices?draft=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("host: api.example.com\r\n"), "{sent}");
    assert!(sent.contains(&format!("authorization: Bearer {SECRET}\r\n")), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{}"), "{sent}");
}

#[tokio::test]
async fn a_redirect_is_a_reply_and_is_not_followed() {
    let elsewhere = Twin::start(vec![Play::Say(reply(200, "", "caught"))]).await;
    let location = format!("location: {}/steal\r\n", elsewhere.origin());
    let twin = Twin::start(vec![Play::Say(reply(307, &location, ""))]).await;
    let answer = client(&twin.origin()).send(request("POST", "/v1")).await;
    assert_eq!(answer.result.unwrap().status, 307);
    assert_eq!(answer.sent, Sent::Unknown);
    assert_eq!((twin.requests().len(), elsewhere.sockets()), (1, 0));
}

#[tokio::test]
async fn what_a_status_says_of_an_effect_is_told_exactly() {
    for (method, path, status, sent) in [
        ("POST", "/v1", 200, Sent::Done),
        ("POST", "/v1", 422, Sent::Nothing),
        ("POST", "/v1", 503, Sent::Unknown),
        ("DELETE", "/v1", 204, Sent::Done),
        ("POST", "/search", 500, Sent::Nothing),
        ("GET", "/v1", 500, Sent::Nothing),
    ] {
        let twin = Twin::start(vec![Play::Say(reply(status, "", ""))]).await;
        let answer = client(&twin.origin()).send(request(method, path)).await;
        assert_eq!(answer.result.unwrap().status, status);
        assert_eq!(answer.sent, sent, "{method} {path} {status}");
    }
}

#[tokio::test]
async fn a_request_that_found_nobody_did_nothing() {
    // Bound and closed again: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = client(&format!("http://{free}")).send(request("POST", "/v1")).await;
    assert!(matches!(answer.result, Err(EgressError::Connect { .. })), "{answer:?}");
    assert_eq!(answer.sent, Sent::Nothing);
}

#[tokio::test]
async fn a_request_that_failed_at_tls_did_nothing() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", ""))]).await;
    // The twin speaks no TLS: it waits for the end of a head that never comes.
    let origin = twin.origin().replace("http:", "https:");
    let answer = client(&origin).send(brief(request("POST", "/v1"))).await;
    assert_eq!(stage(&answer), Some(Stage::Connect), "{answer:?}");
    assert_eq!(answer.sent, Sent::Nothing);
    assert!(twin.requests().is_empty());
}

#[tokio::test]
async fn a_reset_after_the_request_leaves_the_outcome_unknown() {
    let twin = Twin::start(vec![Play::Reset]).await;
    let client = client(&twin.origin());
    let answer = client.send(request("POST", "/v1")).await;
    assert_eq!(stage(&answer), Some(Stage::Headers), "{answer:?}");
    assert_eq!(answer.sent, Sent::Unknown);
    let answer = client.send(request("GET", "/v1")).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Headers), Sent::Nothing));
    assert_eq!(twin.requests().len(), 2, "each was sent once");
}

#[tokio::test]
async fn a_system_that_says_nothing_runs_into_the_timeout_for_headers() {
    let twin = Twin::start(vec![Play::Silence]).await;
    let answer = client(&twin.origin()).send(brief(request("PUT", "/v1"))).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Headers), Sent::Unknown));
}

#[tokio::test]
async fn half_a_head_is_no_definite_answer() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-le".to_vec();
    let twin = Twin::start(vec![Play::SayAndClose(half)]).await;
    let answer = client(&twin.origin()).send(request("POST", "/v1")).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Headers), Sent::Unknown));
}

#[tokio::test]
async fn a_body_that_never_ends_runs_into_the_timeout_and_the_status_still_counts() {
    let first = b"HTTP/1.1 201 Created\r\ncontent-length: 1000\r\n\r\nhalf".to_vec();
    let drip = Play::Drip(first, Vec::new());
    let twin = Twin::start(vec![drip]).await;
    let answer = client(&twin.origin()).send(brief(request("POST", "/v1"))).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Body), Sent::Done));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_of_the_body() {
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf".to_vec();
    let twin = Twin::start(vec![Play::SayAndClose(short)]).await;
    let answer = client(&twin.origin()).send(request("GET", "/v1")).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Body), Sent::Nothing));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_said_or_unsaid() {
    let said = b"HTTP/1.1 200 OK\r\ncontent-length: 10485761\r\n\r\n".to_vec();
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(vec![b'a'; 0x10000]);
    chunk.extend(b"\r\n");
    let unsaid = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for play in [Play::Say(said), Play::Drip(unsaid, chunk)] {
        let twin = Twin::start(vec![play]).await;
        let answer = client(&twin.origin()).send(request("GET", "/v1")).await;
        assert!(matches!(answer.result, Err(EgressError::TooLarge { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let many = "x-a: 1\r\n".repeat(101);
    let long = format!("x-a: {}\r\n", "1".repeat(300_000));
    for headers in [many, long] {
        let twin = Twin::start(vec![Play::Say(reply(200, &headers, ""))]).await;
        let answer = client(&twin.origin()).send(request("POST", "/v1")).await;
        assert_eq!((stage(&answer), answer.sent), (Some(Stage::Headers), Sent::Unknown));
    }
}

#[tokio::test]
async fn an_encoded_answer_that_nobody_asked_for_is_refused() {
    let twin = Twin::start(vec![Play::Say(reply(200, "content-encoding: gzip\r\n", "x"))]).await;
    let answer = client(&twin.origin()).send(request("POST", "/v1")).await;
    assert!(matches!(answer.result, Err(EgressError::Encoded(_))), "{answer:?}");
    assert_eq!(answer.sent, Sent::Done);
}

#[tokio::test]
async fn a_credential_that_is_echoed_is_not_seen() {
    let body = format!("{{\"got\":\"Bearer {SECRET}\",\"escaped\":\"tok%2B3n%2F0123456789\"}}");
    let echo = reply(200, &format!("x-echo: {SECRET}\r\n"), &body);
    let twin = Twin::start(vec![Play::Say(echo)]).await;
    let client = client(&twin.origin());
    let reply = client.send(request("GET", "/v1")).await.result.unwrap();
    assert_eq!(reply.body, "{\"got\":\"Bearer [secret]\",\"escaped\":\"[secret]\"}");
    assert!(reply.headers.contains(&("x-echo".into(), "[secret]".into())));
    assert_eq!(client.scrub(&format!("said {SECRET}")), "said [secret]");
    assert!(!format!("{client:?}").contains(SECRET));
}

#[tokio::test]
async fn sockets_are_used_again_and_an_idle_one_that_died_is_replaced() {
    let keep = Play::Say(reply(200, "", "1"));
    let twin = Twin::start(vec![
        keep.clone(),
        Play::SayAndClose(reply(200, "", "2")),
        Play::Say(reply(201, "", "3")),
    ])
    .await;
    let client = client(&twin.origin());
    assert_eq!(client.send(request("GET", "/1")).await.result.unwrap().body, "1");
    assert_eq!(client.send(request("GET", "/2")).await.result.unwrap().body, "2");
    assert_eq!(twin.sockets(), 1, "the second went over the first one's socket");
    // The end of the socket needs a moment to arrive.
    let settled = tokio::time::timeout(BRIEF, std::future::pending::<()>()).await;
    assert!(settled.is_err());
    let answer = client.send(request("POST", "/3")).await;
    assert_eq!((answer.sent, answer.result.unwrap().body), (Sent::Done, "3".into()));
    assert_eq!((twin.sockets(), twin.requests().len()), (2, 3), "sent once, over a new socket");
}

#[tokio::test]
async fn two_connections_share_no_socket() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", ""))]).await;
    let egress = Egress::new(EgressConfig::default());
    for name in ["books", "crm"] {
        let client = egress.client(name, Arc::new(policy(&twin.origin())));
        client.send(request("GET", "/v1")).await.result.unwrap();
    }
    assert_eq!(twin.sockets(), 2);
}

#[tokio::test]
async fn a_network_that_swallows_everything_runs_into_the_timeout_for_connecting() {
    let client = client_in(Arc::new(BlackHole), vec![rule("http://api.example.com", None)]);
    let answer = client.send(brief(plain(request("POST", "/v1")))).await;
    assert_eq!((stage(&answer), answer.sent), (Some(Stage::Connect), Sent::Nothing));
}

#[tokio::test]
async fn many_requests_are_answered_in_order_and_one_failure_stops_nobody() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", "ok"))]).await;
    let client = client(&twin.origin());
    let paths: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    let mut requests: Vec<Request> = paths.iter().map(|path| request("GET", path)).collect();
    requests[7].url = "https://elsewhere.example.com/".into();
    let answers = client.send_all(requests, 3).await;
    assert_eq!(answers.len(), 20);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer.result.is_ok(), at != 7, "{at}: {answer:?}");
    }
    assert!(twin.sockets() <= 3, "{} sockets", twin.sockets());
    assert!(client.send_all(Vec::new(), 0).await.is_empty());
}

#[tokio::test]
async fn a_budget_holds_over_a_new_client_and_obeys_the_system() {
    let slow_down = reply(429, "retry-after: 30\r\n", "");
    let twin = Twin::start(vec![Play::Say(reply(200, "", "")), Play::Say(slow_down)]).await;
    let clock = VirtualClock::at(1_000_000);
    let config = EgressConfig { clock: Arc::new(clock.clone()), ..EgressConfig::default() };
    let egress = Egress::new(config);
    let client = || {
        let rates = vec![Rate { requests: 2, per_ms: 1_000 }];
        egress.client("books", Arc::new(policy(&twin.origin()).within(rates, Some(1))))
    };
    let after = |answer: &Answer| match &answer.result {
        Err(EgressError::RateLimited { after }) => Some(*after),
        _ => None,
    };
    assert_eq!(client().send(request("POST", "/1")).await.sent, Sent::Done);
    assert_eq!(client().send(request("POST", "/2")).await.result.unwrap().status, 429);
    let answer = client().send(request("POST", "/3")).await;
    assert_eq!((after(&answer), answer.sent), (Some(Duration::from_secs(30)), Sent::Nothing));
    assert_eq!(twin.requests().len(), 2);
    clock.advance(Duration::from_secs(31));
    assert!(client().send(request("GET", "/4")).await.result.is_ok());
    egress.forget("books");
    assert!(client().send(request("GET", "/5")).await.result.is_ok());
}

#[tokio::test]
async fn smuggled_framing_never_reaches_the_socket() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", ""))]).await;
    let client = client(&twin.origin());
    for (name, value) in [
        ("transfer-encoding", "chunked"),
        ("content-length", "0"),
        ("x-a", "1\r\n\r\nGET /admin HTTP/1.1"),
        ("host", "internal.example.com"),
    ] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let answer = client.send(Request { headers, ..request("POST", "/v1") }).await;
        assert!(matches!(answer.result, Err(EgressError::Invalid(_))), "{answer:?}");
        assert_eq!(answer.sent, Sent::Nothing);
    }
    assert_eq!(twin.sockets(), 0);
}
