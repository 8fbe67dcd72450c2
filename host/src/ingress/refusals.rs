//! Refusals in the audit trail: the first at once, what follows within a minute as one number,
//! so that a stranger who forges cannot fill the disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    store::{Batch, Store},
};

/// How long refusals of one connection are counted before they are written down.
const SPAN_MS: u64 = 60_000;

/// The refusals that are not written down yet. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Refusals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    /// How many came, and the reason of the last, per connection in its span.
    counted: Mutex<HashMap<String, (u64, String)>>,
}

impl Refusals {
    pub(super) fn new(store: Store, clock: SharedClock) -> Self {
        Self(Arc::new(Inner { store, clock, counted: Mutex::default() }))
    }

    /// Counts one. The line is written beside the reply, which does not wait for it.
    pub(super) fn count(&self, connection: &str, reason: &str) {
        if let Some((times, last)) = self.counted().get_mut(connection) {
            *times += 1;
            reason.clone_into(last);
            return;
        }
        self.counted().insert(connection.to_owned(), (0, reason.to_owned()));
        let (this, connection, reason) = (self.clone(), connection.to_owned(), reason.to_owned());
        tokio::spawn(async move {
            this.write_down(&connection, &reason, 1).await;
            this.0.clock.sleep_until(this.0.clock.now_ms() + SPAN_MS).await;
            let counted = this.counted().remove(&connection);
            if let Some((times @ 1.., reason)) = counted {
                this.write_down(&connection, &reason, times).await;
            }
        });
    }

    async fn write_down(&self, connection: &str, reason: &str, times: u64) {
        let mut batch = Batch::new();
        Line::new(self.0.clock.now_ms(), Actor::Vendor, Word::DeliveryRefused, connection)
            .connection(connection)
            .detail("reason", reason)
            .detail("times", times)
            .record(&mut batch);
        if let Err(error) = self.0.store.commit(batch).await {
            tracing::error!(connection, times, %error, "refusals are not in the audit trail");
        }
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<String, (u64, String)>> {
        // Nothing that can panic happens while the lock is held.
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
