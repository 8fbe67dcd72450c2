//! People are told of what stops: in a few notices, whatever fails, and in none twice.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use http::StatusCode;
use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    fault::Fault,
    queue::{DeadLetter, Place, Task, Work},
    store::Batch,
};
use jackfield_tests::{
    house::{House, QUICK, until},
    twin::{Ask, Reply, Twin, Vendor},
};
use serde_json::{Value, json};
use sha2::Sha256;

/// The secret under which notices are signed.
const SECRET: &str = "a-signing-secret-of-the-operator";
/// The path of the hook, which nobody but the vault may know.
const PATH: &str = "/hooks/T0K3N-of-the-chat";
/// Letters that are buried in one commit.
const AT_ONCE: usize = 500;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// A chat that keeps what is posted to it.
#[derive(Default)]
struct Chat(Mutex<Vec<Value>>);

impl Chat {
    fn notices(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Vendor for Chat {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let body = String::from_utf8_lossy(&ask.body).into_owned();
        let header = |name: &str| ask.headers[name].to_str().unwrap().to_owned();
        let [id, time, signature] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!((signature, ask.path.as_str()), (right, PATH));
        let notice = serde_json::from_str(&body).unwrap();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        Some(Reply::json(StatusCode::OK, &json!({})))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::empty(status)
    }
}

/// A host by a clock that is moved by hand, whose alerts go to a chat.
async fn scene() -> (House, VirtualClock, Twin<Chat>) {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let house = House::with(Arc::new(clock.clone()), QUICK).await;
    let chat = Twin::launch(Chat::default(), 0).await.unwrap();
    let url = house.file("url", &format!("{}{PATH}", chat.origin()));
    let secret = house.file("secret", SECRET);
    let set = ["alert", "set", "--webhook", &format!("@{url}"), "--secret", &format!("@{secret}")];
    house.does(&set).await;
    (house, clock, chat)
}

/// Lets this many steps fail, for four causes in turn; ids and amounts differ in each message.
async fn fail(house: &House, numbers: std::ops::Range<usize>) {
    let rooms = house.rooms();
    let numbers: Vec<usize> = numbers.collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut batch = Batch::new();
        for number in numbers {
            let (connection, step, code, message) = match number % 4 {
                0 => ("books", "invoice", "rejected", format!("the invoice {number} is locked")),
                1 => (
                    "books",
                    "invoice",
                    "bad-input",
                    format!("`/lines/{number}`: \"\" is too short"),
                ),
                2 => ("books", "customer", "rejected", format!("contact c-{number} is archived")),
                _ => ("crm", "deal", "timeout", format!("no answer within {number} ms")),
            };
            let now_ms = rooms.clock.now_ms();
            let work = Work::new(connection, Task::Step { run: format!("{number:032}") }, now_ms);
            let place = Place { flow: "won-deal".into(), step: step.into() };
            let fault = Fault::operator(code, message);
            rooms.queue.bury(&mut batch, &DeadLetter::of(&work, &fault, Some(place), now_ms));
        }
        rooms.store.commit(batch).await.unwrap();
    }
}

/// Lets time go by until there are so many notices.
async fn until_told(clock: &VirtualClock, chat: &Twin<Chat>, notices: usize) {
    until(&format!("{notices} notices came"), || {
        clock.advance(SECOND);
        chat.vendor().notices().len() >= notices
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_failures_of_four_causes_are_four_groups_and_at_most_eight_notices() {
    let (house, clock, chat) = scene().await;
    fail(&house, 0..1_000).await;
    until_told(&clock, &chat, 1).await;
    fail(&house, 1_000..50_000).await;
    let groups = house.told(&["dead-letter", "list"]).await;
    let counts: Vec<_> = groups.as_array().unwrap().iter().map(|one| &one["count"]).collect();
    assert_eq!(counts, [12_500, 12_500, 12_500, 12_500], "{groups:#}");
    clock.advance(HOUR);
    until_told(&clock, &chat, 2).await;

    let told = house.told(&["dead-letter", "discard", "--all", "--yes"]).await;
    assert_eq!(told["done"], 50_000, "{told}");
    assert_eq!(house.dead_letters(), 0);
    until_told(&clock, &chat, 3).await;
    clock.advance(5 * HOUR);
    house.does(&["alert", "test"]).await;
    let notices = chat.vendor().notices();
    let kinds: Vec<_> = notices.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["first", "digest", "recovery", "test"], "{notices:#?}");
    assert!(notices.len() <= 8);
    let digest = notices[1]["causes"].as_array().unwrap();
    let counts: Vec<_> = digest.iter().map(|one| (&one["count"], &one["new"])).collect();
    assert_eq!(counts, [(&json!(12_500), &json!(12_250)); 4].to_vec());
    assert_eq!(notices[2]["causes"].as_array().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_repeats_no_notice() {
    let (mut house, clock, chat) = scene().await;
    fail(&house, 0..8).await;
    until_told(&clock, &chat, 1).await;
    for _ in 0..2 {
        house.stop().await;
        house.start().await;
        clock.advance(3 * HOUR);
        house.does(&["alert", "test"]).await;
    }
    let notices = chat.vendor().notices();
    let kinds: Vec<_> = notices.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["first", "test", "test"], "{notices:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_not_taken_is_tried_again_and_makes_no_dead_letter() {
    let (house, clock, chat) = scene().await;
    chat.fail_next(3, 500);
    fail(&house, 0..4).await;
    until("the doctor has something to say", || {
        clock.advance(SECOND);
        house.rooms().desk.alerts().is_some_and(|alerts| alerts.trouble.is_some())
    })
    .await;
    let (code, out, _) = house.types(&["doctor"]).await;
    assert_eq!(code, 1);
    assert!(out.contains("wrong alerts: not taken by"), "{out}");
    assert!(out.contains("500") && !out.contains(PATH), "{out}");
    until_told(&clock, &chat, 1).await;
    assert_eq!(house.dead_letters(), 4);
    until("it is in order again", || {
        house.rooms().desk.alerts().is_some_and(|alerts| alerts.trouble.is_none())
    })
    .await;
    let shown = house.does(&["alert", "show", "--json"]).await;
    assert!(!shown.contains(PATH) && !shown.contains(SECRET), "{shown}");
    house.does(&["alert", "remove"]).await;
    let (code, _, err) = house.types(&["alert", "test"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("alerts are not set"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_goes_to_no_name_that_means_this_network() {
    let house = House::open().await;
    for (url, why) in [
        ("http://hooks.example/x", "it goes over http"),
        ("ftp://10.0.0.1/x", "neither http nor https"),
        ("https://ops:pass@hooks.example/x", "a user in it"),
    ] {
        let (code, _, err) = house.types(&["alert", "set", "--webhook", url]).await;
        assert_eq!(code, 1, "{url}");
        assert!(err.contains(why), "{url}: {err}");
    }
    house.does(&["alert", "set", "--webhook", "https://localhost:1/x"]).await;
    let (code, _, err) = house.types(&["alert", "test"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("a loopback address"), "{err}");
}
