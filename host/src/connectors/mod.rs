//! Installed releases: kept on disk by digest, compiled, and the one that is current per id.
//!
//! Promises that the current release changes in one step: new calls take the new one, calls in
//! flight end on the one they began with. A release that does not pass a gate changes nothing.
//! Never runs a connector.

mod schemas;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use jackfield_registry::{
    manifest::Manifest,
    package::{Digest, PackageError, Release},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use schemas::{SchemaError, Schemas};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    runtime::{Limits, Package, Runtime, RuntimeError},
    store::{Batch, CommitError, Store, StoreError, trees},
};

/// What can go wrong when a connector is installed or looked up.
#[derive(Debug, Error)]
pub enum ConnectorError {
    /// Not a release: no component, no manifest, or a manifest with mistakes.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It wants what no connector gets.
    #[error(
        "the component imports what is beyond the contract: {}\n  hint: a connector gets HTTP, \
         secrets, storage and the log through `jackfield:connector`, and of WASI only clocks, \
         random numbers and standard streams",
        .0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )]
    Imports(Vec<String>),
    /// An action's schema in the manifest is not one.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It does not compile or link.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A connection could not go on through it.
    #[error(
        "the release does not fit what is connected: {0}\n  hint: the running release stays; see `jackfield connection list`"
    )]
    Unfit(String),
    /// The release could not be written or read.
    #[error("the release file `{path}` cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What the store says of the connector `id` cannot be read.
    #[error("the record of connector `{id}` cannot be read: {source}")]
    Unreadable {
        /// Which connector.
        id: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// No connector has this id.
    #[error("there is no connector `{0}`; `jackfield connector list` shows those installed")]
    Unknown(String),
}

/// What is kept of an installed connector, beside the release file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledRecord {
    /// The connector's id.
    pub id: String,
    /// The release's version.
    pub version: String,
    /// The release's digest: the name of its file.
    pub digest: Digest,
    /// When it was installed, in milliseconds since 1970.
    pub installed_at_ms: u64,
}

/// A connector that is ready to be called.
#[derive(Debug)]
pub struct Installed {
    /// What is kept of it.
    pub record: InstalledRecord,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its compiled code.
    pub package: Package,
    /// The schemas of its actions.
    pub schemas: Schemas,
    /// What one call of it may use.
    pub limits: Limits,
}

/// All installed connectors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connectors(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    runtime: Runtime,
    clock: SharedClock,
    dir: PathBuf,
    current: ArcSwap<BTreeMap<String, Arc<Installed>>>,
    /// One change at a time, so that none is lost between reading the map and writing it.
    changing: tokio::sync::Mutex<()>,
}

impl Connectors {
    /// Loads what is installed. `dir` holds the release files.
    pub fn open(
        store: Store,
        runtime: Runtime,
        clock: SharedClock,
        dir: PathBuf,
    ) -> Result<Self, ConnectorError> {
        let mut current = BTreeMap::new();
        for (id, value) in store.scan_prefix(trees::RELEASES, &[], None, usize::MAX)? {
            let id = String::from_utf8_lossy(&id).into_owned();
            match load(&runtime, &dir, &id, &value) {
                Ok(installed) => drop(current.insert(id, Arc::new(installed))),
                // One that is out of order must not keep the others from working.
                Err(error) => tracing::error!(
                    connector = id, %error, "not loaded: install it again; its connections wait"
                ),
            }
        }
        let current = ArcSwap::from_pointee(current);
        let changing = tokio::sync::Mutex::new(());
        Ok(Self(Arc::new(Inner { store, runtime, clock, dir, current, changing })))
    }

    /// The current release of a connector.
    pub fn get(&self, id: &str) -> Result<Arc<Installed>, ConnectorError> {
        let current = self.0.current.load();
        current.get(id).cloned().ok_or_else(|| ConnectorError::Unknown(id.into()))
    }

    /// All of them, by id.
    pub fn list(&self) -> Vec<Arc<Installed>> {
        self.0.current.load().values().cloned().collect()
    }

    /// Installs a release, or puts it in the place of the one that is current: all gates first,
    /// then the file, then the record, then the pointer. `fits` is the last gate: whether the
    /// connections of the connector can go through it.
    pub async fn install(
        &self,
        bytes: Vec<u8>,
        actor: Actor,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let _one = self.0.changing.lock().await;
        let this = self.clone();
        let now_ms = self.0.clock.now_ms();
        let work = tokio::task::spawn_blocking(move || this.gates(bytes, now_ms));
        // A panic in a gate is a bug; it is passed on to the caller's own panic guard.
        let installed = Arc::new(
            work.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?,
        );
        fits(&installed).map_err(ConnectorError::Unfit)?;
        let record = &installed.record;
        let mut batch = Batch::new();
        // Strings and numbers always make JSON.
        let value = serde_json::to_vec(record).expect("plain data");
        batch.put(trees::RELEASES, record.id.as_bytes(), value);
        Line::new(now_ms, actor, Word::ConnectorInstalled, &record.id)
            .detail("version", &record.version)
            .detail("digest", record.digest.to_string())
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let mut current = BTreeMap::clone(&self.0.current.load());
        current.insert(record.id.clone(), installed.clone());
        self.0.current.store(Arc::new(current));
        Ok(installed)
    }

    /// Everything that can say no, and then the file.
    fn gates(&self, bytes: Vec<u8>, now_ms: u64) -> Result<Installed, ConnectorError> {
        let release = Release::read(bytes)?;
        let beyond = release.imports_beyond_contract();
        if !beyond.is_empty() {
            return Err(ConnectorError::Imports(beyond));
        }
        let installed = ready(&self.0.runtime, &release, now_ms)?;
        let path = file(&self.0.dir, &release.digest());
        write(&path, release.bytes()).map_err(|source| ConnectorError::File { path, source })?;
        Ok(installed)
    }
}

/// Makes ready what the store says is installed.
fn load(
    runtime: &Runtime,
    dir: &Path,
    id: &str,
    record: &[u8],
) -> Result<Installed, ConnectorError> {
    let record: InstalledRecord = serde_json::from_slice(record)
        .map_err(|source| ConnectorError::Unreadable { id: id.into(), source })?;
    let path = file(dir, &record.digest);
    let bytes = fs::read(&path).map_err(|source| ConnectorError::File { path, source })?;
    ready(runtime, &Release::read(bytes)?, record.installed_at_ms)
}

/// Compiles a release and its schemas.
fn ready(
    runtime: &Runtime,
    release: &Release,
    installed_at_ms: u64,
) -> Result<Installed, ConnectorError> {
    let manifest = release.manifest().clone();
    let schemas = Schemas::compile(&manifest)?;
    let package = runtime.load(release)?;
    let record = InstalledRecord {
        id: manifest.connector.id.clone(),
        version: manifest.connector.version.clone(),
        digest: release.digest(),
        installed_at_ms,
    };
    let asks = &manifest.limits;
    let limits = Limits {
        cpu_ms: asks.cpu_ms,
        wall_ms: asks.wall_ms,
        memory_bytes: (asks.memory_mib as usize) << 20,
    };
    Ok(Installed { record, manifest, package, schemas, limits })
}

fn file(dir: &Path, digest: &Digest) -> PathBuf {
    dir.join(format!("{}.wasm", digest.to_hex()))
}

/// Writes a file so that after a power cut it is there whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let part = path.with_extension("part");
    let mut file = fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(part, path)?;
    fs::File::open(dir)?.sync_all()
}
