//! What remains when something ends in the middle: nothing, or what can be mended.

use std::{fs, path::Path};

use jackfield::fault::Blame;
use jackfield_registry::package::Release;
use jackfield_tests::{
    house::{House, until},
    orders,
    releases::{guest, orders as release, orders_trapping, trapping_manifest},
    sender::Lane,
};

/// How many files are in a directory of the data.
fn files(house: &House, dir: &str) -> usize {
    fs::read_dir(house.dir().join("data").join(dir)).unwrap().count()
}

fn version(house: &House) -> String {
    house.rooms().connectors.record("orders").unwrap().current.version.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_in_the_middle_of_an_install_left_is_cleared_away() {
    let (mut house, _till) = orders::connected().await;
    house.stop().await;
    let releases = house.dir().join("data/releases");
    // Killed while it wrote, and killed between the file and the record.
    let next = Release::read(release("orders", "0.2.0")).unwrap();
    let name = next.digest().to_hex();
    fs::write(releases.join(format!("{name}.part")), &next.bytes()[..100]).unwrap();
    fs::write(releases.join(format!("{name}.wasm")), next.bytes()).unwrap();
    // And killed between the compiler and the gates that follow.
    let compiled = files(&house, "compiled");
    let stray: &Path = "data/compiled/0123-0123.cwasm".as_ref();
    fs::write(house.dir().join(stray), b"code").unwrap();
    fs::write(house.dir().join(stray).with_extension("mac"), b"mac").unwrap();
    house.start().await;
    assert_eq!(version(&house), "0.1.0");
    assert_eq!(files(&house, "compiled"), compiled);
    assert_eq!(fs::read_dir(&releases).unwrap().count(), 1);
    house.install("next", &release("orders", "0.2.0")).await;
    assert_eq!(version(&house), "0.2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_turned_away_leaves_nothing_behind() {
    let (house, _till) = orders::connected().await;
    let before = (files(&house, "releases"), files(&house, "compiled"));
    let needy = trapping_manifest("0.2.0") + "[[param]]\nname = \"shop\"\ntitle = \"Shop\"\n";
    let err = house.refuses("upgrade", &guest("trapping", &needy), &YES).await;
    assert!(err.contains("lacks the parameter `shop`"), "it was compiled by then: {err}");
    assert_eq!((files(&house, "releases"), files(&house, "compiled")), before);
}

/// How a test says yes.
const YES: [&str; 2] = ["--unsigned", "--yes"];

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_release_keeps_what_comes_in_and_is_mended_by_an_upgrade() {
    let (mut house, till) = orders::connected().await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    let endpoint = house.rooms().connections.get("orders").unwrap().connection.endpoint.clone();
    house.stop().await;
    house.damage_releases();
    house.start().await;
    let told = house.told(&["connector", "list"]).await;
    assert_eq!(told[0]["state"], "out of order");
    assert_eq!(told[0]["version"], "0.1.0");
    let origin = house.rooms().public_url.clone();
    let url = format!("{}in/{endpoint}", origin.as_str());
    let answer = Lane::new(&url).unwrap().send(&orders::delivery(1, 500)).await.unwrap();
    assert_eq!(answer.status, 503, "the vendor comes again");

    let (code, _, err) = house.types(&["connector", "remove", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("connections go through `orders`"), "{err}");
    house.takes("upgrade", &release("orders", "0.2.0"), &YES).await;
    let answer = Lane::new(&url).unwrap().send(&orders::delivery(1, 500)).await.unwrap();
    assert_eq!(answer.status, 200);
    until("the receipt is written", || till.vendor().receipts() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_trial_ends_and_its_connector_goes_on() {
    let (mut house, _till) = orders::connected().await;
    let current = files(&house, "releases");
    let trial = release("orders", "0.2.0");
    house.takes("upgrade", &trial, &["--unsigned", "--yes", "--connection", "orders"]).await;
    assert_eq!(files(&house, "releases"), current + 1);
    house.stop().await;
    let name = format!("{}.wasm", Release::read(trial).unwrap().digest().to_hex());
    fs::write(house.dir().join("data/releases").join(name), b"damaged").unwrap();
    house.start().await;
    let live = house.rooms().connections.get("orders").unwrap();
    assert_eq!(live.connector.release.version, "0.1.0");
    assert!(house.rooms().connectors.record("orders").unwrap().trials.is_empty());
}

/// A watched release with no way back is left alone after the first look.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_without_a_way_back_ends() {
    let (house, _till) = orders::connected().await;
    let more = ["--unsigned", "--yes", "--watch"];
    house.takes("upgrade", &orders_trapping("0.2.0"), &more).await;
    house.damage_releases();
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    for number in 0..5 {
        assert_eq!(lane.send(&orders::delivery(number, 500)).await.unwrap().status, 200);
    }
    let watched = || house.rooms().connectors.record("orders").unwrap().watch.is_some();
    until("it is watched no more", || !watched()).await;
    let letters = house.told(&["dead-letter", "list", "--all"]).await;
    assert_eq!(letters[0]["blame"], serde_json::json!(Blame::Guest));
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await;
    assert!(trail.to_string().contains("connector.watch-ended"), "{trail}");
}
