//! Fixtures as tests: they pass where the connector does what they say, and tell where it does not.

use jackfield::conformance::{Plan, fixture};

use crate::bench::{Trial, failed, shop, shop_cases, shop_with};

#[tokio::test]
async fn what_the_shop_says_is_understood() {
    let trial = Trial::open().await;
    let report = trial.on(&shop(), &shop_cases(), &Plan::default()).await;
    assert_eq!(failed(&report.fixtures), []);
    assert!(report.fixtures.len() >= 16);
}

#[tokio::test]
async fn a_difference_is_told_with_its_place() {
    let trial = Trial::open().await;
    let shop = shop_with("{ id: .uid, name, email: .mail", "{ id: .uid, name: .mail, email: .mail");
    let plan = Plan { only: Some("found by its address".into()), ..Plan::default() };
    let report = trial.on(&shop, &shop_cases(), &plan).await;
    let told = failed(&report.fixtures);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, "output/0/name: expected \"Ada\", got \"ada@example.com\"");
}

#[tokio::test]
async fn a_request_that_was_never_asked_for_and_one_that_nobody_expects_are_told() {
    let trial = Trial::open().await;
    let shop = shop_with("GET /contacts?mail={.email}", "GET /contacts?email={.email}");
    let plan = Plan { only: Some("found by its address".into()), ..Plan::default() };
    let report = trial.on(&shop, &shop_cases(), &plan).await;
    let (_, why) = &failed(&report.fixtures)[0];
    assert!(why.contains("expected `GET https://api.shop.example/v1/contacts?mail="), "{why}");

    let silent = "[[case]]\nname = \"x\"\ncall = { check = true }\nexpect.problem.code = \"x\"";
    let cases = fixture::read(silent, "x.toml").unwrap();
    let report = trial.on(&shop, &cases, &Plan::default()).await;
    let (_, why) = &failed(&report.fixtures)[0];
    assert!(why.contains("`GET https://api.shop.example/v1/me` was asked for"), "{why}");
}

#[test]
fn a_case_that_is_not_whole_is_refused_with_its_name() {
    for (text, part) in [
        ("call = { check = true }\nexpect = {}", "needs exactly one of output"),
        ("expect = { none = true }", "it needs `call` or `[case.delivery]`"),
        (
            "call = { check = true, find = \"x\" }\nexpect = { none = true }",
            "exactly one of action",
        ),
        ("call = { chekc = true }\nexpect = { none = true }", "unknown field `chekc`"),
        ("now = \"noon\"\ncall = { check = true }\nexpect = { none = true }", "is no time"),
    ] {
        let text = format!("[[case]]\nname = \"a story\"\n{text}");
        let why = fixture::read(&text, "x.toml").unwrap_err();
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn the_examples_of_the_document_are_fixtures() {
    let document = include_str!("../../sdk/FIXTURES.md");
    let mut read = 0;
    for block in document.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap_or_default();
        let cases = fixture::read(text, "FIXTURES.md").unwrap();
        read += cases.len();
    }
    assert!(read >= 5, "{read}");
}
