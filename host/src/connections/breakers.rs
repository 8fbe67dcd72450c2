//! The breakers of connections: told to the trail, and shown.

use tokio::sync::watch;

use super::{ConnectionError, Connections, Live};
use crate::{
    audit::{Actor, Line, Word},
    egress::Rest,
    store::Batch,
};

impl Live {
    /// The origins to which nothing is sent for a while, because they failed again and again.
    pub fn rests(&self) -> Vec<Rest> {
        self.means.egress.rests()
    }

    /// When a request may find out whether its system is back, in milliseconds since 1970; none
    /// while nothing is left alone.
    pub fn probe_ms(&self) -> Option<u64> {
        self.rests().iter().map(|rest| rest.until_ms).min()
    }
}

impl Connections {
    /// Tells whenever a breaker opens or closes.
    pub fn breaker_changes(&self) -> watch::Receiver<()> {
        self.0.egress.breaker_changes()
    }

    /// Tells the trail of the breakers that opened or closed since this was done last: a line for
    /// each turn.
    pub async fn tell_breakers(&self) -> Result<(), ConnectionError> {
        let tripped = self.0.egress.take_tripped();
        if tripped.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for turn in &tripped {
            let (name, rest) = (&turn.connection, &turn.rest);
            let word = if turn.opened { Word::BreakerOpened } else { Word::BreakerClosed };
            let line = Line::new(turn.at_ms, Actor::Host, word, name)
                .connection(name)
                .detail("origin", &rest.origin)
                .detail("failures", rest.failures);
            let line = match turn.opened {
                true => line.detail("last", &rest.why),
                false => line.detail("after_ms", turn.at_ms.saturating_sub(rest.since_ms)),
            };
            line.record(&mut batch);
            let origin = &rest.origin;
            match turn.opened {
                true => tracing::warn!(
                    connection = name,
                    origin,
                    failures = rest.failures,
                    last = rest.why,
                    "the breaker has opened: its system is left alone for a while"
                ),
                false => tracing::info!(connection = name, origin, "the breaker has closed"),
            }
        }
        let told = self.0.store.commit(batch).await;
        if told.is_err() {
            self.0.egress.give_back_tripped(tripped);
        }
        told?;
        Ok(())
    }
}
