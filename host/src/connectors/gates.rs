//! The gates: everything that can keep a release out, in the order from cheap to costly.
//!
//! Promises that a release which is turned away has changed nothing, and that nothing of it has
//! run outside a sandbox.

use std::sync::Arc;

use jackfield_registry::package::{PackageError, Release};

use super::{
    ConnectorError, Connectors, Installed, Kind, Schemas, Wish, files::Files,
    record::ReleaseRecord, review::Review,
};
use crate::{
    audit::Actor,
    runtime::{Limits, Runtime},
};

/// A release that passed the gates that need no compiler.
pub(super) struct Candidate {
    pub(super) release: Arc<Release>,
    pub(super) record: ReleaseRecord,
    pub(super) publisher_name: Option<String>,
}

impl Connectors {
    /// Size, form, signature, digest, contract and manifest; who signed it; what it imports.
    pub(super) async fn inspect(
        &self,
        bytes: Vec<u8>,
        allow_unsigned: bool,
        by: Actor,
    ) -> Result<Candidate, ConnectorError> {
        let runtime = self.0.runtime.clone();
        let release = blocking(move || Ok(Arc::new(read(&runtime, bytes)?))).await?;
        let publisher_name = match release.publisher() {
            None if allow_unsigned => None,
            None => return Err(ConnectorError::Unsigned),
            Some(publisher) => Some(self.trusted_as(publisher)?),
        };
        let beyond = release.imports_beyond_contract();
        if !beyond.is_empty() {
            return Err(ConnectorError::Imports(beyond));
        }
        let record = ReleaseRecord::of(&release, self.0.clock.now_ms(), by);
        Ok(Candidate { release, record, publisher_name })
    }

    /// Whether it comes as what it can come, and somebody has said yes to all that it asks for.
    pub(super) fn expect_wished(
        &self,
        candidate: &Candidate,
        wish: &Wish,
    ) -> Result<(), ConnectorError> {
        let Review { id, version, new, approval, .. } = self.review_of(candidate);
        match (&wish.kind, self.record(&id)) {
            (Kind::Install, Some(_)) => return Err(ConnectorError::Taken(id)),
            (Kind::Upgrade | Kind::Trial(_), None) => return Err(ConnectorError::Unknown(id)),
            _ => {}
        }
        if new.is_empty() || wish.approval == Some(approval) {
            return Ok(());
        }
        Err(ConnectorError::NotAllowed { id, version, new })
    }

    /// Compile, instantiate and self-check.
    pub(super) async fn make_ready(
        &self,
        candidate: &Candidate,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let (runtime, record) = (self.0.runtime.clone(), candidate.record.clone());
        let release = candidate.release.clone();
        let installed = blocking(move || ready(&runtime, &release, record)).await?;
        self.0.runtime.try_out(&installed.package, installed.limits).await?;
        Ok(Arc::new(installed))
    }
}

/// Does what takes its time where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ConnectorError> + Send + 'static,
) -> Result<T, ConnectorError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(ConnectorError::Broken(panic.to_string())))
}

/// Reads a release. Code that is loaded for another one was read then.
pub(super) fn read(runtime: &Runtime, bytes: Vec<u8>) -> Result<Release, PackageError> {
    Release::read_knowing(bytes, |code| runtime.has(&code.to_hex()))
}

/// Makes a release ready that is kept already.
pub(super) fn kept(
    runtime: &Runtime,
    files: &Files,
    record: ReleaseRecord,
) -> Result<Arc<Installed>, ConnectorError> {
    let release = files.read(&record.digest, runtime)?;
    ready(runtime, &release, record).map(Arc::new)
}

/// Compiles a release and its schemas.
fn ready(
    runtime: &Runtime,
    release: &Release,
    record: ReleaseRecord,
) -> Result<Installed, ConnectorError> {
    let manifest = release.manifest().clone();
    let schemas = Schemas::compile(&manifest)?;
    let package = runtime.load(release)?;
    let limits = Limits::asked(&manifest.limits);
    let id = manifest.connector.id.clone();
    // Every value of TOML is one of JSON, but for dates, which become texts.
    let written = Arc::new(serde_json::to_value(&*manifest.as_written).unwrap_or_default());
    Ok(Installed { id, release: record, manifest, written, package, schemas, limits })
}
