//! Installed connectors: their releases on disk by digest, compiled, and which one is current.
//!
//! Promises that the current release changes in one step: new calls take the new one, calls in
//! flight end on the one they began with. A release that does not pass a gate, or a kill at any
//! point, leaves what ran before as it was. Never runs a connector outside a sandbox.

mod error;
mod files;
mod gates;
mod publishers;
mod record;
mod review;
mod schemas;
mod wish;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use arc_swap::ArcSwap;
use jackfield_registry::manifest::Manifest;

pub use error::ConnectorError;
pub use publishers::Trusted;
pub use record::{ConnectorRecord, Grant, KEPT_MAX, ReleaseRecord, Watch};
pub use review::{Reason, Review};
pub use schemas::{SchemaError, Schemas};
pub use wish::{Kind, Wish};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    runtime::{Limits, Package, Runtime},
    store::{Batch, Store, trees},
};
use files::Files;

/// How long a new release is on probation where somebody asked for it, in milliseconds.
const WATCH_MS: u64 = 10 * 60_000;
/// How many calls of a watched release must fail before anything is concluded.
const WATCH_FAILURES_MIN: u64 = 3;
/// How many times the share of failed calls of the release before is too much.
const WATCH_WORSE: f64 = 2.0;
/// The share of failed calls that is never too much, and the one that always is.
const WATCH_SHARE: (f64, f64) = (0.05, 0.95);

/// A release that is ready to be called.
#[derive(Debug)]
pub struct Installed {
    /// The connector's id.
    pub id: String,
    /// What is kept of the release.
    pub release: ReleaseRecord,
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
    files: Files,
    slots: ArcSwap<BTreeMap<String, Slot>>,
    /// One change at a time, so that none is lost between reading the map and writing it.
    changing: tokio::sync::Mutex<()>,
}

