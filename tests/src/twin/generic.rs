//! A twin for any system: the vendor behind the generic connector, in every role at once.
//!
//! Owns what was done, account by account; an account is known by its token, so one twin can be
//! several systems. Promises to take a repeat exactly as the action's kind of idempotency says,
//! and to hang at a chosen request, before or after it has done it. Never forgets what it did
//! until a test has it begin anew.

mod acts;
mod shelf;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::{acts::Act, shelf::Shelf};
use super::{Ask, Reply, Twin, Vendor};
use crate::sender::{Delivery, hmac_sha256};

/// What stands before the account's name in its token.
const TOKEN: &str = "generic-token-of-";
/// The key under which every account's webhooks are signed.
const SIGNING_KEY: &str = "generic-signing-key";

/// One thing that an account did.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The account.
    pub account: String,
    /// The action.
    pub action: String,
    /// What was asked, without any key.
    pub input: Value,
}

/// Where in a request the vendor begins to hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The request has come and nothing is done.
    Before,
    /// It is done, and not yet answered.
    After,
}

/// Whether the vendor answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// It hangs at the request after so many others that change something.
    Hanging(usize, Moment),
    Shut,
}

/// The vendor's side of the twin.
#[derive(Debug)]
pub struct Generic {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    gate: Gate,
    shelf: Shelf,
    /// Requests that would change something, repeats included.
    asked: usize,
}

impl State {
    fn new() -> Self {
        Self { gate: Gate::Open, shelf: Shelf::default(), asked: 0 }
    }

    /// Does a request unless the vendor hangs before it.
    fn take(&mut self, account: &str, act: &Act, ask: &Ask) -> Reply {
        if self.gate == Gate::Shut {
            return Reply::empty(StatusCode::SERVICE_UNAVAILABLE);
        }
        if act.way.is_read() || ask.method == Method::GET {
            return self.shelf.read(account, act, ask);
        }
        self.asked += 1;
        match self.gate {
            Gate::Hanging(0, moment) => {
                self.gate = Gate::Shut;
                if moment == Moment::Before {
                    return Reply::empty(StatusCode::SERVICE_UNAVAILABLE);
                }
            }
            Gate::Hanging(left, moment) => self.gate = Gate::Hanging(left - 1, moment),
            Gate::Open | Gate::Shut => {}
        }
        self.shelf.change(account, act, ask)
    }
}

/// A running twin of any system.
pub type GenericTwin = Twin<Generic>;

impl Twin<Generic> {
    /// Starts one that holds nothing, on a free port.
    ///
    /// # Panics
    /// There is no free port on 127.0.0.1.
    pub async fn start() -> Self {
        let vendor = Generic { state: Mutex::new(State::new()) };
        // A machine without a free port can run no test at all.
        Self::launch(vendor, 0).await.expect("no free port on 127.0.0.1")
    }

    /// The token that opens an account.
    pub fn token(account: &str) -> String {
        format!("{TOKEN}{account}")
    }

    /// The key under which webhooks are signed.
    pub fn signing_key() -> &'static str {
        SIGNING_KEY
    }

    /// Puts a record into an account, as if somebody had typed it there.
    ///
    /// # Panics
    /// The record has no `id`.
    pub fn give(&self, account: &str, entity: &str, record: Value) {
        // A mistake in the test, which should see it at once.
        assert!(record["id"].is_string(), "a record needs an id: {record}");
        self.vendor().lock().shelf.put(account, entity, record);
    }

    /// The records of an account, in the order in which they came.
    pub fn records(&self, account: &str, entity: &str) -> Vec<Value> {
        self.vendor().lock().shelf.all(account, entity).to_vec()
    }

    /// Everything that was done, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.vendor().lock().shelf.effects.clone()
    }

    /// The inputs of one action at one account, in order.
    pub fn done(&self, account: &str, action: &str) -> Vec<Value> {
        let of = |effect: &Effect| effect.account == account && effect.action == action;
        self.effects().into_iter().filter(of).map(|effect| effect.input).collect()
    }

    /// What was done, counted: `books invoice.create` and how often.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for effect in self.effects() {
            *counts.entry(format!("{} {}", effect.account, effect.action)).or_default() += 1;
        }
        counts
    }

    /// What was done more than once with the same input.
    pub fn doubles(&self) -> Vec<Effect> {
        let effects = self.effects();
        let is_second = |at: usize| effects[..at].contains(&effects[at]);
        (0..effects.len()).filter(|at| is_second(*at)).map(|at| effects[at].clone()).collect()
    }

    /// How many requests came that would change something, repeats included.
    pub fn asked(&self) -> usize {
        self.vendor().lock().asked
    }

    /// Hangs at the request after `others` that change something: it and all after it get no
    /// answer until the vendor begins anew or [`Twin::answer_again`] is called.
    pub fn hang_after(&self, others: usize, moment: Moment) {
        self.vendor().lock().gate = Gate::Hanging(others, moment);
    }

    /// Whether the request has come at which it hangs.
    pub fn is_hanging(&self) -> bool {
        self.vendor().hangs()
    }

    /// Answers what comes from now on.
    pub fn answer_again(&self) {
        self.vendor().lock().gate = Gate::Open;
    }

    /// Forgets everything.
    pub fn begin_anew(&self) {
        *self.vendor().lock() = State::new();
    }

    /// What it sends about a change that `key` names.
    pub fn webhook(kind: &str, key: &str, record: &Value) -> Delivery {
        let body = json!({ "kind": kind, "key": key, "record": record }).to_string();
        let signature = STANDARD.encode(hmac_sha256(SIGNING_KEY, body.as_bytes()));
        Delivery::new(body).with_text("x-signature", &signature)
    }
}

impl Generic {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vendor for Generic {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn hangs(&self) -> bool {
        self.lock().gate == Gate::Shut
    }

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let bearer = ask.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        let Some(account) = bearer.and_then(|token| token.strip_prefix(TOKEN)) else {
            return Some(self.refuse(StatusCode::UNAUTHORIZED));
        };
        if ask.method == Method::GET && ask.path == "/me" {
            return Some(Reply::json(StatusCode::OK, &json!({ "name": account })));
        }
        let act = acts::find(ask.path.strip_prefix('/')?)?;
        (ask.method == Method::POST || act.way.is_searched())
            .then(|| self.lock().take(account, act, ask))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        let why = status.canonical_reason().unwrap_or("error");
        Reply::json(status, &json!({ "error": why }))
    }
}
