//! Connections: one account at one system each, through one connector.
//!
//! Owns settings, credentials (through the vault), endpoints and state, and the index by which
//! ingress finds a connection. Promises that an endpoint is stable for life, and that a
//! connection and its secrets are kept in one commit. Never calls a connector.

mod check;
mod live;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

pub use live::Live;

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    connectors::{ConnectorError, Connectors, Installed},
    egress::Egress,
    secret::Secret,
    store::{Batch, CommitError, Expect, Store, StoreError, trees},
    vault::{Vault, VaultError},
};

/// What can go wrong with a connection.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// No connection has this name.
    #[error("there is no connection `{0}`; `jackfield connection list` shows those there are")]
    Unknown(String),
    /// The name is taken.
    #[error("there is a connection `{0}` already; remove it or take another name")]
    Taken(String),
    /// What was given does not fit the connector: every mistake, a line each.
    #[error("{}", .0.join("\n"))]
    Unfit(Vec<String>),
    /// The connector is not installed.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What the store says of the connection cannot be read.
    #[error("the record of connection `{name}` cannot be read: {source}")]
    Unreadable {
        /// Which connection.
        name: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// Whether a connection takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It does.
    Active,
    /// Deliveries are kept and nothing is run until somebody resumes it.
    Paused,
}

/// What is kept of a connection; its secrets are in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its name, such as `books`.
    pub name: String,
    /// The connector through which it goes.
    pub connector: String,
    /// The id in the URL of its endpoint: 128 random bits, as hexadecimal text.
    pub endpoint: String,
    /// The values of the connector's parameters.
    pub settings: BTreeMap<String, String>,
    /// Origins that stand in for a vendor's own: a sandbox, or a twin in a test.
    pub origins: BTreeMap<String, String>,
    /// Whether it takes part.
    pub state: State,
    /// When it was added, in milliseconds since 1970.
    pub added_at_ms: u64,
}

/// What a person gives for a new connection.
#[derive(Debug, Default)]
pub struct NewConnection {
    /// Its name: `a-z`, digits and `-`.
    pub name: String,
    /// The connector's id.
    pub connector: String,
    /// Values of parameters.
    pub settings: BTreeMap<String, String>,
    /// Values of secrets.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// Origins that stand in for a vendor's own.
    pub origins: BTreeMap<String, String>,
}

/// All connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    vault: Vault,
    egress: Egress,
    connectors: Connectors,
    clock: SharedClock,
    index: ArcSwap<Index>,
    /// One change at a time, so that none is lost between reading the index and writing it.
    changing: tokio::sync::Mutex<()>,
}

/// The connections by the two names by which they are looked for.
#[derive(Debug, Default, Clone)]
struct Index {
    by_name: BTreeMap<String, Arc<Live>>,
    by_endpoint: HashMap<String, Arc<Live>>,
    /// Those that cannot be used now: their connector is missing or does not fit.
    out_of_order: BTreeMap<String, Connection>,
}

impl Index {
    fn insert(&mut self, live: Arc<Live>) {
        self.out_of_order.remove(&live.connection.name);
        self.by_endpoint.insert(live.connection.endpoint.clone(), live.clone());
        self.by_name.insert(live.connection.name.clone(), live);
    }
}

impl Connections {
    /// Loads the connections.
    pub fn open(
        store: Store,
        vault: Vault,
        egress: Egress,
        connectors: Connectors,
        clock: SharedClock,
    ) -> Result<Self, ConnectionError> {
        let changing = tokio::sync::Mutex::new(());
        let index = ArcSwap::default();
        let inner = Inner { store, vault, egress, connectors, clock, index, changing };
        let mut index = Index::default();
        for (name, value) in inner.store.scan_prefix(trees::CONNECTIONS, &[], None, usize::MAX)? {
            let name = String::from_utf8_lossy(&name).into_owned();
            let connection: Connection = serde_json::from_slice(&value)
                .map_err(|source| ConnectionError::Unreadable { name: name.clone(), source })?;
            match inner.enliven(connection.clone()) {
                Ok(live) => index.insert(Arc::new(live)),
                // One that is out of order must not keep the others from working.
                Err(error) => {
                    tracing::error!(connection = name, %error, "out of order; its work waits");
                    index.out_of_order.insert(name, connection);
                }
            }
        }
        inner.index.store(Arc::new(index));
        Ok(Self(Arc::new(inner)))
    }

