//! A delivery to parse: through its connector, in a sandbox, and its events to the flows.

use super::{Dispatch, Outcome};
use crate::{
    audit::{Actor, Line, Word},
    capabilities::{Particulars, Window},
    contract::Event,
    fault::Fault,
    inbox::{Fate, Status},
    queue::Work,
};

impl Dispatch {
    /// Parses a delivery and routes what it means.
    pub(super) async fn parse(&self, work: &Work, delivery: &str) -> Outcome {
        match self.events(work, delivery).await {
            Ok(events) => self.route(work, delivery, &events).await,
            Err(fault) => Outcome::failed(fault),
        }
    }

    async fn events(&self, work: &Work, delivery: &str) -> Result<Vec<Event>, Fault> {
        let delivery = self.inbox.get(delivery).map_err(|error| Fault::host("inbox", error))?;
        let live = self.connections.get(&delivery.connection);
        let live = live.map_err(|error| Fault::operator("connection", error.to_string()))?;
        let particulars = Particulars { attempt: work.attempts + 1, ..Particulars::default() };
        let window = Window::open(&live.means, &particulars);
        let (package, limits) = (&live.connector.package, live.connector.limits);
        self.runtime.parse(package, window, limits, &delivery.for_connector()).await.result
    }

    async fn route(&self, work: &Work, delivery: &str, events: &[Event]) -> Outcome {
        let routed = match self.flows.route(&work.lane, delivery, events).await {
            Ok(routed) => routed,
            Err(fault) => return Outcome::failed(fault),
        };
        let mut batch = routed.batch;
        let kinds: Vec<&str> = routed.events.iter().map(|(kind, _)| kind.as_str()).collect();
        Line::new(self.clock.now_ms(), Actor::Host, Word::DeliveryParsed, delivery)
            .connection(&work.lane)
            .detail("events", kinds.join(" "))
            .record(&mut batch);
        // A replay adds to what the delivery has started before.
        let before = self.inbox.status(delivery).map(|status| status.runs).unwrap_or_default();
        let runs = before.into_iter().chain(routed.runs).collect();
        let events = routed.events;
        Status { fate: Fate::Parsed, events, runs, fault: None }.put(&mut batch, delivery);
        Outcome { batch, result: Ok(routed.follow), doubt: false }
    }
}
