//! Work, and how it stands on disk: under its lane, then its priority, its time and its id.
//!
//! The priority is the first of the eight bytes of the time, which times leave at zero until the
//! year two million. So keys from before there were priorities are keys of live work.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::QueueError;
use crate::priority::Priority;

/// The latest time that a key holds, in milliseconds since 1970.
const DUE_MS_MAX: u64 = (1 << 56) - 1;

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Task {
    /// Find out what a delivery means, and route its events.
    Parse {
        /// The delivery's id.
        delivery: String,
        /// The account for which a part of it is, where that is not the connection's own at whose
        /// endpoint it arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// Run the next step of a run.
    Step {
        /// The run's id.
        run: String,
    },
    /// Have a run that rests hear what it was told.
    Wake {
        /// The run's id.
        run: String,
    },
    /// Have a time of a flow's schedule start a run, and queue the next.
    Tick {
        /// The flow's name.
        flow: String,
        /// When it was applied: a flow that was applied anew has ticks of its own.
        applied_at_ms: u64,
        /// The time of its schedule, in milliseconds since 1970.
        at_ms: u64,
    },
    /// Start a run of a flow for a time of its schedule.
    Start {
        /// The flow's name.
        flow: String,
        /// When it was applied.
        applied_at_ms: u64,
        /// The time of its schedule, in milliseconds since 1970.
        at_ms: u64,
    },
    /// End a burst of events of a flow.
    Burst {
        /// The flow's name.
        flow: String,
        /// Which of its bursts.
        key: String,
    },
}

impl Task {
    /// To find out what a delivery means.
    pub fn parse(delivery: &str) -> Self {
        Self::Parse { delivery: delivery.to_owned(), tenant: None }
    }

    /// The run to which it belongs, if it belongs to one.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Step { run } | Self::Wake { run } => Some(run),
            Self::Parse { .. } | Self::Tick { .. } | Self::Start { .. } | Self::Burst { .. } => {
                None
            }
        }
    }

    /// What it is about: the id of a delivery or a run, the name of a flow.
    pub fn subject(&self) -> &str {
        match self {
            Self::Parse { delivery, .. } => delivery,
            Self::Step { run } | Self::Wake { run } => run,
            Self::Tick { flow, .. } | Self::Start { flow, .. } | Self::Burst { flow, .. } => flow,
        }
    }
}

/// One thing to do, at a time, on a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its name, new for each time it is queued.
    pub id: Uuid,
    /// The connection whose turn it uses.
    pub lane: String,
    /// When it may be claimed, in milliseconds since 1970.
    pub due_ms: u64,
    /// What there is to do.
    pub task: Task,
    /// How often it has been tried.
    pub attempts: u32,
    /// When it was queued for the first time, in milliseconds since 1970.
    pub since_ms: u64,
    /// What goes before it on its lane.
    pub priority: Priority,
}

/// The part of work that is not in its key.
#[derive(Serialize, Deserialize)]
struct Value {
    #[serde(flatten)]
    task: Task,
    attempts: u32,
    since_ms: u64,
}

impl Work {
    /// New work that is due at once.
    pub fn new(lane: impl Into<String>, task: Task, now_ms: u64) -> Self {
        Self {
            id: Uuid::now_v7(),
            lane: lane.into(),
            due_ms: now_ms,
            task,
            attempts: 0,
            since_ms: now_ms,
            priority: Priority::Live,
        }
    }

    /// The same work at another priority; new work is live.
    #[must_use]
    pub fn at(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// The same work, to be tried again at `due_ms`.
    pub fn again(&self, due_ms: u64) -> Self {
        Self { id: Uuid::now_v7(), due_ms, attempts: self.attempts + 1, ..self.clone() }
    }

    /// The same work at `due_ms`, without counting it as a try: the system asked to wait.
    pub fn put_off(&self, due_ms: u64) -> Self {
        Self { id: Uuid::now_v7(), due_ms, ..self.clone() }
    }

    pub(super) fn key(&self) -> Vec<u8> {
        let mut due = self.due_ms.min(DUE_MS_MAX).to_be_bytes();
        due[0] = self.priority.byte();
        let mut key = prefix(&self.lane);
        key.extend_from_slice(&due);
        key.extend_from_slice(self.id.as_bytes());
        key
    }

    pub(super) fn value(&self) -> Vec<u8> {
        let value =
            Value { task: self.task.clone(), attempts: self.attempts, since_ms: self.since_ms };
        // Strings and numbers always make JSON.
        serde_json::to_vec(&value).expect("plain data")
    }

    pub(super) fn read(key: &[u8], value: &[u8]) -> Result<Self, QueueError> {
        let unreadable = |source| QueueError::Unreadable { key: hex::encode(key), source };
        let malformed = || unreadable(serde::de::Error::custom("the key is malformed"));
        let (lane, priority, due_ms, id) = split(key).ok_or_else(malformed)?;
        let Value { task, attempts, since_ms } =
            serde_json::from_slice(value).map_err(unreadable)?;
        Ok(Self { id, lane: lane.to_owned(), due_ms, task, attempts, since_ms, priority })
    }
}

/// Where the work of a lane begins; lane names have no zero byte.
pub(super) fn prefix(lane: &str) -> Vec<u8> {
    [lane.as_bytes(), b"\0"].concat()
}

/// Where the work of a lane at a priority begins.
pub(super) fn prefix_at(lane: &str, priority: Priority) -> Vec<u8> {
    [lane.as_bytes(), b"\0", &[priority.byte()]].concat()
}

/// The lane of a key.
pub(super) fn lane_of(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.split(|byte| *byte == 0).next()?).ok()
}

/// The priority of the work under a key; that of a key which nobody can read is live.
pub(super) fn priority_of(key: &[u8]) -> Priority {
    split(key).map_or(Priority::Live, |(_, priority, ..)| priority)
}

/// Lane, priority, time and id of a key.
pub(super) fn split(key: &[u8]) -> Option<(&str, Priority, u64, Uuid)> {
    let end = key.iter().position(|byte| *byte == 0)?;
    let (due, id) = key.get(end + 1..)?.split_at_checked(size_of::<u64>())?;
    let lane = std::str::from_utf8(&key[..end]).ok()?;
    let priority = *Priority::ALL.get(usize::from(*due.first()?))?;
    let due_ms = u64::from_be_bytes(due.try_into().ok()?) & DUE_MS_MAX;
    Some((lane, priority, due_ms, Uuid::from_slice(id).ok()?))
}
