//! What `[http]`, `[discover]`, `[health]` and `[tenants]` say to a connector without code.
//!
//! Owns where requests go, what an answer's failure means, and who is asked for the account.

use serde::Deserialize;

use crate::{Jq, Paging, Request, Template};

/// The codes of a problem; `wit/types.wit` says what the host does with each.
pub const CODES: [&str; 8] = [
    "conflict",
    "forbidden",
    "invalid",
    "not-found",
    "rate-limited",
    "rejected",
    "unauthorized",
    "unavailable",
];

/// Where requests go, and what an answer's failure means.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Http {
    /// Where paths begin. Default: the first `[[egress]]`.
    pub base: Option<Template>,
    /// What makes an answer a failure, and which; the first that fits. After them the status
    /// decides.
    #[serde(default)]
    pub error: Vec<Refusal>,
    /// What the system says of a failure, in the reply's body, as a text.
    pub error_message: Option<Jq>,
}

/// A kind of failure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The statuses that it is about. Default: every one.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Whether the reply's body says so; one that cannot be asked, such as a list, does not.
    /// Default: it need not.
    pub when: Option<Jq>,
    /// What it means: one of [`CODES`].
    pub code: String,
    /// The words for the operator. Default: those of `error_message`.
    pub message: Option<Jq>,
    /// The milliseconds until it is worth another try.
    pub retry_after_ms: Option<Jq>,
}

/// `[discover.NAME]`: something that has to be asked for before anything else, such as the host
/// of the account; `$found.NAME`. It is kept for the connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Discover {
    /// What is sent; its place is a whole URL.
    pub request: Request,
    /// What is looked for, in the reply's body.
    pub result: Jq,
    /// For how many hours it is kept. Default: 24.
    #[serde(default = "a_day")]
    pub keep_hours: u32,
}

/// `[health]`: the cheapest request that proves that the connection works.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// A path of a GET at the first `[[egress]]`.
    pub path: Option<String>,
    /// What is sent, where that is not a GET of `path`.
    pub request: Option<Request>,
    /// What the account is called, in the reply's body. Default: the connector's title.
    pub label: Option<Jq>,
}

/// `[tenants]`: which of several organisations a connection is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tenants {
    /// The param that holds the chosen one's id.
    pub param: String,
    /// Lists them.
    pub request: Option<Request>,
    /// They, in the reply's body, an array. Default: all of it.
    pub items: Option<Jq>,
    /// How the list goes on.
    pub paging: Option<Paging>,
    /// The id of one. Default: `.id`.
    pub id: Option<Jq>,
    /// What a person calls it. Default: `.name`.
    pub label: Option<Jq>,
}

fn a_day() -> u32 {
    24
}
