//! Vendors that are down, slow, or full of errors, and come back.

use std::{sync::Arc, time::Duration};

use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    dispatch::Backoff,
};
use jackfield_tests::{
    house::{House, until},
    won_deal::WonDealScene,
};

/// By a clock that stands still, so that nothing is tried again until the test says so.
async fn scene_by(clock: &VirtualClock) -> WonDealScene {
    let house = House::with(Arc::new(clock.clone()), Backoff::default()).await;
    let scene = WonDealScene::bare(house).await;
    scene.install().await;
    scene.connect().await;
    scene.apply_flow().await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_down_gets_its_invoice_when_it_is_up() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = scene_by(&clock).await;
    scene.books.down().await;
    assert_eq!(scene.send(&scene.win("Oven")).await.status, 200);
    let retried = || {
        let work = scene.house.rooms().queue.waiting(10).unwrap();
        work.iter().any(|work| work.lane == "books" && work.attempts == 1)
    };
    until("the step was tried in vain", retried).await;
    assert_eq!(scene.books.invoice_count(), 0);
    scene.books.up().await;
    clock.advance(Duration::from_secs(3));
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    until("nothing is left to do", || scene.house.is_idle()).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_is_down_delays_the_parsing_and_loses_nothing() {
    let scene = WonDealScene::set_up().await;
    let webhook = scene.win("Oven");
    scene.crm.fail_next(2, 503);
    assert_eq!(scene.send(&webhook).await.status, 200);
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_obeyed_and_not_counted_as_a_try() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = scene_by(&clock).await;
    scene.books.limit_per_minute(Some(0));
    scene.send(&scene.win("Oven")).await;
    let put_off = || {
        let work = scene.house.rooms().queue.waiting(10).unwrap();
        work.iter().find(|work| work.lane == "books" && work.due_ms > clock.now_ms()).cloned()
    };
    until("the step was put off", || put_off().is_some()).await;
    assert_eq!(put_off().unwrap().attempts, 0);
    scene.books.limit_per_minute(None);
    clock.advance(Duration::from_secs(61));
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}
