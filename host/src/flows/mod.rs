//! Flows: "when this event, do these steps", and the runs and effects that come of them.
//!
//! Promises that the same event starts a flow once, that each settled step is on disk before the
//! next begins, and that one intention has one effect: it is written down before the call, and
//! an outcome that is not known is never guessed. Never evaluates an expression in the host:
//! that happens in a sandbox.

mod check;
mod definition;
mod effect;
mod expressions;
mod fields;
mod route;
mod run;
mod step;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use check::Checker;
pub use check::Mistake;
pub use definition::{Flow, Step, Trigger};
pub use effect::{Effect, EffectState};
pub use expressions::Expressions;
pub use route::Routed;
pub use run::{Run, RunState, StepRecord};
pub use step::{Next, Stepped};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    connections::Connections,
    runtime::Runtime,
    store::{Batch, CommitError, Store, StoreError, trees},
};

/// What can go wrong with a flow.
#[derive(Debug, Error)]
pub enum FlowError {
    /// The file has mistakes; a line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
    /// No flow has this name.
    #[error("there is no flow `{0}`; `jackfield flow list` shows those there are")]
    UnknownFlow(String),
    /// No run has this id.
    #[error("there is no run `{0}`; `jackfield run list` shows the newest")]
    UnknownRun(String),
    /// What the store holds cannot be read.
    #[error("the {what} `{id}` cannot be read: {why}")]
    Unreadable {
        /// A flow, a run or an effect.
        what: &'static str,
        /// Which one.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What is kept of an applied flow. Runs in flight end on the version they began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The flow's name.
    pub name: String,
    /// The SHA-256 of its text: its version.
    pub version: String,
    /// Its text, as it was given.
    pub text: String,
    /// When it was applied, in milliseconds since 1970.
    pub applied_at_ms: u64,
}

/// All flows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Flows(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    runtime: Runtime,
    connections: Connections,
    expressions: Expressions,
    clock: SharedClock,
    /// The current version of each flow, by name.
    current: ArcSwap<BTreeMap<String, Arc<(Applied, Flow)>>>,
    /// One change at a time, so that none is lost between reading the map and writing it.
    changing: tokio::sync::Mutex<()>,
}

/// Under which keys a flow stands: `current/NAME` and `version/VERSION`.
const CURRENT: &str = "current/";
const VERSION: &str = "version/";

impl Flows {
    /// Loads the flows.
    pub fn open(
        store: Store,
        runtime: Runtime,
        connections: Connections,
        expressions: Expressions,
        clock: SharedClock,
    ) -> Result<Self, FlowError> {
        let mut current = BTreeMap::new();
        for (key, value) in store.scan_prefix(trees::FLOWS, CURRENT.as_bytes(), None, usize::MAX)? {
            let id = String::from_utf8_lossy(&key).into_owned();
            match read(&id, &value) {
                Ok(entry) => drop(current.insert(entry.0.name.clone(), Arc::new(entry))),
                // One that is out of order must not keep the others from working.
                Err(error) => tracing::error!(%error, "a flow is not loaded: apply it again"),
            }
        }
        let current = ArcSwap::from_pointee(current);
        let changing = tokio::sync::Mutex::new(());
        Ok(Self(Arc::new(Inner {
            store,
            runtime,
            connections,
            expressions,
            clock,
            current,
            changing,
        })))
    }

    /// All flows, by name.
    pub fn list(&self) -> Vec<Arc<(Applied, Flow)>> {
        self.0.current.load().values().cloned().collect()
    }

    /// Everything that is wrong with a flow file, against what is connected now.
    pub async fn check(&self, text: &str, file: &str) -> Result<Flow, FlowError> {
        let flow = Flow::parse(text, file)?;
        let checker = Checker {
            file,
            text,
            connections: &self.0.connections,
            expressions: &self.0.expressions,
            found: Vec::new(),
        };
        let mistakes = checker.look(&flow).await;
        if mistakes.is_empty() { Ok(flow) } else { Err(FlowError::Mistakes(mistakes)) }
    }

    /// Checks a flow and makes it current, in the place of the one with its name. Events that
    /// are routed from now on start this version.
    pub async fn apply(
        &self,
        text: &str,
        file: &str,
        actor: Actor,
    ) -> Result<Arc<(Applied, Flow)>, FlowError> {
        let flow = self.check(text, file).await?;
        let _one = self.0.changing.lock().await;
        let now_ms = self.0.clock.now_ms();
        let applied = Applied {
            name: flow.name.clone(),
            version: hex::encode(Sha256::digest(text)),
            text: text.to_owned(),
            applied_at_ms: now_ms,
        };
        // Strings and numbers always make JSON.
        let value = serde_json::to_vec(&applied).expect("plain data");
        let mut batch = Batch::new();
        batch.put(trees::FLOWS, format!("{CURRENT}{}", applied.name).as_bytes(), value.clone());
        batch.put(trees::FLOWS, format!("{VERSION}{}", applied.version).as_bytes(), value);
        Line::new(now_ms, actor, Word::FlowApplied, &applied.name)
            .detail("version", &applied.version)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let entry = Arc::new((applied, flow));
        let mut current = BTreeMap::clone(&self.0.current.load());
        current.insert(entry.0.name.clone(), entry.clone());
        self.0.current.store(Arc::new(current));
        Ok(entry)
    }

    /// Removes a flow: no event starts it from now on. Its runs in flight go on to their end.
    pub async fn remove(&self, name: &str, actor: Actor) -> Result<(), FlowError> {
        let _one = self.0.changing.lock().await;
        let mut current = BTreeMap::clone(&self.0.current.load());
        let entry = current.remove(name).ok_or_else(|| FlowError::UnknownFlow(name.into()))?;
        let mut batch = Batch::new();
        batch.delete(trees::FLOWS, format!("{CURRENT}{name}").as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::FlowRemoved, name)
            .detail("version", &entry.0.version)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        self.0.current.store(Arc::new(current));
        Ok(())
    }

    /// The names of the flows that begin at a connection or act through it.
    pub fn through(&self, connection: &str) -> Vec<String> {
        let current = self.0.current.load();
        let through = current.values().filter(|entry| {
            let steps = entry.1.steps.iter().map(|step| step.connection.get_ref());
            [entry.1.on.connection.get_ref()].into_iter().chain(steps).any(|one| one == connection)
        });
        through.map(|entry| entry.0.name.clone()).collect()
    }

    /// A flow in the version that a run began with.
    fn version(&self, name: &str, version: &str) -> Result<Arc<(Applied, Flow)>, FlowError> {
        let current = self.0.current.load();
        if let Some(entry) = current.get(name).filter(|entry| entry.0.version == version) {
            return Ok(entry.clone());
        }
        let key = format!("{VERSION}{version}");
        let value = self.0.store.get(trees::FLOWS, key.as_bytes())?.unwrap_or_default();
        read(&key, &value).map(Arc::new)
    }
}

fn read(id: &str, value: &[u8]) -> Result<(Applied, Flow), FlowError> {
    let unreadable = |why: String| FlowError::Unreadable { what: "flow", id: id.into(), why };
    let applied: Applied =
        serde_json::from_slice(value).map_err(|error| unreadable(error.to_string()))?;
    let flow = Flow::parse(&applied.text, &applied.name).map_err(|e| unreadable(e.to_string()))?;
    Ok((applied, flow))
}
