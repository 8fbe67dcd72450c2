//! A system that fails again and again is left alone; nothing is lost by it and nothing doubled.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    dispatch::Backoff,
    queue::DeadLetters,
};
use jackfield_tests::{
    house::{House, pause_ms, until},
    orders::{self, Till},
    releases,
    sender::Lane,
    twin::Twin,
};
use serde_json::Value;

/// Orders that are paid in a scene: more than a lane has under way at once.
const ORDERS: u64 = 24;

/// A host by a clock that stands still, so that nothing is tried again until the test says so,
/// with the orders connector by this manifest.
async fn scene(manifest: &str) -> (House, Twin<Till>, VirtualClock) {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let house = House::with(Arc::new(clock.clone()), Backoff::default()).await;
    let till = Twin::launch(Till::default(), 0).await.unwrap();
    house.install("orders", &releases::guest("orders", manifest)).await;
    orders::add(&house, &till, "orders").await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    (house, till, clock)
}

/// Pays so many orders, and waits until each is a step that waits or has been tried.
async fn pay(house: &House, count: u64) {
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    for number in 0..count {
        assert_eq!(lane.send(&orders::delivery(number, 400)).await.unwrap().status, 200);
    }
}

/// What is said of the origins that are left alone.
async fn left_alone(house: &House) -> Value {
    house.told(&["connection", "list"]).await[0]["left_alone"].clone()
}

/// Waits until the breaker is open and what was under way has ended.
async fn until_left_alone(house: &House) {
    let live = || house.rooms().connections.get("orders").unwrap();
    until("the breaker is open", || !live().rests().is_empty()).await;
    until("what was under way has ended", || house.rooms().queue.claimed() == 0).await;
}

/// Lets the time pass until everything is done.
async fn until_done(house: &House, clock: &VirtualClock) {
    until("everything is done", || {
        clock.advance(Duration::from_millis(500));
        house.is_idle()
    })
    .await;
}

/// How often a word is in the trail.
async fn lines(house: &House, word: &str) -> usize {
    let trail = house.told(&["audit", "list", "--limit", "1000"]).await;
    trail.as_array().unwrap().iter().filter(|line| line["what"] == word).count()
}

/// The intentions of the requests that were done: each once.
fn assert_each_once(till: &Twin<Till>, count: u64) {
    assert_eq!(till.vendor().receipts(), count);
    let key = |asked: &jackfield_tests::twin::Asked| asked.headers.get("idempotency-key").cloned();
    let keys: Vec<_> = till.requests().iter().filter_map(key).collect();
    let distinct: BTreeSet<_> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
    assert_eq!(distinct.len() as u64, count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_fails_in_a_row_is_probed_and_gets_everything_once() {
    let (house, till, clock) = scene(orders::MANIFEST).await;
    till.fail_next(u32::MAX, 503);
    pay(&house, ORDERS).await;
    until_left_alone(&house).await;
    let asked = till.request_count();
    assert!((5..=16).contains(&asked), "{asked} requests, of which some were under way already");

    // It says so everywhere.
    let rests = left_alone(&house).await;
    assert_eq!(rests[0]["origin"], "https://api.orders.example");
    assert_eq!(rests[0]["last"], "status 503");
    let list = house.does(&["connection", "list"]).await;
    assert!(list.contains("`orders` leaves https://api.orders.example alone until "), "{list}");
    let status = house.does(&["status"]).await;
    assert!(status.contains("left alone           orders;"), "{status}");
    let (code, doctor, _) = house.types(&["doctor"]).await;
    assert!(code == 1 && doctor.contains("wrong connection: `orders` leaves "), "{doctor}");

    // While it is open no request leaves, whatever falls due.
    clock.advance(Duration::from_secs(9));
    pause_ms(200).await;
    assert_eq!(till.request_count(), asked);

    // Then one does, fails, and the rest is longer.
    clock.advance(Duration::from_secs(2));
    until("one request finds out", || till.request_count() > asked).await;
    until("it has ended", || house.rooms().queue.claimed() == 0).await;
    clock.advance(Duration::from_secs(18));
    pause_ms(200).await;
    assert_eq!(till.request_count(), asked + 1);

    // Once it is back, everything is done, and nobody was kept from it by a try of its own.
    till.calm();
    until_done(&house, &clock).await;
    assert_each_once(&till, ORDERS);
    assert_eq!((house.dead_letters(), left_alone(&house).await.as_array().unwrap().len()), (0, 0));
    assert_eq!(lines(&house, "breaker.opened").await, 1);
    assert_eq!(lines(&house, "breaker.closed").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_system_that_is_down_outlives_a_restart() {
    let (mut house, till, clock) = scene(orders::MANIFEST).await;
    till.down().await;
    pay(&house, ORDERS).await;
    until_left_alone(&house).await;
    house.stop().await;
    house.start().await;
    // The breaker is forgotten, and found anew by the first failures.
    until("the breaker is open again", || {
        clock.advance(Duration::from_millis(100));
        let live = house.rooms().connections.get("orders").unwrap();
        !live.rests().is_empty()
    })
    .await;
    let work = house.rooms().queue.waiting(100).unwrap();
    assert!(work.len() as u64 >= ORDERS, "{} of {ORDERS} are there", work.len());
    till.up().await;
    until_done(&house, &clock).await;
    assert_each_once(&till, ORDERS);
    assert_eq!(house.dead_letters(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_beside_one_that_is_down_goes_on() {
    let (house, till, clock) = scene(orders::MANIFEST).await;
    let other = Twin::launch(Till::default(), 0).await.unwrap();
    orders::add(&house, &other, "shop").await;
    let flow =
        orders::FLOW.replace("\"orders\"", "\"shop\"").replace("order-becomes", "shop-makes");
    house.does(&["flow", "apply", &house.file("shop.toml", &flow)]).await;
    till.down().await;
    pay(&house, ORDERS).await;
    until_left_alone(&house).await;
    let mut lane = Lane::new(&house.endpoint("shop")).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 400)).await.unwrap().status, 200);
    until("the other has its receipt", || other.vendor().receipts() == 1).await;
    till.up().await;
    until_done(&house, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_tried_as_often_as_its_manifest_says() {
    let header = "idempotency = { kind = \"header\", name = \"idempotency-key\" }";
    let retry = "retry = { tries = 2, first = \"1s\", longest = \"5s\" }";
    let manifest = orders::MANIFEST.replace(header, &format!("{header}\n{retry}"));
    let (house, till, clock) = scene(&manifest).await;
    till.fail_next(u32::MAX, 503);
    pay(&house, 1).await;
    until("a person is asked", || {
        clock.advance(Duration::from_millis(100));
        house.dead_letters() == 1
    })
    .await;
    let letters = DeadLetters::of(house.rooms().queue.clone()).list(None, 10).unwrap();
    assert_eq!((letters[0].attempts, letters[0].code.as_str()), (2, "unavailable"));
    assert_eq!(till.request_count(), 2);
}
