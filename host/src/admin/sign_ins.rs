//! Signing in at vendors, and how the credentials of a connection stand.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{connections::Live, host::Rooms, oauth};

pub(super) fn routes() -> Router<Rooms> {
    Router::new().route("/v1/connections/{name}/authorize", get(progress).post(begin))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// By which `[auth.NAME]`, where there are several.
    auth: Option<String>,
}

async fn begin(
    State(rooms): State<Rooms>,
    Path(name): Path<String>,
    Json(Wish { auth }): Json<Wish>,
) -> Answer<Value> {
    let begun = rooms.connections.authorize(&name, auth.as_deref())?;
    Ok(Json(json!({
        "name": name,
        "url": begun.url,
        "redirect_url": begun.redirect_url,
        "until_ms": begun.until_ms,
    })))
}

async fn progress(State(rooms): State<Rooms>, Path(name): Path<String>) -> Answer<Value> {
    let progress = rooms.connections.progress(&name)?;
    let mut told = progress.map_or_else(|| json!({ "state": "none" }), |progress| json!(progress));
    told["choice"] = json!(rooms.connections.get(&name)?.choice());
    Ok(Json(told))
}

/// How each sign-in of a connection stands.
pub(super) fn show(live: &Live) -> Value {
    let sign_ins = live.sign_ins().map(|(auth, sign_in)| {
        let standing = sign_in.standing();
        json!({
            "auth": auth,
            "by_person": sign_in.is_by_person(),
            "state": standing.state,
            "why": standing.why,
            "since_ms": standing.since_ms,
            "obtained_at_ms": standing.obtained_at_ms,
            "expires_at_ms": standing.expires_at_ms,
            "idle_until_ms": sign_in.idle_until_ms(),
            "account": standing.account,
        })
    });
    sign_ins.collect()
}

/// The health of a connection's credentials, in one line.
pub(super) fn health(live: &Live, now_ms: u64) -> String {
    let due =
        live.due(now_ms).map(|(names, _)| format!("; due to be changed: {}", names.join(", ")));
    state(live, now_ms) + &due.unwrap_or_default()
}

fn state(live: &Live, now_ms: u64) -> String {
    if let Some(why) = live.needs_person() {
        return format!("needs a person: {why}");
    }
    if let Some(secret) = live.missing_secrets().first() {
        return format!("needs a person: the secret `{secret}` is not set");
    }
    let standings =
        live.sign_ins().map(|(_, sign_in)| (sign_in.standing(), sign_in.idle_until_ms()));
    let ends = standings.filter_map(|(standing, idle_until_ms)| match idle_until_ms {
        Some(until_ms) => Some(until_ms),
        // What is had in the host's own name is had again; what cannot be renewed runs out.
        None if standing.state == oauth::State::Healthy => standing.expires_at_ms,
        None => None,
    });
    match ends.min() {
        Some(end_ms) => format!("healthy, expiring in {}", span(end_ms.saturating_sub(now_ms))),
        None => "healthy".into(),
    }
}

/// A length of time as a person says it.
fn span(ms: u64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0 => "less than a minute".into(),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_length_of_time_is_said_in_its_largest_unit() {
        for (ms, said) in [
            (0, "less than a minute"),
            (60_000, "1 min"),
            (119 * 60_000, "119 min"),
            (3 * 3_600_000, "3 h"),
            (60 * 86_400_000, "60 days"),
        ] {
            assert_eq!(span(ms), said);
        }
    }
}
