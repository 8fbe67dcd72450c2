//! `connector new`: what it makes is right, builds, and is the author's to change.

use std::{fs, path::PathBuf, process::Command};

use jackfield_registry::package::Release;
use jackfield_tests::{releases::root, twin::specs_dir};

use super::{does, types, word};

/// A small description of no vendor's.
const DESCRIPTION: &str = "host/src/draft/tests/contacts.yaml";

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_without_code_is_right_and_builds_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = word(&dir.path().join("my-shop"));
    let said = does(&["connector", "new", "my-shop", "--lang", "toml", "--dir", &folder]).await;
    assert!(said.contains(&format!("next: jackfield connector check {folder}")), "{said}");
    does(&["connector", "check", &folder]).await;
    let file = word(&dir.path().join("my-shop.wasm"));
    does(&["connector", "build", &folder, "--output", &file]).await;
    let release = Release::read(fs::read(&file).unwrap()).unwrap();
    let connector = &release.manifest().connector;
    assert_eq!((connector.id.as_str(), connector.title.as_str()), ("my-shop", "My Shop"));
    let text = fs::read_to_string(dir.path().join("my-shop/connector.toml")).unwrap();
    assert!(text.starts_with("#:schema ./.jackfield/connector.schema.json\n"), "{text}");
    assert!(text.contains("https://api.my-shop.example"), "{text}");
    assert!(!text.to_lowercase().contains("acme"), "{text}");
    assert!(dir.path().join("my-shop/fixtures/contacts.toml").exists());
    let (code, _, err) = types(&["connector", "new", "my-shop", "--dir", &folder]).await;
    assert_eq!(code, 1, "nothing is written over");
    assert!(err.contains("is there already"), "{err}");
    let (code, _, err) = types(&["connector", "new", "My_Shop"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`My_Shop` is no id of a connector"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_rust_passes_its_tests_and_builds_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("my-shop");
    let sdk = word(&root().join("sdk/rust"));
    let new = ["connector", "new", "my-shop", "--lang", "rust", "--sdk", &sdk, "--dir"];
    does(&[&new[..], &[&word(&folder)]].concat()).await;
    does(&["connector", "check", &word(&folder)]).await;
    let code = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
    assert!(code.contains("pub struct MyShop;") && code.lines().count() <= 150);
    // The versions that the repository has, which are here already.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let tested = Command::new("cargo").args(["test", "--quiet"]).current_dir(&folder).output();
    let tested = tested.unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    let file = word(&dir.path().join("my-shop.wasm"));
    does(&["connector", "build", &word(&folder), "--output", &file]).await;
    assert_eq!(Release::read(fs::read(&file).unwrap()).unwrap().manifest().connector.id, "my-shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_becomes_a_connector_that_is_right_and_builds() {
    let dir = tempfile::tempdir().unwrap();
    let folder = word(&dir.path().join("crm"));
    let description = word(&root().join(DESCRIPTION));
    let new = ["connector", "new", "crm", "--openapi", &description, "--dir", &folder];
    let said = does(&new).await;
    assert!(said.contains("drafted: contact, note"), "{said}");
    does(&["connector", "check", &folder]).await;
    let file = word(&dir.path().join("crm.wasm"));
    does(&["connector", "build", &folder, "--output", &file]).await;
    let (code, _, err) = types(&[&new[..], &["--only", "wish"]].concat()).await;
    assert_eq!(code, 1);
    assert!(err.contains("no resource `wish`") && err.contains("hint: "), "{err}");
    let (code, _, err) = types(&[&new[..], &["--lang", "rust"]].concat()).await;
    assert_eq!(code, 1);
    assert!(err.contains("without code"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_every_vendor_becomes_a_connector_that_is_right() {
    let Some(specs) = specs_dir() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (mut open, mut drafted) = (vec![specs], 0);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if !is_description(&path) {
            continue;
        }
        let folder = word(&dir.path().join(drafted.to_string()));
        let new = ["connector", "new", "acme", "--openapi", &word(&path), "--dir", &folder];
        let said = does(&new).await;
        let drafts =
            said.lines().filter(|line| line.contains("drafted") || line.contains("decide"));
        let drafts: Vec<_> = drafts.collect();
        eprintln!("{}: {}", path.display(), drafts.join("; "));
        does(&["connector", "check", &folder]).await;
        drafted += 1;
    }
    assert!(drafted > 0, "none of the files is a description");
}

/// Whether a file is OpenAPI: beside the descriptions lie lists and samples.
fn is_description(path: &PathBuf) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches('"');
        line.starts_with("openapi") || line.starts_with("swagger")
    };
    let named =
        path.extension().is_some_and(|ending| ["json", "yaml", "yml"].iter().any(|e| ending == *e));
    named && text.contains("paths") && text.lines().take(4000).any(begins)
}
