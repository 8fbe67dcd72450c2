//! The circuit breakers of one connection, one for each origin.
//!
//! Owns which origins are left alone, since when and until when. Promises that no request goes to
//! an origin while its breaker is open, but for one at a time after each span, which finds out
//! whether the system is back; and that each opening and each closing is told once. In memory
//! alone: after a restart the first failures find out anew. Never waits.

mod state;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

pub use state::Breaking;
use state::{Breaker, Ended, Ticket, Turn};

use super::error::{EgressError, Stage};

/// An origin that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Which, as the manifest names it.
    pub origin: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// When one request may find out whether it is back.
    pub until_ms: u64,
    /// How often in a row it has failed.
    pub failures: u32,
    /// What its last failure was.
    pub why: String,
}

/// A breaker that opened or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tripped {
    /// Of which connection.
    pub connection: String,
    /// Whether it opened; else it closed.
    pub opened: bool,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The origin, and how it stood then.
    pub rest: Rest,
}

/// The openings and closings that nobody has told of yet.
#[derive(Debug)]
pub(super) struct Turns {
    untold: Mutex<Vec<Tripped>>,
    changed: watch::Sender<()>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { untold: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl Turns {
    fn note(&self, turn: Tripped) {
        self.untold().push(turn);
        self.changed.send_replace(());
    }

    pub(super) fn take(&self) -> Vec<Tripped> {
        mem::take(&mut *self.untold())
    }

    pub(super) fn give_back(&self, mut back: Vec<Tripped>) {
        let mut untold = self.untold();
        back.append(&mut untold);
        *untold = back;
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn untold(&self) -> MutexGuard<'_, Vec<Tripped>> {
        // A panic while the lock is held leaves the list whole: each change is one assignment.
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The breakers of one connection.
#[derive(Debug)]
pub(super) struct Breakers {
    connection: String,
    breaking: Breaking,
    /// By origin; only those that failed last.
    origins: Mutex<BTreeMap<String, Breaker>>,
    turns: Arc<Turns>,
}

impl Breakers {
    pub(super) fn new(connection: &str, breaking: Breaking, turns: Arc<Turns>) -> Self {
        Self { connection: connection.to_owned(), breaking, origins: Mutex::default(), turns }
    }

    /// Lets a request to an origin go.
    ///
    /// # Errors
    /// The origin is left alone.
    pub(super) fn admit(self: &Arc<Self>, origin: &str, now_ms: u64) -> Result<Pass, EgressError> {
        let mut origins = self.origins();
        let ticket = match origins.get_mut(origin) {
            None => Ticket::default(),
            Some(breaker) => breaker.admit(&self.breaking, now_ms).map_err(|after| {
                let rest = breaker.rest(origin);
                EgressError::LeftAlone {
                    origin: origin.to_owned(),
                    failures: rest.failures,
                    why: rest.why,
                    after,
                }
            })?,
        };
        drop(origins);
        Ok(Pass { breakers: self.clone(), origin: origin.to_owned(), ticket: Some(ticket) })
    }

    /// The origins that are left alone.
    pub(super) fn rests(&self) -> Vec<Rest> {
        let origins = self.origins();
        let open = origins.iter().filter(|(_, breaker)| !breaker.is_closed());
        open.map(|(origin, breaker)| breaker.rest(origin)).collect()
    }

    fn end(&self, origin: &str, ticket: Ticket, ended: Ended, now_ms: u64) {
        let mut origins = self.origins();
        let breaker = match (&ended, origins.contains_key(origin)) {
            // Nothing to forget, and nothing to remember.
            (Ended::Well | Ended::Neither, false) => return,
            _ => origins.entry(origin.to_owned()).or_default(),
        };
        let before = breaker.rest(origin);
        let turn = breaker.end(&self.breaking, ticket, ended, now_ms);
        let rest = match turn {
            Some(Turn::Opened) => breaker.rest(origin),
            _ => before,
        };
        if breaker.is_forgettable() {
            origins.remove(origin);
        }
        drop(origins);
        if let Some(turn) = turn {
            let connection = self.connection.clone();
            let opened = turn == Turn::Opened;
            self.turns.note(Tripped { connection, opened, at_ms: now_ms, rest });
        }
    }

    fn origins(&self) -> MutexGuard<'_, BTreeMap<String, Breaker>> {
        // A panic while the lock is held leaves it whole: nothing in there panics half way.
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The leave of one request. One that is dropped before anybody says how it ended says nothing
/// about the system, and makes room for another.
#[derive(Debug)]
pub(super) struct Pass {
    breakers: Arc<Breakers>,
    origin: String,
    ticket: Option<Ticket>,
}

impl Pass {
    /// Says how the request ended.
    pub(super) fn end(mut self, result: Result<u16, &EgressError>, now_ms: u64) {
        if let Some(ticket) = self.ticket.take() {
            self.breakers.end(&self.origin, ticket, judge(result), now_ms);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.breakers.end(&self.origin, ticket, Ended::Neither, 0);
        }
    }
}

/// What a request says about its system, from the status of the answer or why there is none. A
/// system that says no is there.
fn judge(result: Result<u16, &EgressError>) -> Ended {
    match result {
        Ok(status @ 500..) => Ended::Failed(format!("status {status}")),
        Ok(_) | Err(EgressError::TooLarge { .. } | EgressError::Encoded(_)) => Ended::Well,
        Err(EgressError::Timeout { stage: Stage::Queue, .. }) => Ended::Neither,
        Err(
            error @ (EgressError::Resolve { .. }
            | EgressError::Connect { .. }
            | EgressError::Timeout { .. }
            | EgressError::Broken { .. }),
        ) => Ended::Failed(error.to_string()),
        Err(_) => Ended::Neither,
    }
}
