//! `connector new`: what it makes is right, builds, and is the author's to change.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jackfield_registry::package::Release;
use jackfield_tests::{
    guide::{self, kept},
    releases::root,
    twin::specs_dir,
};

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
async fn a_connector_without_code_keeps_what_the_kit_asks() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("my-shop");
    does(&["connector", "new", "my-shop", "--lang", "toml", "--dir", &word(&folder)]).await;
    assert!(kept(&folder, &folder.join("fixtures")).await > 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_in_rust_is_made_built_and_tested_as_the_guide_says() {
    let dir = tempfile::tempdir().unwrap();
    guide::follow(&guide::recipe("rust"), dir.path()).await.unwrap();
    let code = fs::read_to_string(dir.path().join("till/src/lib.rs")).unwrap();
    assert!(code.contains("pub struct Till;") && code.lines().count() <= 150);
    let release = dir.path().join("till.wasm");
    let made = Release::read(fs::read(&release).unwrap()).unwrap();
    assert_eq!(made.manifest().connector.id, "till");
    assert!(kept(&release, &dir.path().join("till/fixtures")).await > 60);
    assert!(kept(&release, &root().join("tests/languages")).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_has_the_authors_name_in_every_language() {
    let dir = tempfile::tempdir().unwrap();
    for (lang, file, says) in [
        ("rust", "src/lib.rs", "pub struct MyShop;"),
        ("js", "src/my_shop.js", "https://api.my-shop.example/v1"),
        ("ts", "test/my_shop.test.ts", "from '../src/my_shop.js'"),
        ("python", "test_my_shop.py", "import my_shop"),
    ] {
        let folder = dir.path().join(lang);
        does(&["connector", "new", "my-shop", "--lang", lang, "--dir", &word(&folder)]).await;
        does(&["connector", "check", &word(&folder)]).await;
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(says), "{lang}: {text}");
        let cases = fs::read_to_string(folder.join("fixtures/orders.toml")).unwrap();
        let shared = fs::read_to_string(root().join("sdk/templates/js/fixtures/orders.toml"));
        let ours = |text: String| text.replace("my-shop", "acme");
        assert_eq!(ours(cases), shared.unwrap(), "{lang} has the cases of the others");
        let unnamed = names(&folder).into_iter().filter(|name| name.contains("acme"));
        assert_eq!(unnamed.count(), 0, "{lang}");
    }
}

/// The names of the files below a folder, and the lines in them.
fn names(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        found.push(word(&path).to_lowercase());
        if path.is_dir() {
            found.extend(names(&path));
        } else {
            found.extend(fs::read_to_string(&path).unwrap().lines().map(str::to_lowercase));
        }
    }
    found
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
