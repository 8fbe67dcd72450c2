//! The drop directory: a release is copied there, and let in as by the command.

use std::{fs, os::unix::fs::PermissionsExt as _};

use jackfield_registry::package::{SigningKey, sign};
use jackfield_tests::{
    house::{House, until},
    releases::{self, guest, orders_manifest},
};

async fn trusting(key: &SigningKey) -> House {
    let house = House::open().await;
    house.trusts("mill", key).await;
    house
}

fn version(house: &House) -> Option<String> {
    house.rooms().connectors.record("orders").map(|record| record.current.version.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_release_waits_for_a_yes_and_is_let_in() {
    let mill = SigningKey::generate();
    let house = trusting(&mill).await;
    let dir = house.drop_dir();
    fs::write(dir.join("one.wasm"), sign(&releases::orders("orders", "0.1.0"), &mill).unwrap())
        .unwrap();
    until("a person is asked", || dir.join("one.review").exists()).await;
    assert_eq!(version(&house), None);
    let review = fs::read_to_string(dir.join("one.review")).unwrap();
    assert!(review.contains("POST https://api.orders.example/v1/receipts"), "{review}");
    assert!(review.contains("rename this file to one.yes"), "{review}");

    fs::rename(dir.join("one.review"), dir.join("one.yes")).unwrap();
    until("it is let in and put away", || dir.join("installed/one.wasm").exists()).await;
    assert_eq!(version(&house).as_deref(), Some("0.1.0"));
    until("nothing else is left", || fs::read_dir(&dir).unwrap().count() == 1).await;

    // What was allowed is not asked again; and no yes is for another file.
    fs::write(dir.join("two.wasm"), sign(&releases::orders("orders", "0.2.0"), &mill).unwrap())
        .unwrap();
    until("the next one runs", || version(&house).as_deref() == Some("0.2.0")).await;
    let watch = house.rooms().connectors.record("orders").unwrap().watch.clone();
    assert!(watch.is_some(), "nobody stands by: it goes back by itself if it fails");
    let wider = orders_manifest("orders", "0.3.0").replace("[\"POST\"]", "[\"POST\", \"PUT\"]");
    fs::write(dir.join("three.yes"), review).unwrap();
    fs::write(dir.join("three.wasm"), sign(&guest("orders", &wider), &mill).unwrap()).unwrap();
    until("a person is asked anew", || dir.join("three.review").exists()).await;
    assert_eq!(version(&house).as_deref(), Some("0.2.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_trusted_signed_is_refused_with_the_reason() {
    let mill = SigningKey::generate();
    let house = trusting(&mill).await;
    let dir = house.drop_dir();
    let plain = releases::orders("orders", "0.1.0");
    let stranger = sign(&plain, &SigningKey::generate()).unwrap();
    for (name, bytes, why) in [
        ("plain", plain.as_slice(), "is not signed"),
        ("stranger", &stranger, "whom nobody trusts here"),
        ("half", &stranger[..1000], "not a valid component"),
        ("empty", &[], "empty"),
    ] {
        fs::write(dir.join(format!("{name}.wasm")), bytes).unwrap();
        let refused = dir.join(format!("{name}.refused"));
        let said = || fs::read_to_string(&refused).is_ok_and(|said| said.contains(why));
        until(&format!("{name} is refused: {why}"), said).await;
    }
    assert_eq!(version(&house), None);

    // Mended, it is looked at again.
    fs::write(dir.join("half.wasm"), sign(&plain, &mill).unwrap()).unwrap();
    until("a person is asked", || dir.join("half.review").exists()).await;
    assert!(!dir.join("half.refused").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_into_which_others_may_write_is_no_drop_directory() {
    let mut house = House::open().await;
    house.stop().await;
    fs::set_permissions(house.drop_dir(), fs::Permissions::from_mode(0o777)).unwrap();
    let error = house.try_start().await.unwrap_err().to_string();
    assert!(error.contains("others may write") && error.contains("chmod go-w"), "{error}");
}
