//! Echoes: what the host wrote at a system comes back as a webhook, and must not start what led to
//! it once more.
//!
//! Promises that an event is taken for an echo only if it says of a record what an action's answer
//! said of it a moment ago, field for field; what somebody changed since is no echo.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use jackfield_registry::manifest::{Action, SchemaRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use super::{FlowError, Flows};
use crate::{
    connections::Live,
    store::{Batch, trees},
};

/// For how long what was written may come back, in milliseconds.
pub(super) const ECHO_MS: u64 = 15 * 60_000;
/// How long an event waits for an action under way at its system, in milliseconds: its webhook may
/// overtake its answer.
const WAIT_MS: u64 = 2_000;
/// The longest record that is kept for comparison, in bytes.
const RECORD_BYTES_MAX: usize = 64 << 10;

/// What an action wrote.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    at_ms: u64,
    record: Value,
}

/// Mutating actions under way: how many, by connection and kind of record.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Flights>);

#[derive(Debug, Default)]
struct Flights {
    under_way: Mutex<BTreeMap<(String, String), usize>>,
    ended: Notify,
}

/// One of them, until it is settled.
#[derive(Debug)]
struct Flight {
    all: InFlight,
    of: (String, String),
}

impl InFlight {
    fn begin(&self, connection: &str, entity: &str) -> Flight {
        let of = (connection.to_owned(), entity.to_owned());
        *self.lock().entry(of.clone()).or_default() += 1;
        Flight { all: self.clone(), of }
    }

    /// Waits until none is under way.
    async fn none(&self, connection: &str, entity: &str) {
        let of = (connection.to_owned(), entity.to_owned());
        loop {
            // Interest first, then the look: an end in between is not missed.
            let ended = self.0.ended.notified();
            if !self.lock().contains_key(&of) {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), usize>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(count) = all.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.of);
                self.all.0.ended.notify_waiters();
            }
        }
    }
}

/// The kind of record that an action writes and that may come back as an event.
fn comes_back<'a>(live: &'a Live, action: &'a Action) -> Option<&'a str> {
    let Some(SchemaRef::Model(entity)) = &action.output else { return None };
    let manifest = &live.connector.manifest;
    let is = manifest.events.values().any(|event| event.entity.as_ref() == Some(entity));
    is.then_some(entity.as_str()).filter(|_| action.mutates)
}

impl Flows {
    /// Says that an action is under way, until the batch that settles it is on disk or given up.
    pub(super) fn is_under_way(&self, live: &Live, action: &Action, batch: &mut Batch) {
        if let Some(entity) = comes_back(live, action) {
            let flight = self.0.in_flight.begin(&live.connection.name, entity);
            batch.then(move || {
                // It ends with the batch that holds it.
                let _held = &flight;
            });
        }
    }

    /// Adds to a batch what an action wrote, so that it is known when it comes back.
    pub(super) fn remember(&self, live: &Live, action: &Action, output: &Value, batch: &mut Batch) {
        let Some(entity) = comes_back(live, action) else { return };
        let Some(id) = output["id"].as_str() else { return };
        let written = Written { at_ms: self.0.clock.now_ms(), record: output.clone() };
        // Numbers and JSON always make JSON.
        let value = serde_json::to_vec(&written).expect("plain data");
        if value.len() <= RECORD_BYTES_MAX {
            batch.put(trees::ECHOES, &place(&live.connection.name, entity, id), value);
        }
    }

    /// Waits until actions under way at a system are settled that write such records as come back
    /// with these kinds of events, for a moment at most.
    pub(super) async fn let_land(&self, connection: &str, kinds: &BTreeSet<&str>) {
        let Ok(live) = self.0.connections.get(connection) else { return };
        let events = &live.connector.manifest.events;
        let entities = kinds.iter().filter_map(|kind| events.get(*kind)?.entity.as_deref());
        let all = async {
            for entity in entities {
                self.0.in_flight.none(connection, entity).await;
            }
        };
        let clock = &self.0.clock;
        tokio::select! {
            () = all => {}
            () = clock.sleep_until(clock.now_ms() + WAIT_MS) => {}
        }
    }

    /// Whether an event says what the host itself wrote a moment ago. One that says something else
    /// ends that: what comes later is somebody else's, whatever it says.
    pub(super) fn is_echo(
        &self,
        connection: &str,
        event: &Value,
        batch: &mut Batch,
    ) -> Result<bool, FlowError> {
        let Ok(live) = self.0.connections.get(connection) else { return Ok(false) };
        let kind = event["kind"].as_str().unwrap_or_default();
        let declared = live.connector.manifest.events.get(kind);
        let entity = declared.and_then(|event| event.entity.as_deref());
        let (Some(entity), Some(id)) = (entity, event["record"]["id"].as_str()) else {
            return Ok(false);
        };
        let place = place(connection, entity, id);
        let Some(value) = self.0.store.get(trees::ECHOES, &place)? else { return Ok(false) };
        let written: Written = serde_json::from_slice(&value).map_err(|error| {
            FlowError::Unreadable { what: "echo", id: id.to_owned(), why: error.to_string() }
        })?;
        let fresh = self.0.clock.now_ms().saturating_sub(written.at_ms) <= ECHO_MS;
        let record = &event["record"];
        let same = says_something(record, &written.record) && agrees(record, &written.record);
        if !same || !fresh {
            batch.delete(trees::ECHOES, &place);
        }
        Ok(fresh && same)
    }
}

/// Whether a record says more of what was written than its id.
fn says_something(event: &Value, written: &Value) -> bool {
    let (Some(event), Some(written)) = (event.as_object(), written.as_object()) else {
        return false;
    };
    event.iter().any(|(word, value)| word != "id" && !value.is_null() && written.contains_key(word))
}

/// Whether a record says nothing else than what was written; what only one of them has is no
/// difference.
fn agrees(event: &Value, written: &Value) -> bool {
    match (event, written) {
        (Value::Object(event), Value::Object(written)) => {
            event.iter().all(|(word, value)| written.get(word).is_none_or(|w| agrees(value, w)))
        }
        (Value::Array(event), Value::Array(written)) => {
            event.len() == written.len() && event.iter().zip(written).all(|(e, w)| agrees(e, w))
        }
        (event, written) => event == written,
    }
}

fn place(connection: &str, entity: &str, id: &str) -> Vec<u8> {
    [connection, entity, id].join("\0").into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_that_says_the_same_or_less_is_an_echo() {
        let written = json!({ "id": "1", "name": "Ada", "lines": [{ "amount": "2.00" }] });
        assert!(agrees(&written, &written));
        assert!(says_something(&json!({ "id": "1", "name": "Ada" }), &written));
        assert!(!says_something(&json!({ "id": "1", "seen": true }), &written));
        assert!(agrees(&json!({ "id": "1", "seen": true }), &written));
    }

    #[test]
    fn a_record_that_somebody_changed_is_none() {
        let written = json!({ "id": "1", "name": "Ada", "lines": [{ "amount": "2.00" }] });
        for changed in [
            json!({ "id": "1", "name": "Bea" }),
            json!({ "id": "1", "lines": [{ "amount": "3.00" }] }),
            json!({ "id": "1", "name": null }),
            json!({ "id": "1", "lines": [] }),
        ] {
            assert!(!agrees(&changed, &written), "{changed}");
        }
    }
}