    /// The connection of this name.
    pub fn get(&self, name: &str) -> Result<Arc<Live>, ConnectionError> {
        let index = self.0.index.load();
        index.by_name.get(name).cloned().ok_or_else(|| ConnectionError::Unknown(name.into()))
    }

    /// The connection whose endpoint this is.
    pub fn at(&self, endpoint: &str) -> Option<Arc<Live>> {
        self.0.index.load().by_endpoint.get(endpoint).cloned()
    }

    /// Whether this is the endpoint of a connection that cannot be used now.
    pub fn is_out_of_order(&self, endpoint: &str) -> bool {
        let index = self.0.index.load();
        index.out_of_order.values().any(|connection| connection.endpoint == endpoint)
    }

    /// The names of those that cannot be used now.
    pub fn out_of_order(&self) -> Vec<String> {
        self.0.index.load().out_of_order.keys().cloned().collect()
    }

    /// Whether the connections of a connector, or the one that shall try it, could go through
    /// another release of it.
    pub fn fit(
        &self,
        candidate: &Arc<Installed>,
        alone: Option<&str>,
    ) -> Result<(), ConnectionError> {
        let lives = match alone {
            Some(name) => vec![self.get(name)?],
            None => self.through(&candidate.id),
        };
        for live in lives {
            if live.connection.connector != candidate.id {
                let (name, id) = (&live.connection.name, &candidate.id);
                let why = format!("`{name}` does not go through the connector `{id}`");
                return Err(ConnectionError::Unfit(vec![why]));
            }
            self.0.through(live.connection.clone(), candidate.clone())?;
        }
        Ok(())
    }

    /// The connections of a connector that are in use.
    pub fn through(&self, connector: &str) -> Vec<Arc<Live>> {
        let mut lives = self.list();
        lives.retain(|live| live.connection.connector == connector);
        lives
    }

