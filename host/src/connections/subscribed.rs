//! What a connection is subscribed to at its vendor: kept, so that it can be looked after.
//!
//! Owns the note and when it is next looked at. Never calls a connector; the host does.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ConnectionError, Connections, Live};
use crate::{
    audit::{Actor, Line, Word},
    text::{cut, one_line},
};

/// How long after one look the next is due, in milliseconds: half a day, so that a subscription
/// which the vendor has dropped is missed for no longer.
const LOOK_MS: u64 = 12 * 3_600_000;
/// The same after a look that failed.
const LOOK_AGAIN_MS: u64 = 600_000;
/// The longest problem that is kept, in bytes.
const PROBLEM_BYTES_MAX: usize = 500;

/// Webhooks that the host has registered at the vendor and looks after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The kinds of events.
    pub kinds: Vec<String>,
    /// When it was last known that the vendor has them, in milliseconds since 1970.
    pub seen_at_ms: u64,
    /// When it was last looked at.
    pub looked_at_ms: u64,
    /// Why the last look failed, if it did.
    pub problem: Option<String>,
}

impl Subscribed {
    /// Whether it is time to look whether the vendor still has them.
    pub fn is_due(&self, now_ms: u64) -> bool {
        let after_ms = if self.problem.is_some() { LOOK_AGAIN_MS } else { LOOK_MS };
        now_ms.saturating_sub(self.looked_at_ms) >= after_ms
    }
}

impl Connections {
    /// Keeps that the vendor has webhooks for these kinds.
    pub async fn subscribed(
        &self,
        name: &str,
        kinds: Vec<String>,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let now_ms = self.0.clock.now_ms();
        let mut connection = self.get(name)?.connection.clone();
        let same = connection
            .subscribed
            .as_ref()
            .is_some_and(|before| before.kinds == kinds && before.problem.is_none());
        let line = Line::new(now_ms, actor, Word::ConnectionSubscribed, name)
            .connection(name)
            .detail("events", kinds.join(" "));
        connection.subscribed =
            Some(Subscribed { kinds, seen_at_ms: now_ms, looked_at_ms: now_ms, problem: None });
        self.keep(connection, [], (!same).then_some(line)).await
    }

    /// Keeps why it could not be seen whether the vendor still has them; the trail tells the first.
    pub async fn unseen(&self, name: &str, why: &str) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let now_ms = self.0.clock.now_ms();
        let mut connection = self.get(name)?.connection.clone();
        let Some(subscribed) = &mut connection.subscribed else { return self.get(name) };
        let is_first = subscribed.problem.is_none();
        let why = one_line(&cut(why.to_owned(), PROBLEM_BYTES_MAX));
        let line = Line::new(now_ms, Actor::Host, Word::SubscriptionUnseen, name)
            .connection(name)
            .detail("why", &why);
        subscribed.looked_at_ms = now_ms;
        subscribed.problem = Some(why);
        self.keep(connection, [], is_first.then_some(line)).await
    }

    /// Keeps that the vendor has no webhooks of a connection any more.
    pub async fn unsubscribed(
        &self,
        name: &str,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let _one = self.0.changing.lock().await;
        let mut connection = self.get(name)?.connection.clone();
        connection.subscribed = None;
        let now_ms = self.0.clock.now_ms();
        let line = Line::new(now_ms, actor, Word::ConnectionUnsubscribed, name).connection(name);
        self.keep(connection, [], [line]).await
    }
}
