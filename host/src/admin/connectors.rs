//! Installed connectors.

use axum::{Extension, Json, Router, body::Bytes, extract::State, routing::get};
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{audit::Actor, connectors::Installed, host::Rooms};

pub(super) fn routes() -> Router<Rooms> {
    Router::new().route("/v1/connectors", get(list).post(install))
}

fn show(installed: &Installed) -> Value {
    json!({
        "id": installed.record.id,
        "version": installed.record.version,
        "title": installed.manifest.connector.title,
        "digest": installed.record.digest,
        "installed_at_ms": installed.record.installed_at_ms,
        "events": installed.manifest.events.keys().collect::<Vec<_>>(),
        "actions": installed.manifest.actions.keys().collect::<Vec<_>>(),
    })
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    Ok(Json(rooms.connectors.list().iter().map(|installed| show(installed)).collect()))
}

async fn install(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    release: Bytes,
) -> Answer<Value> {
    Ok(Json(show(&*rooms.install(release.to_vec(), actor).await?)))
}
