//! What work came to, and what is settled for it: done, again later, or a dead letter.

use std::time::Duration;

use super::Dispatch;
use crate::{
    audit::{Actor, Line, Word},
    fault::{Fault, Retry},
    flows::Stepped,
    inbox::{Fate, Status},
    queue::{DeadLetter, Place, Task, Work},
    store::Batch,
};

/// No try follows another sooner, whatever a system or a connector asks for.
const SOONEST: Duration = Duration::from_millis(20);
/// How long work may be put off by a system's rate limit before a person is told.
const PUT_OFF_MAX_MS: u64 = 3 * 24 * 3_600_000;

/// The code of a failure for want of a credential (`wit/types.wit`).
const UNAUTHORIZED: &str = "unauthorized";

/// What a call came to. The batch holds what is true either way.
#[derive(Debug)]
pub struct Outcome {
    /// What to write with the settlement.
    pub batch: Batch,
    /// What there is to do next; or why it is not done.
    pub result: Result<Vec<Work>, Fault>,
    /// Whether nobody knows if an action happened that was tried.
    pub doubt: bool,
}

impl Outcome {
    /// Done, with nothing to write and nothing that follows.
    pub fn nothing() -> Self {
        Self { batch: Batch::new(), result: Ok(Vec::new()), doubt: false }
    }

    /// A failure that left nothing to write.
    pub fn failed(fault: Fault) -> Self {
        // One that was stopped in the middle may have done anything.
        Self { batch: Batch::new(), result: Err(fault), doubt: true }
    }
}

impl From<Stepped> for Outcome {
    fn from(Stepped { batch, outcome, doubt }: Stepped) -> Self {
        Self { batch, result: outcome, doubt }
    }
}

/// What is written when work is settled.
pub(super) struct Settlement {
    pub(super) batch: Batch,
    pub(super) follow: Vec<Work>,
    fault: Option<(Fault, bool)>,
}

impl Dispatch {
    /// The one rule: done; or later, if trying again can help and has not been tried too often, as
    /// the action's manifest says and else the host; or a dead letter.
    pub(super) fn decide(&self, work: &Work, outcome: Outcome) -> Settlement {
        let Outcome { mut batch, result, doubt } = outcome;
        let fault = match result {
            Ok(follow) => {
                // What follows is no more pressing than that from which it came.
                let no_sooner = |next: Work| {
                    let priority = next.priority.max(work.priority);
                    next.at(priority)
                };
                let follow = follow.into_iter().map(no_sooner).collect();
                return Settlement { batch, follow, fault: None };
            }
            Err(fault) => fault,
        };
        if self.waits_for_a_person(work, &fault) {
            // Until the lane rests altogether, which is a matter of moments.
            self.queue.rest(&work.lane);
            return Settlement { batch, follow: vec![work.clone()], fault: Some((fault, false)) };
        }
        let now_ms = self.clock.now_ms();
        let backoff =
            fault.backoff.as_ref().map_or(self.backoff, |asked| asked.beside(self.backoff));
        // To be put off is not to fail: only time ends it.
        let put_off = fault.code == "rate-limited";
        let exhausted = match put_off {
            true => now_ms.saturating_sub(work.since_ms) > PUT_OFF_MAX_MS,
            false => work.attempts + 1 >= backoff.tries,
        };
        // What is put off is not counted, so how long it has waited spreads it instead.
        let waited_s = now_ms.saturating_sub(work.since_ms) / 1000;
        let tries = if put_off { waited_s.checked_ilog2().unwrap_or(0) } else { work.attempts };
        let delay = match fault.retry {
            Retry::Never => None,
            _ if exhausted => None,
            Retry::Backoff => Some(backoff.delay(tries).max(SOONEST)),
            Retry::After(wait) => Some(wait.clamp(SOONEST, self.backoff.longest)),
        };
        if delay.is_none()
            && let Some(follow) = self.gives_way(work, &fault, doubt, &mut batch)
        {
            return Settlement { batch, follow, fault: Some((fault, false)) };
        }
        let word = if delay.is_some() { Word::WorkRetried } else { Word::WorkStopped };
        Line::new(now_ms, Actor::Host, word, work.task.subject())
            .connection(&work.lane)
            .detail("code", &fault.code)
            .detail("message", &fault.message)
            .record(&mut batch);
        let follow = match delay {
            Some(delay) => {
                let due_ms = now_ms + u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                vec![if put_off { work.put_off(due_ms) } else { work.again(due_ms) }]
            }
            None => {
                self.stop(work, &fault, now_ms, &mut batch);
                Vec::new()
            }
        };
        let stopped = follow.is_empty();
        Settlement { batch, follow, fault: Some((fault, stopped)) }
    }

    /// Whether work failed for want of a sign-in that only a person can renew: then it keeps its
    /// place, and its lane rests until one has.
    fn waits_for_a_person(&self, work: &Work, fault: &Fault) -> bool {
        let live = self.connections.get(&work.lane);
        fault.code == UNAUTHORIZED && live.is_ok_and(|live| live.needs_person().is_some())
    }

    /// What follows where the flow itself says what to do when a step has failed for good.
    fn gives_way(
        &self,
        work: &Work,
        fault: &Fault,
        doubt: bool,
        batch: &mut Batch,
    ) -> Option<Vec<Work>> {
        let Task::Step { run } = &work.task else { return None };
        self.flows.give_way(run, fault, doubt, batch).unwrap_or_else(|error| {
            tracing::error!(%error, run, "the flow's own answer to a failure cannot be found");
            None
        })
    }

    /// A dead letter, and the delivery or run marked as waiting for a person.
    fn stop(&self, work: &Work, fault: &Fault, now_ms: u64, batch: &mut Batch) {
        let place = match &work.task {
            Task::Step { run } => self.flows.standing(run),
            _ => None,
        };
        let place = place.map(|(flow, step)| Place { flow, step });
        let letter = DeadLetter::of(work, fault, place, now_ms);
        self.queue.bury(batch, &letter);
        match &work.task {
            Task::Parse { delivery, tenant: None } => {
                let fault = Some(fault.to_string());
                let before = self.inbox.status(delivery).unwrap_or_else(|_| Status::kept());
                Status { fate: Fate::Dead, fault, ..before }.put(batch, delivery);
            }
            Task::Step { run } => {
                if let Err(error) = self.flows.stop(run, Some(&letter.id), batch) {
                    tracing::error!(%error, run, "the run cannot be marked as stopped");
                }
            }
            // What was meant for the connection itself is parsed or not on its own account.
            Task::Parse { tenant: Some(_), .. } => {}
            // A run that could not hear something goes on resting.
            Task::Wake { .. } | Task::Tick { .. } | Task::Start { .. } | Task::Burst { .. } => {}
        }
    }
}

impl Settlement {
    /// Says in the log what became of the work.
    pub(super) fn tell(&self, work: &Work) {
        match &self.fault {
            None => tracing::debug!(subject = work.task.subject(), "settled"),
            Some((fault, true)) => {
                tracing::error!(subject = work.task.subject(), %fault, blame = ?fault.blame, "stopped: a dead letter waits for a person");
            }
            Some((fault, false)) => {
                let due_ms = self.follow.first().map(|work| work.due_ms);
                tracing::warn!(subject = work.task.subject(), %fault, due_ms, "failed; it will be tried again");
            }
        }
    }
}
