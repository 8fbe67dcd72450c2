//! The master key: which one it is, and its rotation. Never the key itself.

use axum::{Extension, Json, Router, extract::State, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use crate::{audit::Actor, host::Rooms, keys::Place};

pub(super) fn routes() -> Router<Rooms> {
    Router::new().route("/v1/key", get(show)).route("/v1/key/rotate", get(rotation).post(rotate))
}

/// Counting goes through everything that is sealed, beside the workers.
async fn show(State(rooms): State<Rooms>) -> Answer<Value> {
    let keeper = rooms.keeper;
    let counting = keeper.clone();
    let counted = tokio::task::spawn_blocking(move || counting.sealed()).await;
    let sealed = counted.map_err(|error| Failure::broken(&error))?;
    let sealed = sealed.map_err(crate::host::HostError::from)?;
    Ok(Json(json!({
        "id": keeper.id(),
        "place": keeper.place().to_string(),
        "data_keys": sealed.data_keys,
        "secrets": sealed.secrets,
        "rotation": keeper.progress(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    to: Option<Place>,
}

/// Begins a rotation; `show` says how it goes.
async fn rotate(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(wanted): Json<Wanted>,
) -> Answer<Value> {
    Ok(Json(json!({ "rotation": rooms.keeper.rotate(wanted.to, actor)? })))
}

/// How a rotation goes, without counting.
async fn rotation(State(rooms): State<Rooms>) -> Answer<Value> {
    Ok(Json(json!(rooms.keeper.progress())))
}
