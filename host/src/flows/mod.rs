//! Flows: "when this event, do these steps", and the runs and effects that come of them.
//!
//! Promises that the same event starts a flow once, that each settled step is on disk before the
//! next begins, and that one intention has one effect: it is written down before the call, and
//! an outcome that is not known is never guessed. Never evaluates an expression in the host:
//! that happens in a sandbox.

mod act;
mod apply;
mod begin;
mod check;
mod cursor;
mod definition;
mod echo;
mod edit;
mod effect;
mod end;
mod expressions;
mod fields;
mod gates;
mod halted;
mod happened;
mod items;
mod mistake;
mod pause;
mod rest;
mod route;
mod run;
mod schedule;
mod shape;
mod signals;
mod stand_in;
mod start;
mod text;
mod trial;
mod turn;
mod watch;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use act::UNDECIDED;
pub use apply::{Source, check_alone};
pub use definition::{AfterError, Awaited, Ended, Flow, Kind, On, Step, Text, Trigger};
pub use edit::{Edit, EditError, Stuck};
pub use effect::{Effect, EffectState};
pub use expressions::Expressions;
pub use halted::Halted;
pub use happened::HappenedError;
pub use mistake::Mistake;
pub use route::Routed;
pub use run::{Run, RunState, StepRecord, Waiting, WaitsFor};
pub use trial::{Trial, Would};

use crate::{
    clock::SharedClock,
    connections::Connections,
    fault::Fault,
    queue::{Queue, Work},
    runtime::Runtime,
    store::{Batch, CommitError, Store, StoreError, trees},
};

/// The lane of what needs no connection: waiting, starting by the clock, being told.
pub const LANE: &str = "@flows";

/// What work of a run came to. The batch holds what is true either way: how far the run and its
/// effects are. It is to be committed with the work's settlement.
#[derive(Debug)]
pub struct Stepped {
    /// What to write.
    pub batch: Batch,
    /// What follows; or why it is not settled.
    pub outcome: Result<Vec<Work>, Fault>,
    /// Whether nobody knows if an action happened that was tried.
    pub doubt: bool,
}

impl Stepped {
    /// What came of something that does no action.
    fn without_action(batch: Batch, outcome: Result<Vec<Work>, Fault>) -> Self {
        Self { batch, outcome, doubt: false }
    }
}

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
    /// A run that has ended cannot be cancelled.
    #[error("the run `{run}` has ended already: it is {}", state.word())]
    HasEnded {
        /// The run.
        run: String,
        /// How it ended.
        state: RunState,
    },
    /// A run that asks nobody was answered.
    #[error(
        "the run `{0}` asks nobody at this moment\n  hint: `jackfield run list --state waiting` \
         shows what waits, and `jackfield run show {0}` for what"
    )]
    AsksNobody(String),
    /// Others make use of a flow.
    #[error("the flow `{name}` is used by {by}: change or remove that first")]
    InUse {
        /// The flow.
        name: String,
        /// Who does, in words.
        by: String,
    },
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

impl From<FlowError> for Fault {
    fn from(error: FlowError) -> Self {
        match &error {
            FlowError::Store(_) | FlowError::Commit(_) => Self::host("store", error),
            _ => Self::operator("flow", error.to_string()),
        }
    }
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
    queue: Queue,
    connections: Connections,
    expressions: Expressions,
    clock: SharedClock,
    /// Mutating actions that are under way.
    in_flight: echo::InFlight,
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
        queue: Queue,
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
            queue,
            runtime,
            connections,
            expressions,
            clock,
            in_flight: echo::InFlight::default(),
            current,
            changing,
        })))
    }

    /// All flows, by name.
    pub fn list(&self) -> Vec<Arc<(Applied, Flow)>> {
        self.0.current.load().values().cloned().collect()
    }

    /// A flow in its current version.
    pub fn current(&self, name: &str) -> Option<Arc<(Applied, Flow)>> {
        self.0.current.load().get(name).cloned()
    }

    /// The same where it must be there.
    pub fn known(&self, name: &str) -> Result<Arc<(Applied, Flow)>, FlowError> {
        self.current(name).ok_or_else(|| FlowError::UnknownFlow(name.into()))
    }

    /// The names of the flows that begin at a connection, act through it or wait for it.
    pub fn through(&self, connection: &str) -> Vec<String> {
        let current = self.0.current.load();
        let through = current.values();
        let through = through.filter(|entry| entry.1.connections().any(|one| one == connection));
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
