//! A release that is ready to run: compiled, linked, and with its roles looked up.

use std::sync::Arc;

use jackfield_registry::package::Release;
use wasmtime::component::InstancePre;

use super::{Runtime, RuntimeError, sandbox::Sandbox};
use crate::contract::{expressions, roles};

/// A compiled release. Cheap to clone; its memory goes when the last call in it ends.
#[derive(Clone)]
pub struct Package(pub(super) Arc<Roles>);

/// What a component exports; the host offers what it finds.
pub(super) struct Roles {
    pub(super) instance: InstancePre<Sandbox>,
    pub(super) webhooks: Option<roles::webhooks::GuestIndices>,
    pub(super) authenticator: Option<roles::authenticator::GuestIndices>,
    pub(super) actions: Option<roles::actions::GuestIndices>,
    pub(super) account: Option<roles::account::GuestIndices>,
    pub(super) expressions: Option<expressions::GuestIndices>,
}

impl Runtime {
    /// Compiles a release, or takes it from the cache, and links it. Takes up to seconds of CPU
    /// when it compiles: call it where blocking is allowed.
    pub fn load(&self, release: &Release) -> Result<Package, RuntimeError> {
        self.load_component(&release.code_digest().to_hex(), release.code())
    }

    /// The same for a component that belongs to the host itself.
    pub fn load_component(&self, digest: &str, component: &[u8]) -> Result<Package, RuntimeError> {
        let component = self.0.cache.load(&self.0.engine, digest, component)?;
        let instance =
            self.0.linker.instantiate_pre(&component).map_err(RuntimeError::Instantiate)?;
        Ok(Package(Arc::new(Roles {
            webhooks: roles::webhooks::GuestIndices::new(&instance).ok(),
            authenticator: roles::authenticator::GuestIndices::new(&instance).ok(),
            actions: roles::actions::GuestIndices::new(&instance).ok(),
            account: roles::account::GuestIndices::new(&instance).ok(),
            expressions: expressions::GuestIndices::new(&instance).ok(),
            instance,
        })))
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Package")
    }
}
