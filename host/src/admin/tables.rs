//! The operator's tables for lookups.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{
    audit::Actor,
    host::Rooms,
    tables::{About, Form, ROWS_MAX},
};

/// Rows that are shown when nobody says otherwise.
const SHOWN: usize = 20;

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/tables", get(list))
        .route("/v1/tables/{name}", get(show).post(set).delete(remove))
}

async fn list(State(rooms): State<Rooms>) -> Answer<Vec<About>> {
    Ok(Json(rooms.tables.list()))
}

/// In which form the body is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    form: Form,
}

async fn set(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    Query(given): Query<Given>,
    text: Bytes,
) -> Answer<About> {
    Ok(Json(rooms.tables.set(&name, given.form, text.into(), actor).await?))
}

/// How much of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    rows: Option<usize>,
}

async fn show(
    State(rooms): State<Rooms>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Value> {
    let (about, table) = (rooms.tables.about(&name)?, rooms.tables.get(&name)?);
    let most = wanted.rows.unwrap_or(SHOWN).min(ROWS_MAX);
    let row = |key: &str| json!({ "key": key, "row": table.row(key) });
    let rows: Vec<Value> = table.keys().take(most).map(row).collect();
    Ok(Json(json!({ "table": about, "rows": rows })))
}

async fn remove(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
) -> Answer<Value> {
    let mut flows = Vec::new();
    for entry in rooms.flows.list() {
        if rooms.expressions.tables_in_flow(&entry.0.text).await.contains(&name) {
            flows.push(entry.0.name.clone());
        }
    }
    rooms.tables.remove(&name, flows, actor).await?;
    Ok(Json(json!({ "removed": name })))
}
