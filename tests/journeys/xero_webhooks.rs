//! Xero's own webhooks: the intent to receive, thin events, and a key that is not there yet.

use jackfield_tests::{
    house::{House, until},
    releases,
    sender::{Answer, Delivery, Sender},
    twin::{Change, XeroEvent, intent_to_receive},
    won_deal::WonDealScene,
};

async fn send(scene: &WonDealScene, delivery: &Delivery) -> Answer {
    let sender = Sender::new(&scene.house.endpoint("books"), 1).unwrap();
    sender.send(delivery).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intent_to_receive_is_answered_as_xero_wants_it() {
    let scene = WonDealScene::set_up().await;
    for (delivery, wanted) in intent_to_receive(&scene.books.account().webhook_key) {
        let answer = send(&scene, &delivery).await;
        assert_eq!(answer.status, wanted);
        assert!(answer.body.is_empty());
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    until("nothing is left to do", || scene.house.is_idle()).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thin_event_is_fetched_and_becomes_an_event_with_its_record() {
    let scene = WonDealScene::set_up().await;
    scene.send(&scene.win("Oven")).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    let invoice = scene.books.invoices()[0]["InvoiceID"].as_str().unwrap().to_owned();
    let webhook = scene.books.webhook(&[XeroEvent::invoice(&invoice, Change::Update)]);
    assert_eq!(send(&scene, &webhook).await.status, 200);
    let parsed = || {
        scene.house.rooms().inbox.list(1).is_ok_and(|list| {
            list.iter().any(|(delivery, status)| {
                delivery.connection == "books"
                    && status.events.iter().any(|(kind, _)| kind == "invoice.updated")
            })
        })
    };
    until("the event is known", parsed).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_before_the_key_is_set_is_kept_and_not_believed() {
    let scene = WonDealScene::bare(House::open().await).await;
    scene.house.install("xero", &releases::connector("xero")).await;
    let books = scene.books.account();
    let said = scene.add_books(&[]).await;
    scene.sign_in_at_books().await;
    assert!(said.contains("the secret `webhook_key` is not set yet"));
    let contact = scene.books.add_contact("Ada", "ada@example.com");
    let webhook = scene.books.webhook(&[XeroEvent::contact(&contact, Change::Update)]);
    assert_eq!(send(&scene, &webhook).await.status, 200);
    let list = scene.house.told(&["delivery", "list"]).await;
    assert_eq!(list[0]["fate"], "unverified");
    assert!(scene.house.is_idle());

    let key = format!("webhook_key=@{}", scene.house.file("key", &books.webhook_key));
    scene.house.does(&["connection", "set", "books", "--secret", &key]).await;
    assert_eq!(send(&scene, &webhook).await.status, 200, "the same, now genuine");
    let genuine = || {
        scene.house.rooms().inbox.list(9).is_ok_and(|list| {
            list.iter().filter(|(_, status)| status.fate == jackfield::inbox::Fate::Parsed).count()
                == 1
        })
    };
    until("the genuine one is parsed", genuine).await;
    scene.strike().await;
}
