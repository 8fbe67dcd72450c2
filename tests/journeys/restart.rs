//! A host that is stopped goes on where it was.

use jackfield_tests::{house::until, won_deal::WonDealScene};

#[tokio::test(flavor = "multi_thread")]
async fn work_that_waits_is_done_after_a_restart() {
    let mut scene = WonDealScene::set_up().await;
    scene.house.does(&["connection", "pause", "books"]).await;
    assert_eq!(scene.send(&scene.win("Oven")).await.status, 200);
    let parsed = || scene.house.rooms().flows.runs(1).is_ok_and(|runs| runs.len() == 1);
    until("the run has begun", parsed).await;
    scene.house.stop().await;
    assert_eq!(scene.books.invoice_count(), 0);
    scene.house.start().await;
    assert_eq!(scene.books.invoice_count(), 0, "a pause lasts over a restart");
    scene.house.does(&["connection", "resume", "books"]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_connection_keeps_what_comes_in() {
    let scene = WonDealScene::set_up().await;
    scene.house.does(&["connection", "pause", "crm"]).await;
    assert_eq!(scene.send(&scene.win("Oven")).await.status, 200);
    let deliveries = scene.house.told(&["delivery", "list"]).await;
    assert_eq!(deliveries[0]["fate"], "kept");
    scene.house.does(&["connection", "resume", "crm"]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}
