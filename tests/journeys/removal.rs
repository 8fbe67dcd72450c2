//! Connections and connectors go, and nothing of them stays that somebody could come by.

use jackfield_tests::{
    house::{House, until},
    orders, releases,
    sender::Lane,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_is_not_removed_and_what_is_not_is_gone() {
    let (connected, _till) = orders::connected().await;
    let (code, _, err) = connected.types(&["connector", "remove", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("connections go through `orders`: orders"), "{err}");

    let house = House::open().await;
    house.install("orders", &releases::orders("orders", "0.1.0")).await;
    house.does(&["connector", "remove", "orders"]).await;
    let left = std::fs::read_dir(house.dir().join("data/releases")).unwrap();
    assert_eq!(left.count(), 0);
    let (code, _, err) = house.types(&["connector", "remove", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("there is no connector `orders`"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_once_nothing_hangs_on_it() {
    let (house, _till) = orders::connected().await;
    let flow = house.file("flow.toml", orders::FLOW);
    house.does(&["flow", "apply", &flow]).await;
    let endpoint = house.endpoint("orders");
    let mut lane = Lane::new(&endpoint).unwrap();
    house.does(&["connection", "pause", "orders"]).await;
    assert_eq!(lane.send(&orders::delivery(1, 500)).await.unwrap().status, 200);

    let (code, _, err) = house.types(&["connection", "remove", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("jackfield flow remove order-becomes-receipt"), "{err}");
    assert!(err.contains("work waits for it") && err.contains("--discard"), "{err}");
    let paused = || house.rooms().connections.get("orders").unwrap().connection.state;
    assert_eq!(paused(), jackfield::connections::State::Paused, "a refusal changes nothing");
    house.does(&["flow", "remove", "order-becomes-receipt"]).await;
    house.does(&["connection", "remove", "orders", "--discard"]).await;

    assert_eq!(lane.send(&orders::delivery(2, 500)).await.unwrap().status, 404);
    assert!(house.is_idle(), "the work is given up");
    let vault = house.rooms().store.scan_prefix(jackfield::store::trees::SECRETS, &[], None, 9);
    let of_it = |place: &[u8]| String::from_utf8_lossy(place).contains("orders");
    let left = vault.unwrap().iter().filter(|(place, _)| of_it(place)).count();
    assert_eq!(left, 0, "and so are its secrets, and the key that opens them");
    house.does(&["connector", "remove", "orders"]).await;
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await.to_string();
    for word in ["work.discarded", "connection.removed", "connector.removed"] {
        assert!(trail.contains(word), "{word}: {trail}");
    }
}

/// What was sent to one account, and comes late, must not reach another.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_removed_connection_stays_taken() {
    let (mut house, till) = orders::connected().await;
    house.does(&["connection", "remove", "orders"]).await;
    // A call that was under way kept something, after all was cleared away.
    let store = house.rooms().store.clone();
    let mut batch = jackfield::store::Batch::new();
    batch.put(jackfield::store::trees::STORAGE, b"orders\0late", b"value");
    store.commit(batch).await.unwrap();
    drop(store);
    house.stop().await;
    house.start().await;
    let kept = house.rooms().store.scan_prefix(jackfield::store::trees::STORAGE, &[], None, 9);
    assert!(kept.unwrap().is_empty());
    assert_eq!(house.told(&["connection", "list"]).await, serde_json::json!([]));
    let key = format!("signing_key=@{}", house.file("key", orders::KEY));
    let add = ["connection", "add", "orders", "--connector", "orders", "--secret", &key];
    let (code, _, err) = house.types(&add).await;
    assert_eq!(code, 1);
    assert!(err.contains("was that of a connection that was removed"), "{err}");
    orders::add(&house, &till, "shop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_cannot_be_used_can_be_removed_with_all_that_waits() {
    let (mut house, _till) = orders::connected().await;
    house.does(&["connection", "pause", "orders"]).await;
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 500)).await.unwrap().status, 200);
    house.stop().await;
    house.damage_releases();
    house.start().await;
    let (code, _, err) = house.types(&["connection", "pause", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("cannot be used now"), "{err}");
    house.does(&["connection", "remove", "orders", "--discard"]).await;
    assert!(house.is_idle());
    house.does(&["connector", "remove", "orders"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_ends_with_its_connection_and_a_run_that_is_given_up_is_seen_to_be() {
    let (house, till) = orders::connected().await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    let next = releases::orders("orders", "0.2.0");
    let trial = ["--unsigned", "--yes", "--connection", "orders"];
    house.takes("upgrade", &next, &trial).await;
    till.fail_next(u32::MAX, 503);
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 500)).await.unwrap().status, 200);
    until("a run has begun", || house.rooms().flows.runs(1).unwrap().len() == 1).await;
    house.does(&["connection", "pause", "orders"]).await;
    house.does(&["flow", "remove", "order-becomes-receipt"]).await;
    house.does(&["connection", "remove", "orders", "--discard"]).await;
    assert!(house.rooms().connectors.record("orders").unwrap().trials.is_empty());
    let runs = house.told(&["run", "list"]).await;
    assert_ne!(runs[0]["state"], "running", "{runs}");
}
