//! Events for which runs wait: who is told when one comes, and what came just before a run began to
//! wait.
//!
//! Promises that an event which came after a run began is not missed, in whichever order the two
//! were written: both count the same fence. A million waiting runs cost an event nothing where its
//! `where` says which value must be equal; else each of them is asked.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Awaited, FlowError, Flows, Run, echo::ECHO_MS, signals::Signal};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    queue::Work,
    store::{Batch, Expect, Tree, trees},
};

/// How many runs that an event may concern are read at once.
const ASKED_AT_ONCE: usize = 500;
/// The most that one event may add to the mailboxes of runs, in bytes.
const TOLD_BYTES_MAX: usize = 32 << 20;
/// The most earlier events that a run which begins to wait is held against.
const HEARD_MAX: usize = 1_000;
/// How long events are remembered for runs that begin to wait, in milliseconds.
const HEARD_MS: u64 = 7 * 24 * 3_600_000;
/// How many entries are looked at or forgotten in one commit.
const PAGE: usize = 500;

/// A run that waits for an event.
#[derive(Debug, Serialize, Deserialize)]
struct Watch {
    run: String,
    step: String,
    filter: Option<String>,
    cancels: bool,
}

/// An event that was remembered.
#[derive(Debug, Serialize, Deserialize)]
struct Heard {
    at_ms: u64,
    event: Value,
}

/// When an event was remembered, or something was written.
#[derive(Debug, Deserialize)]
struct Dated {
    at_ms: u64,
}

/// Where events of a kind are found that have a certain value.
#[derive(Debug)]
struct Place(Vec<u8>);

impl Place {
    /// All those of a kind.
    fn kind(connection: &str, kind: &str) -> Vec<u8> {
        [connection, kind, ""].join("\0").into_bytes()
    }

    /// Those of a kind of which the value of a path is this.
    fn new(connection: &str, kind: &str, path: &str, value: &Value) -> Self {
        let hash = match path {
            "" => String::new(),
            _ => hex::encode(&Sha256::digest(canonical(value))[..16]),
        };
        Self([connection, kind, path, &hash, ""].join("\0").into_bytes())
    }

    fn with(&self, last: &str) -> Vec<u8> {
        [&self.0, last.as_bytes()].concat()
    }
}

/// A value as text that is the same for values that expressions take for equal.
fn canonical(value: &Value) -> String {
    match value.as_f64().filter(|_| value.is_number()) {
        Some(number) => number.to_string(),
        None => value.to_string(),
    }
}

/// What a run that begins to wait found or left behind.
pub(super) enum Found {
    /// It came already.
    Event {
        /// The event.
        event: Value,
        /// Whether it ends the run.
        cancels: bool,
    },
    /// It will be told; under these keys, as hexadecimal text.
    Watching(Vec<String>),
}

impl Flows {
    /// Has a run told of an event; or answers it, if it came since the run began.
    pub(super) async fn watch(
        &self,
        run: &Run,
        step: &str,
        awaited: &[(&Awaited, bool)],
        batch: &mut Batch,
    ) -> Result<Found, Fault> {
        let mut keys = Vec::new();
        for (awaited, cancels) in awaited {
            let (connection, kind) = (awaited.connection.get_ref(), awaited.event.get_ref());
            let filter = awaited.filter.as_ref().map(|filter| filter.get_ref().clone());
            let place = match &awaited.equality {
                None => Place::new(connection, kind, "", &Value::Null),
                Some((path, of_run)) => {
                    let vars = run.seen_by_where();
                    let value = self.0.expressions.evaluate_with(of_run, &Value::Null, &vars);
                    Place::new(connection, kind, path, &value.await?)
                }
            };
            self.fence(&place, batch)?;
            let watch =
                Watch { run: run.id.clone(), step: step.to_owned(), filter, cancels: *cancels };
            if let Some(event) = self.heard(&place, run, &watch).await? {
                unwatch(&keys, batch);
                return Ok(Found::Event { event, cancels: *cancels });
            }
            let key = place.with(&format!("{}/{step}/{cancels}", run.id));
            // Strings always make JSON.
            batch.put(trees::WATCHES, &key, serde_json::to_vec(&watch).expect("plain data"));
            keys.push(hex::encode(key));
        }
        Ok(Found::Watching(keys))
    }

