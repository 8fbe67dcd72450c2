//! The main job: a deal won in Pipedrive becomes a contact and an invoice in Xero.

use jackfield_tests::{house::until, won_deal::WonDealScene};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_becomes_an_invoice() {
    let scene = WonDealScene::set_up().await;
    let answer = scene.send(&scene.win("Oven")).await;
    assert_eq!(answer.status, 200);
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    until("nothing is left to do", || scene.house.is_idle()).await;

    let contacts = scene.books.contacts();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["Name"], "Mill Lane Bakery");
    assert_eq!(contacts[0]["EmailAddress"], "ada@milllane.example");
    let invoice = &scene.books.invoices()[0];
    assert_eq!(invoice["Contact"]["ContactID"], contacts[0]["ContactID"]);
    assert_eq!(invoice["CurrencyCode"], "GBP");
    assert_eq!(invoice["LineItems"][0]["UnitAmount"].to_string(), "1200.5");

    let runs = scene.house.told(&["run", "list"]).await;
    assert_eq!(runs[0]["state"], "done");
    let trail = scene.house.told(&["audit", "list"]).await;
    let words: Vec<&str> =
        trail.as_array().unwrap().iter().rev().filter_map(|line| line["what"].as_str()).collect();
    let way = [
        "delivery.kept",
        "run.started",
        "delivery.parsed",
        "effect.intended",
        "step.settled",
        "effect.intended",
        "step.settled",
        "run.done",
    ];
    let webhook = words.iter().position(|word| *word == way[0]).unwrap();
    assert_eq!(words[webhook..], way);
    assert_eq!(scene.house.told(&["audit", "verify"]).await["lines"], words.len());
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_webhook_five_times_is_one_invoice() {
    let scene = WonDealScene::set_up().await;
    let webhook = scene.win("Oven");
    for _ in 0..5 {
        assert_eq!(scene.send(&webhook).await.status, 200);
    }
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    until("nothing is left to do", || scene.house.is_idle()).await;
    assert_eq!(scene.books.invoice_count(), 1);
    assert_eq!(scene.house.told(&["delivery", "list"]).await.as_array().unwrap().len(), 1);
    let counts = scene.house.rooms().ingress.counts();
    assert_eq!((counts.kept, counts.repeated), (1, 4));
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deal_of_the_same_customer_finds_the_contact() {
    let scene = WonDealScene::set_up().await;
    scene.send(&scene.win("Oven")).await;
    until("the first invoice is there", || scene.books.invoice_count() == 1).await;
    scene.send(&scene.win("Mixer")).await;
    until("the second invoice is there", || scene.books.invoice_count() == 2).await;
    assert_eq!(scene.books.contacts().len(), 1);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_delivery_starts_nothing_anew() {
    let scene = WonDealScene::set_up().await;
    scene.send(&scene.win("Oven")).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    let deliveries = scene.house.told(&["delivery", "list"]).await;
    let id = deliveries[0]["id"].as_str().unwrap().to_owned();
    scene.house.does(&["delivery", "replay", &id]).await;
    until("nothing is left to do", || scene.house.is_idle()).await;
    assert_eq!(scene.books.invoice_count(), 1);
    let trail = scene.house.told(&["audit", "list"]).await.to_string();
    assert!(trail.contains("event.repeated"), "{trail}");
    scene.strike().await;
}
