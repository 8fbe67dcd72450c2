//! Customer lifecycle: from a deal that was won to a payment that is thanked for.

use jackfield_tests::house::until;
use serde_json::json;

use super::{business, counts, deal};

#[tokio::test(flavor = "multi_thread")]
async fn a_won_deal_sets_up_everything_a_customer_needs() {
    let scene = business(&["customer-won"]).await;
    // The vendor sends it five times, as vendors do.
    for _ in 0..5 {
        scene.tell_again("crm", "deal.won", "deal:42:won", &deal()).await;
    }
    until("the channel hears of it", || scene.twin.done("chat", "message.post").len() == 1).await;
    scene.settle().await;
    let expected = counts(&[
        ("books contact.upsert", 1),
        ("books invoice.create", 1),
        ("chat message.post", 1),
        ("mail message.send", 1),
        ("projects project.create", 1),
        ("projects task.create", 2),
    ]);
    assert_eq!(scene.twin.counts(), expected);

    let customer = &scene.twin.records("books", "contact")[0];
    assert_eq!(customer["name"], "Mill Lane Bakery");
    let invoice = &scene.twin.records("books", "invoice")[0];
    assert_eq!(invoice["contact"], customer["id"]);
    assert_eq!((&invoice["total"], &invoice["reference"]), (&json!("1200.50"), &json!("42")));
    let project = &scene.twin.records("projects", "project")[0];
    for task in scene.twin.records("projects", "task") {
        assert_eq!(task["project"], project["id"]);
    }
    let welcome = &scene.twin.done("mail", "message.send")[0];
    assert_eq!(welcome["to"], "ada@milllane.example");
    assert!(welcome["text"].to_string().contains(invoice["number"].as_str().unwrap()));
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deal_of_a_customer_makes_no_second_contact() {
    let scene = business(&["customer-won"]).await;
    for id in ["42", "43"] {
        let mut deal = deal();
        deal["id"] = id.into();
        scene.tell("crm", "deal.won", &deal).await;
        scene.settle().await;
    }
    assert_eq!(scene.twin.records("books", "contact").len(), 1);
    assert_eq!(scene.twin.records("books", "invoice").len(), 2);
    assert_eq!(scene.twin.records("projects", "project").len(), 2);
    assert_eq!(scene.house.dead_letters(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_worth_nothing_sets_nothing_up() {
    let scene = business(&["customer-won"]).await;
    for amount in ["0", "0.00", "-5"] {
        let mut deal = deal();
        deal["value"]["amount"] = amount.into();
        scene.tell("crm", "deal.won", &deal).await;
    }
    scene.settle().await;
    assert_eq!(scene.twin.effects(), []);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_an_address_waits_for_a_person_and_gets_no_mail() {
    let scene = business(&["customer-won"]).await;
    let mut deal = deal();
    deal["person"]["email"] = json!(null);
    scene.tell("crm", "deal.won", &deal).await;
    until("a person is asked", || scene.house.dead_letters() == 1).await;
    let letter = &scene.house.told(&["dead-letter", "list"]).await[0];
    assert_eq!(letter["code"], "bad-input", "{letter}");
    assert_eq!(scene.twin.done("mail", "message.send").len(), 0);
    assert_eq!(scene.twin.doubles(), []);
}
