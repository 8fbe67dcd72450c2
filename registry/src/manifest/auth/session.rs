//! `kind = "session"`: the host signs in with what it has, and sends what that gives.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::{Slotted, units, webhook::JsonPointer};

/// A sign-in by one request, of which the answer holds what goes along with all others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Where the host signs in; a template over params.
    pub url: String,
    /// The headers of that request; slots `{param:NAME}` and `{secret:NAME}`.
    #[serde(default)]
    pub headers: BTreeMap<String, Slotted>,
    /// Its body; the same slots, escaped for the type that `content-type` names.
    pub body: Slotted,
    /// What its body is, unless `headers` say otherwise.
    #[serde(default = "json")]
    pub content_type: String,
    /// Where in the answer the token stands.
    pub token: TokenAt,
    /// The header in which it is sent.
    #[serde(default = "super::authorization")]
    pub header: String,
    /// What stands before it there.
    #[serde(default = "super::bearer")]
    pub prefix: String,
    /// How long it lives, in milliseconds; none until it is turned away.
    #[serde(default, deserialize_with = "units::maybe_duration_ms", rename = "lifetime")]
    #[schemars(with = "Option<units::Duration>")]
    pub lifetime_ms: Option<u64>,
    /// The statuses by which the vendor turns a token away that has run out.
    #[serde(default = "super::unauthorized")]
    pub expired_status: Vec<u16>,
}

/// Where in an answer a token stands. In a manifest: one of the keys `json`, `header`, `cookie`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenAt {
    /// At this place of a JSON body.
    Json(JsonPointer),
    /// In this header.
    Header(String),
    /// In this cookie.
    Cookie(String),
}

impl Session {
    /// The secrets that it names.
    pub fn secret_names(&self) -> Vec<&str> {
        let texts = self.headers.values().chain([&self.body]);
        texts.flat_map(Slotted::slots).filter_map(|slot| slot.strip_prefix("secret:")).collect()
    }
}

fn json() -> String {
    "application/json".into()
}
