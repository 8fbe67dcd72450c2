//! Answers that are lost on the way: what was done is not done twice.

use http::Method;
use jackfield_tests::{house::until, won_deal::WonDealScene};

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_whose_answer_was_lost_is_not_written_twice() {
    let scene = WonDealScene::set_up().await;
    scene.books.aim(Method::PUT, "/api.xro/2.0/Invoices");
    let webhook = scene.win("Oven");
    scene.books.drop_answers(2);
    scene.send(&webhook).await;
    let done =
        || {
            scene.house.rooms().flows.runs(1).is_ok_and(|runs| {
                runs.iter().any(|run| run.state == jackfield::flows::RunState::Done)
            })
        };
    until("the run is done", done).await;
    assert_eq!(scene.books.invoice_count(), 1);
    let trail = scene.house.told(&["audit", "list"]).await.to_string();
    assert!(trail.contains("work.retried"), "{trail}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_whose_answer_was_lost_is_found_again() {
    let scene = WonDealScene::set_up().await;
    scene.books.aim(Method::PUT, "/api.xro/2.0/Contacts");
    let webhook = scene.win("Oven");
    scene.books.drop_answers(1);
    scene.send(&webhook).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    assert_eq!(scene.books.contacts().len(), 1);
    let trail = scene.house.told(&["audit", "list"]).await.to_string();
    assert!(trail.contains("work.retried"), "{trail}");
    scene.strike().await;
}
