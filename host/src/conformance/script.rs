//! The system of a case: it answers from the case's exchanges, in the process.
//!
//! Owns what was asked, in order. Promises the same answers to the same questions. To the letter,
//! each exchange must be asked for as it is written, in order, and nothing else may be; freely,
//! as properties ask it, the first exchange that fits is taken, since a reply that was changed
//! changes what is asked next. What a POST does is judged by what it says where the path does not
//! tell: what an exchange calls a read is one. Never opens a socket.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::Notify;

use super::{
    diff,
    fixture::{Exchange, Wanted},
};
use crate::egress::{Answering, Asked, Outside, Reply, Silence};

/// The most requests of one call that are answered; a connector that asks for more goes round.
const REQUESTS_MAX: usize = 2000;

/// How the exchanges are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// To the letter.
    Letter,
    /// As far as they fit.
    Freely,
}

/// When the process dies, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before this write to the storage is on disk.
    Write(u32),
    /// Before the system has heard of this request.
    Before(usize),
    /// After the system has done what this request asks, before the connector hears of it.
    After(usize),
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(at) => write!(f, "before write {} to the storage", at + 1),
            Self::Before(at) => write!(f, "before request {}", at + 1),
            Self::After(at) => write!(f, "after request {}", at + 1),
        }
    }
}

/// A system that follows a script.
#[derive(Debug)]
pub struct Script {
    exchanges: Vec<Exchange>,
    hold: Hold,
    death: Option<Death>,
    state: Mutex<State>,
    /// Told when the process dies.
    died: Notify,
}

#[derive(Debug, Default)]
struct State {
    used: Vec<bool>,
    asked: Vec<Asked>,
    complaints: Vec<String>,
}

impl Script {
    /// A system that answers by these exchanges.
    pub fn new(exchanges: Vec<Exchange>, hold: Hold, death: Option<Death>) -> Self {
        let state = State { used: vec![false; exchanges.len()], ..State::default() };
        Self { exchanges, hold, death, state: Mutex::new(state), died: Notify::new() }
    }

    /// Ends when the process dies.
    pub async fn dies(&self) {
        self.died.notified().await;
    }

