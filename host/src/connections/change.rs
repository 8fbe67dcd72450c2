//! How connections are added, changed and removed: each change on disk first.

use std::{collections::BTreeMap, sync::Arc};

use uuid::Uuid;

use super::{
    Connection, ConnectionError, Connections, Index, Inner, Live, NewConnection, Rotation, State,
    check, rotation::previous,
};
use crate::{
    audit::{Actor, Line, Word},
    secret::Secret,
    store::{Batch, CommitError, Expect, Tree, trees},
};

/// The most keys that are removed in one commit.
const REMOVED_AT_ONCE: usize = 500;
/// What is kept under a connection's name beside its record and its secrets.
const BELONGINGS: [Tree; 3] = [trees::STORAGE, trees::DEDUPE, trees::EVENTS];

/// What shall be different about a connection.
#[derive(Debug, Default)]
pub struct Change {
    /// Values of parameters.
    pub settings: BTreeMap<String, String>,
    /// Values of secrets.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// Whether names count that only the next release of the connector knows.
    pub ahead: bool,
}

impl Connections {
    /// Adds a connection: checked against its connector's manifest, and kept with its secrets
    /// in one commit.
    pub async fn add(
        &self,
        new: NewConnection,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        // What it goes through is neither removed nor replaced before it is known to go there.
        let _same = self.0.connectors.hold().await;
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
            rotation: Rotation::default(),
            subscribed: None,
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
            Err(CommitError::Conflict { .. }) if self.record(&connection.name).is_ok() => {
                Err(ConnectionError::Taken(connection.name))
            }
            Err(CommitError::Conflict { .. }) => Err(ConnectionError::Retired(connection.name)),
            Err(error) => Err(error.into()),
            Ok(_) => self.0.show(connection),
        }
    }

    /// Changes settings and secrets of a connection.
    pub async fn set(
        &self,
        name: &str,
        change: Change,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let one = self.0.changing.lock().await;
        let live = self.get(name)?;
        let kept = (live.connection.settings.len(), self.0.vault.count(name)?);
        let mistakes = check::change(&change, &live.connector.manifest, kept);
        if !mistakes.is_empty() {
            return Err(ConnectionError::Unfit(mistakes));
        }
        let named = |word, names: Vec<&str>| {
            let line = Line::new(self.0.clock.now_ms(), actor.clone(), word, name);
            (!names.is_empty()).then(|| line.connection(name).detail("names", names.join(" ")))
        };
        let settings = change.settings.keys().map(String::as_str).collect();
        let secrets = change.secrets.keys().map(String::as_str).collect();
        let lines = [
            named(Word::ConnectionSettingsSet, settings),
            named(Word::ConnectionSecretsSet, secrets),
        ];
        let mut connection = live.connection.clone();
        connection.settings.extend(change.settings);
        connection.rotation.note(change.secrets.keys(), self.0.clock.now_ms());
        // Whatever does not fit shows before anything is kept.
        self.0.enliven(connection.clone())?;
        let live =
            self.keep(connection, values(&change.secrets), lines.into_iter().flatten()).await?;
        // What a vendor refused before may be right now. Nobody else waits for it meanwhile.
        drop(one);
        live.reconsider().await?;
        Ok(live)
    }

    /// Keeps a secret that a vendor's handshake brought.
    pub async fn keep_handshake(
        &self,
        name: &str,
        secret: &str,
        value: &Secret<Vec<u8>>,
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let mut connection = self.get(name)?.connection.clone();
        let now_ms = self.0.clock.now_ms();
        connection.rotation.note([secret.to_owned()].iter(), now_ms);
        let line = Line::new(now_ms, Actor::Vendor, Word::HandshakeAnswered, name);
        let secrets = [(secret, value.expose().as_slice())];
        self.keep(connection, secrets, [line.connection(name)]).await
    }

    pub(super) async fn keep<'a>(
        &self,
        connection: Connection,
        secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Arc<Live>, ConnectionError> {
        let mut batch = Batch::new();
        put(&mut batch, &connection);
        let before = self.get(&connection.name)?.connection.rotation.previous_until_ms.clone();
        for secret in before.into_keys() {
            if !connection.rotation.previous_until_ms.contains_key(&secret) {
                self.0.vault.take_away(&mut batch, &connection.name, &previous(&secret))?;
            }
        }
        self.0.vault.put(&mut batch, &connection.name, secrets)?;
        for line in lines {
            line.record(&mut batch);
        }
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
            State::Removed => return Err(ConnectionError::Unknown(name.into())),
        };
        let line = Line::new(self.0.clock.now_ms(), actor, word, name).connection(name);
        let live = self.keep(connection, [], [line]).await?;
        apply(&live);
        Ok(live)
    }

    /// Removes a connection with its secrets and all that its connector kept for it. Its
    /// deliveries, its lines in the audit trail and its name stay. `in_use` says what still hangs
    /// on it.
    pub async fn remove<E: From<ConnectionError>>(
        &self,
        name: &str,
        actor: Actor,
        in_use: impl FnOnce() -> Result<Vec<String>, E>,
    ) -> Result<(), E> {
        let _one = self.0.changing.lock().await;
        let connection = self.record(name)?;
        let why = in_use()?;
        if !why.is_empty() {
            return Err(ConnectionError::InUse { name: name.into(), why }.into());
        }
        Ok(self.take_away(connection, actor).await?)
    }

    async fn take_away(&self, connection: Connection, actor: Actor) -> Result<(), ConnectionError> {
        let name = connection.name.as_str();
        let (settings, origins) = (BTreeMap::new(), BTreeMap::new());
        let gone = Connection { state: State::Removed, settings, origins, ..connection.clone() };
        let mut batch = Batch::new();
        put(&mut batch, &gone);
        batch.delete(trees::COUNTERS, name.as_bytes());
        self.0.vault.remove(&mut batch, name)?;
        self.0.keeper.remove(&mut batch, name)?;
        Line::new(self.0.clock.now_ms(), actor, Word::ConnectionRemoved, name)
            .connection(name)
            .detail("connector", &connection.connector)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        self.0.vault.forget(name);
        self.0.keeper.forget(name);
        self.0.egress.forget(name);
        let mut index = Index::clone(&self.0.index.load());
        index.remove(&connection);
        self.0.index.store(Arc::new(index));
        self.clear(name).await
    }

    /// Removes what a kill in the middle of a removal left, and what calls kept that were under
    /// way.
    pub async fn sweep(&self) -> Result<(), ConnectionError> {
        let removed = self.0.index.load().removed.clone();
        for name in &removed {
            self.clear(name).await?;
            if self.0.vault.count(name)? > 0 {
                let mut batch = Batch::new();
                self.0.vault.remove(&mut batch, name)?;
                self.0.keeper.remove(&mut batch, name)?;
                self.0.store.commit(batch).await?;
            }
        }
        Ok(())
    }

    /// Removes what was kept under a name.
    async fn clear(&self, name: &str) -> Result<(), ConnectionError> {
        let prefix = [name.as_bytes(), b"\0"].concat();
        for tree in BELONGINGS {
            loop {
                let found = self.0.store.scan_prefix(tree, &prefix, None, REMOVED_AT_ONCE)?;
                if found.is_empty() {
                    break;
                }
                let mut batch = Batch::new();
                for (key, _) in &found {
                    batch.delete(tree, key);
                }
                self.0.store.commit(batch).await?;
            }
        }
        Ok(())
    }

    /// Makes the connections of a connector anew after another release became current: what
    /// they may reach hangs on its manifest. `apply` is called for each before the next change can
    /// begin.
    pub async fn refresh(&self, connector: &str, apply: impl Fn(&Live)) {
        let _one = self.0.changing.lock().await;
        let waiting = self.0.index.load().out_of_order.values().cloned().collect::<Vec<_>>();
        let known = self.list().into_iter().map(|live| live.connection.clone()).chain(waiting);
        for connection in known.filter(|connection| connection.connector == connector) {
            let name = connection.name.clone();
            match self.0.show(connection) {
                Ok(live) => apply(&live),
                Err(error) => tracing::error!(connection = name, %error, "it stays as it was"),
            }
        }
    }
}

impl Inner {
    /// Puts a connection into the index, in the place of what was there under its name.
    pub(super) fn show(&self, connection: Connection) -> Result<Arc<Live>, ConnectionError> {
        let live = Arc::new(self.enliven(connection)?);
        let mut index = Index::clone(&self.index.load());
        let was_open = index.by_name.get(&live.connection.name).map(|before| before.is_open());
        index.insert(live.clone());
        self.index.store(Arc::new(index));
        if was_open.is_some_and(|was_open| was_open != live.is_open()) {
            self.keeper.tell_changed();
        }
        Ok(live)
    }
}

/// Names and values, for the vault.
pub(super) fn values(
    secrets: &BTreeMap<String, Secret<String>>,
) -> impl Iterator<Item = (&str, &[u8])> {
    secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_bytes()))
}

pub(super) fn put(batch: &mut Batch, connection: &Connection) {
    // Strings and numbers always make JSON.
    let value = serde_json::to_vec(connection).expect("plain data");
    batch.put(trees::CONNECTIONS, connection.name.as_bytes(), value);
}
