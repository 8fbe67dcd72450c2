//! The master key of a running host: where it is kept, what it seals, and its rotation.
//!
//! One rotation at a time. The order: the new key on disk outside, noted in the vault, everything
//! sealed anew, all of it opened, the vault's mark and the line of the audit trail in one commit,
//! and only then the new key in the old one's place. A kill anywhere leaves both keys where the
//! next start finds them, and that goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::HostError;
use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    keys::{KeyError, Keys, Place},
    store::Store,
    vault::{Sealed, Vault, VaultError},
};

/// Opens the vault of a store with the key in use and, where a rotation did not end, with its new
/// key; where only the last step was missing, that is made up for.
pub async fn open_vault(store: Store, keys: &Keys) -> Result<Vault, HostError> {
    let current = keys.current().await?;
    let id = current.id();
    let next = match Vault::needs(&store, &id)? {
        Some(home) => keys.noted(&home).await?,
        None => None,
    };
    let vault = Vault::open_with(store, current, next).await?;
    if vault.key_id() != id {
        match keys.settle(&vault.key_id()).await {
            Ok(kept) => tracing::info!(kept, "the new master key took the place of the old one"),
            Err(error) => tracing::error!(
                %error, "the new master key did not take the place of the old one; the next start tries again"
            ),
        }
    }
    Ok(vault)
}

/// How a rotation stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There was none since the start.
    #[default]
    None,
    /// Under way.
    Running,
    /// Ended: nothing is sealed under the old key.
    Done,
    /// Stopped by an error; both keys stay in use.
    Failed,
}

/// How far a rotation has come.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Progress {
    /// How it stands.
    pub state: State,
    /// The id of the old key.
    pub from: String,
    /// The id of the new key.
    pub to: String,
    /// Secrets that are sealed under the new key.
    pub done: usize,
    /// Secrets that there were when it began.
    pub total: usize,
    /// Where the new key is.
    pub place: String,
    /// Where the old key is kept.
    pub kept: String,
    /// Whether the host must be started with another `--master-key` from now on.
    pub moved: bool,
    /// What stopped it.
    pub error: Option<String>,
}

/// What an operator asked for.
#[derive(Debug)]
struct Wish {
    to: Option<Place>,
    actor: Actor,
}

/// The keeper of a running host. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    vault: Vault,
    clock: SharedClock,
    desk: Mutex<Desk>,
    wished: Notify,
}

#[derive(Debug)]
struct Desk {
    keys: Keys,
    wish: Option<Wish>,
    progress: Progress,
}

impl Keeper {
    /// The keeper of a vault whose key is where `keys` says.
    pub(super) fn new(keys: Keys, vault: Vault, clock: SharedClock) -> Result<Self, HostError> {
        let desk = Desk { keys, wish: None, progress: Progress::default() };
        let keeper =
            Self(Arc::new(Inner { vault, clock, desk: Mutex::new(desk), wished: Notify::new() }));
        if keeper.0.vault.next_key_id().is_some() {
            tracing::info!("a rotation of the master key did not end; it goes on");
            keeper.rotate(None, Actor::Host)?;
        }
        Ok(keeper)
    }

    /// The id of the master key in use.
    pub fn id(&self) -> String {
        self.0.vault.key_id()
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.desk().keys.place().clone()
    }

    /// How much it seals.
    pub fn sealed(&self) -> Result<Sealed, VaultError> {
        self.0.vault.sealed()
    }

    /// How the last rotation stands.
    pub fn progress(&self) -> Progress {
        self.desk().progress.clone()
    }

    /// Has the master key rotated, to a new key beside the old one or at another place. Answers
    /// at once.
    pub fn rotate(&self, to: Option<Place>, actor: Actor) -> Result<Progress, HostError> {
        let mut desk = self.desk();
        if desk.progress.state == State::Running {
            return Err(VaultError::UnderWay(desk.progress.to.clone()).into());
        }
        desk.wish = Some(Wish { to, actor });
        desk.progress = Progress { state: State::Running, ..Progress::default() };
        let begun = desk.progress.clone();
        drop(desk);
        self.0.wished.notify_one();
        Ok(begun)
    }

