//! `[http]`, `[[egress]]` and `[[budget]]`: what a connector sends, where to and how
//! often.
//!
//! Owns what is asked for. Never grants anything; egress does, to each connection.

use std::collections::BTreeMap;

use jackfield_vocabulary::{Jq, Refusal, Template};
use schemars::JsonSchema;
use serde::Deserialize;

use super::units;

/// The methods that a connector can ask for, which are those that it gets by asking for none.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// How long a request may take unless `[http]` says otherwise, in milliseconds.
const TIMEOUT_MS: u64 = 30_000;

/// What goes for every request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Headers that the host adds; the values are templates over params.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long a request may take, from connecting to the end of the answer, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Where paths begin; see [`jackfield_vocabulary::Http`], which has this and the members that
    /// follow.
    pub base: Option<Template>,
    /// What makes an answer a failure, and which.
    #[serde(default)]
    pub error: Vec<Refusal>,
    /// What the vendor says of a failure.
    pub error_message: Option<Jq>,
}

impl Default for Http {
    fn default() -> Self {
        let (base, error, error_message) = (None, Vec::new(), None);
        Self { headers: BTreeMap::new(), timeout_ms: TIMEOUT_MS, base, error, error_message }
    }
}

/// An origin that a connector may send requests to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// Such as `https://api.xero.com`; `{param:name}` may stand in the name of the host.
    pub origin: String,
    /// Some of [`METHODS`]; all of them unless this says less.
    #[serde(default = "methods")]
    pub methods: Vec<String>,
    /// Beginnings of paths, such as `/api.xro/2.0/`; every path unless this says less.
    #[serde(default = "paths")]
    pub paths: Vec<String>,
    /// Which `[auth.NAME]` goes there; without it, no credential does.
    pub auth: Option<String>,
    /// Whole paths to which a POST changes nothing at the vendor, such as searches.
    #[serde(default)]
    pub safe_posts: Vec<String>,
    /// Whole paths at which GraphQL is spoken: a POST there whose document has nothing but queries
    /// changes nothing at the vendor.
    #[serde(default)]
    pub graphql: Vec<String>,
    /// What for, in words for the person who grants it.
    pub why: String,
}

/// A rate that requests of one connection keep to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many requests.
    pub requests: u32,
    /// In which time, in milliseconds; written as `per = "1m"`.
    #[serde(rename = "per", deserialize_with = "units::duration_ms")]
    #[schemars(with = "units::Duration")]
    pub per_ms: u64,
    /// How many of them at a time; none is no bound beyond the host's own.
    pub concurrency: Option<u32>,
    /// The header of a reply in which the vendor says how many requests are left.
    pub remaining_header: Option<String>,
    /// The header in which it says when there will be as many as ever again.
    pub reset_header: Option<String>,
    /// How it writes that.
    pub reset: Option<Reset>,
    /// The header in which it says how many there are in all. What is more than `requests` is not
    /// used.
    pub limit_header: Option<String>,
}

/// How a vendor writes when a budget is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reset {
    /// Seconds from now, perhaps with a fraction.
    Seconds,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// Such as `2026-11-21T12:00:00Z`.
    Rfc3339,
    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    HttpDate,
}

fn timeout_ms() -> u64 {
    TIMEOUT_MS
}

fn methods() -> Vec<String> {
    METHODS.map(String::from).into()
}

fn paths() -> Vec<String> {
    vec!["/".into()]
}
