//! Connections.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer::Answer, sign_ins};
use crate::{
    audit::Actor,
    connections::{self, Change, ConnectionError, Live, NewConnection, Turnover},
    contract::roles::subscriptions::Subscription,
    host::Rooms,
    secret::Secret,
};

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/connections", get(list).post(add))
        .route("/v1/connections/{name}/test", post(test))
        .route("/v1/connections/{name}/subscribe", post(subscribe).delete(unsubscribe))
        .route("/v1/connections/{name}", delete(remove).patch(set))
        .route("/v1/connections/{name}/rotate", get(ages).post(rotate))
        .route("/v1/connections/{name}/pause", post(pause))
        .route("/v1/connections/{name}/resume", post(resume))
}

fn show(rooms: &Rooms, live: &Arc<Live>) -> Value {
    let webhooks = live.connector.manifest.webhook.is_some();
    json!({
        "name": live.connection.name,
        "connector": live.connection.connector,
        "version": live.connector.release.version,
        "state": live.connection.state,
        "settings": live.connection.settings,
        "origins": live.connection.origins,
        "endpoint": webhooks.then(|| rooms.endpoint(live)),
        "missing_secrets": live.missing_secrets(),
        "health": sign_ins::health(live, rooms.clock.now_ms()),
        "sign_ins": sign_ins::show(live),
        "choice": live.choice(),
        "left_alone": left_alone(live),
        "subscribed": live.connection.subscribed,
        "added_at_ms": live.connection.added_at_ms,
    })
}

/// The origins to which nothing is sent for a while, because they failed again and again.
pub(super) fn left_alone(live: &Live) -> Value {
    let shown = live.rests().into_iter().map(|rest| {
        json!({
            "origin": rest.origin,
            "since_ms": rest.since_ms,
            "until_ms": rest.until_ms,
            "failures": rest.failures,
            "last": rest.why,
        })
    });
    shown.collect()
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    Ok(Json(rooms.connections.list().iter().map(|live| show(&rooms, live)).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    connector: String,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    #[serde(default)]
    origins: BTreeMap<String, String>,
}

fn out_of_sight(secrets: BTreeMap<String, String>) -> BTreeMap<String, Secret<String>> {
    secrets.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()
}

async fn add(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(new): Json<New>,
) -> Answer<Value> {
    let New { name, connector, settings, secrets, origins } = new;
    let secrets = out_of_sight(secrets);
    let new = NewConnection { name, connector, settings, secrets, origins };
    let live = rooms.connections.add(new, actor).await?;
    Ok(Json(show(&rooms, &live)))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Changed {
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    ahead: bool,
}

async fn set(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Json(Changed { settings, secrets, ahead }): Json<Changed>,
) -> Answer<Value> {
    let change = Change { settings, secrets: out_of_sight(secrets), ahead };
    let live = rooms.connections.set(&name, change, actor).await?;
    Ok(Json(show(&rooms, &live)))
}

async fn ages(State(rooms): State<Rooms>, Path(name): Path<String>) -> Answer<Value> {
    let live = rooms.connections.get(&name)?;
    let every_days = live.connection.rotation.every_days;
    Ok(Json(json!({ "name": name, "every_days": every_days, "secrets": live.ages() })))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Turned {
    secrets: BTreeMap<String, String>,
    overlap_hours: u32,
    every_days: Option<u32>,
}

async fn rotate(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Json(Turned { secrets, overlap_hours, every_days }): Json<Turned>,
) -> Answer<Value> {
    let turnover = Turnover { secrets: out_of_sight(secrets), overlap_hours, every_days };
    rooms.connections.rotate(&name, turnover, actor).await?;
    ages(State(rooms), Path(name)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    #[serde(default)]
    discard: bool,
}

async fn remove(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Query(Removal { discard }): Query<Removal>,
) -> Answer<Value> {
    rooms.remove_connection(&name, discard, actor).await?;
    Ok(Json(json!({ "removed": name })))
}

/// Proves that a connection works, by the cheapest authorised read that its connector knows.
async fn test(State(rooms): State<Rooms>, Path(name): Path<String>) -> Answer<Value> {
    let live = rooms.connections.get(&name)?;
    let (package, limits) = (&live.connector.package, live.connector.limits);
    let label = rooms.runtime.check(package, live.window(), limits).await.result?;
    live.label(&label).await.map_err(ConnectionError::from)?;
    Ok(Json(json!({ "name": name, "account": label })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    #[serde(default)]
    events: Vec<String>,
}

/// Has the vendor call the connection's endpoint.
async fn subscribe(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Json(Kinds { events }): Json<Kinds>,
) -> Answer<Value> {
    let live = rooms.connections.get(&name)?;
    let all = rooms.subscribe(&live, events, actor).await?;
    let shown = |one: &Subscription| {
        let Subscription { id, url, kinds, expires_at_ms } = one;
        json!({ "id": id, "url": url, "events": kinds, "expires_at_ms": expires_at_ms })
    };
    Ok(Json(json!({ "name": name, "subscriptions": all.iter().map(shown).collect::<Vec<_>>() })))
}

/// Has the vendor call it no more.
async fn unsubscribe(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    let live = rooms.connections.get(&name)?;
    Ok(Json(json!({ "name": name, "removed": rooms.unsubscribe(&live, actor).await? })))
}

async fn pause(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    let live = rooms.set_state(&name, connections::State::Paused, actor).await?;
    Ok(Json(show(&rooms, &live)))
}

async fn resume(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    let live = rooms.set_state(&name, connections::State::Active, actor).await?;
    Ok(Json(show(&rooms, &live)))
}
