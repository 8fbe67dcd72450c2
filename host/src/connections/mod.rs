//! Connections: one account at one system each, through one connector.
//!
//! Owns settings, credentials (through the vault), endpoints and state, and the index by which
//! ingress finds a connection. Promises that an endpoint is stable for life, and that a
//! connection and its secrets are kept in one commit. Never calls a connector.

mod breakers;
mod change;
mod check;
mod credential;
mod live;
mod rotation;
mod sign_in;
mod subscribed;
mod tenants;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

pub use change::Change;
pub use live::{Live, policy, settings, uses, values};
pub use rotation::{Age, Rotation, Turnover};
pub use sign_in::Query;
pub use subscribed::Subscribed;
pub use tenants::{Choice, SignedIn};

use crate::{
    clock::SharedClock,
    connectors::{ConnectorError, Connectors, Installed},
    egress::Egress,
    oauth::{self, Keeper, OAuthError},
    secret::Secret,
    store::{CommitError, Store, StoreError, trees},
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
    /// The name was another's.
    #[error(
        "the name `{0}` was that of a connection that was removed\n  hint: take another one; what \
         was sent to the old one, and comes late, must not reach another account"
    )]
    Retired(String),
    /// It is there and cannot be used.
    #[error(
        "the connection `{0}` cannot be used now; the log of the host says why\n  hint: see \
         `jackfield connector list`, or `jackfield connection remove {0}`"
    )]
    OutOfOrder(String),
    /// Something still hangs on it: a line each.
    #[error("`{name}` cannot be removed: {}", .why.join("\n"))]
    InUse {
        /// Which connection.
        name: String,
        /// What hangs on it.
        why: Vec<String>,
    },
    /// What was given does not fit the connector: every mistake, a line each.
    #[error("{}", .0.join("\n"))]
    Unfit(Vec<String>),
    /// The sign-in failed.
    #[error(transparent)]
    SignIn(#[from] OAuthError),
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
    /// It is removed. The name stays taken: what was sent to it, and comes late, must not reach
    /// another account.
    Removed,
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
    /// How old its secrets are, and when they shall be changed.
    #[serde(default)]
    pub rotation: Rotation,
    /// The webhooks at the vendor that the host looks after; none where a person does.
    #[serde(default)]
    pub subscribed: Option<Subscribed>,
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
    keeper: Keeper,
    /// Where a person comes back to after a sign-in.
    redirect_url: Url,
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
    /// The names of those that were removed before the start.
    removed: Vec<String>,
}

impl Index {
    fn insert(&mut self, live: Arc<Live>) {
        live.sign_ins().for_each(|(_, sign_in)| sign_in.adopt());
        self.out_of_order.remove(&live.connection.name);
        self.by_endpoint.insert(live.connection.endpoint.clone(), live.clone());
        self.by_name.insert(live.connection.name.clone(), live);
    }

    fn remove(&mut self, connection: &Connection) {
        self.by_name.remove(&connection.name);
        self.by_endpoint.remove(&connection.endpoint);
        self.out_of_order.remove(&connection.name);
    }

    /// The connection of this name, whether it can be used or not.
    fn connection(&self, name: &str) -> Option<&Connection> {
        let live = self.by_name.get(name).map(|live| &live.connection);
        live.or_else(|| self.out_of_order.get(name))
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
        public_url: &Url,
    ) -> Result<Self, ConnectionError> {
        let changing = tokio::sync::Mutex::new(());
        let index = ArcSwap::default();
        let keeper = Keeper::new(store.clone(), vault.clone(), egress.clone(), clock.clone());
        let redirect_url = oauth::redirect_url(public_url);
        let inner = Inner {
            store,
            vault,
            egress,
            keeper,
            redirect_url,
            connectors,
            clock,
            index,
            changing,
        };
        let mut index = Index::default();
        for (name, value) in inner.store.scan_prefix(trees::CONNECTIONS, &[], None, usize::MAX)? {
            let name = String::from_utf8_lossy(&name).into_owned();
            let connection: Connection = serde_json::from_slice(&value)
                .map_err(|source| ConnectionError::Unreadable { name: name.clone(), source })?;
            if connection.state == State::Removed {
                index.removed.push(name);
                continue;
            }
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
        index.by_name.get(name).cloned().ok_or_else(|| match index.connection(name) {
            Some(_) => ConnectionError::OutOfOrder(name.into()),
            None => ConnectionError::Unknown(name.into()),
        })
    }

    /// What is kept of a connection, whether it can be used or not.
    pub fn record(&self, name: &str) -> Result<Connection, ConnectionError> {
        let connection = self.0.index.load().connection(name).cloned();
        connection.ok_or_else(|| ConnectionError::Unknown(name.into()))
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
            None => self.list(),
        };
        let (through, others): (Vec<_>, Vec<_>) =
            lives.iter().partition(|live| live.connection.connector == candidate.id);
        if let (Some(_), Some(other)) = (alone, others.first()) {
            let (name, id) = (&other.connection.name, &candidate.id);
            let why = format!("`{name}` does not go through the connector `{id}`");
            return Err(ConnectionError::Unfit(vec![why]));
        }
        for live in through {
            let after = self.0.through(live.connection.clone(), candidate.clone())?;
            let gaps = check::gaps(&after);
            if !gaps.is_empty() {
                return Err(ConnectionError::Unfit(gaps));
            }
        }
        Ok(())
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
}
