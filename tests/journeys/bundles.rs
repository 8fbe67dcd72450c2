//! What a call saw is kept, and from a bundle it is run again anywhere: bit for bit, and without
//! sending anything.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jackfield_tests::{
    club,
    house::{House, typed, until},
    orders::{self, KEY, MANIFEST, Till},
    releases,
    sender::{Delivery, Sender, hmac_sha256},
    twin::Twin,
};
use serde_json::{Value, json};

/// A host with the guest that sees all, connected to a till.
async fn witnessed() -> (House, Twin<Till>, String) {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await.expect("a free port");
    let grants = "title = \"Signing key\"\nguest = [\"mac\", \"matches\"]";
    // It declares no action, since it does none.
    let manifest = MANIFEST.replace("title = \"Signing key\"", grants);
    let manifest = manifest.split("[actions.").next().expect("what comes before").to_owned();
    let release = releases::guest("witness", &manifest);
    let file = house.dir().join("witness.wasm");
    fs::write(&file, &release).unwrap();
    house.install("witness", &release).await;
    orders::add(&house, &till, "orders").await;
    (house, till, file.display().to_string())
}

async fn sends(house: &House, order: &str) {
    let body = json!({ "id": order, "key": KEY }).to_string();
    let signature = STANDARD.encode(hmac_sha256(KEY, body.as_bytes()));
    let delivery = Delivery::new(body).with_text("x-signature", &signature);
    let sender = Sender::new(&house.endpoint("orders"), 1).unwrap();
    assert_eq!(sender.send(&delivery).await.unwrap().status, 200);
    until("nothing is left to do", || house.is_settled()).await;
}

/// The bundle of the newest delivery: its file, and what is in it.
async fn bundled(house: &House) -> (String, Value) {
    let newest = house.told(&["delivery", "list", "--limit", "1"]).await;
    let id = newest[0]["id"].as_str().expect("a delivery").to_owned();
    let file = house.dir().join("call.json").display().to_string();
    house.does(&["delivery", "show", &id, "--bundle", &file]).await;
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains(KEY), "a bundle has no secret in it: {text}");
    (file, serde_json::from_str(&text).unwrap())
}