/// One connector: what is kept of it, and its releases that are in use.
#[derive(Debug, Clone)]
struct Slot {
    record: Arc<ConnectorRecord>,
    current: Arc<Installed>,
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
            let slot = record.and_then(|record| {
                if let Some(needed) = &mut needed {
                    needed.extend(record.releases().map(|release| release.digest));
                }
                load(&runtime, &files, record)
            });
            match slot {
                Ok(slot) => drop(slots.insert(id, slot)),
                // One that is out of order must not keep the others from working.
                Err(error) => {
                    if matches!(error, ConnectorError::Unreadable { .. }) {
                        needed = None;
                    }
                    tracing::error!(
                        connector = id, %error, "not loaded: upgrade it; its connections wait"
                    );
                }
            }
        }
        // Where a record cannot be read, nobody knows which files it needs.
        if let Some(needed) = needed {
            files.keep_only(&needed);
        }
        let slots = ArcSwap::from_pointee(slots);
        let changing = tokio::sync::Mutex::new(());
        Ok(Self(Arc::new(Inner { store, runtime, clock, files, slots, changing })))
    }

    /// The current release of a connector.
    pub fn get(&self, id: &str) -> Result<Arc<Installed>, ConnectorError> {
        let slots = self.0.slots.load();
        slots.get(id).map(|slot| slot.current.clone()).ok_or_else(|| unknown(id))
    }

    /// The release of a connector through which a connection goes.
    pub fn of(&self, id: &str, connection: &str) -> Result<Arc<Installed>, ConnectorError> {
        let slots = self.0.slots.load();
        let slot = slots.get(id).ok_or_else(|| unknown(id))?;
        Ok(slot.trials.get(connection).unwrap_or(&slot.current).clone())
    }

    /// What is kept of a connector.
    pub fn record(&self, id: &str) -> Option<ConnectorRecord> {
        self.0.slots.load().get(id).map(|slot| ConnectorRecord::clone(&slot.record))
    }

    /// The current releases of all of them, by id, and what is kept of each.
    pub fn list(&self) -> Vec<(Arc<ConnectorRecord>, Arc<Installed>)> {
        let slots = self.0.slots.load();
        slots.values().map(|slot| (slot.record.clone(), slot.current.clone())).collect()
    }

    /// What a person should look at before a release is let in.
    pub fn review(&self, bytes: Vec<u8>, unsigned: bool) -> Result<Review, ConnectorError> {
        Ok(self.review_of(&self.inspect(bytes, unsigned)?))
    }

    /// Lets a release in: all gates first, then the file, then the record, then the pointer.
    /// `fits` is the last gate: whether the connections of the connector can go through it.
    pub async fn let_in(
        &self,
        bytes: Vec<u8>,
        wish: Wish,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let _one = self.0.changing.lock().await;
        let candidate = self.inspect(bytes, wish.unsigned)?;
        let review = self.review_of(&candidate);
        let id = review.id.clone();
        let known = self.slot(&id);
        match (&wish.kind, &known) {
            (Kind::Install, Some(_)) => return Err(ConnectorError::Taken(id)),
            (Kind::Upgrade | Kind::Trial(_), None) => return Err(ConnectorError::Unknown(id)),
            _ => {}
        }
        Self::expect_approval(&review, wish.approval.as_deref())?;
        let installed = self.make_ready(candidate).await?;
        fits(&installed).map_err(ConnectorError::Unfit)?;
        let slot = self.slot_with(known, installed.clone(), &review, &wish);
        let word = match wish.kind {
            Kind::Install => Word::ConnectorInstalled,
            Kind::Upgrade => Word::ConnectorUpgraded,
            Kind::Trial(_) => Word::ConnectorTried,
        };
        self.commit(slot, wish.actor, word, &installed).await?;
        Ok(installed)
    }

    /// The slot as it will be once a release is let in.
    fn slot_with(
        &self,
        known: Option<Slot>,
        installed: Arc<Installed>,
        review: &Review,
        wish: &Wish,
    ) -> Slot {
        let release = installed.release.clone();
        let (publisher, at_ms) = (release.publisher, release.installed_at_ms);
        let given = Grant { publisher, asks: review.asks.clone(), at_ms, by: wish.actor.clone() };
        let Some(mut slot) = known else {
            let record = Arc::new(ConnectorRecord::new(&installed.id, release, given));
            return Slot { record, current: installed, trials: BTreeMap::new() };
        };
        let mut record = ConnectorRecord::clone(&slot.record);
        // A yes to a trial is for that trial: the other connections need one of their own.
        if !review.new.is_empty() && !matches!(wish.kind, Kind::Trial(_)) {
            record.grant = given;
        }
        match &wish.kind {
            Kind::Trial(connection) => {
                record.trials.insert(connection.clone(), release);
                slot.trials.insert(connection.clone(), installed);
            }
            Kind::Install | Kind::Upgrade => {
                let failed_before = slot.current.package.tally().failed_share();
                record.promote(release);
                record.watch =
                    wish.watch.then(|| Watch { until_ms: at_ms + WATCH_MS, failed_before });
                slot.trials.clear();
                slot.current = installed;
            }
        }
        Slot { record: Arc::new(record), ..slot }
    }

    /// Goes back to the release before, or ends a connection's trial. Where only `from` shall be
    /// left, and it is not current any more, nothing changes.
    pub async fn roll_back(
        &self,
        id: &str,
        connection: Option<&str>,
        from: Option<&Installed>,
        actor: Actor,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let _one = self.0.changing.lock().await;
        let mut slot = self.slot(id).ok_or_else(|| unknown(id))?;
        if from.is_some_and(|from| from.release != slot.record.current) {
            return Ok(slot.current);
        }
        let mut record = ConnectorRecord::clone(&slot.record);
        match connection {
            Some(connection) => {
                if record.trials.remove(connection).is_none() {
                    let (id, connection) = (id.into(), connection.into());
                    return Err(ConnectorError::NoTrial { id, connection });
                }
                slot.trials.remove(connection);
            }
            None if record.roll_back() => {
                let (this, back) = (self.clone(), record.current.clone());
                let load = move || {
                    let release = this.0.files.read(&back.digest)?;
                    gates::ready(&this.0.runtime, &release, back)
                };
                // A panic here is a bug; it is passed on to the caller's own panic guard.
                let loaded = tokio::task::spawn_blocking(load)
                    .await
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                slot.current = Arc::new(loaded?);
                slot.trials.clear();
            }
            None => return Err(ConnectorError::NothingBefore(id.into())),
        }
        fits(&slot.current).map_err(ConnectorError::Unfit)?;
        slot.record = Arc::new(record);
        let current = slot.current.clone();
        self.commit(slot, actor, Word::ConnectorRolledBack, &current).await?;
        Ok(current)
    }

    /// Removes a connector and its releases. `in_use` says which connections go through it.
    pub async fn remove(
        &self,
        id: &str,
        actor: Actor,
        in_use: impl FnOnce() -> Vec<String>,
    ) -> Result<(), ConnectorError> {
        let _one = self.0.changing.lock().await;
        let slot = self.slot(id).ok_or_else(|| unknown(id))?;
        let connections = in_use();
        if !connections.is_empty() {
            return Err(ConnectorError::InUse { id: id.into(), connections });
        }
        let mut batch = Batch::new();
        batch.delete(trees::RELEASES, id.as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::ConnectorRemoved, id)
            .detail("version", &slot.record.current.version)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let mut slots = BTreeMap::clone(&self.0.slots.load());
        slots.remove(id);
        self.0.slots.store(Arc::new(slots));
        self.forget(&slot.record);
        Ok(())
    }

    /// Which watched releases fail more than those before them.
    pub fn failing(&self) -> Vec<Arc<Installed>> {
        let now_ms = self.0.clock.now_ms();
        let slots = self.0.slots.load();
        let worse = slots.values().filter(|slot| {
            slot.record.watch.as_ref().is_some_and(|watch| {
                let tally = slot.current.package.tally();
                let allowed =
                    (watch.failed_before * WATCH_WORSE).clamp(WATCH_SHARE.0, WATCH_SHARE.1);
                now_ms < watch.until_ms
                    && tally.failed >= WATCH_FAILURES_MIN
                    && tally.failed_share() > allowed
            })
        });
        worse.map(|slot| slot.current.clone()).collect()
    }

    fn slot(&self, id: &str) -> Option<Slot> {
        self.0.slots.load().get(id).cloned()
    }

    /// Makes a slot what it shall be: on disk, and then for new calls.
    async fn commit(
        &self,
        slot: Slot,
        actor: Actor,
        word: Word,
        installed: &Installed,
    ) -> Result<(), ConnectorError> {
        let record = slot.record.clone();
        let mut batch = Batch::new();
        // Texts and numbers always make JSON.
        let value = serde_json::to_vec(&*record).expect("plain data");
        batch.put(trees::RELEASES, record.id.as_bytes(), value);
        let publisher = installed.release.publisher.map(|publisher| publisher.to_string());
        Line::new(self.0.clock.now_ms(), actor, word, &record.id)
            .detail("version", &installed.release.version)
            .detail("digest", installed.release.digest)
            .detail("publisher", publisher.as_deref().unwrap_or("unsigned"))
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let mut slots = BTreeMap::clone(&self.0.slots.load());
        let last = slots.insert(record.id.clone(), slot);
        self.0.slots.store(Arc::new(slots));
        if let Some(last) = last {
            self.forget(&last.record);
        }
        Ok(())
    }

    /// Removes what a record needed and no record needs any more.
    fn forget(&self, last: &ConnectorRecord) {
        let slots = self.0.slots.load();
        let kept = || slots.values().flat_map(|slot| slot.record.releases());
        for release in last.releases() {
            if !kept().any(|kept| kept.digest == release.digest) {
                self.0.files.remove(&release.digest);
            }
            if !kept().any(|kept| kept.code_digest == release.code_digest) {
                self.0.runtime.forget(&release.code_digest.to_hex());
            }
        }
    }
}

fn unknown(id: &str) -> ConnectorError {
    ConnectorError::Unknown(id.to_owned())
}

/// Makes ready what the store says is installed.
fn load(runtime: &Runtime, files: &Files, record: ConnectorRecord) -> Result<Slot, ConnectorError> {
    let one = |release: &ReleaseRecord| {
        let file = files.read(&release.digest)?;
        gates::ready(runtime, &file, release.clone()).map(Arc::new)
    };
    let trials = record.trials.iter();
    let trials = trials.map(|(name, release)| Ok((name.clone(), one(release)?)));
    let trials = trials.collect::<Result<_, ConnectorError>>()?;
    Ok(Slot { current: one(&record.current)?, trials, record: Arc::new(record) })
}
