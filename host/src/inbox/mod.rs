//! Deliveries: one webhook request each, raw, as it arrived.
//!
//! Promises that [`Inbox::append`] returns only when the delivery, its place in the dedupe index
//! and the work of parsing it are on disk together, and that the same delivery is kept once.
//! Only this room makes a [`Delivery`]. Never looks inside a body.

mod bundle;
mod delivery;

use thiserror::Error;
use uuid::Uuid;

pub use bundle::{Bundle, Parsed, Said, SaidEvent};
pub use delivery::{Delivery, Fate, Status, as_contract};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    connections::Live,
    queue::{Queue, Task, Work},
    store::{Batch, CommitError, Expect, Store, StoreError, trees},
    verify::{self, Incoming, Unverified, Verified},
};

/// The most deliveries in one list; their bodies pass through memory.
pub const LIST_MAX: usize = 200;

/// What stands between connection and name in the dedupe index. A stranger who calls before the
/// secret is set shall not take the name of a genuine delivery.
const GENUINE: &[u8] = b"\0+";
const UNVERIFIED: &[u8] = b"\0?";

/// For how long the same delivery counts as a repeat. The longest that a vendor is known to try
/// is three days; a change that looks the same a week later is another change.
const REPEATS_MS: u64 = 4 * 24 * 3_600_000;

/// What the dedupe index holds: which delivery, and when it came.
struct Seen {
    id: String,
    at_ms: u64,
}

impl Seen {
    fn new(id: &str, at_ms: u64) -> Self {
        Self { id: id.to_owned(), at_ms }
    }

    fn to_bytes(&self) -> Vec<u8> {
        [&self.at_ms.to_be_bytes()[..], self.id.as_bytes()].concat()
    }

    /// What sorts behind everything that was seen too long ago to be repeated now.
    fn before(now_ms: u64) -> Vec<u8> {
        now_ms.saturating_sub(REPEATS_MS).to_be_bytes().to_vec()
    }

    fn read(bytes: &[u8]) -> Self {
        let (at_ms, id) = bytes.split_first_chunk().unwrap_or((&[0xff; 8], &[]));
        let id = String::from_utf8_lossy(id).into_owned();
        Self { id, at_ms: u64::from_be_bytes(*at_ms) }
    }
}

/// What can go wrong in the inbox.
#[derive(Debug, Error)]
pub enum InboxError {
    /// The store failed: nothing was kept, and nothing may be acknowledged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed: nothing was kept, and nothing may be acknowledged.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// No delivery has this id.
    #[error("there is no delivery `{0}`; `jackfield delivery list` shows the newest")]
    Unknown(String),
    /// Nothing is known of a call that parsed it.
    #[error(
        "nothing is kept of how `{0}` was parsed\n  hint: `jackfield delivery replay` has it parsed \
         again"
    )]
    NoCall(String),
    /// A delivery on disk that cannot be read.
    #[error("the delivery `{id}` cannot be read: {why}")]
    Unreadable {
        /// Which delivery.
        id: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What became of a delivery that was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is on disk under this id.
    New(String),
    /// It was there already: the vendor sent it again.
    Repeated,
}

/// A delivery on its way to the disk.
struct Draft {
    id: String,
    /// Where it stands in the dedupe index.
    once: Vec<u8>,
    batch: Batch,
    now_ms: u64,
}

/// The inbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    store: Store,
    queue: Queue,
    clock: SharedClock,
}

impl Inbox {
    /// The inbox of a store.
    pub fn new(store: Store, queue: Queue, clock: SharedClock) -> Self {
        Self { store, queue, clock }
    }

    /// Keeps a delivery, once, with the work of parsing it. Returns when both are on disk.
    pub async fn append(&self, live: &Live, verified: Verified) -> Result<Kept, InboxError> {
        let headers = verified.headers_for_connector();
        let draft = self.draft(live, GENUINE, headers, verified.into_incoming());
        let Draft { id, once, mut batch, now_ms } = draft;
        let connection = &live.connection.name;
        let work = Work::new(connection, Task::parse(&id), now_ms);
        Queue::enqueue(&mut batch, &work);
        Line::new(now_ms, Actor::Vendor, Word::DeliveryKept, &id)
            .connection(connection)
            .record(&mut batch);
        // By the writer: a sender that hangs up must not keep the workers from being told.
        let queue = self.queue.clone();
        batch.then(move || queue.announce(&work));
        self.commit(connection, id, &once, batch).await
    }

