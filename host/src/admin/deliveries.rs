//! Deliveries.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{
    audit::Actor,
    host::Rooms,
    inbox::{Delivery, InboxError, Status},
    octets::Octets,
};

/// Items of a list when nobody says otherwise.
const LIMIT: usize = 50;

/// How many items of a list are wanted, the newest first.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<usize>,
}

/// For which other account a part of a delivery was.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    tenant: Option<String>,
}

impl Page {
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT)
    }
}

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/deliveries", get(list))
        .route("/v1/deliveries/{id}", get(show))
        .route("/v1/deliveries/{id}/bundle", get(bundle))
        .route("/v1/deliveries/{id}/replay", post(replay))
}

fn short(delivery: &Delivery, status: &Status) -> Value {
    json!({
        "id": delivery.id,
        "connection": delivery.connection,
        "received_at_ms": delivery.received_at_ms,
        "bytes": delivery.body.len(),
        "fate": status.fate,
        "events": status.events,
        "runs": status.runs,
        "fault": status.fault,
    })
}

async fn list(State(rooms): State<Rooms>, Query(page): Query<Page>) -> Answer<Value> {
    let newest = rooms.inbox.list(page.limit())?;
    Ok(Json(newest.iter().map(|(delivery, status)| short(delivery, status)).collect()))
}

async fn show(State(rooms): State<Rooms>, Path(id): Path<String>) -> Answer<Value> {
    let delivery = rooms.inbox.get(&id)?;
    let mut whole = short(&delivery, &rooms.inbox.status(&id)?);
    whole["method"] = delivery.method.into();
    whole["path"] = delivery.path.into();
    whole["query"] = delivery.query.into();
    whole["peer"] = delivery.peer.into();
    whole["headers"] = json!(delivery.headers);
    whole["body"] = json!(Octets(delivery.body));
    Ok(Json(whole))
}

/// A delivery and what the call saw that parsed it. What the connection's secrets are is taken out,
/// whoever put it there.
async fn bundle(
    State(rooms): State<Rooms>,
    Path(id): Path<String>,
    Query(Part { tenant }): Query<Part>,
) -> Answer<Value> {
    let bundle = rooms.inbox.bundle(&id, tenant.as_deref())?;
    let live = rooms.connections.get(&bundle.parsed.connection)?;
    // Texts and numbers always make JSON.
    let text = serde_json::to_string(&bundle).expect("plain data");
    let scrubbed = serde_json::from_str(&live.scrubbed(&text));
    Ok(Json(scrubbed.map_err(|error| InboxError::Unreadable { id, why: error.to_string() })?))
}

async fn replay(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.inbox.replay(&id, actor).await?;
    Ok(Json(json!({ "id": id })))
}
