//! A connector in JavaScript, one in TypeScript and one in Python do what one in Rust does: their
//! templates, made and built as the guide says, keep what the kit asks of every connector, lead
//! from a webhook to an action, and are held to the same grant.

use std::{fs, process::Command};

use jackfield::capabilities::{Particulars, Window};
use jackfield_registry::package::embed;
use jackfield_tests::{
    guide::kept_by_template,
    house::{House, until},
    languages::{Acme, KEY, TOKEN, Template, paid},
    releases::root,
    sender::Sender,
    twin::Twin,
};
use serde_json::{Value, json};

const FLOW: &str = r#"
name = "order-becomes-receipt"

[on]
connection = "acme"
event = "order.paid"

[[step]]
id = "receipt"
connection = "acme"
action = "receipt.create"
input = '{ order: .event.record.id, total: .event.record.total }'
"#;

/// A host with the connector, connected to Acme.
async fn connected(release: &[u8], origin: &str) -> (House, Twin<Acme>) {
    let house = House::open().await;
    let acme = Twin::launch(Acme, 0).await.unwrap();
    house.install("acme", release).await;
    let origin = format!("{origin}={}", acme.origin());
    let token = format!("api_token=@{}", house.file("token", TOKEN));
    let key = format!("webhook_key=@{}", house.file("key", KEY));
    let add = ["connection", "add", "acme", "--connector", "acme", "--origin", &origin];
    house.does(&[&add[..], &["--secret", &token, "--secret", &key]].concat()).await;
    (house, acme)
}

/// One installation is enough for both, since it has the same versions.
#[test]
fn the_tools_of_javascript_are_among_those_of_typescript() {
    let locked = |text: &str| {
        let mut lock: Value = serde_json::from_str(text).unwrap();
        lock["packages"].as_object_mut().unwrap().remove("");
        lock["packages"].clone()
    };
    let js = locked(include_str!("../../sdk/templates/js/package-lock.json"));
    let ts = locked(include_str!("../../sdk/templates/ts/package-lock.json"));
    assert!(js.as_object().unwrap().len() > 50);
    for (name, package) in js.as_object().unwrap() {
        assert_eq!(ts[name], *package, "{name}");
    }
}

#[test]
fn javascript_has_requests_under_way_together() {
    let test = root().join("tests/languages/fetch.test.mjs");
    match Command::new("node").arg("--test").arg(test).output() {
        Err(why) => eprintln!("not tested, `node` cannot be run: {why}"),
        Ok(ended) => {
            let said = String::from_utf8_lossy(&ended.stdout);
            assert!(ended.status.success(), "{said}");
        }
    }
}

/// A signed webhook becomes one request with the credential and the intention's key, and neither
/// the guest nor anybody who reads its answer sees the credential.
async fn a_webhook_becomes_an_action(template: Template) {
    let Some(release) = template.release().await else { return };
    let (house, acme) = connected(release.bytes(), "https://api.acme.example").await;
    let live = house.rooms().connections.get("acme").unwrap();
    let window = Window::open(&live.means, &Particulars::default());
    let (package, limits) = (&live.connector.package, live.connector.limits);
    let label = house.rooms().runtime.check(package, window, limits).await.result.unwrap();
    assert_eq!(label, "Acme of [secret]");

    house.does(&["flow", "apply", &house.file("flow.toml", FLOW)]).await;
    let sender = Sender::new(&house.endpoint("acme"), 1).unwrap();
    acme.forget_requests();
    for _ in 0..2 {
        assert_eq!(sender.send(&paid("order-7")).await.unwrap().status, 200);
    }
    until("the receipt is written", || acme.requests().len() == 1).await;
    until("nothing is left to do", || house.is_idle()).await;
    let [receipt] = &acme.requests()[..] else { panic!("the same webhook twice is one receipt") };
    assert_eq!(receipt.json(), json!({ "order": "order-7", "total": "10.50" }));
    assert_eq!(receipt.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert!(receipt.header("idempotency-key").is_some());
    assert_eq!(house.told(&["run", "list"]).await[0]["state"], "done");

    // The outcome is not known when the answer is lost, and the same key goes out again.
    acme.forget_requests();
    acme.drop_answers(1);
    assert_eq!(sender.send(&paid("order-8")).await.unwrap().status, 200);
    until("it was tried again", || acme.requests().len() == 2).await;
    until("nothing is left to do", || house.is_idle()).await;
    let tries = acme.requests();
    let key = |at: usize| tries[at].header("idempotency-key").map(str::to_owned);
    assert_eq!(key(0), key(1));
    assert_eq!(house.dead_letters(), 0);
}

/// What the manifest does not grant is refused, and the reason comes through the language's own
/// client with its code and the line that would allow it.
async fn what_is_not_granted_is_refused(template: Template) {
    let Some(release) = template.release().await else { return };
    let manifest = include_str!("../../sdk/templates/js/connector.toml");
    let elsewhere = manifest.replace("https://api.acme.example", "https://other.acme.example");
    let release = embed(&release.code(), &elsewhere).unwrap();
    let (house, acme) = connected(&release, "https://other.acme.example").await;
    let live = house.rooms().connections.get("acme").unwrap();
    acme.forget_requests();
    let window = Window::open(&live.means, &Particulars::default());
    let input = json!({ "order": "order-7" });
    let limits = live.connector.limits;
    let called = house.invoke(&live, window, limits, "receipt.create", &input).await;
    let fault = called.result.unwrap_err();
    assert_eq!(fault.code, "forbidden", "{fault}");
    assert!(fault.message.contains("https://api.acme.example"), "{fault}");
    assert_eq!(acme.request_count(), 0);
}

/// The kit finds nothing, and tries as much as with any other language.
async fn what_the_kit_asks_is_kept(template: Template) {
    let Some(release) = template.release().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("acme.wasm");
    fs::write(&file, release.bytes()).unwrap();
    let properties = kept_by_template(&file).await;
    assert!(properties > 60, "{properties} properties");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_javascript_keeps_what_the_kit_asks() {
    what_the_kit_asks_is_kept(Template::Js).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_javascript_turns_a_webhook_into_an_action() {
    a_webhook_becomes_an_action(Template::Js).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_javascript_reaches_only_what_was_granted() {
    what_is_not_granted_is_refused(Template::Js).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_python_keeps_what_the_kit_asks() {
    what_the_kit_asks_is_kept(Template::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_python_turns_a_webhook_into_an_action() {
    a_webhook_becomes_an_action(Template::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_python_reaches_only_what_was_granted() {
    what_is_not_granted_is_refused(Template::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_typescript_keeps_what_the_kit_asks() {
    what_the_kit_asks_is_kept(Template::Ts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_typescript_turns_a_webhook_into_an_action() {
    a_webhook_becomes_an_action(Template::Ts).await;
}
