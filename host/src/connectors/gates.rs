//! The gates: everything that can keep a release out, in the order from cheap to costly.
//!
//! Promises that a release which is turned away has changed nothing, and that nothing of it has
//! run outside a sandbox.

use std::sync::Arc;

use jackfield_registry::package::Release;

use super::{
    ConnectorError, Connectors, Installed, Schemas, record::ReleaseRecord, review::Review,
};
use crate::runtime::{Limits, Runtime};

/// A release that passed the gates that need no compiler.
pub(super) struct Candidate {
    pub(super) release: Release,
    pub(super) record: ReleaseRecord,
    pub(super) publisher_name: Option<String>,
}

impl Connectors {
    /// Size, form, signature, digest, contract and manifest; who signed it; what it imports.
    pub(super) fn inspect(
        &self,
        bytes: Vec<u8>,
        allow_unsigned: bool,
    ) -> Result<Candidate, ConnectorError> {
        let release = Release::read(bytes)?;
        let publisher_name = match release.publisher() {
            None if allow_unsigned => None,
            None => return Err(ConnectorError::Unsigned),
            Some(publisher) => {
                let trusted = self.trusted()?;
                let trusted = trusted.into_iter().find(|trusted| trusted.publisher == publisher);
                Some(trusted.ok_or(ConnectorError::UntrustedPublisher(publisher))?.name)
            }
        };
        let beyond = release.imports_beyond_contract();
        if !beyond.is_empty() {
            return Err(ConnectorError::Imports(beyond));
        }
        let record = ReleaseRecord::of(&release, self.0.clock.now_ms());
        Ok(Candidate { release, record, publisher_name })
    }

    /// Whether somebody has said yes to all that it asks for.
    pub(super) fn expect_approval(
        review: &Review,
        approval: Option<&str>,
    ) -> Result<(), ConnectorError> {
        if review.new.is_empty() || approval == Some(&review.approval) {
            return Ok(());
        }
        let id = review.id.clone();
        Err(ConnectorError::NotAllowed {
            id,
            version: review.version.clone(),
            new: review.new.clone(),
        })
    }

    /// Compile, instantiate and self-check, and then the file.
    pub(super) async fn make_ready(
        &self,
        candidate: Candidate,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let this = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let Candidate { release, record, .. } = candidate;
            let installed = ready(&this.0.runtime, &release, record)?;
            this.0.files.write(&release)?;
            Ok::<_, ConnectorError>(Arc::new(installed))
        });
        // A panic in a gate is a bug; it is passed on to the caller's own panic guard.
        let installed =
            work.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        self.0.runtime.try_out(&installed.package, installed.limits).await?;
        Ok(installed)
    }
}

/// Compiles a release and its schemas.
pub(super) fn ready(
    runtime: &Runtime,
    release: &Release,
    record: ReleaseRecord,
) -> Result<Installed, ConnectorError> {
    let manifest = release.manifest().clone();
    let schemas = Schemas::compile(&manifest)?;
    let package = runtime.load(release)?;
    let asks = &manifest.limits;
    let limits = Limits {
        cpu_ms: asks.cpu_ms,
        wall_ms: asks.wall_ms,
        memory_bytes: (asks.memory_mib as usize) << 20,
    };
    let id = manifest.connector.id.clone();
    Ok(Installed { id, release: record, manifest, package, schemas, limits })
}
