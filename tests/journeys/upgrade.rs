//! A connector with a bug: the delivery is kept, and parsed once the connector is mended.

use jackfield_tests::{house::until, releases, won_deal::WonDealScene};

/// Pipedrive's manifest as far as a guest can fill it that takes deliveries and does no actions.
fn manifest() -> toml::Table {
    let file = releases::root().join("plugins/pipedrive/connector.toml");
    let mut manifest: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    for block in ["actions", "subscriptions"] {
        manifest.remove(block);
    }
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_trapped_the_connector_is_parsed_after_an_upgrade() {
    let scene = WonDealScene::set_up().await;
    // A newer version without the roles that a guest of one line does not have.
    let mut broken = manifest();
    broken["connector"]["version"] = "0.2.1".into();
    let broken = toml::to_string(&broken).unwrap();
    scene.house.install("broken", &releases::guest("trapping", &broken)).await;

    assert_eq!(scene.send(&scene.win("Oven")).await.status, 200);
    let dead = || {
        scene.house.rooms().inbox.list(1).is_ok_and(|list| {
            list.iter().any(|(_, status)| status.fate == jackfield::inbox::Fate::Dead)
        })
    };
    until("the delivery is at the repair desk", dead).await;
    let letters = scene.house.told(&["dead-letter", "list", "--all"]).await;
    let why = letters[0]["message"].as_str().unwrap();
    assert_eq!(letters[0]["blame"], "guest");
    assert!(why.contains("index out of bounds"), "{why}");
    assert!(why.contains("parse"), "the place in the guest by name: {why}");

    scene.house.install("mended", &releases::connector("pipedrive")).await;
    let id = letters[0]["id"].as_str().unwrap();
    scene.house.does(&["dead-letter", "retry", id]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_does_not_fit_what_is_connected_changes_nothing() {
    let scene = WonDealScene::set_up().await;
    let wider = toml::to_string(&manifest())
        .unwrap()
        .replace("https://{param:company}.pipedrive.com", "https://{param:region}.pipedrive.com")
        .replace("name = \"company\"", "name = \"region\"");
    let release = releases::guest("trapping", &wider);
    let err = scene.house.refuses("upgrade", &release, &["--unsigned", "--yes"]).await;
    assert!(err.contains("does not fit what is connected"), "{err}");
    scene.send(&scene.win("Oven")).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}
