//! A bench for tests, and the shop on it.

use std::{fs, path::PathBuf};

use jackfield::{
    cli::build,
    conformance::{Bench, Case, Finding, Plan, Report, Verdict, fixture, trial},
};
use jackfield_registry::package::{Release, embed};
use jackfield_tests::releases::{self, root};
use tempfile::TempDir;

/// A bench, and the directory in which it works.
pub struct Trial {
    pub bench: Bench,
    _dir: TempDir,
}

impl Trial {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cache = releases::target().join("conformance-cache");
        let opened = Bench::open(dir.path().join("store"), cache, [7; 32], releases::compiler());
        Self { bench: opened.await.unwrap(), _dir: dir }
    }

    /// Tries a release on cases.
    pub async fn on(&self, release: &Release, cases: &[Case], plan: &Plan) -> Report {
        let subject = self.bench.subject(release).unwrap();
        trial(&self.bench, &subject, cases, plan).await.unwrap()
    }
}

/// Where the shop is.
pub fn shop_dir() -> PathBuf {
    root().join("tests/conformance/shop")
}

/// The shop, with one text of its manifest replaced by another.
pub fn shop_with(text: &str, instead: &str) -> Release {
    let dir = shop_dir();
    let manifest = fs::read_to_string(dir.join("connector.toml")).unwrap();
    assert!(manifest.contains(text), "the shop's manifest has no `{text}`");
    let shop = build::connector(&dir).unwrap();
    Release::read(embed(&shop.code(), &manifest.replace(text, instead)).unwrap()).unwrap()
}

/// The shop as it is.
pub fn shop() -> Release {
    build::connector(&shop_dir()).unwrap()
}

/// What the shop says.
pub fn shop_cases() -> Vec<Case> {
    fixture::in_folder(&shop_dir().join("fixtures")).unwrap()
}

/// What failed, with why.
pub fn failed(findings: &[Finding]) -> Vec<(String, String)> {
    let failed = findings.iter().filter_map(|finding| match &finding.verdict {
        Verdict::Failed { why } => Some((finding.id.clone(), why.join("\n"))),
        _ => None,
    });
    failed.collect()
}
