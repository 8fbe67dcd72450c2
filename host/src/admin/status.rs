//! How the host is.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::answer::{Answer, beside};
use crate::host::Rooms;

/// Work that is counted; more is shown as this many.
const WAITING_MAX: usize = 10_000;

pub(super) fn routes() -> Router<Rooms> {
    Router::new().route("/v1/status", get(status))
}

async fn status(State(rooms): State<Rooms>) -> Answer<Value> {
    let (counting, disk) = (rooms.queue.clone(), rooms.store.clone());
    let counted = beside(move || Ok((counting.waiting(WAITING_MAX)?.len(), disk.disk_bytes())));
    let (waiting, disk_bytes) = counted.await?;
    let connections = rooms.connections.list();
    let needs_person = connections.iter().filter(|live| live.needs_person().is_some());
    let needs_person: Vec<_> = needs_person.map(|live| &live.connection.name).collect();
    let left_alone = connections.iter().filter(|live| !live.rests().is_empty());
    let left_alone: Vec<_> = left_alone.map(|live| &live.connection.name).collect();
    let active = connections.iter().filter(|live| live.is_active()).count();
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_ms": rooms.clock.now_ms().saturating_sub(rooms.started_at_ms),
        "ingress": rooms.public_url,
        "connectors": rooms.connectors.list().len(),
        "connections": {
            "active": active,
            "paused": connections.len() - active,
            "out_of_order": rooms.connections.out_of_order(),
            "needs_person": needs_person,
            "left_alone": left_alone,
        },
        "flows": rooms.flows.list().len(),
        "work": {
            "in_progress": rooms.queue.claimed(),
            "waiting": waiting,
        },
        "dead_letters": rooms.desk.letters().count(),
        "alerts": rooms.desk.alerts(),
        "webhooks": rooms.ingress.counts(),
        "disk_bytes": disk_bytes,
    })))
}