/// Runs a bundle again where there is no host: exit code, and what was told.
async fn again(subject: &str, bundle: &str) -> (u8, String) {
    let words = ["jackfield", "connector", "test", subject, "--bundle", bundle];
    let (code, out, err) = typed(words.map(str::to_owned).to_vec()).await;
    (code, out + &err)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_run_again_bit_for_bit_with_all_that_it_saw() {
    let (mut house, till, release) = witnessed().await;
    for order in ["order-1", "order-2"] {
        sends(&house, order).await;
    }
    let (bundle, told) = bundled(&house).await;
    let record = told["parsed"]["said"]["events"][0]["record"].as_str().unwrap();
    let record: Value = serde_json::from_str(record).unwrap();
    assert_eq!(record["count"], 2, "{record}");
    let asked = till.vendor().receipts();
    house.stop().await;
    let (code, said) = again(&release, &bundle).await;
    // The secret stood in the body of the delivery and is in no bundle; what was said of it is.
    assert!(record["right"] == true && code == 0, "{said}");
    assert!(said.contains("the same, bit for bit: 1 events [order.paid]"), "{said}");
    assert_eq!(till.vendor().receipts(), asked, "nothing is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_failed_is_run_again_too() {
    let (house, _till, release) = witnessed().await;
    sends(&house, "order-13").await;
    assert_eq!(house.dead_letters(), 1);
    let (bundle, told) = bundled(&house).await;
    assert_eq!(told["parsed"]["said"]["failed"]["code"], "invalid", "{told}");
    let (code, said) = again(&release, &bundle).await;
    assert!(code == 0 && said.contains("bit for bit: invalid: number 1 is unlucky"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_release_says_where_it_differs() {
    let (house, club) = club::set_up(House::open().await).await;
    club::connect(&house, &club, "north").await;
    let ada = club.vendor().enter("north", "Ada");
    let sender = Sender::new(&house.endpoint("north"), 1).unwrap();
    assert_eq!(sender.send(&club::joined(&[("north", ada)])).await.unwrap().status, 200);
    until("it is parsed", || house.is_settled()).await;
    let (bundle, _) = bundled(&house).await;
    let folder = house.dir().join("changed");
    fs::create_dir(&folder).unwrap();
    let manifest = fs::read_to_string(club::folder().join("connector.toml")).unwrap();
    let write = |text: &str| fs::write(folder.join("connector.toml"), text).unwrap();
    let folder = folder.display().to_string();
    write(&manifest);
    let (code, said) = again(&folder, &bundle).await;
    assert!(code == 0 && said.contains("the same, bit for bit"), "{said}");
    write(&manifest.replace("name, email: .mail", "name: (.name | ascii_upcase)"));
    let (code, said) = again(&folder, &bundle).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(r#"/record/name: expected "Ada", got "ADA""#), "{said}");
    write(&manifest.replace("GET /members/{.id}", "GET /people/{.id}"));
    let (_, said) = again(&folder, &bundle).await;
    assert!(said.contains("/people/1` is asked for, and was not then"), "{said}");
    assert!(said.contains("/members/1` is not asked for"), "{said}");
    assert_eq!(house.dead_letters(), 0);
    club.assert_no_unexpected();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bundle_or_of_another_connector_is_said() {
    let (house, _till, release) = witnessed().await;
    let file = house.file("bundle.json", "{}");
    let (code, said) = again(&release, &file).await;
    assert!(code == 1 && said.contains("it is no bundle"), "{said}");
    let file = house.file("bundle.json", r#"{"bundle": 9}"#);
    let (_, said) = again(&release, &file).await;
    assert!(said.contains("it has the form 9 and this jackfield reads 1"), "{said}");
    sends(&house, "order-1").await;
    let (bundle, _) = bundled(&house).await;
    let (code, said) = again(&club::folder().display().to_string(), &bundle).await;
    assert!(code == 1 && said.contains("a call of `orders`, and this is `club`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_delivery_for_several_accounts_each_has_its_own() {
    let (house, club) = club::set_up(House::open().await).await;
    for chapter in ["north", "south"] {
        club::connect(&house, &club, chapter).await;
    }
    let (ada, bob) = (club.vendor().enter("north", "Ada"), club.vendor().enter("south", "Bob"));
    let sender = Sender::new(&house.endpoint("north"), 1).unwrap();
    let delivery = club::joined(&[("north", ada), ("south", bob)]);
    assert_eq!(sender.send(&delivery).await.unwrap().status, 200);
    until("both parts are parsed", || house.is_settled()).await;
    let newest = house.told(&["delivery", "list", "--limit", "1"]).await;
    let id = newest[0]["id"].as_str().unwrap();
    let folder = club::folder().display().to_string();
    for (part, connection, name) in [(None, "north", "Ada"), (Some("south"), "south", "Bob")] {
        let file = house.dir().join(connection).display().to_string();
        let tenant = part.map_or(Vec::new(), |part| vec!["--tenant", part]);
        house.does(&[&["delivery", "show", id, "--bundle", &file][..], &tenant].concat()).await;
        let told: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(told["parsed"]["connection"], connection);
        assert!(told["parsed"]["said"].to_string().contains(name), "{told}");
        let (code, said) = again(&folder, &file).await;
        assert!(code == 0 && said.contains("bit for bit: 1 events"), "{said}");
    }
    let nobodys = ["delivery", "show", id, "--bundle", "x", "--tenant", "west"];
    let (code, _, err) = house.types(&nobodys).await;
    assert!(code == 1 && err.contains("nothing is kept of how"), "{err}");
}
