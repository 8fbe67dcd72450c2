//! A case as its author writes it, before it is known to be complete.
//!
//! Owns the words of `[[case]]` and what must stand together in one. Never runs anything.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::fixture::{Ask, Case, Delivery, ENDPOINT, Exchange, Expect, NOW};

/// The most pages that one case follows.
const PAGES_MAX: u32 = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) case: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    now: Option<String>,
    key: Option<String>,
    call: Option<Call>,
    delivery: Option<Arriving>,
    #[serde(default)]
    exchange: Vec<Exchange>,
    expect: Expect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Call {
    action: Option<String>,
    recall: Option<String>,
    input: Option<Value>,
    changes: Option<String>,
    cursor: Option<String>,
    pages: Option<u32>,
    find: Option<String>,
    keys: Option<BTreeMap<String, String>>,
    check: bool,
    tenants: bool,
    ensure: Option<String>,
    kinds: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Arriving {
    method: Option<String>,
    url: Option<String>,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_base64: Option<String>,
    secrets: Option<BTreeMap<String, String>>,
    at: Option<String>,
}

impl Written {
    /// The case, if it asks exactly one thing and expects something.
    pub(super) fn complete(self, place: String) -> Result<Case, String> {
        let now = self.now.as_deref().unwrap_or(NOW);
        let now_ms = moment(now)?;
        let ask = match (self.call, self.delivery) {
            (Some(call), None) => call.asked()?,
            (None, Some(delivery)) => Ask::Delivery(delivery.arrived(now)?),
            _ => return Err("it needs `call` or `[case.delivery]`, and not both".into()),
        };
        let expect = self.expect;
        let said = [
            expect.output.is_some() || expect.cursor.is_some() || expect.more.is_some(),
            expect.none,
            expect.label.is_some(),
            expect.events.is_some(),
            expect.problem.is_some(),
            expect.handshake.is_some(),
            expect.refused.is_some(),
        ];
        if said.into_iter().filter(|said| *said).count() != 1 {
            return Err("`[case.expect]` needs exactly one of output, none, label, events, \
                        problem, handshake and refused"
                .into());
        }
        let (name, settings, key) = (self.name.into_inner(), self.settings, self.key);
        Ok(Case { place, name, settings, now_ms, key, ask, exchanges: self.exchange, expect })
    }
}

impl Call {
    fn asked(self) -> Result<Ask, String> {
        let input = self.input.unwrap_or_else(|| json!({}));
        let mut asks = Vec::new();
        asks.extend(self.action.map(|action| Ask::Action(action, input.clone())));
        asks.extend(self.recall.map(|action| Ask::Recall(action, input)));
        let (cursor, pages) = (self.cursor, self.pages.unwrap_or(1));
        if !(1..=PAGES_MAX).contains(&pages) {
            return Err(format!("`pages` is from 1 to {PAGES_MAX}"));
        }
        asks.extend(self.changes.map(|entity| Ask::Changes { entity, cursor, pages }));
        asks.extend(self.find.map(|entity| Ask::Find(entity, self.keys.unwrap_or_default())));
        asks.extend(self.check.then_some(Ask::Check));
        asks.extend(self.tenants.then_some(Ask::Tenants));
        asks.extend(self.ensure.map(|url| Ask::Ensure(url, self.kinds.unwrap_or_default())));
        match (asks.pop(), asks.is_empty()) {
            (Some(ask), true) => Ok(ask),
            _ => Err("`call` needs exactly one of action, recall, changes, find, check, tenants \
                      and ensure"
                .into()),
        }
    }
}

impl Arriving {
    fn arrived(self, now: &str) -> Result<Delivery, String> {
        let body = match (self.body, self.body_base64) {
            (Some(_), Some(_)) => return Err("the delivery has two bodies".into()),
            (Some(text), None) => text.into(),
            (None, Some(encoded)) => STANDARD
                .decode(encoded)
                .map_err(|error| format!("`body_base64` is no Base64: {error}"))?
                .into(),
            (None, None) => bytes::Bytes::new(),
        };
        Ok(Delivery {
            method: self.method.unwrap_or_else(|| "POST".into()),
            url: self.url.unwrap_or_else(|| ENDPOINT.into()),
            path: self.path,
            query: self.query,
            headers: self.headers.into_iter().collect(),
            body,
            secrets: self.secrets,
            at_ms: moment(self.at.as_deref().unwrap_or(now))?,
        })
    }
}

/// A time in milliseconds since 1970.
pub(super) fn moment(text: &str) -> Result<u64, String> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    let time = time.map_err(|_| format!("`{text}` is no time such as 2026-01-31T12:00:00Z"))?;
    u64::try_from(time.as_millisecond()).map_err(|_| format!("`{text}` is before 1970"))
}
