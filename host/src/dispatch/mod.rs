//! The queue's workers: claim, call, settle.
//!
//! Promises that every claim ends in a settlement: done with what follows, a retry at a time, or
//! a dead letter that somebody is told of. Never acknowledges a webhook and never opens a
//! socket.

mod outcome;
mod parse;
mod share;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tracing::Instrument as _;

pub use crate::backoff::Backoff;
pub use outcome::Outcome;

use crate::{
    clock::SharedClock,
    connections::Connections,
    fault::{Blame, Fault, Retry},
    flows::Flows,
    inbox::Inbox,
    queue::{self, Claim, Queue, QueueError, Task, Work},
    runtime::Runtime,
    store::{CommitError, Store, StoreError},
};

/// Work in progress at the same time, over all lanes.
pub const WORKERS: usize = queue::CLAIMS;
/// How long the claiming of work rests after the store failed.
const REST_MS: u64 = 1_000;

/// What the workers need.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// Where the work is.
    pub queue: Queue,
    /// Where the deliveries are.
    pub inbox: Inbox,
    /// Through what they are parsed.
    pub connections: Connections,
    /// What their events start.
    pub flows: Flows,
    /// Where connectors run.
    pub runtime: Runtime,
    /// Where settlements go.
    pub store: Store,
    /// The host's time.
    pub clock: SharedClock,
    /// When a failure is tried again.
    pub backoff: Backoff,
}

impl Dispatch {
    /// Claims and delivers until `stop` says so, then waits for what is in progress.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let this = Arc::new(self);
        let room = Arc::new(Semaphore::new(WORKERS));
        let mut workers = JoinSet::new();
        loop {
            // The semaphore is never closed.
            let permit = room.clone().acquire_owned().await.expect("an open semaphore");
            while workers.try_join_next().is_some() {}
            let claimed = tokio::select! {
                claimed = this.queue.claim() => claimed,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match claimed {
                Ok(claim) => {
                    let this = this.clone();
                    workers.spawn(async move {
                        this.deliver(claim).await;
                        drop(permit);
                    });
                }
                Err(error) => this.rest("work cannot be claimed", &error).await,
            }
        }
        while workers.join_next().await.is_some() {}
    }

    /// The way of one piece of work: call, find out what it came to, settle.
    async fn deliver(&self, claim: Claim) {
        let work = claim.work.clone();
        let span = tracing::info_span!("work", id = %work.id, connection = work.lane);
        let call = work.priority.carry(self.call(&work));
        let called = AssertUnwindSafe(call).catch_unwind().instrument(span.clone());
        let outcome = called.await.unwrap_or_else(|_| Outcome::failed(panicked()));
        let settlement = self.decide(&work, outcome);
        self.heed_breakers(&work.lane);
        span.in_scope(|| settlement.tell(&work));
        let mut settled = claim.settle(settlement.batch, settlement.follow).await;
        if let Err(QueueError::Commit(CommitError::Store(StoreError::TooBig { .. }))) = settled {
            // It will never fit: a person is told.
            let settlement = self.decide(&work, Outcome::failed(too_big()));
            span.in_scope(|| settlement.tell(&work));
            settled = claim.settle(settlement.batch, settlement.follow).await;
        }
        if let Err(error) = settled {
            span.in_scope(|| tracing::warn!(%error, "not settled; it will be tried again"));
        }
    }

    /// Does what the work asks for.
    async fn call(&self, work: &Work) -> Outcome {
        match &work.task {
            Task::Parse { delivery, tenant } => self.parse(work, delivery, tenant.as_deref()).await,
            Task::Step { run } => self.flows.step(run, &work.lane, work.attempts + 1).await.into(),
            Task::Wake { run } => self.flows.wake(run).await.into(),
            Task::Tick { flow, applied_at_ms, at_ms } => {
                self.flows.tick(flow, *applied_at_ms, *at_ms).await.into()
            }
            Task::Start { flow, applied_at_ms, at_ms } => {
                self.flows.start_by_clock(flow, *applied_at_ms, *at_ms).await.into()
            }
            Task::Burst { flow, key } => self.flows.burst_ends(flow, key).await.into(),
        }
    }

    /// Has a lane rest while the breaker of its connection is open, and go on when it is not.
    fn heed_breakers(&self, lane: &str) {
        if let Ok(live) = self.connections.get(lane) {
            self.queue.probe(lane, || live.probe_ms());
        }
    }

    async fn rest(&self, what: &str, error: &QueueError) {
        tracing::error!(%error, "{what}; trying again in {REST_MS} ms");
        self.clock.sleep_until(self.clock.now_ms() + REST_MS).await;
    }
}

fn too_big() -> Fault {
    let message = "what came of it is too big to be kept; ask for less, in the step or the webhook";
    Fault::operator("too-big", message)
}

fn panicked() -> Fault {
    let message = "the host panicked in this work; the log has the place: please report it";
    Fault::new(Blame::Host, Retry::Never, "panic", message)
}
