//! Installed connectors: their releases on disk by digest, compiled, and which one is current.
//!
//! Promises that the current release changes in one step: new calls take the new one, calls in
//! flight end on the one they began with. A release that does not pass a gate, or a kill at any
//! point, leaves what ran before as it was. Never runs a connector outside a sandbox.

mod change;
mod error;
mod files;
mod gates;
mod publishers;
mod record;
mod review;
mod schemas;
mod watch;
mod wish;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use arc_swap::ArcSwap;
use jackfield_registry::manifest::Manifest;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

pub use error::ConnectorError;
pub use publishers::Trusted;
pub use record::{ConnectorRecord, Grant, KEPT_MAX, ReleaseRecord, Watch};
pub use review::Review;
pub use schemas::{Broken, SchemaError, Schemas, broken_output, compiled};
pub use wish::{Kind, Wish};

use crate::{
    audit::Actor,
    clock::SharedClock,
    runtime::{Limits, Package, Runtime},
    store::{Store, trees},
};
use files::Files;

/// The most releases that are looked over at the same time.
const REVIEWS_MAX: usize = 2;

/// A release that is ready to be called.
#[derive(Debug)]
pub struct Installed {
    /// The connector's id.
    pub id: String,
    /// What is kept of the release.
    pub release: ReleaseRecord,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The same as JSON, for the component.
    pub written: Arc<serde_json::Value>,
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
    files: Files,
    slots: ArcSwap<BTreeMap<String, Slot>>,
    /// One release at a time goes through the costly gates.
    gates: Mutex<()>,
    /// One change at a time, so that none is lost between reading the map and writing it. It is
    /// short: nothing is compiled for the first time while it is held.
    changing: Mutex<()>,
    reviews: Semaphore,
}

/// One connector: what is kept of it, and its releases that are in use.
#[derive(Debug, Clone)]
struct Slot {
    record: Arc<ConnectorRecord>,
    /// None while it cannot be used.
    current: Option<Arc<Installed>>,
    trials: BTreeMap<String, Arc<Installed>>,
}

impl Connectors {
    /// Loads what is installed. `dir` holds the release files.
    pub fn open(
        store: Store,
        runtime: Runtime,
        clock: SharedClock,
        dir: PathBuf,
    ) -> Result<Self, ConnectorError> {
        let files = Files::new(dir);
        let mut slots = BTreeMap::new();
        let mut needed = Some(BTreeSet::new());
        for (id, value) in store.scan_prefix(trees::RELEASES, &[], None, usize::MAX)? {
            let id = String::from_utf8_lossy(&id).into_owned();
            let record = serde_json::from_slice::<ConnectorRecord>(&value)
                .map_err(|source| ConnectorError::Unreadable { id: id.clone(), source });
            match record {
                Ok(record) => {
                    if let Some(needed) = &mut needed {
                        needed.extend(record.releases().map(|release| release.digest));
                    }
                    slots.insert(id, load(&runtime, &files, record));
                }
                // One that is out of order must not keep the others from working.
                Err(error) => {
                    needed = None;
                    tracing::error!(connector = id, %error, "not loaded; its connections wait");
                }
            }
        }
        // Where a record cannot be read, nobody knows which files it needs.
        if let Some(needed) = needed {
            files.keep_only(&needed);
        }
        let slots = ArcSwap::from_pointee(slots);
        let (gates, changing) = (Mutex::new(()), Mutex::new(()));
        let reviews = Semaphore::new(REVIEWS_MAX);
        let inner = Inner { store, runtime, clock, files, slots, gates, changing, reviews };
        Ok(Self(Arc::new(inner)))
    }

    /// The current release of a connector.
    pub fn get(&self, id: &str) -> Result<Arc<Installed>, ConnectorError> {
        let slot = self.slot(id).ok_or_else(|| unknown(id))?;
        slot.current.ok_or_else(|| ConnectorError::OutOfOrder(id.into()))
    }

    /// The release of a connector through which a connection goes.
    pub fn of(&self, id: &str, connection: &str) -> Result<Arc<Installed>, ConnectorError> {
        let tried = self.slot(id).and_then(|slot| slot.trials.get(connection).cloned());
        tried.map_or_else(|| self.get(id), Ok)
    }

    /// What is kept of a connector.
    pub fn record(&self, id: &str) -> Option<Arc<ConnectorRecord>> {
        self.slot(id).map(|slot| slot.record)
    }

    /// What is kept of all of them, by id, and their current releases where they can be used.
    pub fn list(&self) -> Vec<(Arc<ConnectorRecord>, Option<Arc<Installed>>)> {
        let slots = self.0.slots.load();
        slots.values().map(|slot| (slot.record.clone(), slot.current.clone())).collect()
    }

    /// Keeps what is installed as it is for as long as the answer is held.
    pub async fn hold(&self) -> MutexGuard<'_, ()> {
        self.0.changing.lock().await
    }

    /// What a person should look at before a release is let in.
    pub async fn review(&self, bytes: Vec<u8>, unsigned: bool) -> Result<Review, ConnectorError> {
        // It is closed never.
        let _turn = self.0.reviews.acquire().await;
        Ok(self.review_of(&self.inspect(bytes, unsigned, Actor::Host).await?))
    }

    fn slot(&self, id: &str) -> Option<Slot> {
        self.0.slots.load().get(id).cloned()
    }
}

fn unknown(id: &str) -> ConnectorError {
    ConnectorError::Unknown(id.to_owned())
}

/// Makes ready what the store says is installed.
fn load(runtime: &Runtime, files: &Files, mut record: ConnectorRecord) -> Slot {
    let id = &record.id;
    let current = gates::kept(runtime, files, record.current.clone());
    let current = current.inspect_err(|error| {
        tracing::error!(connector = id, %error, "not loaded: upgrade it; its connections wait");
    });
    let trials = record.trials.iter().filter_map(|(name, release)| {
        let tried = gates::kept(runtime, files, release.clone()).inspect_err(|error| {
            tracing::error!(connector = id, connection = name, %error, "its trial is over");
        });
        Some((name.clone(), tried.ok()?))
    });
    let trials: BTreeMap<_, _> = trials.collect();
    record.trials.retain(|name, _| trials.contains_key(name));
    Slot { current: current.ok(), trials, record: Arc::new(record) }
}
