//! Installed connectors, and whose releases may be installed.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    routing::{delete, get, post},
};
use jackfield_registry::package::Publisher;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{
    audit::Actor,
    connectors::{ConnectorRecord, Installed, Kind, Review, Wish},
    host::Rooms,
};

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/connectors", get(list).post(install))
        .route("/v1/connectors/review", post(review))
        .route("/v1/connectors/upgrade", post(upgrade))
        .route("/v1/connectors/{id}", delete(remove))
        .route("/v1/connectors/{id}/rollback", post(roll_back))
        .route("/v1/publishers", get(publishers).post(trust))
        .route("/v1/publishers/{name}", delete(distrust))
}

/// How a release shall be let in, as the query says it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ask {
    unsigned: bool,
    approval: Option<String>,
    watch: bool,
    connection: Option<String>,
}

impl Ask {
    fn wish(self, kind: Kind, actor: Actor) -> Wish {
        let Self { unsigned, approval, watch, .. } = self;
        Wish { kind, unsigned, approval, watch, actor }
    }
}

fn show(installed: &Installed) -> Value {
    json!({
        "id": installed.id,
        "version": installed.release.version,
        "title": installed.manifest.connector.title,
        "digest": installed.release.digest,
        "publisher": installed.release.publisher,
        "installed_at_ms": installed.release.grant.at_ms,
        "events": installed.manifest.events.keys().collect::<Vec<_>>(),
        "actions": installed.manifest.actions.keys().collect::<Vec<_>>(),
    })
}

/// The same with what is kept of the connector; less of it while it cannot be used.
fn show_with(record: &ConnectorRecord, installed: Option<&Installed>) -> Value {
    let mut shown = installed
        .map_or_else(|| json!({ "id": record.id, "version": record.current.version }), show);
    let tally = installed.map(|installed| installed.package.tally());
    shown["state"] = json!(if installed.is_some() { "running" } else { "out of order" });
    shown["before"] = json!(record.before.iter().map(|one| &one.version).collect::<Vec<_>>());
    let trials = record.trials.iter().map(|(name, one)| (name.clone(), json!(one.version)));
    shown["trials"] = Value::Object(trials.collect());
    shown["watched_until_ms"] = json!(record.watch.as_ref().map(|watch| watch.until_ms));
    shown["calls"] = json!(tally.map(|tally| tally.calls));
    shown["failed"] = json!(tally.map(|tally| tally.failed));
    shown
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    let all = rooms.connectors.list();
    Ok(Json(
        all.iter().map(|(record, installed)| show_with(record, installed.as_deref())).collect(),
    ))
}

/// A review, and the same as a person reads it.
#[derive(Serialize)]
struct Reviewed {
    #[serde(flatten)]
    review: Review,
    text: String,
}

async fn review(
    State(rooms): State<Rooms>,
    Query(ask): Query<Ask>,
    release: Bytes,
) -> Answer<Reviewed> {
    let review = rooms.connectors.review(release.to_vec(), ask.unsigned).await?;
    Ok(Json(Reviewed { text: review.to_string(), review }))
}

async fn install(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Query(ask): Query<Ask>,
    release: Bytes,
) -> Answer<Value> {
    let wish = ask.wish(Kind::Install, actor);
    Ok(Json(show(&*rooms.let_in(release.to_vec(), wish).await?)))
}

async fn upgrade(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Query(mut ask): Query<Ask>,
    release: Bytes,
) -> Answer<Value> {
    let kind = ask.connection.take().map_or(Kind::Upgrade, Kind::Trial);
    let wish = ask.wish(kind, actor);
    Ok(Json(show(&*rooms.let_in(release.to_vec(), wish).await?)))
}

async fn roll_back(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(ask): Query<Ask>,
) -> Answer<Value> {
    let back = rooms.roll_back(&id, ask.connection.as_deref(), None, actor).await?;
    Ok(Json(show(&back)))
}

async fn remove(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.remove_connector(&id, actor).await?;
    Ok(Json(json!({ "removed": id })))
}

async fn publishers(State(rooms): State<Rooms>) -> Answer<Value> {
    let trusted = rooms.connectors.trusted()?;
    let rows = trusted.iter().map(
        |one| json!({ "name": one.name, "publisher": one.publisher, "since_ms": one.since_ms }),
    );
    Ok(Json(rows.collect()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trust {
    name: String,
    publisher: Publisher,
}

async fn trust(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(Trust { name, publisher }): Json<Trust>,
) -> Answer<Value> {
    rooms.connectors.trust(&name, publisher, actor).await?;
    Ok(Json(json!({ "name": name, "publisher": publisher })))
}

async fn distrust(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    rooms.connectors.distrust(&name, actor).await?;
    Ok(Json(json!({ "distrusted": name })))
}
