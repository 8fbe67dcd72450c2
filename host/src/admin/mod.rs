//! The operator's HTTP API: everything that the `jackfield` command does, it does through here.
//!
//! Owns who may use it. Promises that every request carries a valid token, and that every change
//! leaves a line in the audit trail with the token's name. Never shows a secret, and never
//! listens where webhooks arrive.

mod answer;
mod connections;
mod connectors;
mod deliveries;
mod desk;
mod flows;
mod key;
mod runs;
mod sign_ins;
mod status;
mod tables;
mod tokens;
mod trail;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::header::AUTHORIZATION,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tokio::{net::TcpListener, sync::watch};

pub use tokens::{TOKEN_FILE, TokenError, Tokens};

use crate::{audit::Actor, host::Rooms};
use answer::Failure;

/// The longest body of a request, in bytes: a release.
const BODY_BYTES_MAX: usize = 64 << 20;
/// How long requests that are under way may go on when the host stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves the API until `stop` says so.
pub(crate) async fn serve(rooms: Rooms, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let mut stopping = stop.clone();
    let ended = async move {
        // An error means that the host is gone.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let serving = axum::serve(listener, router(rooms)).with_graceful_shutdown(ended);
    let late = async {
        let _ = stop.wait_for(|stop| *stop).await;
        let _ = tokio::time::timeout(FAREWELL, std::future::pending::<()>()).await;
    };
    tokio::select! {
        served = serving => if let Err(error) = served {
            tracing::error!(%error, "the admin API has ended");
        },
        () = late => tracing::warn!("some requests to the admin API did not finish in time"),
    }
}

fn router(rooms: Rooms) -> Router {
    Router::new()
        .merge(status::routes())
        .merge(connectors::routes())
        .merge(connections::routes())
        .merge(sign_ins::routes())
        .merge(flows::routes())
        .merge(runs::routes())
        .merge(tables::routes())
        .merge(key::routes())
        .merge(deliveries::routes())
        .merge(desk::routes())
        .merge(trail::routes())
        .merge(tokens::routes())
        .fallback(async || Failure::not_found("the admin API has nothing there"))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(rooms.clone(), guard))
        .with_state(rooms)
}

/// Lets through who has a token, and remembers whose it is.
async fn guard(State(rooms): State<Rooms>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bearer "));
    match token.map(|token| rooms.tokens.holder(token)) {
        Some(Ok(Some(name))) => {
            request.extensions_mut().insert(Actor::Operator(name));
            // A task of its own: what was begun is ended, even if nobody waits for the answer.
            match tokio::spawn(next.run(request)).await {
                Ok(response) => response,
                Err(error) => Failure::broken(&error).into_response(),
            }
        }
        Some(Err(error)) => Failure::from(error).into_response(),
        Some(Ok(None)) | None => Failure::unauthorized().into_response(),
    }
}
