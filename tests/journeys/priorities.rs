//! Live work before backfill before reconciliation, as far as the vendor's door.

use std::time::Duration;

use jackfield::{
    capabilities::{Particulars, Window},
    contract::Call,
    priority::Priority,
};
use jackfield_tests::{
    house::{House, until},
    orders, releases,
    sender::Lane,
    twin::Twin,
};

/// Requests that the manifest of the scene grants in an hour.
const HOURLY: u32 = 10;

/// Writes a receipt at a priority, as dispatch has it done: whether there was room for it.
async fn write_at(house: &House, priority: Priority) -> bool {
    let live = house.rooms().connections.get("orders").unwrap();
    let (package, limits) = (&live.connector.package, live.connector.limits);
    let call = Call { action: "receipt.create".into(), input: "{}".into(), ext: Vec::new() };
    let written = priority.carry(async {
        let window =
            Window::open(&live.means, &Particulars { attempt: 1, ..Particulars::default() });
        house.rooms().runtime.invoke(package, window, limits, &call).await.result
    });
    match written.await {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault.code, "rate-limited", "{fault}");
            let backoff = fault.backoff.expect("the retries of the action");
            assert_eq!((backoff.tries, backoff.first), (12, Duration::from_secs(2)));
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_leaves_room_for_the_webhook_that_comes() {
    let budget = format!("[[budget]]\nrequests = {HOURLY}\nper = \"1h\"\n");
    let manifest =
        orders::MANIFEST.replace("[webhook.verify]", &format!("{budget}[webhook.verify]"));
    let house = House::open().await;
    let till = Twin::launch(orders::Till::default(), 0).await.unwrap();
    house.install("orders", &releases::guest("orders", &manifest)).await;
    orders::add(&house, &till, "orders").await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    let mut done = Vec::new();
    for priority in [Priority::Reconciliation, Priority::Backfill] {
        let mut written = 0;
        while write_at(&house, priority).await {
            written += 1;
        }
        done.push(written);
    }
    assert_eq!(done, [5, 2], "half for reconciliation, seven tenths with backfill");
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 400)).await.unwrap().status, 200);
    until("the receipt is written", || till.vendor().receipts() == 8).await;
    assert!(!write_at(&house, Priority::Backfill).await);
}
