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

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_thanked_for_and_the_deal_says_that_it_is_paid() {
    let scene = business(&["payment-received"]).await;
    let customer = json!({ "id": "c-1", "name": "Ada Mills", "email": "ada@milllane.example" });
    scene.twin.give("books", "contact", customer);
    scene.twin.give("crm", "deal", json!({ "id": "42", "title": "Website", "status": "won" }));
    let invoice = |status: &str| {
        json!({
            "id": "i-9", "number": "I-9", "contact": "c-1", "reference": "42", "lines": [],
            "status": status, "currency": "GBP",
        })
    };
    // A first part, and then the rest.
    for (id, status) in [("p-1", "open"), ("p-2", "paid")] {
        scene.twin.give("books", "invoice", invoice(status));
        let payment = json!({ "id": id, "invoice": "i-9", "amount": "600.25", "currency": "GBP" });
        scene.tell("books", "payment.received", &payment).await;
        scene.settle().await;
    }
    let pending = json!({ "id": "p-3", "invoice": "i-9", "amount": "1", "status": "pending" });
    scene.tell("books", "payment.received", &pending).await;
    scene.settle().await;
    let expected = counts(&[("crm deal.update", 1), ("mail message.send", 2)]);
    assert_eq!(scene.twin.counts(), expected);
    assert_eq!(scene.twin.records("crm", "deal")[0]["stage"], "paid");
    assert_eq!(scene.house.dead_letters(), 0);
}
