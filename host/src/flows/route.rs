//! Which flows an event starts, and that it starts them once.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Applied, Flow, Flows, Trigger,
    begin::{Beginning, Drafts},
    run::scope_of,
    watch::holds,
};
use crate::{
    audit::{Actor, Line, Word},
    contract::Event,
    fault::{Blame, Fault, Retry},
    queue::Work,
    store::{Batch, Expect, trees},
};

/// The most events in one delivery.
const EVENTS_MAX: usize = 1000;
/// The longest key of an event, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// The longest record of an event, in bytes. As values it takes dozens of times as much.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// What routing came to; nothing is on disk until the batch is committed.
#[derive(Debug, Default)]
pub struct Routed {
    /// The runs, and that the events were seen.
    pub batch: Batch,
    /// The first step of each run that begins, and the waking of those that waited.
    pub follow: Vec<Work>,
    /// Kind and key of each event.
    pub events: Vec<(String, String)>,
    /// The runs that begin.
    pub runs: Vec<String>,
    drafts: Drafts,
}

impl Flows {
    /// Finds the flows that the events of a delivery start. An event whose key was seen before
    /// starts nothing. The batch conflicts if the same event is routed twice at the same time:
    /// route again then.
    pub async fn route(
        &self,
        connection: &str,
        delivery: &str,
        events: &[Event],
    ) -> Result<Routed, Fault> {
        if events.len() > EVENTS_MAX {
            let message =
                format!("a delivery gave {} events; the most is {EVENTS_MAX}", events.len());
            return Err(Fault::new(Blame::Guest, Retry::Never, "too-many-events", message));
        }
        let flows = self.list();
        let starts = |kind: &str| {
            flows.iter().any(|entry| match &entry.1.on {
                Trigger::Event(on) => {
                    on.connection.get_ref() == connection && on.event.get_ref() == kind
                }
                _ => false,
            })
        };
        let kinds = events.iter().map(|event| event.kind.as_str()).filter(|kind| starts(kind));
        self.let_land(connection, &kinds.collect()).await;
        let mut routed = Routed::default();
        for event in events {
            self.route_one(connection, delivery, event, &flows, &mut routed).await?;
        }
        Ok(routed)
    }

    async fn route_one(
        &self,
        connection: &str,
        delivery: &str,
        event: &Event,
        flows: &[Arc<(Applied, Flow)>],
        routed: &mut Routed,
    ) -> Result<(), Fault> {
        let nonsense = |why: String| Fault::new(Blame::Guest, Retry::Never, "bad-event", why);
        for text in [&event.key, &event.kind] {
            if text.is_empty() || text.len() > KEY_BYTES_MAX || text.contains('\0') {
                let why = format!("key and kind of an event have 1 to {KEY_BYTES_MAX} bytes");
                return Err(nonsense(why));
            }
        }
        if event.record.len() > RECORD_BYTES_MAX {
            let bytes = event.record.len();
            return Err(nonsense(format!(
                "the record of an event has {bytes} bytes; the most is {RECORD_BYTES_MAX}"
            )));
        }
        let named = (event.kind.clone(), event.key.clone());
        let seen = [connection, &event.kind, &event.key].join("\0").into_bytes();
        let twice = routed.events.contains(&named);
        routed.events.push(named);
        let now_ms = self.0.clock.now_ms();
        let before = self.0.store.get(trees::EVENTS, &seen);
        if twice || before.map_err(|error| Fault::host("store", error))?.is_some() {
            Line::new(now_ms, Actor::Host, Word::EventRepeated, &event.key)
                .connection(connection)
                .detail("kind", &event.kind)
                .record(&mut routed.batch);
            return Ok(());
        }
        routed.batch.require(trees::EVENTS, &seen, Expect::Absent);
        routed.batch.put(trees::EVENTS, &seen, delivery.as_bytes());
        let scope = scope_of(event)
            .map_err(|error| nonsense(format!("the record of an event is not JSON: {error}")))?;
        routed.follow.extend(self.tell_of(connection, &scope, &mut routed.batch).await?);
        let echo = self.is_echo(connection, &scope, &mut routed.batch)?;
        if echo {
            Line::new(now_ms, Actor::Host, Word::EventEcho, &event.key)
                .connection(connection)
                .detail("kind", &event.kind)
                .record(&mut routed.batch);
        }
        for entry in flows {
            let Trigger::Event(on) = &entry.1.on else { continue };
            if on.connection.get_ref() != connection || *on.event.get_ref() != event.kind {
                continue;
            }
            if (echo && !on.echoes) || !self.lets_through(&entry.1.name, on, &scope).await? {
                continue;
            }
            let beginning = Beginning {
                entry: entry.as_ref(),
                event: &scope,
                delivery: Some(delivery),
                parent: None,
            };
            let Routed { batch, drafts, .. } = routed;
            let (run, follow) = self.begin(beginning, drafts, batch).await?;
            routed.follow.extend(follow);
            routed.runs.extend(run);
        }
        Ok(())
    }

    /// Whether a flow's `when` lets an event through.
    async fn lets_through(&self, flow: &str, on: &super::On, scope: &Value) -> Result<bool, Fault> {
        let Some(when) = &on.when else { return Ok(true) };
        let value = self.0.expressions.evaluate(when.get_ref(), scope).await.map_err(|fault| {
            Fault { message: format!("`when` of the flow `{flow}`: {}", fault.message), ..fault }
        })?;
        Ok(holds(&value))
    }
}
