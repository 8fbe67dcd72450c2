//! `http`: requests towards the origins that were granted, through egress.

use std::time::Duration;

use bytes::Bytes;

use super::{Means, Particulars};
use crate::{
    contract::{Header, Problem, Reply, Request, http::Host},
    egress::{self, Sent},
    priority::Priority,
    problem,
};

/// Requests in one `send-many`.
const REQUESTS_MAX: usize = 100;
/// Requests of one `send-many` that may be under way at the same time.
const CONCURRENCY_MAX: u32 = 16;

/// What the mutating requests of a call may have done at the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Left {
    /// Nothing: none left the host, or each was refused with a definite answer.
    #[default]
    Nothing,
    /// Something took effect, for all that the host knows.
    Something,
}

/// One call's way out, and the memory of what it sent.
#[derive(Debug)]
pub struct Http {
    client: Option<egress::Client>,
    timeout: Duration,
    idempotency: Option<(String, String)>,
    mutations: u32,
    /// What the call may have changed, for the effect.
    pub left: Left,
    /// How many requests went out.
    pub requests: u32,
}

impl Http {
    pub(super) fn open(means: &Means, call: &Particulars) -> Self {
        Self {
            client: (!call.offline).then(|| means.egress.at(Priority::current())),
            timeout: Duration::from_millis(means.timeout_ms),
            idempotency: call.idempotency_header.clone().zip(call.idempotency_key.clone()),
            mutations: 0,
            left: Left::Nothing,
            requests: 0,
        }
    }

    pub(super) fn shut() -> Self {
        Self {
            client: None,
            timeout: Duration::ZERO,
            idempotency: None,
            mutations: 0,
            left: Left::Nothing,
            requests: 0,
        }
    }

    /// The request as egress takes it. The n-th mutation of a call carries the intention's key
    /// with `-n`, so that two of them are not taken for one.
    fn prepare(&mut self, client: &egress::Client, request: Request) -> egress::Request {
        let mutates = client.mutates(&request.method, &request.url);
        self.requests += 1;
        self.mutations += u32::from(mutates);
        let idempotency = self.idempotency.clone().filter(|_| mutates);
        egress::Request {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().map(|h| (h.name, h.value)).collect(),
            body: request.body.map(Bytes::from),
            timeout: self.timeout,
            idempotency: idempotency.map(|(name, key)| match self.mutations {
                1 => (name, key),
                n => (name, format!("{key}-{n}")),
            }),
        }
    }

    fn remember(&mut self, sent: Sent) {
        if sent != Sent::Nothing {
            self.left = Left::Something;
        }
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
        let prepared: Vec<_> =
            requests.into_iter().map(|request| self.prepare(&client, request)).collect();
        // Whatever is under way when the call is stopped may have taken effect.
        let before = self.left;
        if self.mutations > 0 {
            self.left = Left::Something;
        }
        let answers = client.send_all(prepared, concurrency.clamp(1, CONCURRENCY_MAX)).await;
        self.left = before;
        Ok(answers
            .into_iter()
            .map(|answer| {
                self.remember(answer.sent);
                answer.result.map(reply).map_err(Problem::from)
            })
            .collect())
    }
}
