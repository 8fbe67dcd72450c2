//! The JSON Schemas of what authors write: whatever is right is valid under them, and what has a
//! mistake of form is not.

use std::{fs, path::Path};

use jackfield_tests::releases::root;
use jsonschema::Validator;
use serde_json::Value;

use super::does;

async fn schema(kind: &str) -> Validator {
    let schema: Value = serde_json::from_str(&does(&["schema", kind]).await).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn read(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

/// Every file of a name, or with an ending, below a folder.
fn files(dir: &Path, ends: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "fixtures", "node_modules"].contains(&name.as_str()) {
            files(&path, ends, found);
        } else if name.ends_with(ends) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_manifest_of_the_repository_is_valid() {
    let schema = schema("connector").await;
    let mut all = Vec::new();
    for folder in ["plugins", "sdk/templates"] {
        files(&root().join(folder), "connector.toml", &mut all);
    }
    files(&root().join("registry/src/manifest/tests"), "full.toml", &mut all);
    assert!(all.len() >= 4, "{}", all.len());
    for (file, text) in all {
        let wrong: Vec<_> = schema
            .iter_errors(&read(&text))
            .map(|e| format!("{} {e}", e.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_of_the_repository_is_valid() {
    let schema = schema("flow").await;
    let mut all = Vec::new();
    files(&root().join("tests/flows"), ".toml", &mut all);
    for (file, text) in all {
        let wrong: Vec<_> = schema.iter_errors(&read(&text)).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_form_is_no_valid_manifest() {
    let schema = schema("connector").await;
    let right = include_str!("../../../sdk/templates/toml/connector.toml");
    for (right_piece, wrong) in [
        ("[health]", "[helth]"),
        ("secret = \"api_token\"", "secert = \"api_token\""),
        ("concurrency = 4", "concurrency = \"4\""),
        ("per = \"1m\"", "per = \"soon\""),
        ("\"GET /me\"", "\"FETCH /me\""),
        ("kind = \"cursor\"", "kind = \"cursors\""),
        ("kind = \"bearer\"", "kind = \"bear\""),
        ("algorithm = \"sha256\"", "algorithm = \"sha3\""),
        ("title = \"Make or change a contact\"", ""),
        ("kind = \"search-first\"", "kind = \"header\""),
    ] {
        assert!(right.contains(right_piece), "{right_piece}");
        let wrong = read(&right.replacen(right_piece, wrong, 1));
        assert!(!schema.is_valid(&wrong), "{right_piece} is missed");
    }
    let schema = super::schema::schema("flow").await;
    let right = "name = \"a\"\n[on]\nmanual = true\n[[step]]\nid = \"b\"\nset = '1'";
    assert!(schema.is_valid(&read(right)));
    for (piece, wrong) in
        [("manual = true", "manual = \"yes\""), ("[[step]]", "[[steps]]"), ("id =", "ids =")]
    {
        assert!(!schema.is_valid(&read(&right.replace(piece, wrong))), "{piece} is missed");
    }
}
