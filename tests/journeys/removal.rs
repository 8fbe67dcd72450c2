//! Connections and connectors go, and nothing of them stays that somebody could come by.

use jackfield_tests::{
    house::{House, until},
    orders::{self, Till},
    releases,
    sender::Lane,
    twin::Twin,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_is_not_removed_and_what_is_not_is_gone() {
    let connected = House::open().await;
    let till = Twin::launch(Till::default(), 0).await.unwrap();
    orders::connect(&connected, &till).await;
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
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await.unwrap();
    orders::connect(&house, &till).await;
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
    house.does(&["flow", "remove", "order-becomes-receipt"]).await;
    house.does(&["connection", "remove", "orders", "--discard"]).await;

    assert_eq!(lane.send(&orders::delivery(2, 500)).await.unwrap().status, 404);
    assert!(house.is_idle(), "the work is given up");
    let vault = house.rooms().store.scan_prefix(jackfield::store::trees::SECRETS, &[], None, 9);
    assert!(vault.unwrap().is_empty(), "and so are its secrets, and the key that opens them");
    house.does(&["connector", "remove", "orders"]).await;
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await.to_string();
    for word in ["work.discarded", "connection.removed", "connector.removed"] {
        assert!(trail.contains(word), "{word}: {trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_the_name_of_a_removed_connection_begins_afresh() {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await.unwrap();
    orders::connect(&house, &till).await;
    let flow = house.file("flow.toml", orders::FLOW);
    house.does(&["flow", "apply", &flow]).await;
    let delivery = orders::delivery(1, 500);
    let send = async || {
        let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
        lane.send(&delivery).await.unwrap().status
    };
    assert_eq!(send().await, 200);
    until("the receipt is written", || till.vendor().receipts() == 1 && house.is_idle()).await;
    house.does(&["flow", "remove", "order-becomes-receipt"]).await;
    house.does(&["connection", "remove", "orders"]).await;

    orders::add(&house, &till).await;
    house.does(&["flow", "apply", &flow]).await;
    assert_eq!(send().await, 200);
    until("the same order of another account is no repeat", || till.vendor().receipts() == 2).await;
}
