//! Flows.

use std::collections::BTreeMap;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use crate::{
    audit::Actor,
    flows::{Applied, Flow, FlowError, Kind, Source, Step, Trial, Trigger},
    host::Rooms,
};

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/flows", get(list).post(apply))
        .route("/v1/flows/check", post(check))
        .route("/v1/flows/test", post(test))
        .route("/v1/flows/{name}", get(one).delete(remove))
        .route("/v1/flows/{name}/pause", post(pause))
        .route("/v1/flows/{name}/resume", post(resume))
        .route("/v1/flows/{name}/run", post(run))
}

fn show(rooms: &Rooms, (applied, flow): &(Applied, Flow)) -> Result<Value, FlowError> {
    Ok(json!({
        "name": applied.name,
        "description": flow.description,
        "version": applied.version,
        "applied_at_ms": applied.applied_at_ms,
        "paused": rooms.flows.is_paused(&applied.name)?,
        "on": trigger(&flow.on, rooms.clock.now_ms()),
        "steps": flow.steps.iter().map(step).collect::<Vec<_>>(),
    }))
}

fn trigger(on: &Trigger, now_ms: u64) -> Value {
    match on {
        Trigger::Event(on) => {
            json!({ "connection": on.connection.get_ref(), "event": on.event.get_ref() })
        }
        Trigger::Schedule(schedule) => {
            json!({ "schedule": schedule.to_string(), "next_at_ms": schedule.after(now_ms) })
        }
        Trigger::Manual => json!({ "manual": true }),
        Trigger::Flow { flow, .. } => json!({ "flow": flow.get_ref() }),
    }
}

fn step(step: &Step) -> Value {
    let mut shown = json!({ "id": step.id.get_ref(), "does": step.word() });
    match &step.kind {
        Kind::Act { connection, action, .. } => {
            shown["connection"] = connection.get_ref().as_str().into();
            shown["action"] = action.get_ref().as_str().into();
        }
        Kind::Flow { flow, .. } => shown["flow"] = flow.get_ref().as_str().into(),
        _ => {}
    }
    if !step.on_error.is_empty() {
        shown["on_error"] = step.on_error.iter().map(self::step).collect();
    }
    shown
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    let flows = rooms.flows.list();
    let shown = flows.iter().map(|entry| show(&rooms, entry)).collect::<Result<_, _>>()?;
    Ok(Json(Value::Array(shown)))
}

async fn one(State(rooms): State<Rooms>, Path(name): Path<String>) -> Answer<Value> {
    let entry = rooms.flows.known(&name)?;
    let mut shown = show(&rooms, &entry)?;
    shown["text"] = entry.0.text.as_str().into();
    Ok(Json(shown))
}

async fn check(State(rooms): State<Rooms>, Json(sources): Json<Vec<Source>>) -> Answer<Value> {
    let flows = rooms.flows.check(&sources).await?;
    let names = flows.iter().map(|flow| json!({ "name": flow.name, "steps": flow.steps.len() }));
    Ok(Json(names.collect()))
}

async fn apply(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(sources): Json<Vec<Source>>,
) -> Answer<Value> {
    let entries = rooms.flows.apply(&sources, actor).await?;
    let shown = entries.iter().map(|entry| show(&rooms, entry)).collect::<Result<_, _>>()?;
    Ok(Json(Value::Array(shown)))
}

/// What a flow is tried with.
#[derive(Deserialize)]
struct Tried {
    source: Source,
    /// A whole event with `record`, or the record alone.
    event: Value,
    #[serde(default)]
    outputs: BTreeMap<String, Value>,
}

async fn test(State(rooms): State<Rooms>, Json(tried): Json<Tried>) -> Answer<Trial> {
    let event = match tried.event.get("record") {
        Some(_) => tried.event,
        None => json!({ "kind": "test", "key": "test", "record": tried.event }),
    };
    Ok(Json(rooms.flows.try_out(&tried.source, event, &tried.outputs).await?))
}

async fn remove(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    rooms.flows.remove(&name, actor).await?;
    Ok(Json(json!({ "removed": name })))
}

async fn pause(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    rooms.flows.pause(&name, actor).await?;
    Ok(Json(json!({ "paused": name })))
}

async fn resume(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    let runs = rooms.flows.resume(&name, actor).await?;
    Ok(Json(json!({ "resumed": name, "runs": runs })))
}

/// With what a person starts a run.
#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    record: Value,
    key: Option<String>,
}

async fn run(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Json(start): Json<Start>,
) -> Answer<Value> {
    let on = rooms.flows.known(&name)?.1.on.clone();
    if !matches!(on, Trigger::Manual | Trigger::Schedule(_)) {
        return Err(Failure::refused(format!(
            "`{name}` starts at an event, not by hand\n  hint: `jackfield flow test FILE --event \
             FILE` says what it would do; `jackfield delivery replay ID` has a delivery parsed again"
        )));
    }
    let run = rooms.flows.start_by_hand(&name, start.record, start.key, &actor).await;
    let run = run.map_err(Failure::refused)?;
    Ok(Json(json!({ "flow": name, "run": run })))
}
