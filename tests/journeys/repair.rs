//! What stopped for good waits for a person, who mends it and has it go on.

use jackfield_tests::{house::until, won_deal::WonDealScene};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_stops_the_delivery_until_it_is_set_anew() {
    let scene = refused_token().await;
    let letters = scene.house.told(&["dead-letter", "list", "--all"]).await;
    assert_eq!(letters[0]["code"], "unauthorized");
    assert_eq!(letters[0]["connection"], "crm");
    let id = letters[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.books.invoice_count(), 0);

    let right = scene.house.file("right", &scene.crm.account().api_token);
    let right = format!("api_token=@{right}");
    scene.house.does(&["connection", "set", "crm", "--secret", &right]).await;
    scene.house.does(&["connection", "test", "crm"]).await;
    scene.house.does(&["dead-letter", "retry", &id]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    until("nothing is left to do", || scene.house.is_idle()).await;
    assert_eq!(scene.house.dead_letters(), 0);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_step_stops_the_run_until_it_is_tried_again() {
    let scene = WonDealScene::set_up().await;
    scene.books.aim(http::Method::GET, "/api.xro/2.0/Contacts");
    scene.books.fail_next(1, 400);
    scene.send(&scene.win("Oven")).await;
    until("a dead letter waits", || scene.house.dead_letters() == 1).await;
    let letters = scene.house.told(&["dead-letter", "list", "--all"]).await;
    assert_eq!(letters[0]["code"], "rejected");
    assert_eq!(letters[0]["connection"], "books");
    let id = letters[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.house.told(&["run", "list"]).await[0]["state"], "dead");
    assert_eq!(scene.books.invoice_count(), 0);

    scene.house.does(&["dead-letter", "retry", &id]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    until("nothing is left to do", || scene.house.is_idle()).await;
    assert_eq!(scene.house.dead_letters(), 0);
    assert_eq!(scene.house.told(&["run", "list"]).await[0]["state"], "done");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_dead_letter_is_gone_and_remembered() {
    let scene = refused_token().await;
    let letters = scene.house.told(&["dead-letter", "list", "--all"]).await;
    let id = letters[0]["id"].as_str().unwrap().to_owned();
    scene.house.does(&["dead-letter", "discard", &id]).await;
    assert_eq!(scene.house.dead_letters(), 0);
    let (code, _, err) = scene.house.types(&["dead-letter", "retry", &id]).await;
    assert_eq!(code, 1);
    assert!(err.contains("there is no dead letter"), "{err}");
    let trail = scene.house.told(&["audit", "list", "--subject", &id]).await;
    assert_eq!(trail[0]["what"], "dead-letter.discarded");
    assert_eq!(trail[0]["actor"]["operator"], "local");
    assert_eq!(scene.books.invoice_count(), 0);
    scene.strike().await;
}

/// A deal was won, and the CRM refused the token with which its customer was to be read.
async fn refused_token() -> WonDealScene {
    let scene = WonDealScene::set_up().await;
    let wrong = format!("api_token=@{}", scene.house.file("wrong", "revoked-token"));
    scene.house.does(&["connection", "set", "crm", "--secret", &wrong]).await;
    scene.send(&scene.win("Oven")).await;
    until("a dead letter waits", || scene.house.dead_letters() == 1).await;
    scene
}
