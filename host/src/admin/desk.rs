//! The repair desk: dead letters.

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{
    audit::Actor,
    host::Rooms,
    queue::{DeadLetter, DeadLetters},
};

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/dead-letters", get(list))
        .route("/v1/dead-letters/{id}", get(show))
        .route("/v1/dead-letters/{id}/retry", post(retry))
        .route("/v1/dead-letters/{id}/discard", post(discard))
}

fn desk(rooms: &Rooms) -> DeadLetters {
    DeadLetters::of(rooms.queue.clone())
}

async fn list(State(rooms): State<Rooms>) -> Answer<Vec<DeadLetter>> {
    Ok(Json(desk(&rooms).list()?))
}

async fn show(State(rooms): State<Rooms>, Path(id): Path<String>) -> Answer<DeadLetter> {
    Ok(Json(desk(&rooms).get(&id)?))
}

async fn retry(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.retry(&id, actor).await?;
    Ok(Json(json!({ "id": id })))
}

async fn discard(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Value> {
    rooms.discard(&id, actor).await?;
    Ok(Json(json!({ "id": id })))
}