    /// Lets a batch be committed only if nobody else concerned with a place was faster.
    fn fence(&self, place: &Place, batch: &mut Batch) -> Result<(), Fault> {
        let seen = self.0.store.get(trees::FENCES, &place.0).map_err(FlowError::from)?;
        batch.require(trees::FENCES, &place.0, seen.map_or(Expect::Absent, Expect::Is));
        let now = [&self.0.clock.now_ms().to_be_bytes()[..], Uuid::now_v7().as_bytes()].concat();
        batch.put(trees::FENCES, &place.0, now);
        Ok(())
    }

    /// The first event at a place that came since a run began and that it waits for.
    async fn heard(&self, place: &Place, run: &Run, watch: &Watch) -> Result<Option<Value>, Fault> {
        let since = place.with(&format!("{:016x}", run.started_at_ms));
        let found = self.0.store.scan_prefix(trees::HEARD, &place.0, Some(&since), HEARD_MAX);
        for (key, value) in found.map_err(FlowError::from)? {
            let heard: Heard =
                serde_json::from_slice(&value).map_err(|error| unreadable(&key, &error))?;
            // That with which the run began is not what it waits for.
            let is_later = heard.at_ms >= run.started_at_ms && heard.event != run.event;
            if is_later && self.is_meant(watch, run, &heard.event).await? {
                return Ok(Some(heard.event));
            }
        }
        Ok(None)
    }

    /// Whether a run waits for just this event.
    async fn is_meant(&self, watch: &Watch, run: &Run, event: &Value) -> Result<bool, Fault> {
        let Some(filter) = &watch.filter else { return Ok(true) };
        let vars = run.seen_by_where();
        let value = self.0.expressions.evaluate_with(filter, event, &vars).await;
        let value = value.map_err(|fault| Fault {
            message: format!(
                "`where` of the step `{}` of the flow `{}`: {}",
                watch.step, run.flow, fault.message
            ),
            ..fault
        })?;
        Ok(holds(&value))
    }

    /// Adds to a batch what an event means to the runs that wait, and to those that will.
    pub(super) async fn tell_of(
        &self,
        connection: &str,
        event: &Value,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let kind = event["kind"].as_str().unwrap_or_default();
        let now_ms = self.0.clock.now_ms();
        let wanted = self.paths_wanted(connection, kind);
        let mut follow = Vec::new();
        for path in self.paths_watched(connection, kind)?.union(&wanted) {
            let value = match path.as_str() {
                "" => Value::Null,
                path => self.0.expressions.evaluate(path, event).await?,
            };
            let place = Place::new(connection, kind, path, &value);
            self.fence(&place, batch)?;
            if wanted.contains(path) {
                let heard = Heard { at_ms: now_ms, event: event.clone() };
                // Numbers and JSON always make JSON.
                let value = serde_json::to_vec(&heard).expect("plain data");
                let last = format!("{now_ms:016x}{}", Uuid::now_v7().simple());
                batch.put(trees::HEARD, &place.with(&last), value);
            }
            follow.extend(self.tell_those_at(&place, connection, event, batch).await?);
        }
        Ok(follow)
    }

