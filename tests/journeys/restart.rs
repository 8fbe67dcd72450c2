//! A host that is stopped goes on where it was.

use jackfield_tests::{house::until, releases, won_deal::WonDealScene};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_gone_keeps_nobody_else_from_working() {
    let mut scene = WonDealScene::set_up().await;
    let webhook = scene.win("Oven");
    scene.house.stop().await;
    let releases = scene.house.dir().join("data/releases");
    let digest = jackfield_registry::package::Digest::of(&releases::connector("pipedrive"));
    std::fs::remove_file(releases.join(format!("{}.wasm", digest.to_hex()))).unwrap();
    scene.house.start().await;
    let status = scene.house.told(&["status"]).await;
    assert_eq!(status["connections"]["out_of_order"], serde_json::json!(["crm"]));
    scene.house.does(&["connection", "test", "books"]).await;

    scene.house.install("again", &releases::connector("pipedrive")).await;
    assert_eq!(scene.send(&webhook).await.status, 200);
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}
