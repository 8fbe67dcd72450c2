//! The repair desk: what stopped is shown by its cause, mended and tried again, and people are
//! told of it.
//!
//! Promises that one letter and a thousand alike are handled in the same way, that an edited
//! input is checked before it is kept, and that alerts come as a few notices, never as a storm: an
//! alert that cannot be delivered is tried again and shown by `status`, and makes no dead letter.
//! Never runs a step itself, and never decides whether an effect happened.

mod advice;
mod alert;
mod courier;
mod error;
mod ledger;
mod many;
mod notice;
mod repair;
mod watch;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

pub use alert::{Settings, Standing, Way, Wish};
pub use error::DeskError;
pub use ledger::{AT_ONCE_PER_HOUR, DIGEST_EVERY_MS, GATHER_MS, QUIET_MS, Trouble};
pub use many::{Many, Told};
pub use notice::{Kind, Named, Notice};
pub use repair::Shown;

use crate::{
    clock::SharedClock,
    connections::Connections,
    egress::EgressConfig,
    flows::{Expressions, Flows},
    inbox::Inbox,
    queue::{DeadLetters, Queue},
    runtime::Runtime,
    store::Store,
    vault::Vault,
};

/// The rooms on which the desk stands.
#[derive(Debug, Clone)]
pub struct Rooms {
    /// Where letters, edits and the ledger are.
    pub store: Store,
    /// Where work goes back to.
    pub queue: Queue,
    /// Whose steps stopped.
    pub flows: Flows,
    /// Whose deliveries stopped.
    pub inbox: Inbox,
    /// Through which alerts go.
    pub connections: Connections,
    /// What makes an alert's input.
    pub expressions: Expressions,
    /// Where connectors run.
    pub runtime: Runtime,
    /// Where a webhook's URL and signing secret are.
    pub vault: Vault,
    /// The way out of a webhook.
    pub egress: EgressConfig,
    /// The host's time.
    pub clock: SharedClock,
}

/// The repair desk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rooms: Rooms,
    letters: DeadLetters,
    /// How alerts go out and what was told, as of the last change.
    alerts: ArcSwap<alert::State>,
    /// One change of the alerts at a time.
    changing: tokio::sync::Mutex<()>,
    /// Told when the settings of alerts change.
    changed: Notify,
}

impl Desk {
    /// Opens the desk: letters of a host that knew no causes are put under theirs.
    pub async fn open(rooms: Rooms) -> Result<Self, DeskError> {
        rooms.queue.index_letters().await?;
        let alerts = ArcSwap::from_pointee(alert::State::read(&rooms.store)?);
        let letters = DeadLetters::of(rooms.queue.clone());
        let (changing, changed) = (tokio::sync::Mutex::new(()), Notify::new());
        Ok(Self(Arc::new(Inner { rooms, letters, alerts, changing, changed })))
    }

    /// The dead letters.
    pub fn letters(&self) -> &DeadLetters {
        &self.0.letters
    }
}