    async fn tell_those_at(
        &self,
        place: &Place,
        connection: &str,
        event: &Value,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let mut follow = Vec::new();
        let bytes = event.to_string().len();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let (place, after_ref) = (&place.0, after.as_deref());
            let page = self.0.store.scan_prefix(trees::WATCHES, place, after_ref, ASKED_AT_ONCE);
            let page = page.map_err(FlowError::from)?;
            let Some((last, _)) = page.last() else { return Ok(follow) };
            after = Some(last.clone());
            for (key, value) in &page {
                let watch: Watch =
                    serde_json::from_slice(value).map_err(|error| unreadable(key, &error))?;
                follow.extend(self.tell_one(watch, connection, event, batch).await?);
                if follow.len() * bytes > TOLD_BYTES_MAX {
                    let message =
                        format!("the event has {bytes} bytes, and too many runs wait for it");
                    return Err(Fault::operator("too-many-waiting", message));
                }
            }
        }
    }

    /// Tells a run of an event, if it waits for just this one.
    async fn tell_one(
        &self,
        watch: Watch,
        connection: &str,
        event: &Value,
        batch: &mut Batch,
    ) -> Result<Option<Work>, Fault> {
        let Ok(run) = self.run(&watch.run) else { return Ok(None) };
        match self.is_meant(&watch, &run, event).await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            // One flow's slip must not keep the event from all others.
            Err(fault) => {
                Line::new(self.0.clock.now_ms(), Actor::Host, Word::WatchFailed, &run.id)
                    .connection(connection)
                    .detail("message", &fault.message)
                    .record(batch);
                tracing::error!(run = run.id, %fault, "an event cannot be held against a run");
                return Ok(None);
            }
        }
        let Watch { step, cancels, .. } = watch;
        let signal = Signal::Event { step, event: event.clone(), cancels };
        Ok(self.tell(&run.id, &signal, batch)?)
    }

    /// The paths by which runs that wait now tell the events of a kind apart.
    fn paths_watched(&self, connection: &str, kind: &str) -> Result<BTreeSet<String>, FlowError> {
        let prefix = Place::kind(connection, kind);
        let mut paths = BTreeSet::new();
        let mut after = None;
        loop {
            let next = self.0.store.scan_prefix(trees::WATCHES, &prefix, after.as_deref(), 1)?;
            let path = next.first().and_then(|(key, _)| {
                let rest = key.get(prefix.len()..)?;
                let end = rest.iter().position(|byte| *byte == 0)?;
                String::from_utf8(rest[..end].to_vec()).ok()
            });
            let Some(path) = path else { return Ok(paths) };
            // Beyond all that has this path.
            after = Some([&prefix[..], path.as_bytes(), b"\x01"].concat());
            paths.insert(path);
        }
    }

    /// The paths by which the flows of now will tell the events of a kind apart.
    fn paths_wanted(&self, connection: &str, kind: &str) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for entry in self.list() {
            let awaited = entry.1.all_steps().into_iter().flat_map(super::Step::awaited);
            let of_kind = awaited.filter(|awaited| {
                awaited.connection.get_ref() == connection && awaited.event.get_ref() == kind
            });
            paths.extend(of_kind.map(|awaited| {
                awaited.equality.as_ref().map(|(path, _)| path.clone()).unwrap_or_default()
            }));
        }
        paths
    }

    /// Forgets events that no run will ask for any more.
    pub async fn forget(&self) -> Result<(), FlowError> {
        let now_ms = self.0.clock.now_ms();
        let fence = |value: &[u8]| Some(u64::from_be_bytes(*value.first_chunk()?));
        // Of what may be a million, nothing but the time is read.
        let dated = |value: &[u8]| Some(serde_json::from_slice::<Dated>(value).ok()?.at_ms);
        self.forget_in(trees::FENCES, now_ms.saturating_sub(HEARD_MS), fence).await?;
        self.forget_in(trees::HEARD, now_ms.saturating_sub(HEARD_MS), dated).await?;
        self.forget_in(trees::ECHOES, now_ms.saturating_sub(ECHO_MS), dated).await?;
        self.forget_allowances().await
    }

    /// Removes what is older, and what does not say how old it is.
    async fn forget_in(
        &self,
        tree: Tree,
        before_ms: u64,
        at_ms: impl Fn(&[u8]) -> Option<u64>,
    ) -> Result<(), FlowError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.0.store.scan_prefix(tree, &[], after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut batch = Batch::new();
            let old = |value: &[u8]| at_ms(value).is_none_or(|at_ms| at_ms < before_ms);
            for (key, _) in page.iter().filter(|(_, value)| old(value)) {
                batch.delete(tree, key);
            }
            match batch.is_empty() {
                // Others have their turn between two pages.
                true => tokio::task::yield_now().await,
                false => drop(self.0.store.commit(batch).await?),
            }
        }
    }
}

/// Adds to a batch that a run watches no more.
pub(super) fn unwatch(keys: &[String], batch: &mut Batch) {
    for key in keys {
        // They were written by this room.
        if let Ok(key) = hex::decode(key) {
            batch.delete(trees::WATCHES, &key);
        }
    }
}

/// Whether the value of a condition lets something through.
pub(super) fn holds(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

fn unreadable(key: &[u8], error: &serde_json::Error) -> FlowError {
    FlowError::Unreadable {
        what: "watch",
        id: String::from_utf8_lossy(key).into_owned(),
        why: error.to_string(),
    }
}
