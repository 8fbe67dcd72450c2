//! Project delivery: folder, team and plan, an invoice for each milestone, and a tidy end.

use serde_json::json;

use super::{business, counts, stories::milestone};

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_is_invoiced_and_the_team_hears_of_it() {
    let scene = business(&["milestone"]).await;
    scene.tell("projects", "milestone.reached", &milestone()).await;
    let mut free = milestone();
    free["amount"] = json!(null);
    scene.tell("projects", "milestone.reached", &free).await;
    scene.settle().await;
    let expected = counts(&[("books invoice.create", 1), ("chat message.post", 1)]);
    assert_eq!(scene.twin.counts(), expected);
    let invoice = &scene.twin.records("books", "invoice")[0];
    assert_eq!((&invoice["total"], &invoice["date"]), (&json!("400.00"), &json!("2026-03-20")));
    let said = &scene.twin.done("chat", "message.post")[0];
    assert!(said["text"].to_string().contains(invoice["number"].as_str().unwrap()), "{said}");
    scene.strike().await;
}
