//! The audit trail.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use serde::Deserialize;

use super::answer::{Answer, beside};
use crate::{
    audit::{self, Entry, Filter, Verified},
    host::Rooms,
};

/// Lines when nobody says otherwise.
const LIMIT: usize = 100;

pub(super) fn routes() -> Router<Rooms> {
    Router::new().route("/v1/audit", get(list)).route("/v1/audit/verify", get(verify))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    connection: Option<String>,
    subject: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
}

async fn list(State(rooms): State<Rooms>, Query(wanted): Query<Wanted>) -> Answer<Vec<Entry>> {
    let Wanted { connection, subject, before, limit } = wanted;
    let filter = Filter { connection, subject, before };
    let limit = limit.unwrap_or(LIMIT);
    // Lines of one subject may be far apart.
    Ok(Json(beside(move || Ok(audit::list(&rooms.store, &filter, limit)?)).await?))
}

/// Walks the whole trail, beside the workers: it may be long.
async fn verify(State(rooms): State<Rooms>) -> Answer<Verified> {
    Ok(Json(beside(move || Ok(audit::verify(&rooms.store)?)).await?))
}
