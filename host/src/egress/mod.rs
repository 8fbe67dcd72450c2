//! Egress: the only door out of the host.
//!
//! Owns every socket that is opened outwards, the credentials on their way to it, and the memory
//! of what may have reached a system. Promises that a request goes only where a [`Policy`]
//! allows, only to an address that was judged after name resolution, and that nothing which
//! comes back shows a credential. Never follows a redirect, never repeats a request that may
//! have left, never reads a manifest: what may be reached comes in as rules.
//!
//! The way of a request: [`policy`](Policy) → `sanitise` → credential → `breaker` → `budget` →
//! `connect` (resolve, judge, dial, TLS) → the system → `reply` (bounds) → `scrub`.

mod address;
mod breaker;
mod budget;
mod causes;
mod client;
mod connect;
mod credential;
mod error;
mod graphql;
mod issuer;
mod known;
mod network;
mod operator;
mod origin;
mod outside;
mod path;
mod placeholder;
mod policy;
mod reply;
mod retry_after;
mod sanitise;
mod scrub;
mod sent;
mod signing;
#[cfg(test)]
mod tests;
mod told;
mod uses;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

pub use address::{Why, is_public};
pub use breaker::{Breaking, Rest, Tripped};
pub use budget::Rate;
pub use client::{Answer, Client, Request};
pub use credential::Credential;
pub use error::{EgressError, Stage};
pub use issuer::{Auth, Issued, Issuer, Issuing};
pub use network::{Network, SystemNetwork};
pub use operator::OneOrigin;
pub use origin::{NotAnOrigin, Origin, Scheme};
pub use outside::{Answering, Asked, Ear, Outside, Silence};
pub use placeholder::{Escape, Placeholders};
pub use policy::{Policy, Refusal, Rule};
pub use reply::Reply;
pub use retry_after::retry_after;
pub use scrub::scrubbed;
pub use sent::Sent;
pub use signing::{Jwt, JwtIssuer, OAuth1, Template};
pub use told::Told;
pub use uses::Use;

use tokio::sync::watch;

use self::{
    breaker::{Breakers, Turns},
    budget::Budget,
    uses::Uses,
};
use crate::clock::{SharedClock, SystemClock};

/// What egress stands on.
#[derive(Debug, Clone)]
pub struct EgressConfig {
    /// Where names are resolved and sockets opened.
    pub network: Arc<dyn Network>,
    /// The host's time, for budgets and `Retry-After`.
    pub clock: SharedClock,
    /// What answers in the place of all systems; none where sockets are opened.
    pub outside: Option<Arc<dyn Outside>>,
}

impl Default for EgressConfig {
    /// The machine's network and clock.
    fn default() -> Self {
        Self { network: Arc::new(SystemNetwork), clock: Arc::new(SystemClock), outside: None }
    }
}

/// The door: makes a [`Client`] for each connection, and keeps their budgets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Egress {
    config: EgressConfig,
    /// By the connection's name. A budget outlives its client, so that a changed setting does
    /// not forgive what was already used.
    budgets: Arc<Mutex<HashMap<String, Arc<Budget>>>>,
    /// By the connection's name; they outlive clients as budgets do.
    breakers: Arc<Mutex<HashMap<String, Arc<Breakers>>>>,
    breaking: Breaking,
    turns: Arc<Turns>,
    uses: Arc<Uses>,
}

impl Egress {
    /// A door that stands on `config`.
    pub fn new(config: EgressConfig) -> Self {
        Self {
            config,
            budgets: Arc::default(),
            breakers: Arc::default(),
            breaking: Breaking::default(),
            turns: Arc::default(),
            uses: Arc::default(),
        }
    }

    /// The same with breakers that open and close by other numbers.
    #[must_use]
    pub fn breaking(self, breaking: Breaking) -> Self {
        Self { breaking, ..self }
    }

    /// The way out of the connection `connection`, with pools of sockets and TLS sessions of its
    /// own. Make it once and clone it: a second one shares nothing with the first but the budget.
    pub fn client(&self, connection: &str, policy: Arc<Policy>) -> Client {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = match budgets.get(connection) {
            Some(budget) if budget.is_for(policy.rates(), policy.concurrency()) => budget.clone(),
            _ => {
                let budget = Budget::new(policy.rates().to_vec(), policy.concurrency());
                let budget = Arc::new(budget);
                budgets.insert(connection.to_owned(), budget.clone());
                budget
            }
        };
        drop(budgets);
        let breakers = policy.has_breakers().then(|| self.breakers(connection));
        let uses = (connection.to_owned(), self.uses.clone());
        Client::new(&self.config, policy, budget, breakers, uses)
    }

    fn breakers(&self, connection: &str) -> Arc<Breakers> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Breakers::new(connection, self.breaking, self.turns.clone()));
        breakers.entry(connection.to_owned()).or_insert_with(fresh).clone()
    }

    /// Tells whenever a breaker opens or closes.
    pub fn breaker_changes(&self) -> watch::Receiver<()> {
        self.turns.changes()
    }

    /// The breakers that opened or closed since this was asked last.
    pub fn take_tripped(&self) -> Vec<Tripped> {
        self.turns.take()
    }

    /// Takes back those of which nobody could be told.
    pub fn give_back_tripped(&self, tripped: Vec<Tripped>) {
        self.turns.give_back(tripped);
    }

    /// Takes back uses of which nobody could be told.
    pub fn give_back(&self, uses: Vec<Use>) {
        self.uses.give_back(uses);
    }

    /// The uses of credentials since this was asked last.
    pub fn take_uses(&self) -> Vec<Use> {
        self.uses.take()
    }

    /// Forgets the budget and the breakers of a connection that was removed.
    pub fn forget(&self, connection: &str) {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner).remove(connection);
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner).remove(connection);
    }
}