    /// What was asked, and, to the letter, where it is not what the script says.
    pub fn end(&self) -> (Vec<Asked>, Vec<String>) {
        let mut state = self.state();
        if self.hold == Hold::Letter && state.complaints.is_empty() {
            let left = state.used.iter().position(|used| !used);
            let missing = left.map(|at| {
                let Wanted { method, url, .. } = &self.exchanges[at].request;
                format!("exchange {}: `{method} {url}` was never asked for", at + 1)
            });
            state.complaints.extend(missing);
        }
        (state.asked.clone(), state.complaints.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one insertion, so that a panic leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request in and answers its number, from 0, and what it is answered.
    fn take(&self, mut asked: Asked) -> (usize, Result<Reply, Silence>) {
        let mut state = self.state();
        let number = state.asked.len();
        let at = match self.hold {
            Hold::Letter => state.used.iter().position(|used| !used),
            Hold::Freely => self.fitting(&state.used, &asked),
        };
        let complaints = match (self.hold, at) {
            (Hold::Freely, _) => Vec::new(),
            (Hold::Letter, None) => {
                vec![format!(
                    "`{} {}` was asked for and no exchange has it",
                    asked.method, asked.url
                )]
            }
            (Hold::Letter, Some(at)) => {
                let wrong = mistakes(&self.exchanges[at].request, &asked);
                wrong.iter().map(|wrong| format!("exchange {}: {wrong}", at + 1)).collect()
            }
        };
        state.complaints.extend(complaints);
        asked.mutates &= !at.is_some_and(|at| reads(&self.exchanges[at].request, &asked));
        state.asked.push(asked);
        if number >= REQUESTS_MAX {
            return (number, Err(Silence::Refused));
        }
        let Some(at) = at else { return (number, Ok(nothing_there())) };
        state.used[at] = true;
        let Exchange { reply, fault, .. } = &self.exchanges[at];
        let answer = match fault {
            Some(fault) => Err((*fault).into()),
            None => Ok(Reply {
                status: reply.status,
                headers: reply.headers(),
                cookies: Vec::new(),
                body: reply.body(),
            }),
        };
        (number, answer)
    }

    /// The first exchange that is left over and says just this; else the first about the same
    /// place, which may be the only one that a system has; else, for what changes nothing, one
    /// that was taken and is asked again; else the first by the same method.
    fn fitting(&self, used: &[bool], asked: &Asked) -> Option<usize> {
        let left = || self.exchanges.iter().enumerate().filter(|(at, _)| !used[*at]);
        let same = |wanted: &Wanted| wanted.method == asked.method;
        let there = |wanted: &Wanted| same(wanted) && address(&wanted.url) == asked.url;
        let again = |one: &Exchange| !asked.mutates && mistakes(&one.request, asked).is_empty();
        left()
            .find(|(_, exchange)| mistakes(&exchange.request, asked).is_empty())
            .or_else(|| left().find(|(_, exchange)| there(&exchange.request)))
            .or_else(|| self.exchanges.iter().enumerate().find(|(_, exchange)| again(exchange)))
            .or_else(|| left().find(|(_, exchange)| same(&exchange.request)))
            .map(|(at, _)| at)
    }
}

impl Outside for Script {
    fn answer(&self, asked: Asked) -> Answering<'_> {
        Box::pin(async move {
            let next = self.state().asked.len();
            if self.death == Some(Death::Before(next)) {
                return self.die().await;
            }
            let (number, answer) = self.take(asked);
            if self.death == Some(Death::After(number)) {
                return self.die().await;
            }
            answer
        })
    }
}

impl Script {
    /// Tells whoever watches, and never goes on: the call is dropped where it stands.
    async fn die(&self) -> Result<Reply, Silence> {
        self.died.notify_one();
        std::future::pending().await
    }
}

/// What a system answers about a place that it does not have.
fn nothing_there() -> Reply {
    Reply { status: 404, headers: Vec::new(), cookies: Vec::new(), body: bytes::Bytes::new() }
}

/// Whether the exchange calls this a read: to the letter, or it would vouch for another request.
fn reads(wanted: &Wanted, asked: &Asked) -> bool {
    wanted.reads && asked.method == "POST" && mistakes(wanted, asked).is_empty()
}

/// A URL as egress writes it.
fn address(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), Into::into)
}

/// Where a request is not what it must be.
fn mistakes(wanted: &Wanted, asked: &Asked) -> Vec<String> {
    let line = format!("{} {}", wanted.method, address(&wanted.url));
    let got = format!("{} {}", asked.method, asked.url);
    if line != got {
        return vec![format!("the request: expected `{line}`, got `{got}`")];
    }
    let mut wrong = Vec::new();
    for (name, value) in &wanted.headers {
        let name = name.to_ascii_lowercase();
        let got = asked.headers.iter().find(|(given, _)| *given == name).map(|(_, got)| got);
        if got != Some(value) {
            let got = got.map_or_else(|| "none".to_owned(), |got| format!("`{got}`"));
            wrong.push(format!("the header `{name}`: expected `{value}`, got {got}"));
        }
    }
    let text = String::from_utf8_lossy(&asked.body);
    if let Some(json) = &wanted.json {
        let json = match json {
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json.clone()),
            json => json.clone(),
        };
        match serde_json::from_str::<Value>(&text) {
            Ok(got) => wrong.extend(diff::between("the body", &json, &got)),
            Err(_) => wrong.push(format!("the body: expected JSON, got `{}`", diff::short(&text))),
        }
    }
    if let Some(form) = &wanted.form {
        let got = url::form_urlencoded::parse(&asked.body).into_owned().collect();
        if *form != got {
            wrong.push(format!("the form: expected {form:?}, got {got:?}"));
        }
    }
    if wanted.text.as_ref().is_some_and(|wanted| *wanted != text) {
        let wanted = wanted.text.as_deref().unwrap_or_default();
        wrong.push(format!("the body: expected `{wanted}`, got `{}`", diff::short(&text)));
    }
    let nothing = wanted.json.is_none() && wanted.form.is_none() && wanted.text.is_none();
    if nothing && !text.is_empty() && !matches!(asked.method.as_str(), "GET" | "HEAD" | "DELETE") {
        wrong.push(format!("the body: the exchange says none, got `{}`", diff::short(&text)));
    }
    wrong
}
