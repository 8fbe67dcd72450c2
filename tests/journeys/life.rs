//! The life of a connector: let in by a yes, upgraded while webhooks come, taken back, removed.

use jackfield_registry::package::{SigningKey, sign};
use jackfield_tests::{
    house::{House, until},
    orders::{self, Till},
    releases::{orders as release, orders_trapping},
    sender::Lane,
    twin::Twin,
};
use serde_json::Value;

struct Scene {
    house: House,
    till: Twin<Till>,
}

impl Scene {
    /// A host with the orders connector and a connection through it.
    async fn set_up() -> Self {
        let (house, till) = orders::connected().await;
        Self { house, till }
    }

    async fn running(&self) -> String {
        let told = self.house.told(&["connector", "list"]).await;
        told[0]["version"].as_str().unwrap().to_owned()
    }

    fn goes_through(&self, connection: &str) -> String {
        let live = self.house.rooms().connections.get(connection).unwrap();
        live.connector.release.version.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_let_in_by_a_trusted_hand_and_a_yes() {
    let house = House::open().await;
    let key = SigningKey::generate();
    let unsigned = release("orders", "0.1.0");
    let signed = sign(&unsigned, &key).unwrap();

    let err = house.refuses("install", &unsigned, &["--yes"]).await;
    assert!(err.contains("is not signed") && err.contains("--unsigned"), "{err}");
    let err = house.refuses("install", &signed, &["--yes"]).await;
    let publisher = key.publisher().to_string();
    assert!(err.contains(&format!("publisher trust NAME {publisher}")), "{err}");

    house.trusts("mill", &key).await;
    let (code, out, err) = house.lets_in("install", &signed, &[]).await;
    assert_eq!(code, 1);
    assert!(out.contains("POST https://api.orders.example/v1/receipts"), "what it asks: {out}");
    assert!(out.contains("writes receipts"), "and why: {out}");
    assert!(err.contains("--yes"), "{err}");
    assert!(house.told(&["connector", "list"]).await.as_array().unwrap().is_empty());

    house.takes("install", &signed, &["--yes"]).await;
    assert_eq!(house.told(&["connector", "list"]).await[0]["publisher"], publisher);

    house.does(&["publisher", "distrust", "mill"]).await;
    let next = sign(&release("orders", "0.2.0"), &key).unwrap();
    let err = house.refuses("upgrade", &next, &["--yes"]).await;
    assert!(err.contains("whom nobody trusts here"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_three_releases_are_there_to_go_back_to() {
    let scene = Scene::set_up().await;
    for version in ["0.2.0", "0.3.0", "0.4.0"] {
        scene.house.install("next", &release("orders", version)).await;
    }
    let told = scene.house.told(&["connector", "list"]).await;
    assert_eq!(told[0]["before"], serde_json::json!(["0.3.0", "0.2.0"]));
    let files = std::fs::read_dir(scene.house.dir().join("data/releases")).unwrap().count();
    assert_eq!(files, 3, "the fourth is gone from the disk");

    scene.house.does(&["connector", "rollback", "orders"]).await;
    assert_eq!(scene.goes_through("orders"), "0.3.0");
    scene.house.does(&["connector", "rollback", "orders"]).await;
    assert_eq!(scene.goes_through("orders"), "0.2.0");
    let trail = scene.house.told(&["audit", "list", "--subject", "orders"]).await;
    let words = trail.as_array().unwrap().iter();
    let back = words.filter(|line| line["what"] == "connector.rolled-back").count();
    assert_eq!(back, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_tries_a_release_before_the_others() {
    let mut scene = Scene::set_up().await;
    orders::add(&scene.house, &scene.till, "second").await;

    let trial = ["--unsigned", "--yes", "--connection", "second"];
    scene.house.takes("upgrade", &release("orders", "0.2.0"), &trial).await;
    assert_eq!(scene.goes_through("second"), "0.2.0");
    assert_eq!(scene.goes_through("orders"), "0.1.0");
    scene.house.stop().await;
    scene.house.start().await;
    assert_eq!(scene.goes_through("second"), "0.2.0", "the trial outlives the host");

    scene.house.does(&["connector", "rollback", "orders", "--connection", "second"]).await;
    assert_eq!(scene.goes_through("second"), "0.1.0");
    let (code, _, err) =
        scene.house.types(&["connector", "rollback", "orders", "--connection", "second"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("tries no release"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_release_that_traps_is_taken_back() {
    let scene = Scene::set_up().await;
    let more = ["--unsigned", "--yes", "--watch"];
    scene.house.takes("upgrade", &orders_trapping("0.2.0"), &more).await;
    assert_eq!(scene.running().await, "0.2.0");
    let mut lane = Lane::new(&scene.house.endpoint("orders")).unwrap();
    for number in 0..5 {
        let answer = lane.send(&orders::delivery(number, 500)).await.unwrap();
        assert_eq!(answer.status, 200, "a connector that traps loses nothing");
    }
    until("the release before is back", || scene.goes_through("orders") == "0.1.0").await;
    let trail = scene.house.told(&["audit", "list", "--subject", "orders"]).await;
    let back = trail.as_array().unwrap().iter();
    let mut back = back.filter(|line| line["what"] == "connector.rolled-back");
    assert_eq!(back.next().map(|line| line["actor"].clone()), Some(Value::from("host")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_release_with_a_bit_flipped_is_refused() {
    let scene = Scene::set_up().await;
    let key = SigningKey::generate();
    scene.house.trusts("mill", &key).await;
    let signed = sign(&release("orders", "0.2.0"), &key).unwrap();
    let at = signed.len() - 1;
    let mut flipped = signed.clone();
    flipped[at] ^= 1;
    let err = scene.house.refuses("upgrade", &flipped, &["--yes"]).await;
    assert!(err.contains("signature"), "{err}");
    let err = scene.house.refuses("upgrade", &signed[..at], &["--yes"]).await;
    assert!(err.contains("not a valid component"), "{err}");
    assert_eq!(scene.running().await, "0.1.0");
}
