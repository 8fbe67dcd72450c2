//! Connectors without code: what a hundred of them cost in memory, and how long one takes to install.
//!
//! They have the manifests of those in `plugins/`, in turn, each under an id of its own. The
//! yardstick is a host with none.

use std::fs;

use anyhow::{Context as _, ensure};
use jackfield::{cli::build, connectors::Kind};
use jackfield_registry::package::embed;
use jackfield_tests::{house::House, releases::root};
use serde_json::json;
use tokio::time::Instant;

use super::{
    install::{let_in, resident_mib},
    report::Report,
};

/// How many are installed.
const CONNECTORS: usize = 100;

pub async fn measure() -> anyhow::Result<Report> {
    let releases = releases()?;
    let mut house = House::open().await;
    // The component that all of them share is compiled by the first.
    let (first, others) = releases.split_first().context("a connector without code")?;
    let_in(house.rooms(), first, Kind::Install).await?;
    let mut install_ms = Vec::new();
    for release in others {
        let begin = Instant::now();
        let_in(house.rooms(), release, Kind::Install).await?;
        install_ms.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    install_ms.sort_by(f64::total_cmp);
    let install_ms = install_ms[install_ms.len() / 2];
    // What installing left behind is not what having installed costs.
    house.stop().await;
    let empty = House::open().await;
    let none = resident_mib()?;
    house.start().await;
    let all = resident_mib()?;
    let running = house.rooms().connectors.list().into_iter().filter(|(_, one)| one.is_some());
    ensure!(running.count() == CONNECTORS, "some are not there");
    drop(empty);
    let added = all - none;
    let bytes = releases.iter().map(Vec::len).sum::<usize>() / CONNECTORS;
    Ok(Report {
        name: "declarative",
        ratio: all / none,
        lines: vec![format!(
            "{added:.1} MiB for {CONNECTORS} connectors without code, {} KiB each on disk; installed \
             in {install_ms:.1} ms each at the median",
            bytes >> 10
        )],
        more: json!({
            "connectors": CONNECTORS,
            "added_mib": added,
            "install_ms": install_ms,
            "release_bytes": bytes,
            "yardstick": { "resident_mib": none },
            "durability": "each install is an fdatasync of the release and of the store",
        }),
    })
}

/// The releases: the manifests of `plugins/` that have no code beside them, again and again.
fn releases() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut kinds = Vec::new();
    let mut folders: Vec<_> = fs::read_dir(root().join("plugins"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    folders.sort();
    for folder in folders {
        let manifest = folder.join("connector.toml");
        if manifest.is_file() && build::Language::of(&folder).is_none() {
            let code = build::connector(&folder)?.code().to_vec();
            kinds.push((code, fs::read_to_string(manifest)?));
        }
    }
    let numbered = kinds.iter().cycle().take(CONNECTORS).enumerate();
    numbered
        .map(|(number, (code, manifest))| {
            let id = manifest.lines().find(|line| line.starts_with("id = ")).context("an id")?;
            let own = format!("{}-{number}\"", id.trim_end_matches('"'));
            Ok(embed(code, &manifest.replacen(id, &own, 1))?)
        })
        .collect()
}
