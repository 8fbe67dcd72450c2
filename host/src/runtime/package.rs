//! A release that is ready to run: compiled, linked, and with its roles looked up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError, Weak,
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

/// A compiled release. Cheap to clone; its memory goes when the last call in it ends. Releases of
/// the same code share what is compiled, and are counted each for itself.
#[derive(Clone)]
pub struct Package {
    pub(super) roles: Arc<Roles>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    failed: AtomicU64,
}

/// What is loaded now, by the digest of its code.
#[derive(Default)]
pub(super) struct Loaded(Mutex<BTreeMap<String, Weak<Roles>>>);

impl Loaded {
    fn get(&self, digest: &str) -> Option<Arc<Roles>> {
        // Each change is one insertion or removal, so that a panic leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest)?.upgrade()
    }

    /// Keeps what was loaded, unless somebody was faster; answers what is shared from now on.
    fn keep(&self, digest: &str, fresh: Arc<Roles>) -> Arc<Roles> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.strong_count() > 0);
        if let Some(known) = all.get(digest).and_then(Weak::upgrade) {
            return known;
        }
        all.insert(digest.to_owned(), Arc::downgrade(&fresh));
        fresh
    }
}

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
        let Counts { calls, failed } = &*self.counts;
        Tally { calls: calls.load(Ordering::Relaxed), failed: failed.load(Ordering::Relaxed) }
    }

    pub(super) fn count<T>(&self, result: &Result<T, Fault>) {
        self.counts.calls.fetch_add(1, Ordering::Relaxed);
        if result.as_ref().is_err_and(|fault| fault.blame == Blame::Guest) {
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Runtime {
    /// Compiles a release, or takes it from the cache, and links it. Takes up to seconds of CPU
    /// when it compiles: call it where blocking is allowed.
    pub fn load(&self, release: &Release) -> Result<Package, RuntimeError> {
        self.load_component(&release.code_digest().to_hex(), &release.code())
    }

    /// Whether code of this digest is loaded now, for any release.
    pub fn has(&self, digest: &str) -> bool {
        self.0.loaded.get(digest).is_some()
    }

    /// The same for a component that belongs to the host itself.
    pub fn load_component(&self, digest: &str, component: &[u8]) -> Result<Package, RuntimeError> {
        let roles = match self.0.loaded.get(digest) {
            Some(known) => known,
            None => self.0.loaded.keep(digest, self.linked(digest, component)?),
        };
        Ok(Package { roles, counts: Arc::default() })
    }

    fn linked(&self, digest: &str, component: &[u8]) -> Result<Arc<Roles>, RuntimeError> {
        let component = self.0.cache.load(&self.0.engine, digest, component)?;
        let instance =
            self.0.linker.instantiate_pre(&component).map_err(RuntimeError::Instantiate)?;
        Ok(Arc::new(Roles {
            webhooks: roles::webhooks::GuestIndices::new(&instance).ok(),
            authenticator: roles::authenticator::GuestIndices::new(&instance).ok(),
            actions: roles::actions::GuestIndices::new(&instance).ok(),
            records: roles::records::GuestIndices::new(&instance).ok(),
            subscriptions: roles::subscriptions::GuestIndices::new(&instance).ok(),
            account: roles::account::GuestIndices::new(&instance).ok(),
            expressions: expressions::GuestIndices::new(&instance).ok(),
            instance,
        }))
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
