//! Flows and their runs.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer::Answer, deliveries::Page};
use crate::{
    audit::Actor,
    flows::{Applied, Effect, Flow},
    host::Rooms,
};

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/flows", get(list).post(apply))
        .route("/v1/flows/check", post(check))
        .route("/v1/flows/{name}", delete(remove))
        .route("/v1/runs", get(runs))
        .route("/v1/runs/{id}", get(run))
}

fn show((applied, flow): &(Applied, Flow)) -> Value {
    json!({
        "name": applied.name,
        "version": applied.version,
        "applied_at_ms": applied.applied_at_ms,
        "on": { "connection": flow.on.connection.get_ref(), "event": flow.on.event.get_ref() },
        "steps": flow.steps.iter().map(|step| json!({
            "id": step.id.get_ref(),
            "connection": step.connection.get_ref(),
            "action": step.action.get_ref(),
        })).collect::<Vec<_>>(),
    })
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    Ok(Json(rooms.flows.list().iter().map(|entry| show(entry)).collect()))
}

/// The name of the file, for the places in messages.
#[derive(Deserialize)]
struct Source {
    file: String,
}

async fn check(
    State(rooms): State<Rooms>,
    Query(source): Query<Source>,
    text: String,
) -> Answer<Value> {
    let flow = rooms.flows.check(&text, &source.file).await?;
    Ok(Json(json!({ "name": flow.name, "steps": flow.steps.len() })))
}

async fn apply(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Query(source): Query<Source>,
    text: String,
) -> Answer<Value> {
    Ok(Json(show(&*rooms.flows.apply(&text, &source.file, actor).await?)))
}

async fn remove(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    rooms.flows.remove(&name, actor).await?;
    Ok(Json(json!({ "removed": name })))
}

async fn runs(State(rooms): State<Rooms>, Query(page): Query<Page>) -> Answer<Value> {
    let runs = rooms.flows.runs(page.limit())?;
    let short = runs.iter().map(|run| {
        json!({
            "id": run.id,
            "flow": run.flow,
            "state": run.state,
            "delivery": run.delivery,
            "steps_settled": run.steps.len(),
            "started_at_ms": run.started_at_ms,
            "ended_at_ms": run.ended_at_ms,
        })
    });
    Ok(Json(short.collect()))
}

async fn run(State(rooms): State<Rooms>, Path(id): Path<String>) -> Answer<Value> {
    let run = rooms.flows.run(&id)?;
    let effects: Vec<Effect> = rooms.flows.effects(&run)?;
    Ok(Json(json!({ "run": run, "effects": effects })))
}