    /// The names of all connections of a connector, those that cannot be used now included.
    pub fn names_through(&self, connector: &str) -> Vec<String> {
        let index = self.0.index.load();
        let live = index.by_name.values().map(|live| &live.connection);
        let all = live.chain(index.out_of_order.values());
        let of = all.filter(|connection| connection.connector == connector);
        of.map(|connection| connection.name.clone()).collect()
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Arc<Live>> {
        self.0.index.load().by_name.values().cloned().collect()
    }

    /// Adds a connection: checked against its connector's manifest, and kept with its secrets
    /// in one commit.
    pub async fn add(
        &self,
        new: NewConnection,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let connector = self.0.connectors.get(&new.connector)?;
        let mistakes = check::mistakes(&new, &connector.manifest);
        if !mistakes.is_empty() {
            return Err(ConnectionError::Unfit(mistakes));
        }
        let now_ms = self.0.clock.now_ms();
        let connection = Connection {
            name: new.name,
            connector: new.connector,
            endpoint: Uuid::new_v4().simple().to_string(),
            settings: new.settings,
            origins: new.origins,
            state: State::Active,
            added_at_ms: now_ms,
        };
        // Whatever does not fit shows before anything is kept.
        self.0.enliven(connection.clone())?;
        let mut batch = Batch::new();
        batch.require(trees::CONNECTIONS, connection.name.as_bytes(), Expect::Absent);
        put(&mut batch, &connection);
        self.0.vault.put(&mut batch, &connection.name, values(&new.secrets))?;
        Line::new(now_ms, actor, Word::ConnectionAdded, &connection.name)
            .connection(&connection.name)
            .detail("connector", &connection.connector)
            .record(&mut batch);
        match self.0.store.commit(batch).await {
            Err(CommitError::Conflict { .. }) => Err(ConnectionError::Taken(connection.name)),
            Err(error) => Err(error.into()),
            Ok(_) => self.0.show(connection),
        }
    }

    /// Sets secrets of a connection, or sets them anew.
    pub async fn set_secrets(
        &self,
        name: &str,
        secrets: &BTreeMap<String, Secret<String>>,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let mistakes = check::unknown_secrets(secrets, &self.get(name)?.connector.manifest);
        if !mistakes.is_empty() {
            return Err(ConnectionError::Unfit(mistakes));
        }
        let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
        let line = Line::new(self.0.clock.now_ms(), actor, Word::ConnectionSecretsSet, name);
        let line = line.connection(name).detail("names", names.join(" "));
        self.keep_secrets(name, values(secrets), line).await
    }

    /// Keeps a secret that a vendor's handshake brought.
    pub async fn keep_handshake(
        &self,
        name: &str,
        secret: &str,
        value: &Secret<Vec<u8>>,
    ) -> Result<Arc<Live>, ConnectionError> {
        let line = Line::new(self.0.clock.now_ms(), Actor::Vendor, Word::HandshakeAnswered, name);
        self.keep_secrets(name, [(secret, value.expose().as_slice())], line.connection(name)).await
    }

    async fn keep_secrets<'a>(
        &self,
        name: &str,
        secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        line: Line,
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let connection = self.get(name)?.connection.clone();
        let mut batch = Batch::new();
        self.0.vault.put(&mut batch, name, secrets)?;
        line.record(&mut batch);
        self.0.store.commit(batch).await?;
        self.0.show(connection)
    }

    /// Pauses or resumes a connection; `apply` is called before the next change can begin.
    pub async fn set_state(
        &self,
        name: &str,
        state: State,
        actor: Actor,
        apply: impl FnOnce(&Live),
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let connection = Connection { state, ..self.get(name)?.connection.clone() };
        let word = match state {
            State::Active => Word::ConnectionResumed,
            State::Paused => Word::ConnectionPaused,
        };
        let mut batch = Batch::new();
        put(&mut batch, &connection);
        Line::new(self.0.clock.now_ms(), actor, word, name).connection(name).record(&mut batch);
        self.0.store.commit(batch).await?;
        let live = self.0.show(connection)?;
        apply(&live);
        Ok(live)
    }

    /// Makes the connections of a connector anew after another release became current: what
    /// they may reach hangs on its manifest.
    pub async fn refresh(&self, connector: &str) {
        let _one = self.0.changing.lock().await;
        let waiting = self.0.index.load().out_of_order.values().cloned().collect::<Vec<_>>();
        let known = self.list().into_iter().map(|live| live.connection.clone()).chain(waiting);
        for connection in known.filter(|connection| connection.connector == connector) {
            let name = connection.name.clone();
            if let Err(error) = self.0.show(connection) {
                tracing::error!(connection = name, %error, "it stays as it was");
            }
        }
    }
}

impl Inner {
    /// Puts a connection into the index, in the place of what was there under its name.
    fn show(&self, connection: Connection) -> Result<Arc<Live>, ConnectionError> {
        let live = Arc::new(self.enliven(connection)?);
        let mut index = Index::clone(&self.index.load());
        index.insert(live.clone());
        self.index.store(Arc::new(index));
        Ok(live)
    }
}

/// Names and values, for the vault.
fn values(secrets: &BTreeMap<String, Secret<String>>) -> impl Iterator<Item = (&str, &[u8])> {
    secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_bytes()))
}

fn put(batch: &mut Batch, connection: &Connection) {
    // Strings and numbers always make JSON.
    let value = serde_json::to_vec(connection).expect("plain data");
    batch.put(trees::CONNECTIONS, connection.name.as_bytes(), value);
}
