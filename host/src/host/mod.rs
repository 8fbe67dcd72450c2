//! A whole host: the rooms put together, started and stopped.
//!
//! Owns the order in which rooms open and close. Promises that a host that was stopped, or
//! killed, goes on where it was when it starts again. Never does the work of a room itself.

mod cache;
mod change;
mod chores;
mod keeper;
mod offline;
mod subscribe;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use thiserror::Error;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use url::Url;

use crate::{
    admin::{self, TokenError, Tokens},
    audit::Actor,
    clock::SharedClock,
    config::Config,
    connections::{ConnectionError, Connections, Live, State},
    connectors::{ConnectorError, Connectors},
    desk::{self, Desk, DeskError},
    dispatch::{Backoff, Dispatch},
    drop_dir::DropDir,
    egress::{Breaking, Egress, EgressConfig},
    fault::Fault,
    flows::{Expressions, FlowError, Flows},
    inbox::Inbox,
    ingress::{self, Ingress, IngressError},
    keys::{KeyError, Keys},
    queue::{Queue, QueueError},
    runtime::{Runtime, RuntimeError},
    store::{self, Options, Store, StoreError},
    tables::{TableError, Tables},
    vault::VaultError,
};

pub use cache::Scratch;
pub use offline::{check_flows, check_programs};

pub use keeper::{Keeper, Progress, State as RotationState, open_vault};

/// The file in the data directory that says where the admin API of the running host is.
pub const ADDRESS_FILE: &str = "admin.addr";
/// Under which name the vault keeps the key of the cache of compiled code.
const CACHE_KEY: &str = "compile-cache";

/// Why a host does not start.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each is the room's own error")]
pub enum HostError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Connectors(#[from] ConnectorError),
    #[error(transparent)]
    Connections(#[from] ConnectionError),
    #[error(transparent)]
    Tables(#[from] TableError),
    #[error(transparent)]
    Flows(#[from] FlowError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Tokens(#[from] TokenError),
    #[error(transparent)]
    Ingress(#[from] IngressError),
    #[error(
        "cannot listen for the admin API on {addr}: {source}\n  hint: is another program there? --admin takes another address"
    )]
    Admin { addr: SocketAddr, source: io::Error },
    #[error("cannot write `{}`: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "others may write into the drop directory `{}`, and so install connectors\n  hint: chmod \
         go-w it", .0.display()
    )]
    OpenToOthers(PathBuf),
    #[error(
        "the webhooks of `{name}` cannot be removed at the vendor: {fault}\n  hint: --discard leaves \
         them there"
    )]
    StillCalled { name: String, fault: Fault },
}

/// The rooms of a host, for those above them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rooms {
    /// The data directory.
    pub store: Store,
    /// What there is to do.
    pub queue: Queue,
    /// Installed releases.
    pub connectors: Connectors,
    /// Accounts.
    pub connections: Connections,
    /// The operator's tables for lookups.
    pub tables: Tables,
    /// What evaluates expressions.
    pub expressions: Expressions,
    /// Flows, their runs and effects.
    pub flows: Flows,
    /// What stopped, and who is told of it.
    pub desk: Desk,
    /// Deliveries.
    pub inbox: Inbox,
    /// The listener for webhooks.
    pub ingress: Ingress,
    /// Where connectors run.
    pub runtime: Runtime,
    /// The master key, and its rotation.
    pub keeper: Keeper,
    /// Who may use the admin API.
    pub tokens: Tokens,
    /// The host's time.
    pub clock: SharedClock,
    /// The URL under which the world sees the ingress, without a path.
    pub public_url: Url,
    /// When the host started, in milliseconds since 1970.
    pub started_at_ms: u64,
}

/// A running host.
#[derive(Debug)]
pub struct Host {
    /// Its rooms.
    pub rooms: Rooms,
    /// Where webhooks arrive.
    pub ingress: SocketAddr,
    /// Where the admin API is.
    pub admin: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Host {
    /// Starts a host: opens the rooms, listens, and goes on with the work that is there.
    pub async fn start(
        config: &Config,
        keys: Keys,
        clock: SharedClock,
        backoff: Backoff,
    ) -> Result<Self, HostError> {
        let listener = TcpListener::bind(config.ingress).await;
        let (listener, ingress) = bound(listener)
            .map_err(|source| IngressError::Bind { addr: config.ingress.to_string(), source })?;
        let admin_listener = TcpListener::bind(config.admin).await;
        let (admin_listener, admin) = bound(admin_listener)
            .map_err(|source| HostError::Admin { addr: config.admin, source })?;
        let public_url = config.public_url.clone().unwrap_or_else(|| at(ingress));
        let drop_dir = config.drop_dir.as_deref().map(DropDir::open).transpose()?;
        let rooms = Rooms::open(config, keys, clock, public_url, Breaking::beside(backoff)).await?;
        write(&config.data.join(ADDRESS_FILE), admin.to_string().as_bytes())?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(rooms.dispatch(backoff).run(stopped.clone()));
        tasks.spawn(rooms.clone().keep_watch(stopped.clone()));
        tasks.spawn(rooms.clone().keep_lanes(stopped.clone()));
        tasks.spawn(rooms.clone().tend(stopped.clone()));
        tasks.spawn(rooms.clone().keep_subscriptions(stopped.clone()));
        tasks.spawn(rooms.clone().remind(stopped.clone()));
        tasks.spawn(rooms.clone().tell_uses(stopped.clone()));
        tasks.spawn(rooms.clone().tidy_flows(stopped.clone()));
        tasks.spawn(rooms.clone().seal_trail(stopped.clone()));
        tasks.spawn(rooms.clone().give_back(stopped.clone()));
        tasks.spawn(rooms.clone().heed_breakers(stopped.clone()));
        tasks.spawn(rooms.keeper.clone().work(stopped.clone()));
        tasks.spawn(rooms.desk.clone().watch(backoff, stopped.clone()));
        tasks.spawn(ingress::serve(rooms.ingress.clone(), listener, stopped.clone()));
        tasks.spawn(admin::serve(rooms.clone(), admin_listener, stopped.clone()));
        if let Some(drop_dir) = drop_dir {
            tasks.spawn(drop_dir.watch(rooms.clone(), stopped));
        }
        tracing::info!(%ingress, %admin, data = %config.data.display(), "jackfield serves");
        Ok(Self { rooms, ingress, admin, stop, tasks })
    }

    /// Stops it: no new webhook, no new work; what is under way ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        tracing::info!("jackfield has stopped");
    }
}

