//! A release that is ready to run: compiled, linked, and with its roles looked up.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jackfield_registry::package::Release;
use wasmtime::component::InstancePre;

use super::{Runtime, RuntimeError, sandbox::Sandbox};
use crate::{
    contract::{expressions, roles},
    fault::{Blame, Fault},
};

/// A compiled release. Cheap to clone; its memory goes when the last call in it ends.
#[derive(Clone)]
pub struct Package(pub(super) Arc<Roles>);

/// What a component exports; the host offers what it finds.
pub(super) struct Roles {
    pub(super) instance: InstancePre<Sandbox>,
    pub(super) webhooks: Option<roles::webhooks::GuestIndices>,
    pub(super) authenticator: Option<roles::authenticator::GuestIndices>,
    pub(super) actions: Option<roles::actions::GuestIndices>,
    pub(super) records: Option<roles::records::GuestIndices>,
    pub(super) subscriptions: Option<roles::subscriptions::GuestIndices>,
    pub(super) account: Option<roles::account::GuestIndices>,
    pub(super) expressions: Option<expressions::GuestIndices>,
    calls: AtomicU64,
    failed: AtomicU64,
}

/// How the calls of a package went since it was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub calls: u64,
    /// In how many of them the guest was to blame that nothing came of it.
    pub failed: u64,
}

impl Tally {
    /// The share of calls that failed, from 0 to 1.
    pub fn failed_share(self) -> f64 {
        // Beyond 2⁵³ calls the share is not exact, and nobody minds.
        if self.calls == 0 { 0.0 } else { self.failed as f64 / self.calls as f64 }
    }
}

impl Package {
    /// How its calls went.
    pub fn tally(&self) -> Tally {
        let (calls, failed) = (&self.0.calls, &self.0.failed);
        Tally { calls: calls.load(Ordering::Relaxed), failed: failed.load(Ordering::Relaxed) }
    }

    pub(super) fn count<T>(&self, result: &Result<T, Fault>) {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        if result.as_ref().is_err_and(|fault| fault.blame == Blame::Guest) {
            self.0.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Runtime {
    /// Compiles a release, or takes it from the cache, and links it. Takes up to seconds of CPU
    /// when it compiles: call it where blocking is allowed.
    pub fn load(&self, release: &Release) -> Result<Package, RuntimeError> {
        self.load_component(&release.code_digest().to_hex(), &release.code())
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
            records: roles::records::GuestIndices::new(&instance).ok(),
            subscriptions: roles::subscriptions::GuestIndices::new(&instance).ok(),
            account: roles::account::GuestIndices::new(&instance).ok(),
            expressions: expressions::GuestIndices::new(&instance).ok(),
            instance,
            calls: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })))
    }

    /// Lets go of the compiled form of a code, which is on disk for the next start.
    pub fn forget(&self, digest: &str) {
        self.0.cache.remove(digest);
    }

    /// Lets go of all compiled code but that of these digests, as hexadecimal text, and what was
    /// loaded since the start.
    pub fn keep_only(&self, digests: &BTreeSet<String>) {
        self.0.cache.keep_only(digests);
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Package")
    }
}
