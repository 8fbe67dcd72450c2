//! Runs.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, beside};
use crate::{
    audit::Actor,
    flows::{Effect, Run, RunState},
    host::Rooms,
};

/// Runs of a list when nobody says otherwise.
const LIMIT: usize = 50;

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/runs", get(list))
        .route("/v1/runs/{id}", get(one))
        .route("/v1/runs/{id}/cancel", post(cancel))
        .route("/v1/runs/{id}/answer", post(answer))
}

/// Which runs are wanted.
#[derive(Deserialize)]
struct Wanted {
    limit: Option<usize>,
    flow: Option<String>,
    state: Option<RunState>,
}

fn short(run: &Run) -> Value {
    json!({
        "id": run.id,
        "flow": run.flow,
        "state": run.state,
        "why": run.why,
        "waiting": run.waiting,
        "delivery": run.delivery,
        "steps_settled": run.steps.len(),
        "started_at_ms": run.started_at_ms,
        "ended_at_ms": run.ended_at_ms,
    })
}

async fn list(State(rooms): State<Rooms>, Query(wanted): Query<Wanted>) -> Answer<Value> {
    let listed = beside(move || {
        let limit = wanted.limit.unwrap_or(LIMIT);
        let runs = rooms.flows.runs_of(limit, wanted.flow.as_deref(), wanted.state)?;
        Ok(runs.iter().map(short).collect())
    });
    Ok(Json(listed.await?))
}

async fn one(State(rooms): State<Rooms>, Path(id): Path<String>) -> Answer<Value> {
    let run = rooms.flows.run(&id)?;
    let effects: Vec<Effect> = rooms.flows.effects(&run)?;
    Ok(Json(json!({ "run": run, "effects": effects })))
}

/// Why a run shall end.
#[derive(Deserialize)]
struct Cancel {
    why: Option<String>,
}

async fn cancel(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(cancel): Json<Cancel>,
) -> Answer<Value> {
    let why = cancel.why.as_deref().unwrap_or("a person cancelled it");
    rooms.flows.cancel(&id, why, actor).await?;
    Ok(Json(json!({ "cancelled": id })))
}

/// What a person says to a run that asks.
#[derive(Deserialize)]
struct Said {
    approved: bool,
    note: Option<String>,
}

async fn answer(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(said): Json<Said>,
) -> Answer<Value> {
    rooms.flows.answer(&id, said.approved, said.note, actor).await?;
    Ok(Json(json!({ "run": id, "approved": said.approved })))
}