impl Rooms {
    /// Opens the rooms, from the ground up.
    async fn open(
        config: &Config,
        keys: Keys,
        clock: SharedClock,
        public_url: Url,
        breaking: Breaking,
    ) -> Result<Self, HostError> {
        let data = &config.data;
        let options = Options { reserve_bytes: config.reserve_bytes, ..Options::default() };
        let store = store::open(data, options)?;
        let vault = open_vault(store.clone(), &keys).await?;
        let keeper = Keeper::new(keys, vault.clone(), clock.clone())?;
        let cache_key = vault.own(CACHE_KEY).await?;
        let tokens = Tokens::new(store.clone(), clock.clone());
        tokens.ensure_local(data).await?;
        let queue = Queue::open(store.clone(), clock.clone())?;
        let runtime = Runtime::start(data.join("compiled"), cache_key, config.compiler.clone())?;
        let releases = data.join("releases");
        let connectors = Connectors::open(store.clone(), runtime.clone(), clock.clone(), releases)?;
        let egress = EgressConfig { clock: clock.clone(), ..EgressConfig::default() };
        let connections = Connections::open(
            store.clone(),
            vault.clone(),
            Egress::new(egress.clone()).breaking(breaking),
            connectors.clone(),
            clock.clone(),
            &public_url,
        )?;
        connections.sweep().await?;
        for live in connections.list() {
            queue.pause(&live.connection.name, !live.is_open());
        }
        for name in connections.out_of_order() {
            queue.pause(&name, true);
        }
        let tables = Tables::open(store.clone(), clock.clone())?;
        let expressions = Expressions::load(&runtime, tables.clone())?;
        // By now all that is the host's own has been loaded.
        connectors.sweep();
        let flows = Flows::open(
            store.clone(),
            queue.clone(),
            runtime.clone(),
            connections.clone(),
            expressions.clone(),
            clock.clone(),
        )?;
        let inbox = Inbox::new(store.clone(), queue.clone(), clock.clone());
        let desk = Desk::open(desk::Rooms {
            store: store.clone(),
            queue: queue.clone(),
            flows: flows.clone(),
            inbox: inbox.clone(),
            connections: connections.clone(),
            expressions: expressions.clone(),
            runtime: runtime.clone(),
            vault,
            egress,
            clock: clock.clone(),
        });
        let desk = desk.await?;
        let ingress = Ingress::new(
            connections.clone(),
            inbox.clone(),
            runtime.clone(),
            store.clone(),
            clock.clone(),
            public_url.clone(),
        );
        let started_at_ms = clock.now_ms();
        Ok(Self {
            store,
            queue,
            connectors,
            connections,
            tables,
            expressions,
            flows,
            desk,
            inbox,
            ingress,
            runtime,
            keeper,
            tokens,
            clock,
            public_url,
            started_at_ms,
        })
    }

    fn dispatch(&self, backoff: Backoff) -> Dispatch {
        Dispatch {
            queue: self.queue.clone(),
            inbox: self.inbox.clone(),
            connections: self.connections.clone(),
            flows: self.flows.clone(),
            runtime: self.runtime.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            backoff,
        }
    }

    /// Pauses or resumes a connection, and with it the work on its lane.
    pub async fn set_state(
        &self,
        name: &str,
        state: State,
        actor: Actor,
    ) -> Result<Arc<Live>, HostError> {
        let apply = |live: &Live| self.queue.pause(name, !live.is_open());
        Ok(self.connections.set_state(name, state, actor, apply).await?)
    }

    /// The URL of a connection's endpoint.
    pub fn endpoint(&self, live: &Live) -> String {
        let origin = self.public_url.as_str().trim_end_matches('/');
        format!("{origin}{}{}", ingress::PREFIX, live.connection.endpoint)
    }
}

/// A listener with the address that it got.
fn bound(listener: io::Result<TcpListener>) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = listener?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

/// The URL of an address.
fn at(addr: SocketAddr) -> Url {
    // An address is always a host and a port.
    Url::parse(&format!("http://{addr}")).expect("a URL")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HostError> {
    std::fs::write(path, bytes).map_err(|source| HostError::File { path: path.to_owned(), source })
}