    /// Keeps a delivery of which nobody knows who sent it, once. Nothing is done with it until
    /// a person has it replayed.
    pub async fn append_unverified(
        &self,
        live: &Live,
        unverified: Unverified,
    ) -> Result<Kept, InboxError> {
        let headers = unverified.headers_for_connector();
        let draft = self.draft(live, UNVERIFIED, headers, unverified.into_incoming());
        let Draft { id, once, mut batch, now_ms } = draft;
        let connection = &live.connection.name;
        Status { fate: Fate::Unverified, ..Status::kept() }.put(&mut batch, &id);
        Line::new(now_ms, Actor::Vendor, Word::DeliveryUnverified, &id)
            .connection(connection)
            .record(&mut batch);
        self.commit(connection, id, &once, batch).await
    }

    /// A delivery and its place in the dedupe index, ready to be committed.
    fn draft(
        &self,
        live: &Live,
        kind: &[u8],
        headers: Vec<(String, String)>,
        incoming: Incoming,
    ) -> Draft {
        let now_ms = self.clock.now_ms();
        let connection = &live.connection.name;
        let name = verify::delivery_id(live.connector.manifest.webhook.as_ref(), &incoming);
        let delivery = Delivery::of(Uuid::now_v7(), connection, headers, incoming, now_ms);
        let once = [connection.as_bytes(), kind, name.as_bytes()].concat();
        let mut batch = Batch::new();
        batch.require(trees::DEDUPE, &once, Expect::Below(Seen::before(now_ms)));
        batch.put(trees::DEDUPE, &once, Seen::new(&delivery.id, now_ms).to_bytes());
        batch.put(trees::DELIVERIES, delivery.id.as_bytes(), delivery.to_bytes());
        Draft { id: delivery.id, once, batch, now_ms }
    }

    async fn commit(
        &self,
        connection: &str,
        id: String,
        once: &[u8],
        batch: Batch,
    ) -> Result<Kept, InboxError> {
        match self.store.commit(batch).await {
            Ok(_) => Ok(Kept::New(id)),
            // The store answers a conflict only once the batch that it conflicts with is on disk.
            Err(CommitError::Conflict { .. }) => self.repeated(connection, once).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Leaves a line that a delivery came again.
    async fn repeated(&self, connection: &str, once: &[u8]) -> Result<Kept, InboxError> {
        let first = Seen::read(&self.store.get(trees::DEDUPE, once)?.unwrap_or_default());
        let mut batch = Batch::new();
        Line::new(self.clock.now_ms(), Actor::Vendor, Word::DeliveryRepeated, first.id)
            .connection(connection)
            .record(&mut batch);
        self.store.commit(batch).await?;
        Ok(Kept::Repeated)
    }

    /// A delivery.
    pub fn get(&self, id: &str) -> Result<Delivery, InboxError> {
        let bytes = self.store.get(trees::DELIVERIES, id.as_bytes())?;
        let bytes = bytes.ok_or_else(|| InboxError::Unknown(id.into()))?;
        Delivery::from_bytes(id, &bytes)
    }

    /// What has become of a delivery.
    pub fn status(&self, id: &str) -> Result<Status, InboxError> {
        Status::get(&self.store, id)
    }

    /// The newest deliveries, newest first.
    pub fn list(&self, limit: usize) -> Result<Vec<(Delivery, Status)>, InboxError> {
        let newest = self.store.scan_last(trees::DELIVERIES, None, limit.min(LIST_MAX))?;
        newest
            .iter()
            .map(|(id, bytes)| {
                let id = String::from_utf8_lossy(id);
                Ok((Delivery::from_bytes(&id, bytes)?, self.status(&id)?))
            })
            .collect()
    }

    /// Has a delivery parsed again, as if it had just been kept. Events that were seen before
    /// start nothing.
    pub async fn replay(&self, id: &str, actor: Actor) -> Result<(), InboxError> {
        let delivery = self.get(id)?;
        let now_ms = self.clock.now_ms();
        let work = Work::new(&delivery.connection, Task::parse(id), now_ms);
        let mut batch = Batch::new();
        Queue::enqueue(&mut batch, &work);
        Line::new(now_ms, actor, Word::DeliveryReplayed, id)
            .connection(&delivery.connection)
            .record(&mut batch);
        self.store.commit(batch).await?;
        self.queue.announce(&work);
        Ok(())
    }
}
