//! The repair desk: dead letters, one or many alike, and alerts.

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
    desk::{Many, Notice, Shown, Standing, Told, Wish},
    host::Rooms,
};

/// Items of a list when nobody says otherwise.
const LIMIT: usize = 50;

/// What is wanted of the list.
#[derive(Debug, Deserialize)]
struct Wanted {
    connection: Option<String>,
    limit: Option<usize>,
    /// Every letter, in the place of the groups.
    #[serde(default)]
    all: bool,
}

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/dead-letters", get(list))
        .route("/v1/dead-letters/retry", post(retry_many))
        .route("/v1/dead-letters/discard", post(discard_many))
        .route("/v1/dead-letters/{id}", get(show))
        .route("/v1/dead-letters/{id}/edit", post(edit))
        .route("/v1/dead-letters/{id}/happened", post(happened))
        .route("/v1/dead-letters/{id}/retry", post(retry))
        .route("/v1/dead-letters/{id}/discard", post(discard))
        .route("/v1/alert", get(alert).post(set_alert).delete(remove_alert))
        .route("/v1/alert/test", post(test_alert))
}

async fn list(State(rooms): State<Rooms>, Query(wanted): Query<Wanted>) -> Answer<Value> {
    let listed = beside(move || {
        let letters = rooms.desk.letters();
        let (connection, limit) = (wanted.connection.as_deref(), wanted.limit.unwrap_or(LIMIT));
        Ok(match wanted.all {
            true => json!(letters.list(connection, limit)?),
            false => json!(letters.groups(connection, limit)?),
        })
    });
    Ok(Json(listed.await?))
}

async fn show(State(rooms): State<Rooms>, Path(id): Path<String>) -> Answer<Shown> {
    Ok(Json(rooms.desk.show(&id).await?))
}

/// The input that a step shall have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edited {
    input: Value,
}

async fn edit(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(edited): Json<Edited>,
) -> Answer<Shown> {
    rooms.desk.edit(&id, edited.input, &actor).await?;
    Ok(Json(rooms.desk.show(&id).await?))
}

/// What an action gave whose answer was lost.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happened {
    /// Absent or `null`: nobody knows.
    output: Option<Value>,
}

async fn happened(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Json(happened): Json<Happened>,
) -> Answer<Value> {
    let missed = rooms.desk.happened(&id, happened.output, &actor).await?;
    Ok(Json(json!({ "id": id, "readers_without_output": missed })))
}

async fn retry(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.desk.retry(&id, &actor).await?;
    Ok(Json(json!({ "id": id })))
}

async fn discard(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.desk.discard(&id, &actor).await?;
    Ok(Json(json!({ "id": id })))
}

async fn retry_many(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(many): Json<Many>,
) -> Answer<Told> {
    Ok(Json(rooms.desk.retry_many(&many, &actor).await?))
}

async fn discard_many(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(many): Json<Many>,
) -> Answer<Told> {
    Ok(Json(rooms.desk.discard_many(&many, &actor).await?))
}

async fn alert(State(rooms): State<Rooms>) -> Json<Option<Standing>> {
    Json(rooms.desk.alerts())
}

async fn set_alert(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(wish): Json<Wish>,
) -> Answer<Standing> {
    Ok(Json(rooms.desk.set_alerts(wish, &actor).await?))
}

async fn remove_alert(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
) -> Answer<Value> {
    rooms.desk.remove_alerts(&actor).await?;
    Ok(Json(json!({})))
}

async fn test_alert(State(rooms): State<Rooms>) -> Answer<Notice> {
    Ok(Json(rooms.desk.test_alerts().await?))
}