    /// Does what is wished, until the host stops.
    pub(super) async fn work(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow_and_update() {
            let wish = self.desk().wish.take();
            if let Some(wish) = wish {
                let ended = self.turn(wish, &stopped).await;
                let mut desk = self.desk();
                match ended {
                    Ok(()) => desk.progress.state = State::Done,
                    Err(HostError::Vault(error @ VaultError::Stopped)) => tracing::info!("{error}"),
                    Err(error) => {
                        tracing::error!(%error, "the rotation of the master key stopped");
                        desk.progress.state = State::Failed;
                        desk.progress.error = Some(error.to_string());
                    }
                }
                continue;
            }
            tokio::select! {
                () = self.0.wished.notified() => {}
                // The sender is gone only with the host.
                _ = stopped.changed() => {}
            }
        }
    }

    /// One rotation from its begin, or from where the last one stopped.
    async fn turn(&self, wish: Wish, stopped: &watch::Receiver<bool>) -> Result<(), HostError> {
        let vault = &self.0.vault;
        let keys = self.desk().keys.clone();
        match vault.next_key_id() {
            None => {
                self.settled(&keys).await?;
                let (next, home) = keys.prepare(wish.to).await?;
                vault.begin(next, home).await?;
            }
            // What was begun goes on, to the place that was named then.
            Some(begun) => {
                let place = vault.home()?.map(|home| home.place);
                if wish.to.is_some_and(|to| Some(to.to_string()) != place) {
                    return Err(VaultError::UnderWay(begun).into());
                }
            }
        }
        let (from, to) = (vault.key_id(), vault.next_key_id().unwrap_or_default());
        let total = vault.sealed()?.secrets;
        self.tell(|told| {
            *told = Progress { from: from.clone(), to: to.clone(), total, ..told.clone() }
        });
        tracing::info!(from, to, secrets = total, "the master key is being rotated");
        let (keeper, stop) = (self.clone(), stopped.clone());
        let go_on = move |done: Sealed| {
            keeper.tell(|told| told.done = done.secrets);
            tracing::debug!(done = done.secrets, total, "sealed anew");
            !*stop.borrow()
        };
        vault.reseal(go_on).await?;
        let now_ms = self.0.clock.now_ms();
        let line = Line::new(now_ms, wish.actor, Word::KeyRotated, &to).detail("from", &from);
        let sealed = vault
            .finish(|sealed, batch| {
                let line = line.detail("data_keys", sealed.data_keys);
                line.detail("secrets", sealed.secrets).record(batch);
            })
            .await?;
        tracing::info!(from, to, ?sealed, "everything is sealed under the new master key");
        self.tell(|told| told.done = sealed.secrets);
        self.take_place(&keys, &to).await
    }

    /// Has the new key take the old one's place, or notes that the key is elsewhere now.
    async fn take_place(&self, keys: &Keys, id: &str) -> Result<(), HostError> {
        let home = self.0.vault.home()?;
        let place: Place = match home.filter(|home| !home.beside) {
            Some(home) => home.place.parse()?,
            None => {
                let kept = keys.settle(id).await?;
                let place = keys.place().to_string();
                self.tell(|told| (told.kept, told.place) = (kept, place));
                return Ok(());
            }
        };
        let kept = keys.place().to_string();
        self.tell(|told| {
            (told.kept, told.place, told.moved) = (kept, place.to_string(), true);
        });
        self.desk().keys = keys.moved(place);
        Ok(())
    }

    /// Sees to it that the key in use is at its place, which an earlier rotation may have failed
    /// to do.
    async fn settled(&self, keys: &Keys) -> Result<(), HostError> {
        let (found, wanted) = (keys.current().await?.id(), self.0.vault.key_id());
        if found == wanted {
            return Ok(());
        }
        match keys.settle(&wanted).await {
            Err(KeyError::NoFile { .. } | KeyError::Moved { .. } | KeyError::NoPlaceBeside) => {
                let place = keys.place().to_string();
                Err(KeyError::Strange { place, found, wanted }.into())
            }
            settled => Ok(settled.map(drop)?),
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.desk().progress);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // Whoever panics with the desk in hand has changed a field or not.
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
