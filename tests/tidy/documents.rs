//! The documents name what is there: files, functions, tests.

use std::fs;

use jackfield_tests::releases::root;

use crate::source::rust;

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands between backticks in a document.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_path_in_a_document_is_there() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = document(name);
        for path in quoted(&text).filter(|word| {
            let rooms = ["host/", "wit/", "plugins/", "sdk/", "registry/", "tests/"];
            rooms.iter().any(|room| word.starts_with(room)) && !word.contains(['<', '*', ' ', '{'])
        }) {
            assert!(root().join(path).exists(), "{name} names `{path}`, which is not there");
        }
    }
}

#[test]
fn every_invariant_names_a_test_that_is_there() {
    let text = document("ARCHITECTURE.md");
    let invariants = text.split("## Invariants").nth(1).expect("a chapter on invariants");
    let invariants = invariants.split("\n## ").next().unwrap_or_default();
    let sources = rust();
    let mut named = 0;
    for test in quoted(invariants).filter(|word| word.matches('_').count() >= 3) {
        let function = format!("fn {test}(");
        assert!(sources.iter().any(|source| source.text.contains(&function)), "no test `{test}`");
        named += 1;
    }
    assert!(named >= 9, "an invariant without a test: {named} tests are named");
}
