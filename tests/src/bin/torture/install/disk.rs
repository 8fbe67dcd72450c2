//! Disk: which files a host has for what is installed, and which it must have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use anyhow::Context as _;
use jackfield_registry::package::Release;
use jackfield_tests::house::House;

use super::wish::{Kept, Slot};

/// The files of a release: the digests that name them, as hexadecimal text.
#[derive(Debug, Clone)]
pub struct Made {
    digest: String,
    code: String,
}

/// The directories of releases and of compiled code, and whose each file may be.
#[derive(Debug, Clone)]
pub struct Disk {
    data: PathBuf,
    /// Every release that was ever made, by its version.
    made: BTreeMap<String, Made>,
    /// What is compiled of the host itself: its file names.
    own: BTreeSet<String>,
}

impl Disk {
    /// The disk of a host in which one release is installed, and nothing went wrong yet.
    pub fn of(house: &House, first: &[u8]) -> anyhow::Result<Self> {
        let data = house.dir().join("data");
        let mut disk = Self { data, made: BTreeMap::new(), own: BTreeSet::new() };
        let first = disk.learn(first)?;
        let all = disk.names("compiled")?;
        disk.own = all.into_iter().filter(|name| !name.starts_with(&first.code)).collect();
        Ok(disk)
    }

    /// Learns whose the files of a release are.
    pub fn learn(&mut self, release: &[u8]) -> anyhow::Result<Made> {
        let release = Release::read(release)?;
        let (digest, code) = (release.digest().to_hex(), release.code_digest().to_hex());
        let made = Made { digest, code };
        self.made.insert(release.manifest().connector.version.clone(), made.clone());
        Ok(made)
    }

    /// Whether the code of a release is there, compiled.
    pub fn is_compiled(&self, made: &Made) -> bool {
        let names = self.names("compiled").unwrap_or_default();
        names.iter().any(|name| name.starts_with(&made.code) && name.ends_with(".cwasm"))
    }

    /// Whether the file of a release is there, whole.
    pub fn is_written(&self, made: &Made) -> bool {
        self.data.join("releases").join(format!("{}.wasm", made.digest)).exists()
    }

    /// Which files are there and should not be, or the other way round.
    pub fn mistakes(&self, kept: &Kept) -> anyhow::Result<Vec<String>> {
        let versions = kept.values().flat_map(Slot::versions);
        let needed = versions.map(|version| self.made.get(version).context("a version of ours"));
        let needed: Vec<&Made> = needed.collect::<anyhow::Result<_>>()?;
        let releases = needed.iter().map(|made| format!("{}.wasm", made.digest)).collect();
        let mut mistakes = differences("releases", &self.names("releases")?, &releases);
        // What an engine adds to the name is the same for all that it compiles.
        let own = self.own.iter().next().context("the host has code of its own")?;
        let engine = own.rsplit_once('-').and_then(|(_, rest)| rest.split_once('.'));
        let engine = engine.context("a name of compiled code")?.0;
        let names = |made: &&Made| {
            ["cwasm", "mac"].map(|ending| format!("{}-{engine}.{ending}", made.code))
        };
        let compiled = needed.iter().flat_map(names).chain(self.own.iter().cloned()).collect();
        mistakes.extend(differences("compiled", &self.names("compiled")?, &compiled));
        Ok(mistakes)
    }

    fn names(&self, dir: &str) -> anyhow::Result<BTreeSet<String>> {
        let dir = fs::read_dir(self.data.join(dir))?;
        dir.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

fn differences(dir: &str, there: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Vec<String> {
    let stray = there.difference(wanted).map(|name| format!("nobody needs {dir}/{name}"));
    let missing = wanted.difference(there).map(|name| format!("{dir}/{name} is not there"));
    stray.chain(missing).collect()
}
