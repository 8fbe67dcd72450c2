//! Secrets are changed for new ones, nobody forgets to, and each use leaves a line.

use std::{sync::Arc, time::Duration};

use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    store::trees,
};
use jackfield_tests::{
    house::{House, QUICK, until},
    orders::{self, KEY, Till, signed_by},
    sender::Lane,
    signed,
    twin::{
        Twin,
        identity::{Habits, Identity},
    },
};

/// The key after the change.
const NEW: &str = "orders-signing-key-2";
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A host with the orders connector, by a clock that is moved by hand.
async fn scene() -> (House, VirtualClock, Twin<Till>) {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let house = House::with(Arc::new(clock.clone()), QUICK).await;
    let till = Twin::launch(Till::default(), 0).await.unwrap();
    orders::connect(&house, &till).await;
    (house, clock, till)
}

/// The status that a webhook gets which is signed under a key.
async fn status(house: &House, key: &str, number: u64) -> u16 {
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    lane.send(&signed_by(key, number, 500)).await.unwrap().status
}

async fn changes_the_key(house: &House, more: &[&str]) -> serde_json::Value {
    let secret = format!("signing_key=@{}", house.file("new-key", NEW));
    let rotate = ["connection", "rotate", "orders", "--secret", &secret];
    house.told(&[&rotate[..], more].concat()).await
}

fn lines(trail: &serde_json::Value, word: &str) -> usize {
    trail.as_array().unwrap().iter().filter(|line| line["what"] == word).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_webhook_secrets_count_during_the_change_and_one_after_it() {
    let (mut house, clock, _till) = scene().await;
    let told = changes_the_key(&house, &["--overlap", "48"]).await;
    assert_eq!(told["secrets"][0]["secret"], "signing_key");
    assert!(told["secrets"][0]["previous_until_ms"].is_u64(), "{told}");
    assert_eq!((status(&house, KEY, 2).await, status(&house, NEW, 3).await), (200, 200));
    house.stop().await;
    house.start().await;
    assert_eq!((status(&house, KEY, 4).await, status(&house, NEW, 5).await), (200, 200));

    clock.advance(49 * HOUR);
    assert_eq!((status(&house, KEY, 6).await, status(&house, NEW, 7).await), (401, 200));
    let kept = || {
        let store = &house.rooms().store;
        store.scan_prefix(trees::SECRETS, b"value\0orders\0previous:", None, 9).unwrap().len()
    };
    until("the value before is gone from the vault", || kept() == 0).await;
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await;
    assert_eq!(lines(&trail, "connection.rotated"), 1);
    assert!(!trail.to_string().contains(NEW) && !trail.to_string().contains(KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_an_overlap_ends_the_secret_before_at_once() {
    let (house, _clock, _till) = scene().await;
    changes_the_key(&house, &["--overlap", "0"]).await;
    assert_eq!((status(&house, KEY, 1).await, status(&house, NEW, 2).await), (401, 200));
    let (code, _, err) = house.types(&["connection", "rotate", "orders", "--every", "99999"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("too long") && err.contains("hint: "), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_later_somebody_is_reminded_once_a_week() {
    let (house, clock, _till) = scene().await;
    let health = async || {
        let told = house.told(&["connection", "list"]).await;
        told[0]["health"].as_str().unwrap().to_owned()
    };
    clock.advance(89 * DAY);
    assert_eq!(health().await, "healthy");
    clock.advance(2 * DAY);
    assert_eq!(health().await, "healthy; due to be changed: signing_key");
    let reminded = || {
        let live = house.rooms().connections.get("orders").unwrap();
        live.connection.rotation.reminded_at_ms
    };
    until("somebody is reminded", || reminded().is_some()).await;
    let first = reminded();
    clock.advance(2 * HOUR);
    clock.advance(8 * DAY);
    until("and again", || reminded() != first).await;
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await;
    assert_eq!(lines(&trail, "rotation.due"), 2, "{trail}");

    changes_the_key(&house, &[]).await;
    assert_eq!(health().await, "healthy");
    house.does(&["connection", "rotate", "orders", "--every", "0"]).await;
    clock.advance(1000 * DAY);
    assert_eq!(health().await, "healthy", "never is never");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_use_of_a_credential_leaves_a_line_without_its_value() {
    let mut house = House::open().await;
    let vendor = Twin::launch(Identity::with(Habits::default()), 0).await.unwrap();
    signed::add(&house, &vendor, signed::AUTH).await;
    signed::signs_in(&house).await;
    for _ in 0..3 {
        house.does(&["connection", "test", "orders"]).await;
    }
    // The last uses are told of when the host stops.
    house.stop().await;
    house.start().await;
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await;
    let used = |host: &str| {
        let lines = trail.as_array().unwrap().iter();
        let used = lines
            .filter(|line| line["what"] == "credential.used" && line["details"]["host"] == host);
        used.map(|line| {
            assert_eq!(line["details"]["connector"], "orders");
            line["details"]["count"].as_str().unwrap().parse::<u64>().unwrap()
        })
        .sum::<u64>()
    };
    assert_eq!(used("api.orders.example"), 4, "the check after the sign-in, and three tests");
    assert_eq!(used("identity.orders.example"), 1);
    for token in vendor.vendor().authority.tokens() {
        assert!(!trail.to_string().contains(&token));
    }
}
