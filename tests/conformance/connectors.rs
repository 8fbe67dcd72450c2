//! The connectors of this repository, each on the kit with its own fixtures: nothing is found.

use std::{fs, io::Read as _, path::Path, sync::Arc, thread};

use flate2::read::GzDecoder;
use jackfield::conformance::{Case, Description, Plan, Report, Verdict, fixture};
use jackfield_registry::package::Release;
use jackfield_tests::{
    releases::{self, root},
    twin::specs_dir,
};
use url::Url;

use crate::bench::{Trial, failed};

/// A vendor's description: whose connector it is about, its file, and a server of it with the one
/// that connectors call instead, where a company has its own.
type Described = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// What vendors describe. Those that are not here describe nothing that the kit reads.
const DESCRIBED: [Described; 6] = [
    ("asana", "asana/asana_oas.yaml", None),
    ("pipedrive", "pipedrive/pipedrive-v2.openapi.yaml", None),
    (
        "pipedrive",
        "pipedrive/pipedrive-v1.openapi.yaml",
        Some(("https://api.pipedrive.com/v1", "https://api.pipedrive.com/api/v1")),
    ),
    ("shopify", "shopify/admin_2026-07.json.gz", None),
    ("slack", "slack/slack_web_openapi_v2.json", None),
    ("xero", "xero/xero_accounting.yaml", None),
];

/// The least that is tried of a connector: fixtures without cases find nothing either.
const TRIED_MIN: usize = 60;

#[test]
fn nothing_is_found_in_the_connectors() {
    let folders = fs::read_dir(root().join("plugins")).unwrap().map(|one| one.unwrap().path());
    let folders = folders.filter(|one| one.join("connector.toml").is_file());
    let mut ids: Vec<_> =
        folders.map(|one| one.file_name().unwrap().to_string_lossy().into_owned()).collect();
    ids.sort();
    let trials: Vec<_> = ids.into_iter().map(|id| thread::spawn(move || tried(&id))).collect();
    let found: Vec<String> = trials.into_iter().flat_map(|trial| trial.join().unwrap()).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is found in a connector, a line each.
fn tried(id: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let release = Release::read(releases::connector(id)).unwrap();
    let cases = fixture::in_folder(&root().join("plugins").join(id).join("fixtures")).unwrap();
    let mut specs = described(id).into_iter();
    let is_described = specs.len() > 0;
    let on = |cases: &[Case], spec: Option<Arc<Description>>| -> Report {
        let plan = Plan { seed: 1, spec, ..Plan::default() };
        runtime.block_on(async { Trial::open().await.on(&release, cases, &plan).await })
    };
    let report = on(&cases, specs.next());
    let mut found = told(id, &report);
    let (passed, ..) = report.tally();
    if passed < TRIED_MIN {
        found.push(format!("{id}: only {passed} things were tried"));
    }
    if is_described && !is_held(&report) {
        found.push(format!("{id}: no request is among those that its description is about"));
    }
    // The rest was tried already: what is left is what each further description is about.
    for spec in specs {
        let is_about = |url: &str| match &*spec {
            Description::OpenApi(file) => file.is_about(&Url::parse(url).unwrap()),
            Description::GraphQl(_) => true,
        };
        let asks = |case: &&Case| case.exchanges.iter().any(|one| is_about(&one.request.url));
        let cases: Vec<_> = cases.iter().filter(asks).cloned().collect();
        assert!(!cases.is_empty(), "{id}: a description of nothing that is asked for");
        let told = told(id, &on(&cases, Some(spec)));
        found.extend(told.into_iter().filter(|line| line.contains(".described: ")));
    }
    found
}

fn told(id: &str, report: &Report) -> Vec<String> {
    let all = [failed(&report.fixtures), failed(&report.properties)].concat();
    all.into_iter().map(|(what, why)| format!("{id}: {what}: {why}")).collect()
}

/// Whether the requests were held against a description.
fn is_held(report: &Report) -> bool {
    let mut found = report.properties.iter().filter(|one| one.id == "request.described");
    found.any(|one| !matches!(one.verdict, Verdict::Skipped { .. }))
}

/// What a vendor says of its own API; none, and one line says so, where no descriptions are.
fn described(id: &str) -> Vec<Arc<Description>> {
    let of = DESCRIBED.into_iter().filter(|(whose, ..)| *whose == id);
    let Some(dir) = specs_dir() else { return Vec::new() };
    let read = |(_, file, server): Described| {
        let text = text(&dir.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let text = match server {
            Some((there, instead)) => {
                assert!(text.contains(there), "{file} has no server `{there}`");
                text.replace(there, instead)
            }
            None => text,
        };
        Arc::new(Description::read(&text).unwrap_or_else(|why| panic!("{file}: {why}")))
    };
    of.map(read).collect()
}

/// The text of a file, which may be packed.
fn text(path: &Path) -> std::io::Result<String> {
    if path.extension().is_none_or(|ending| ending != "gz") {
        return fs::read_to_string(path);
    }
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}
