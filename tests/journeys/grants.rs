//! What a release may do: asked for, allowed by a yes, and allowed to nobody else.

use jackfield_registry::package::{SigningKey, sign};
use jackfield_tests::{
    house::House,
    orders,
    releases::{guest, orders as release, orders_manifest},
};

/// A version that wants to delete receipts too.
fn wider(version: &str) -> Vec<u8> {
    let manifest = orders_manifest("orders", version);
    guest("orders", &manifest.replace("[\"POST\"]", "[\"POST\", \"DELETE\"]"))
}

/// A host that trusts some publishers.
async fn trusting(hands: &[(&str, &SigningKey)]) -> House {
    let house = House::open().await;
    for (name, key) in hands {
        house.trusts(name, key).await;
    }
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_yes_is_needed_for_what_is_new_alone() {
    let (mill, other) = (SigningKey::generate(), SigningKey::generate());
    let house = trusting(&[("mill", &mill), ("other", &other)]).await;
    house.takes("install", &sign(&release("orders", "0.1.0"), &mill).unwrap(), &["--yes"]).await;
    house.takes("upgrade", &sign(&release("orders", "0.2.0"), &mill).unwrap(), &[]).await;

    let wider = sign(&wider("0.3.0"), &mill).unwrap();
    let (code, out, _) = house.lets_in("upgrade", &wider, &[]).await;
    assert_eq!(code, 1);
    assert!(out.contains("Beyond what 0.2.0 was allowed"), "{out}");
    assert!(out.contains("+ DELETE https://api.orders.example/v1/receipts"), "{out}");
    assert!(!out.contains("+ POST"), "what was allowed is not asked again: {out}");

    // The same asks by another hand start from nothing, whatever the name.
    let (code, out, _) =
        house.lets_in("upgrade", &sign(&release("orders", "0.3.0"), &other).unwrap(), &[]).await;
    assert_eq!(code, 1);
    assert!(out.contains("NOT by whoever made 0.2.0") && out.contains("+ POST"), "{out}");
    assert_eq!(house.told(&["connector", "list"]).await[0]["version"], "0.2.0");

    house.takes("upgrade", &wider, &["--yes"]).await;
    assert_eq!(house.told(&["connector", "list"]).await[0]["version"], "0.3.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_takes_back_what_only_the_later_release_was_allowed() {
    let mill = SigningKey::generate();
    let house = trusting(&[("mill", &mill)]).await;
    house.takes("install", &sign(&release("orders", "0.1.0"), &mill).unwrap(), &["--yes"]).await;
    house.takes("upgrade", &sign(&wider("0.2.0"), &mill).unwrap(), &["--yes"]).await;
    house.does(&["connector", "rollback", "orders"]).await;
    let err = house.refuses("upgrade", &sign(&wider("0.3.0"), &mill).unwrap(), &[]).await;
    assert!(err.contains("not allowed"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_release_gave_up_the_next_asks_for_anew() {
    let mill = SigningKey::generate();
    let house = trusting(&[("mill", &mill)]).await;
    house.takes("install", &sign(&wider("0.1.0"), &mill).unwrap(), &["--yes"]).await;
    house.takes("upgrade", &sign(&release("orders", "0.2.0"), &mill).unwrap(), &[]).await;
    let (code, out, _) =
        house.lets_in("upgrade", &sign(&wider("0.3.0"), &mill).unwrap(), &[]).await;
    assert_eq!(code, 1);
    assert!(out.contains("+ DELETE https://api.orders.example/v1/receipts"), "{out}");
    assert!(out.contains("— writes receipts"), "with its reason: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_how_webhooks_are_verified_needs_a_yes() {
    let mill = SigningKey::generate();
    let house = trusting(&[("mill", &mill)]).await;
    house.takes("install", &sign(&release("orders", "0.1.0"), &mill).unwrap(), &["--yes"]).await;
    let manifest = orders_manifest("orders", "0.2.0");
    let weaker = manifest.replace("message = \"{body}\"", "message = \"{method}\"");
    let weaker = sign(&guest("orders", &weaker), &mill).unwrap();
    let (code, out, _) = house.lets_in("upgrade", &weaker, &[]).await;
    assert_eq!(code, 1);
    assert!(out.contains("message = \"{method}\""), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_keeps_its_key_and_who_is_distrusted_does_not_come_back() {
    let (mill, other) = (SigningKey::generate(), SigningKey::generate());
    let house = trusting(&[("mill", &mill), ("other", &other)]).await;
    let stranger = SigningKey::generate().publisher().to_string();
    let (code, _, err) = house.types(&["publisher", "trust", "mill", &stranger]).await;
    assert_eq!(code, 1);
    assert!(err.contains("publisher distrust mill"), "{err}");

    house.takes("install", &sign(&release("orders", "0.1.0"), &mill).unwrap(), &["--yes"]).await;
    house.takes("upgrade", &sign(&release("orders", "0.2.0"), &other).unwrap(), &["--yes"]).await;
    house.does(&["publisher", "distrust", "mill"]).await;
    let (code, _, err) = house.types(&["connector", "rollback", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("whom nobody trusts here"), "{err}");
    assert_eq!(house.told(&["connector", "list"]).await[0]["version"], "0.2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_needs_more_settings_waits_until_they_are_set() {
    let (house, _till) = orders::connected().await;
    let manifest = orders_manifest("orders", "0.2.0")
        + "[[secret]]\nname = \"token\"\ntitle = \"Token\"\n\n\
           [[param]]\nname = \"shop\"\ntitle = \"Shop\"\n";
    let needy = guest("orders", &manifest);
    let err = house.refuses("upgrade", &needy, &["--unsigned", "--yes"]).await;
    assert!(err.contains("`orders` lacks the parameter `shop`: Shop"), "{err}");
    assert!(err.contains("connection set orders --ahead --secret token=@FILE"), "{err}");

    let token = format!("token=@{}", house.file("token", "t"));
    let set = ["connection", "set", "orders", "--set", "shop=1", "--secret", &token];
    let (code, _, err) = house.types(&set).await;
    assert_eq!(code, 1, "the present release knows neither");
    assert!(err.contains("has no parameter `shop`"), "{err}");
    house.does(&[&set[..], &["--ahead"]].concat()).await;
    house.takes("upgrade", &needy, &["--unsigned", "--yes"]).await;
    let told = house.told(&["connection", "list"]).await;
    assert_eq!(told[0]["settings"]["shop"], "1");
    assert_eq!(told[0]["missing_secrets"], serde_json::json!([]));
}
