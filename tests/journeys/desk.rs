//! The repair desk: what is wrong is shown, mended, and tried again, one or all alike.

use jackfield_tests::{
    house::{House, until},
    orders::{self, FLOW, MANIFEST, Till},
    releases::guest,
    sender::Lane,
    twin::Twin,
};
use serde_json::{Value, json};

/// What the strict release wants of an input.
const SCHEMA: &str =
    r#"input = { type = "object", properties = { to = { type = "string", maxLength = 12 } } }"#;

/// Orders that become receipts, and a connector that takes no address of more than twelve letters.
async fn strict() -> (House, Twin<Till>) {
    let (house, till) = orders::connected().await;
    let manifest = format!("{}\n{SCHEMA}\n", MANIFEST.replace("0.1.0", "0.2.0"));
    house.install("strict", &guest("orders", &manifest)).await;
    let flow = house.file("flow.toml", FLOW);
    house.does(&["flow", "apply", &flow]).await;
    (house, till)
}

async fn order(house: &House, numbers: std::ops::Range<u64>) {
    let wanted = house.dead_letters() + usize::try_from(numbers.end - numbers.start).unwrap();
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    for number in numbers {
        let status = lane.send(&orders::delivery(number, 300)).await.unwrap().status;
        assert_eq!(status, 200);
    }
    until("they are at the desk", || house.dead_letters() == wanted).await;
}

async fn groups(house: &House) -> Value {
    house.told(&["dead-letter", "list"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_input_is_shown_edited_checked_and_tried_again_for_one_effect() {
    let (house, till) = strict().await;
    order(&house, 0..1).await;
    let cause = groups(&house).await[0]["id"].as_str().unwrap().to_owned();
    let shown = house.told(&["dead-letter", "show", &cause]).await;
    let broken = &shown["stuck"]["broken"][0];
    assert_eq!(broken["pointer"], "/to", "{shown:#}");
    assert_eq!(broken["rule"], "maxLength: 12");
    assert_eq!(broken["value"], "\"orders@milllane.example\"");
    assert!(shown["next"][0][0].as_str().unwrap().starts_with("jackfield dead-letter edit "));
    let id = shown["id"].as_str().unwrap();

    let mut input = shown["stuck"]["input"].clone();
    let wrong = house.file("wrong.json", &input.to_string());
    let (code, _, err) = house.types(&["dead-letter", "edit", id, "--input", &wrong]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`/to`") && err.contains("maxLength: 12"), "{err}");
    input["to"] = json!("a@mill.lane");
    let right = house.file("right.json", &input.to_string());
    let told = house.told(&["dead-letter", "edit", id, "--input", &right]).await;
    assert_eq!(told["stuck"]["edit"]["original"]["to"], "orders@milllane.example");
    assert_eq!(told["stuck"]["broken"], json!([]));

    house.does(&["dead-letter", "retry", id]).await;
    until("the run is done", || house.is_idle() && house.dead_letters() == 0).await;
    assert_eq!(till.vendor().receipts(), 1);
    let run = house.told(&["run", "list"]).await[0]["id"].as_str().unwrap().to_owned();
    let run = house.told(&["run", "show", &run]).await;
    assert!(run.to_string().contains("a@mill.lane"), "{run:#}");
    let trail = house.told(&["audit", "list"]).await.to_string();
    assert!(trail.contains("dead-letter.edited"), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_edited_into_another_intention() {
    let (house, till) = orders::connected().await;
    let flow = house.file("flow.toml", FLOW);
    house.does(&["flow", "apply", &flow]).await;
    till.fail_next(1, 422);
    order(&house, 0..1).await;
    let cause = groups(&house).await[0]["id"].as_str().unwrap().to_owned();
    let right = house.file("right.json", r#"{ "order": "mended" }"#);
    let told = house.told(&["dead-letter", "edit", &cause, "--input", &right]).await;
    let before = told["stuck"]["edit"]["refused"]["key"].as_str().unwrap().to_owned();
    house.does(&["dead-letter", "retry", &cause]).await;
    until("the run is done", || house.is_idle() && house.dead_letters() == 0).await;
    assert_eq!(till.vendor().receipts(), 1);
    let run = house.told(&["run", "list"]).await[0]["id"].as_str().unwrap().to_owned();
    let effect = house.told(&["run", "show", &run]).await["effects"][0].clone();
    assert_eq!(effect["input"]["order"], "mended", "{effect:#}");
    assert_ne!(effect["key"].as_str(), Some(before.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_one_cause_are_retried_or_discarded_alike() {
    let (house, till) = strict().await;
    order(&house, 0..5).await;
    let listed = groups(&house).await;
    assert_eq!((listed[0]["count"].as_u64(), listed.as_array().unwrap().len()), (Some(5), 1));
    let cause = listed[0]["id"].as_str().unwrap().to_owned();
    let (code, _, err) = house.types(&["dead-letter", "discard", "--cause", &cause]).await;
    assert_eq!(code, 1);
    assert!(err.contains("5 dead letters would be given up") && err.contains("--yes"), "{err}");

    let id =
        house.told(&["dead-letter", "list", "--all"]).await[0]["id"].as_str().unwrap().to_owned();
    house.does(&["dead-letter", "discard", &id]).await;
    // What fails again is not tried for ever.
    let told = house.told(&["dead-letter", "retry", "--cause", &cause]).await;
    assert_eq!((&told["done"], &told["failed"]), (&json!(4), &json!(0)));
    until("they are back", || house.is_idle() && house.dead_letters() == 4).await;

    let mended = MANIFEST.replace("0.1.0", "0.3.0");
    house.install("mended", &guest("orders", &mended)).await;
    house.does(&["dead-letter", "retry", "--all"]).await;
    until("all are done", || house.is_idle() && house.dead_letters() == 0).await;
    assert_eq!(till.vendor().receipts(), 4);
    let (code, _, err) = house.types(&["dead-letter", "retry", "--cause", &cause]).await;
    assert_eq!(code, 1);
    assert!(err.contains("no dead letter has the cause"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_happened_is_not_edited_and_not_retried_among_all() {
    let (house, till) = orders::connected().await;
    let header = r#"{ kind = "header", name = "idempotency-key" }"#;
    let none = MANIFEST.replace("0.1.0", "0.2.0").replace(header, r#"{ kind = "none" }"#);
    house.install("none", &guest("orders", &none)).await;
    let flow = house.file("flow.toml", FLOW);
    house.does(&["flow", "apply", &flow]).await;
    till.drop_answers(1);
    order(&house, 0..1).await;
    let group = groups(&house).await[0].clone();
    assert_eq!(group["code"], "unknown-outcome", "{group:#}");
    let cause = group["id"].as_str().unwrap();
    let input = house.file("input.json", "{}");
    let (code, _, err) = house.types(&["dead-letter", "edit", cause, "--input", &input]).await;
    assert_eq!(code, 1);
    assert!(err.contains("may have happened at `orders`"), "{err}");
    let told = house.told(&["dead-letter", "retry", "--all"]).await;
    assert_eq!((&told["done"], &told["left_out"]), (&json!(0), &json!(1)));
    assert_eq!((house.dead_letters(), till.vendor().receipts()), (1, 1));

    house.does(&["dead-letter", "retry", "--cause", cause, "--yes"]).await;
    until("the run is done", || house.is_idle() && house.dead_letters() == 0).await;
    assert_eq!(till.vendor().receipts(), 2, "a person said that the first did not happen");
}
