//! The small values of the roles `records`, `subscriptions` and `account`.

use serde_json::Value;

/// A question for records that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// One of the entities that the manifest declares, such as `contact`.
    pub entity: String,
    /// Where the page before this one ended; none for the very beginning.
    pub cursor: Option<String>,
    /// The most records wanted, 1 to 1000; a hint.
    pub limit: u32,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

/// A page of records that changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Canonical, in the order in which they changed.
    pub records: Vec<Value>,
    /// Where to go on, now or at the next poll.
    pub cursor: Option<String>,
    /// Whether more is there at once.
    pub more: bool,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

/// A webhook registered at the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The system's name for it.
    pub id: String,
    /// The URL that it calls.
    pub url: String,
    /// The event kinds that it covers, as in the manifest.
    pub kinds: Vec<String>,
    /// When it lapses, in milliseconds since 1970; none where it does not.
    pub expires_at_ms: Option<u64>,
}

/// One of several organisations that a credential opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// What goes into the connection's settings.
    pub id: String,
    /// What a person calls it.
    pub label: String,
}
