//! A call that a host recorded, once more: from its bundle, by the same release or another.
//!
//! Owns the comparison. Promises that nothing is sent: what the call asks of systems is answered
//! from the bundle, and what the bundle has no answer to is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    bench::{Bench, BenchError, Subject},
    diff,
};
use crate::{
    capabilities::{Answered, Exchange, Particulars, Storage, Taping, Window},
    egress::{Answering, Asked, Outside, Reply, Silence},
    inbox::{Bundle, Said},
    runtime::Limits,
    store::Batch,
};

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Again {
    /// Whether it said the same, bit for bit, and asked the same.
    pub same: bool,
    /// Whether the release is the one that was recorded.
    pub same_release: bool,
    /// What it said this time.
    pub said: Said,
    /// Where it differs, a line each.
    pub differences: Vec<String>,
}

impl Bench {
    /// Runs a recorded call again.
    pub async fn again(&self, subject: &Subject, bundle: &Bundle) -> Result<Again, BenchError> {
        let parsed = &bundle.parsed;
        let recorded = Arc::new(Recorded::of(&parsed.saw.exchanges));
        let at_ms = parsed.saw.at_ms;
        let means = self.stand(subject, &parsed.settings, at_ms, recorded.clone(), self.home());
        let means =
            means.map_err(|source| BenchError::Settings { case: bundle.id.clone(), source })?;
        let mut batch = Batch::new();
        Storage::refill(&mut batch, &means.connection, &parsed.saw);
        self.store.commit(batch).await?;
        let particulars = Particulars {
            attempt: parsed.saw.attempt,
            seed: Some(parsed.saw.seed),
            taping: Taping::Again(Arc::new(parsed.saw.clone())),
            ..Particulars::default()
        };
        let window = Window::open(&means, &particulars);
        let limits = Limits::asked(&subject.manifest.limits);
        let delivery = bundle.for_connector();
        let called = self.runtime.parse(&subject.package, window, limits, &delivery).await;
        let said = Said::from(&called.result);
        let mut differences = recorded.differences();
        let same = said == parsed.said && differences.is_empty();
        differences.extend(diff::between("", &shown(&parsed.said), &shown(&said)));
        if !same && differences.is_empty() {
            differences.push("the records are the same values, written otherwise".to_owned());
        }
        let same_release = subject.digest == parsed.release;
        Ok(Again { same, same_release, said, differences })
    }
}

/// What was said, with records as values, so that one sees where they differ.
fn shown(said: &Said) -> Value {
    match said {
        Said::Failed { code, message } => json!({ "failed": { "code": code, "message": message } }),
        Said::Events(events) => {
            let events = events.iter().map(|event| {
                let record = serde_json::from_str(&event.record);
                json!({
                    "kind": event.kind,
                    "key": event.key,
                    "occurred_at_ms": event.occurred_at_ms,
                    "record": record.unwrap_or_else(|_| Value::String(event.record.clone())),
                })
            });
            json!({ "events": events.collect::<Value>() })
        }
    }
}

/// The systems, as far as a recorded call asked them.
#[derive(Debug)]
struct Recorded {
    exchanges: Vec<Exchange>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: Vec<bool>,
    differences: Vec<String>,
}

impl Recorded {
    fn of(exchanges: &[Exchange]) -> Self {
        let state = State { used: vec![false; exchanges.len()], ..State::default() };
        Self { exchanges: exchanges.to_vec(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so that a panic leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it was asked otherwise than then.
    fn differences(&self) -> Vec<String> {
        let state = self.state();
        let mut all = state.differences.clone();
        let left = self.exchanges.iter().zip(&state.used).filter(|(_, used)| !**used);
        all.extend(left.map(|(one, _)| format!("`{} {}` is not asked for", one.method, one.url)));
        all
    }

    fn take(&self, asked: &Asked) -> Result<Reply, Silence> {
        let mut state = self.state();
        let same_place = |one: &Exchange| one.method == asked.method && one.url == asked.url;
        let same = |one: &Exchange| {
            same_place(one) && one.body.0 == asked.body && one.headers == asked.headers
        };
        let find = |fits: &dyn Fn(&Exchange) -> bool| {
            let mut left = self.exchanges.iter().enumerate();
            left.find(|(at, one)| !state.used[*at] && fits(one)).map(|(at, _)| at)
        };
        let line = format!("`{} {}`", asked.method, asked.url);
        let (at, difference) = match (find(&same), find(&same_place)) {
            (Some(at), _) => (at, None),
            (None, Some(at)) => (at, Some(format!("{line} is asked for with other words"))),
            (None, None) => {
                state.differences.push(format!("{line} is asked for, and was not then"));
                return Err(Silence::Refused);
            }
        };
        state.used[at] = true;
        state.differences.extend(difference);
        match &self.exchanges[at].came {
            Ok(Answered { status, headers, body }) => Ok(Reply {
                status: *status,
                headers: headers.clone(),
                cookies: Vec::new(),
                body: body.0.clone(),
            }),
            Err(error) => Err(Silence::Known(error.clone())),
        }
    }
}

impl Outside for Recorded {
    fn answer(&self, asked: Asked) -> Answering<'_> {
        Box::pin(async move { self.take(&asked) })
    }
}
