//! At the door: what is refused, and with which answer.
#![expect(clippy::disallowed_methods, reason = "speaks to the door in bytes of its own")]

use http::Method;
use jackfield_tests::{
    house::until,
    sender::{Delivery, Sender},
    won_deal::WonDealScene,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_leaves_one_line() {
    let scene = WonDealScene::set_up().await;
    let forged = scene.win("Oven").with_text("authorization", "Basic amFja2ZpZWxkOndyb25n");
    for _ in 0..20 {
        assert_eq!(scene.send(&forged).await.status, 401);
    }
    assert_eq!(scene.house.rooms().ingress.counts().refused, 20);
    assert_eq!(scene.house.told(&["delivery", "list"]).await.as_array().unwrap().len(), 0);
    let trail = scene.house.told(&["audit", "list", "--connection", "crm"]).await;
    let lines = trail.as_array().unwrap();
    let refused = lines.iter().filter(|line| line["what"] == "delivery.refused");
    assert_eq!(refused.count(), 1, "the rest is counted: {trail}");
    assert!(!trail.to_string().contains("amFja2ZpZWxk"));
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_endpoint_is_404_and_a_known_one_never() {
    let scene = WonDealScene::set_up().await;
    let known = scene.house.endpoint("crm");
    let strange = known.replace("/in/", "/in/0");
    let webhook = scene.win("Oven");
    let send = async |url: &str, delivery: &Delivery| {
        Sender::new(url, 1).unwrap().send(delivery).await.unwrap().status
    };
    assert_eq!(send(&strange, &webhook).await, 404);
    assert_eq!(send(&known.replace("/in/", "/out/"), &webhook).await, 404);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let status = send(&known, &webhook.clone().by(method.clone())).await;
        assert!(status != 404 && status != 410, "{method}: {status}");
    }
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_413_and_not_read() {
    let scene = WonDealScene::set_up().await;
    let huge = Delivery::new(vec![b' '; (1 << 20) + 1]);
    assert_eq!(scene.send(&huge).await.status, 413);
    let mut stream = TcpStream::connect(address(&scene)).await.unwrap();
    let path = scene.house.endpoint("crm");
    let path = path.split_once("/in/").unwrap().1;
    let head =
        format!("POST /in/{path} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_and_nothing_is_acknowledged() {
    let mut scene = WonDealScene::set_up().await;
    let webhook = scene.win("Oven");
    scene.house.restart_with_reserve(u64::MAX).await;
    let answer = scene.send(&webhook).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(scene.house.told(&["delivery", "list"]).await.as_array().unwrap().len(), 0);
    scene.house.restart_with_reserve(0).await;
    assert_eq!(scene.send(&webhook).await.status, 200);
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_is_closed() {
    let scene = WonDealScene::set_up().await;
    let mut stream = TcpStream::connect(address(&scene)).await.unwrap();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00 hello, is this TLS?\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_what_was_meant_is_kept_for_a_person() {
    let scene = WonDealScene::set_up().await;
    let odd = scene.win("Oven");
    let odd = Delivery::new("{ not json")
        .with(http::header::AUTHORIZATION, odd.headers()[http::header::AUTHORIZATION].clone());
    assert_eq!(scene.send(&odd).await.status, 200);
    let dead = || {
        scene.house.rooms().inbox.list(1).is_ok_and(|list| {
            list.iter().any(|(_, status)| status.fate == jackfield::inbox::Fate::Dead)
        })
    };
    until("a person is told", dead).await;
    scene.strike().await;
}

fn address(scene: &WonDealScene) -> String {
    let url = &scene.house.rooms().public_url;
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}
