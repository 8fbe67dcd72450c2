//! Ingest: a signed webhook of 2 KiB, over 64 connections, answered when it is on disk.
//!
//! The yardstick is a bare hyper server that checks the same HMAC and appends the body to a bare
//! journal. The connection is paused, so that what is measured is the way to the disk; the
//! parsing that follows it is `pipeline`'s.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::AtomicU64},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jackfield_tests::{
    house::House,
    orders::{self, Till},
    twin::Twin,
};
use serde_json::json;
use sha2::Sha256;
use tokio::{net::TcpListener, time::Instant};

use super::{
    journal::Journal,
    load::{self, BODY_BYTES},
    report::{Report, Side, Turns},
};

/// Connections that send at the same time.
const CONNECTIONS: u32 = 64;

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await?;
    orders::connect(&house, &till).await;
    house.does(&["connection", "pause", "orders"]).await;
    let journal = Journal::open(&house.dir().join("yardstick"))?;
    let yardstick = bare_server(journal).await?;
    let endpoint = house.endpoint("orders");
    let number = Arc::new(AtomicU64::new(0));
    let (mut ours, mut bare) = (Side::default(), Side::default());
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        turn(&yardstick, &number, turns.seconds, &mut bare).await?;
        turn(&endpoint, &number, turns.seconds, &mut ours).await?;
    }
    let ratio = ours.per_second() / bare.per_second();
    Ok(Report {
        name: "ingest",
        ratio,
        lines: vec![
            format!(
                "jackfield {:>8.0} webhooks/s, p99 {:.0} µs",
                ours.per_second(),
                ours.quantile_us(0.99)
            ),
            format!(
                "yardstick {:>8.0} webhooks/s, p99 {:.0} µs",
                bare.per_second(),
                bare.quantile_us(0.99)
            ),
        ],
        more: json!({
            "jackfield": ours.json(),
            "yardstick": bare.json(),
            "connections": CONNECTIONS,
            "body_bytes": BODY_BYTES,
            "durability": "fdatasync before the reply, group commit, on both sides",
            "parsing": "paused",
        }),
    })
}

/// One side's turn.
async fn turn(
    url: &str,
    number: &Arc<AtomicU64>,
    seconds: u64,
    side: &mut Side,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let sent = load::send(url, CONNECTIONS, None, number, seconds).await?;
    side.add(sent.none_refused()?, begin.elapsed());
    Ok(())
}

/// The yardstick: the least that can be called a durable, verified ingest.
async fn bare_server(journal: Journal) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/in/yardstick", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Only slower without it.
            let _ = stream.set_nodelay(true);
            let journal = journal.clone();
            let service = service_fn(move |request| take(request, journal.clone()));
            let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(serving);
        }
    });
    Ok(url)
}

async fn take(
    request: Request<Incoming>,
    journal: Journal,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::new()));
    let signature = request.headers().get("x-signature").cloned();
    let signature = signature.and_then(|value| STANDARD.decode(value.as_bytes()).ok());
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(response),
    };
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(orders::KEY.as_bytes()).expect("any key length");
    let genuine = mac.chain_update(&body).verify_slice(&signature.unwrap_or_default()).is_ok();
    if genuine {
        journal.append(body.to_vec()).await;
    } else {
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
    }
    Ok(response)
}
