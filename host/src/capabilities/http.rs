//! `http`: requests towards the origins that were granted, through egress.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Left, Means, Particulars,
    ledger::{Ledger, UnderWay},
    tape::Tape,
    wasi_http::Room,
};
use crate::{
    contract::{Header, Problem, Reply, Request, http::Host},
    egress,
    priority::Priority,
    problem,
};

/// Requests in one `send-many`.
const REQUESTS_MAX: usize = 100;
/// Requests of one `send-many` that may be under way at the same time.
pub(super) const CONCURRENCY_MAX: u32 = 16;

/// One call's way out, and the memory of what it sent: through `http` and through `wasi:http`.
#[derive(Debug)]
pub struct Http {
    pub(super) client: Option<egress::Client>,
    timeout: Duration,
    idempotency: Option<(String, String)>,
    mutations: u32,
    pub(super) ledger: Ledger,
    /// What requests of `wasi:http` share.
    pub(super) room: Room,
    /// How many requests went out.
    pub requests: u32,
}

impl Http {
    pub(super) fn open(means: &Means, call: &Particulars, tape: &Tape) -> Self {
        let client = || means.egress.at(Priority::current()).heard_by(tape.ear());
        Self {
            client: (!call.offline).then(client),
            timeout: Duration::from_millis(means.timeout_ms),
            idempotency: call.idempotency_header.clone().zip(call.idempotency_key.clone()),
            mutations: 0,
            ledger: Ledger::default(),
            room: Room::default(),
            requests: 0,
        }
    }

    pub(super) fn shut() -> Self {
        Self {
            client: None,
            timeout: Duration::ZERO,
            idempotency: None,
            mutations: 0,
            ledger: Ledger::default(),
            room: Room::default(),
            requests: 0,
        }
    }

    /// What the call may have changed, for the effect.
    pub fn left(&self) -> Left {
        self.ledger.left()
    }

    /// The call has ended: nothing is sent any more, whatever of it is still there.
    pub fn close(&self) {
        self.ledger.close();
    }

    /// The request as egress takes it, and whether it may change something. The n-th mutation of
    /// a call carries the intention's key with `-n`, so that two of them are not taken for one.
    pub(super) fn prepare(
        &mut self,
        client: &egress::Client,
        request: Request,
    ) -> (egress::Request, bool) {
        let body = request.body.as_deref().unwrap_or_default();
        let mutates = client.mutates(&request.method, &request.url, body);
        self.requests += 1;
        self.mutations += u32::from(mutates);
        let idempotency = self.idempotency.clone().filter(|_| mutates);
        let prepared = egress::Request {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().map(|h| (h.name, h.value)).collect(),
            body: request.body.map(Bytes::from),
            timeout: self.timeout,
            idempotency: idempotency.map(|(name, key)| match self.mutations {
                1 => (name, key),
                n => (name, format!("{key}-{n}")),
            }),
        };
        (prepared, mutates)
    }
}

fn reply(reply: egress::Reply) -> Reply {
    Reply {
        status: reply.status,
        headers: reply.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
        body: reply.body.to_vec(),
        ext: Vec::new(),
    }
}

impl Host for Http {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Reply, Problem>> {
        let mut answers = self.send_many(vec![request], 1).await?;
        Ok(answers.pop().unwrap_or_else(|| Err(problem::unavailable("no answer"))))
    }

    async fn send_many(
        &mut self,
        requests: Vec<Request>,
        concurrency: u32,
    ) -> wasmtime::Result<Vec<Result<Reply, Problem>>> {
        let refused = match &self.client {
            None => Some("no requests are allowed here"),
            Some(_) if requests.len() > REQUESTS_MAX => Some("more than 100 requests at once"),
            Some(_) => None,
        };
        if let Some(why) = refused {
            return Ok(requests.iter().map(|_| Err(problem::forbidden(why))).collect());
        }
        let Some(client) = self.client.clone() else { return Ok(Vec::new()) };
        let mut under_way: Vec<Option<UnderWay>> = Vec::with_capacity(requests.len());
        let mut prepared = Vec::with_capacity(requests.len());
        for request in requests {
            let (request, mutates) = self.prepare(&client, request);
            prepared.push(request);
            // Whatever is under way when the call is stopped may have taken effect.
            under_way.push(self.ledger.begin(mutates));
        }
        let answers = client.send_all(prepared, concurrency.clamp(1, CONCURRENCY_MAX)).await;
        Ok(answers
            .into_iter()
            .zip(under_way)
            .map(|(answer, under_way)| {
                if let Some(under_way) = under_way {
                    under_way.end(answer.sent);
                }
                answer.result.map(reply).map_err(Problem::from)
            })
            .collect())
    }

    async fn failure(&mut self) -> wasmtime::Result<Option<Problem>> {
        Ok(self.ledger.failure())
    }
}
