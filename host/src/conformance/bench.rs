//! The bench on which a connector is tried: the real runtime and windows, a clock that stands
//! still, and a system within the process.
//!
//! Owns one call of a case from its question to what came of it. Promises that a call sees a
//! storage of its own and nothing of another's, that requests pass the grant of the manifest as
//! they do in a host, and that the same case gives the same outcome on any machine. Never opens a
//! socket.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jackfield_registry::{manifest::Manifest, package::Release};
use serde_json::{Value, json};
use thiserror::Error;

use super::{
    credential::held,
    fixture::{Ask, Case},
    outcome::Outcome,
    script::{Death, Hold, Script},
    webhook,
};
use crate::{
    capabilities::{Fuse, Left, Means, Particulars, Seed, Window},
    clock::VirtualClock,
    connections::{self, ConnectionError},
    contract::{Call, Query},
    egress::{Asked, Egress, EgressConfig, Outside},
    runtime::{Called, Compiler, Limits, Package, Runtime, RuntimeError},
    store::{self, Batch, CommitError, Options, Store, StoreError},
    vault::{MasterKey, Vault, VaultError},
};

/// The CPU time of a call here, in milliseconds: a slow machine shall not change an outcome.
const CPU_MS: u64 = 60_000;
/// The wall time of a call here, in milliseconds.
const WALL_MS: u64 = 120_000;
/// How many records a page shall have; a hint.
const PAGE: u32 = 100;

/// Why nothing can be tried.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each is what its message says")]
pub enum BenchError {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the settings of `{case}` do not fit the manifest: {source}")]
    Settings { case: String, source: ConnectionError },
}

/// The bench.
#[derive(Debug)]
pub struct Bench {
    pub(super) runtime: Runtime,
    pub(super) store: Store,
    pub(super) vault: Vault,
    /// What every call has of its own hangs on a number.
    calls: AtomicU64,
}

/// A connector on the bench.
#[derive(Debug)]
pub struct Subject {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The release that is tried.
    pub digest: String,
    pub(super) written: Arc<Value>,
    pub(super) package: Package,
}

/// How a case is run.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// How its exchanges are held to.
    pub hold: Hold,
    /// When the process dies.
    pub death: Option<Death>,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// By how much later everything happens, in milliseconds.
    pub later_ms: u64,
    /// Whose storage it sees: that of an earlier run with the same number; else one of its own.
    pub home: Option<u64>,
}

/// What came of a case.
#[derive(Debug)]
pub struct Ran {
    /// The outcome.
    pub outcome: Outcome,
    /// The requests, in order.
    pub asked: Vec<Asked>,
    /// How often it wrote to its storage.
    pub writes: u32,
    /// Where they are not what the case says.
    pub complaints: Vec<String>,
    /// What they may have done, as the host would keep it.
    pub left: Left,
}

impl Way {
    /// To the letter.
    pub const LETTER: Self =
        Self { hold: Hold::Letter, death: None, attempt: 1, later_ms: 0, home: None };
    /// As properties ask.
    pub const FREELY: Self = Self { hold: Hold::Freely, ..Self::LETTER };
}

impl Bench {
    /// A bench whose storage is in `dir`, which is empty, and which keeps compiled code in
    /// `cache` under a MAC by `cache_key`.
    pub async fn open(
        dir: PathBuf,
        cache: PathBuf,
        cache_key: [u8; 32],
        compiler: Compiler,
    ) -> Result<Self, BenchError> {
        let runtime = Runtime::start(cache, cache_key, compiler)?;
        let store = store::open(&dir, Options { reserve_bytes: 0, ..Options::default() })?;
        let vault = Vault::open(store.clone(), MasterKey::generate()).await?;
        Ok(Self { runtime, store, vault, calls: AtomicU64::new(0) })
    }

