//! `connector check`: what an author is told of each mistake.

use std::fs;

use jackfield_tests::releases::root;
use serde_json::Value;

use super::{does, types, word};

/// A connector without code that is right.
const RIGHT: &str = include_str!("../../../sdk/templates/toml/connector.toml");

/// Each mistake in words, what stands in the manifest, and what stands there instead.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("an id without quotes", "id = \"acme\"", "id = acme"),
    ("an id in capitals", "id = \"acme\"", "id = \"Acme\""),
    ("a block that is misspelt", "[health]", "[helth]"),
    ("a key that is misspelt", "secret = \"api_token\"", "secert = \"api_token\""),
    ("a secret that is not there", "secret = \"api_token\"", "secret = \"api_tokn\""),
    ("a credential that is not there", "auth = \"api\"", "auth = \"apy\""),
    ("an origin without encryption", "origin = \"https:", "origin = \"http:"),
    ("a number in quotes", "concurrency = 4", "concurrency = \"4\""),
    ("a bracket that is not closed", "raw = \".contact\"", "raw = \"(.contact\""),
    ("a function that is not there", "key = \".id\"", "key = \".id | lowercas\""),
    ("a variable that is not there", "{$page.cursor}", "{$pags.cursor}"),
    ("a hole that is not closed", "contacts/{.id}", "contacts/{.id"),
    ("a body for a GET", "\"GET /me\"", "{ send = \"GET /me\", body = \".\" }"),
    ("a method that is not there", "\"GET /me\"", "\"FETCH /me\""),
    ("an action that nobody does", "\"contact.upsert\"", "\"contact.merge\""),
    ("an event without a key", "key = \".id\"\n", ""),
    ("an action that may be done twice", "idempotency = { kind = \"search-first\" }", ""),
    ("a search by what is no match key", "by = [\"email\"]", "by = [\"mail\"]"),
    ("a way of paging that is not there", "kind = \"cursor\"", "kind = \"cursors\""),
    ("a message that nobody signs", "message = \"{body}\"", "message = \"{boddy}\""),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_line_and_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("connector.toml");
    let mut all = String::new();
    for (mistake, right, wrong) in MISTAKES {
        assert!(RIGHT.contains(right), "`{right}` is not in the manifest");
        fs::write(&file, RIGHT.replacen(right, wrong, 1)).unwrap();
        let (code, out, err) = types(&["connector", "check", &word(&file)]).await;
        assert_eq!((code, out.as_str()), (1, ""), "{mistake}");
        assert!(err.contains("  hint: "), "{mistake}: {err}");
        let err = err.replace(&word(dir.path()), "acme");
        all.push_str(&format!("# {mistake}\n{err}\n"));
    }
    insta::assert_snapshot!("manifests", all);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_mistakes_are_told_at_once_in_the_order_of_the_text() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("connector.toml");
    let wrong = RIGHT
        .replace("label = \".company\"", "label = \".company |\"")
        .replace("raw = \".contact\"", "raw = \"{\"")
        .replace("\"contact.upsert\"", "\"contact.merge\"");
    fs::write(&file, wrong).unwrap();
    let (code, out, _) = types(&["connector", "check", &word(dir.path()), "--json"]).await;
    assert_eq!(code, 1);
    let told: Value = serde_json::from_str(&out).unwrap();
    let lines: Vec<u64> = told["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mistake| mistake["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(lines.is_sorted(), "{out}");
    let (code, _, err) = types(&["connector", "build", &word(dir.path())]).await;
    assert_eq!(code, 1, "a build finds them too");
    assert!(err.contains("connector.toml:"), "{err}");
    let (code, _, _) = types(&["connector", "check"]).await;
    assert_eq!(code, 2, "used wrongly");
    let (code, _, err) = types(&["connector", "check", "/nowhere"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("hint: "), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connector_of_the_repository_is_right() {
    for folder in ["plugins", "sdk/templates"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let dir = entry.unwrap().path();
            if dir.join("connector.toml").exists() {
                let said = does(&["connector", "check", &word(&dir)]).await;
                assert!(said.contains("is right"), "{said}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_checked_without_a_host_too() {
    let flows = root().join("tests/flows");
    let said = does(&["flow", "check", "--offline", &word(&flows)]).await;
    assert!(said.contains("`won-deal-becomes-invoice` is right"), "{said}");
}
