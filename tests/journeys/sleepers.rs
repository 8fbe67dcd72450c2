//! Runs that are asleep, and very many of them.

use jackfield::{
    flows::RunState,
    store::{Batch, trees},
};
use jackfield_tests::{
    house::{House, until},
    orders,
    sender::Lane,
};
use serde_json::json;

/// An order that is paid naps until any other is.
const NAP: &str = r#"
name = "nap"

[on]
connection = "orders"
event = "order.paid"

[[step]]
id = "nap"
sleep = "1d"
cancel_on = { connection = "orders", event = "order.paid" }
"#;
/// More than the host reads at once, and more than it once asked at all.
const BEFORE: usize = 10_500;

fn in_state(house: &House, state: RunState) -> usize {
    house.rooms().flows.runs_of(10, None, Some(state)).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_finds_its_run_however_many_wait_before_it() {
    let (house, _till) = orders::connected().await;
    house.does(&["flow", "apply", &house.file("flow.toml", NAP)]).await;
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    lane.send(&orders::delivery(1, 300)).await.unwrap();
    until("the run sleeps", || in_state(&house, RunState::Waiting) == 1).await;
    // Those of runs that are gone stand where waiting ones would.
    let mut batch = Batch::new();
    for number in 0..BEFORE {
        let run = format!("{number:032}");
        let key = format!("orders\0order.paid\0\0\0{run}/nap/true");
        let watch = json!({ "run": run, "step": "nap", "filter": null, "cancels": true });
        batch.put(trees::WATCHES, key.as_bytes(), watch.to_string());
        if number % 500 == 499 {
            house.rooms().store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    lane.send(&orders::delivery(2, 300)).await.unwrap();
    until("the event ends it", || in_state(&house, RunState::Cancelled) == 1).await;
    until("the next one sleeps", || in_state(&house, RunState::Waiting) == 1).await;
}