    /// A number for a storage that nobody has used.
    pub fn home(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a connector on the bench.
    pub fn subject(&self, release: &Release) -> Result<Subject, BenchError> {
        let manifest = release.manifest().clone();
        Ok(Subject {
            digest: release.digest().to_string(),
            written: Arc::new(serde_json::to_value(&*manifest.as_written).unwrap_or_default()),
            package: self.runtime.load(release)?,

            manifest,
        })
    }

    /// Runs a case.
    pub async fn run(&self, subject: &Subject, case: &Case, way: Way) -> Result<Ran, BenchError> {
        let script = Arc::new(Script::new(case.exchanges.clone(), way.hold, way.death));
        let means = self.means(subject, case, way, script.clone()).await?;
        let holds = match way.death {
            Some(Death::Write(at)) => Some(at),
            _ => None,
        };
        let fuse = Arc::new(Fuse::new(holds));
        let asking = self.ask(subject, case, way, &means, &fuse);
        let (outcome, left) = tokio::select! {
            came = asking => came,
            () = script.dies() => (Outcome::Died, Left::Something),
            () = fuse.blows() => (Outcome::Died, Left::Something),
        };
        let (asked, complaints) = script.end();
        Ok(Ran { outcome, asked, writes: fuse.asked(), complaints, left })
    }

    /// What the calls of a case are given.
    async fn means(
        &self,
        subject: &Subject,
        case: &Case,
        way: Way,
        script: Arc<Script>,
    ) -> Result<Means, BenchError> {
        let number = way.home.unwrap_or_else(|| self.home());
        let now_ms = case.now_ms + way.later_ms;
        let means = self.stand(subject, &case.settings, now_ms, script, number);
        let means =
            means.map_err(|source| BenchError::Settings { case: case.name.clone(), source })?;
        if let Ask::Delivery(delivery) = &case.ask
            && let Some(secrets) = &delivery.secrets
            && means.uses.values().any(|uses| !uses.is_empty())
        {
            let mut batch = Batch::new();
            let secrets = secrets.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            self.vault.put(&mut batch, &means.connection, secrets)?;
            self.store.commit(batch).await?;
        }
        Ok(means)
    }

    /// A connection of a connector at a point in time, before an outside.
    pub(super) fn stand(
        &self,
        subject: &Subject,
        settings: &BTreeMap<String, String>,
        now_ms: u64,
        outside: Arc<dyn Outside>,
        number: u64,
    ) -> Result<Means, ConnectionError> {
        let manifest = &subject.manifest;
        let clock = Arc::new(VirtualClock::at(now_ms));
        let values = connections::values(manifest, settings);
        let auth = |name: &str| held(manifest.auth.get(name)?);
        let policy = connections::policy(manifest, &values, &BTreeMap::new(), &auth)?;
        let config =
            EgressConfig { clock: clock.clone(), outside: Some(outside), ..Default::default() };
        let connection = format!("case-{number}");
        Ok(Means {
            egress: Egress::new(config).client(&connection, Arc::new(policy)),
            connection: connection.into(),
            settings: connections::settings(&values),
            manifest: subject.written.clone(),
            uses: Arc::new(connections::uses(manifest)),
            vault: self.vault.clone(),
            store: self.store.clone(),
            quota_bytes: u64::from(manifest.limits.storage_kib) << 10,
            timeout_ms: manifest.http.timeout_ms,
            backoffs: Arc::default(),
            clock,
        })
    }

    /// Asks the connector, and says what came of it.
    async fn ask(
        &self,
        subject: &Subject,
        case: &Case,
        way: Way,
        means: &Means,
        fuse: &Arc<Fuse>,
    ) -> (Outcome, Left) {
        let (runtime, package) = (&self.runtime, &subject.package);
        let memory_bytes = (subject.manifest.limits.memory_mib as usize) << 20;
        let limits = Limits { cpu_ms: CPU_MS, wall_ms: WALL_MS, memory_bytes };
        let idempotency_header = match &case.ask {
            Ask::Action(action, _) => subject.key_header(action),
            _ => None,
        };
        let particulars = Particulars {
            attempt: way.attempt,
            idempotency_key: case.key.clone(),
            idempotency_header,
            seed: Some(Seed::default()),
            fuse: Some(fuse.clone()),
            ..Particulars::default()
        };
        let window = || Window::open(means, &particulars);
        let call = |action: &String, input: &Value| Call {
            action: action.clone(),
            input: input.to_string(),
            ext: Vec::new(),
        };
        match &case.ask {
            Ask::Action(action, input) => {
                let called = runtime.invoke(package, window(), limits, &call(action, input)).await;
                told(called, |text| Outcome::of_json(&text))
            }
            Ask::Recall(action, input) => {
                let called = runtime.recall(package, window(), limits, &call(action, input)).await;
                told(called, |text| text.map_or(Outcome::None, |text| Outcome::of_json(&text)))
            }
            Ask::Find(entity, keys) => {
                let keys: Vec<_> = keys.clone().into_iter().collect();
                let called = runtime.find(package, window(), limits, entity, &keys).await;
                told(called, |texts| match Outcome::records(&texts) {
                    Ok(records) => Outcome::Output(records.into()),
                    Err(outcome) => outcome,
                })
            }
            Ask::Check => told(runtime.check(package, window(), limits).await, Outcome::Label),
            Ask::Tenants => told(runtime.tenants(package, window(), limits).await, |tenants| {
                let tenants = tenants.iter();
                let tenants = tenants.map(|one| json!({"id": one.id, "label": one.label}));
                Outcome::Output(tenants.collect())
            }),
            Ask::Ensure(url, kinds) => {
                let called = runtime.ensure(package, window(), limits, url, kinds).await;
                told(called, |all| {
                    let one = |one: &crate::contract::roles::subscriptions::Subscription| {
                        json!({
                            "id": one.id,
                            "url": one.url,
                            "kinds": one.kinds,
                            "expires_at_ms": one.expires_at_ms,
                        })
                    };
                    Outcome::Output(all.iter().map(one).collect())
                })
            }
            Ask::Changes { entity, cursor, pages } => {
                self.walk(subject, entity, cursor.clone(), *pages, limits, &window).await
            }
            Ask::Delivery(delivery) => {
                let authentic =
                    webhook::judge(runtime, subject, means, limits, delivery, way.later_ms).await;
                match authentic {
                    Err(outcome) => (outcome, Left::Nothing),
                    Ok(delivery) => {
                        let called = runtime.parse(package, window(), limits, &delivery).await;
                        told(called, Outcome::of_events)
                    }
                }
            }
        }
    }

    /// Reads pages of what changed, one after the other.
    async fn walk(
        &self,
        subject: &Subject,
        entity: &str,
        mut cursor: Option<String>,
        pages: u32,
        limits: Limits,
        window: &impl Fn() -> Window,
    ) -> (Outcome, Left) {
        let (mut all, mut goes_on) = (Vec::new(), true);
        let mut seen = BTreeSet::new();
        for _ in 0..pages {
            let entity = entity.to_owned();
            let query = Query { entity, cursor: cursor.clone(), limit: PAGE, ext: Vec::new() };
            let called = self.runtime.changes(&subject.package, window(), limits, &query).await;
            let page = match called.result {
                Ok(page) => page,
                Err(fault) => return (fault.into(), Left::Nothing),
            };
            match Outcome::records(&page.records) {
                Ok(records) => all.extend(records),
                Err(outcome) => return (outcome, Left::Nothing),
            }
            goes_on = page.more;
            cursor = page.cursor;
            // The same place again, with more to come, is a walk that never ends.
            if !goes_on || !seen.insert(cursor.clone()) {
                break;
            }
        }
        (Outcome::Page { records: all, cursor, more: goes_on }, Left::Nothing)
    }
}

impl Subject {
    /// The header in which the host sends the key of an action, where the manifest says so.
    pub(super) fn key_header(&self, action: &str) -> Option<String> {
        use jackfield_registry::manifest::Idempotency;
        match &self.manifest.actions.get(action)?.idempotency {
            Some(Idempotency::Header { name }) => Some(name.clone()),
            _ => None,
        }
    }
}

fn told<T>(called: Called<T>, good: impl FnOnce(T) -> Outcome) -> (Outcome, Left) {
    let left = called.window.map_or(Left::Something, |window| window.http.left());
    (called.result.map_or_else(Outcome::from, good), left)
}
