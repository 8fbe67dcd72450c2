//! The thin windows through which a component looks at the host: one file for each.
//!
//! Promises that each window checks the grant before anything else, is bounded in what it takes
//! and gives, and shows no credential. Never opens a socket, a file or a clock: a window asks
//! the room that owns the thing. Every window has the same shape: its state, the checks, and
//! `impl Host`.

mod context;
mod fuse;
mod http;
mod ledger;
mod log;
mod manifest;
mod secrets;
mod storage;
mod tape;
mod wasi_http;

use std::{collections::BTreeMap, sync::Arc};

pub use context::Context;
pub use fuse::Fuse;
pub use http::Http;
pub use ledger::Left;
pub use log::Log;
pub use manifest::Manifest;
pub use secrets::{Secrets, Use};
pub use storage::Storage;
pub use tape::{Answered, Exchange, Recording, Seed, Tape, Taping};

use crate::{backoff::Backoff, clock::SharedClock, egress, store::Store, vault::Vault};

/// What the calls of one connection are given to work with; made once, shared by all of them.
#[derive(Debug, Clone)]
pub struct Means {
    /// The connection's name.
    pub connection: Arc<str>,
    /// Its settings, as the JSON object that a guest sees.
    pub settings: Arc<str>,
    /// The manifest of its connector, as its author wrote it.
    pub manifest: Arc<serde_json::Value>,
    /// Its way out, with the grant and the credentials in it.
    pub egress: egress::Client,
    /// What a guest may do with each secret.
    pub uses: Arc<BTreeMap<String, Vec<Use>>>,
    /// Where its secrets are.
    pub vault: Vault,
    /// Where its storage is.
    pub store: Store,
    /// How much it may keep there, in bytes.
    pub quota_bytes: u64,
    /// How long one request may take, in milliseconds.
    pub timeout_ms: u64,
    /// How each of its actions is tried again, by name.
    pub backoffs: Arc<BTreeMap<String, Backoff>>,
    /// The host's time.
    pub clock: SharedClock,
}

/// What is particular to one call.
#[derive(Debug, Clone, Default)]
pub struct Particulars {
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The intention, for an action.
    pub idempotency_key: Option<String>,
    /// The header in which egress sends the intention, where the manifest says
    /// `idempotency = { kind = "header" }`.
    pub idempotency_header: Option<String>,
    /// Whether the call may send anything at all; `authenticate` may not.
    pub offline: bool,
    /// From what its random numbers come; from the machine's where nothing is said.
    pub seed: Option<Seed>,
    /// Whether what it sees is kept, or was.
    pub taping: Taping,
    /// What stops it between two writes to its storage; none in a host that serves.
    pub fuse: Option<Arc<Fuse>>,
}

/// All windows of one call.
#[derive(Debug)]
pub struct Window {
    /// HTTP through egress.
    pub http: Http,
    /// The use of secrets.
    pub secrets: Secrets,
    /// The connection's own small store.
    pub storage: Storage,
    /// What the call may know about itself.
    pub context: Context,
    /// Lines for the operator.
    pub log: Log,
    /// The connector's own manifest.
    pub manifest: Manifest,
    /// What is kept of what the call sees; clone it before the call, since one that is stopped
    /// gives nothing back.
    pub tape: Tape,
    /// From what its random numbers come.
    pub seed: Seed,
    backoffs: Arc<BTreeMap<String, Backoff>>,
}

impl Window {
    /// The windows of one call of a connection. It goes out at the priority of the present task.
    pub fn open(means: &Means, call: &Particulars) -> Self {
        let context = Context::open(means, call);
        let seed = call.seed.unwrap_or_else(Seed::random);
        let tape = match &call.taping {
            Taping::On => Tape::running(context.now_ms.unwrap_or_default(), seed, call.attempt),
            Taping::Off | Taping::Again(_) => Tape::default(),
        };
        Self {
            http: Http::open(means, call, &tape),
            secrets: Secrets::open(means, call, &tape),
            storage: Storage::open(means, call, &tape),
            context,
            log: Log::open(means),
            manifest: Manifest::open(means),
            tape,
            seed,
            backoffs: means.backoffs.clone(),
        }
    }

    /// How an action is tried again; none where nothing is said of it.
    pub fn backoff(&self, action: &str) -> Option<Backoff> {
        self.backoffs.get(action).copied()
    }

    /// Windows onto nothing, for the host's own components.
    pub fn shut() -> Self {
        Self {
            http: Http::shut(),
            secrets: Secrets::shut(),
            storage: Storage::shut(),
            context: Context::shut(),
            log: Log::shut(),
            manifest: Manifest::shut(),
            tape: Tape::default(),
            seed: Seed::random(),
            backoffs: Arc::default(),
        }
    }
}
