//! What is generated from the sources lies beside them as it was generated last: the schemas for
//! editors, the references of `connector.toml`, of the contract and of the roles.
//!
//! With `JACKFIELD_WRITE=1` in the environment these tests write the files instead.

mod contract;
mod manifest;
mod roles;

use std::fs;

use jackfield_tests::releases::root;
use serde_json::Value;

/// The variable by which the files are written anew.
const WRITE: &str = "JACKFIELD_WRITE";

/// Holds a file against what it is generated from.
#[expect(clippy::disallowed_methods, reason = "a test asks whether it shall write")]
fn is_current(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var(WRITE).is_ok() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder that can be made");
        fs::write(path, text).expect("a file that can be written");
        return;
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(there == text, "{file} is old: {WRITE}=1 cargo test --test tidy references");
}

/// A schema, as the command prints it.
fn schema(kind: &str) -> String {
    let (code, out, err) = jackfield::cli::captured(["jackfield", "schema", kind]);
    assert_eq!(code, 0, "{err}");
    out
}

#[test]
fn the_schemas_are_those_of_the_types() {
    is_current("sdk/schemas/connector.schema.json", &schema("connector"));
    is_current("sdk/schemas/flow.schema.json", &schema("flow"));
}

#[test]
fn the_reference_of_the_manifest_is_that_of_its_types() {
    let read = |kind| -> Value { serde_json::from_str(&schema(kind)).expect("JSON") };
    is_current("sdk/MANIFEST.md", &manifest::reference(&read("connector")));
}

#[test]
fn the_reference_of_the_roles_is_that_of_their_contracts() {
    is_current("sdk/ROLES.md", &roles::reference());
}

#[test]
fn the_reference_of_the_contract_is_that_of_its_files() {
    is_current("sdk/CONTRACT.md", &contract::reference(&root().join("wit")));
}
