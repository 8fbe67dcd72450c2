//! `[webhook.route]`: for which account a delivery is, where its vendor knows one URL for all.
//!
//! Owns where that stands. Never looks for the connection; the host does.

use schemars::JsonSchema;
use serde::Deserialize;

use super::field::{HeaderName, JsonPointer};

/// For which account a delivery, or an item of one, is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "RouteKeys")]
#[schemars(with = "RouteKeys")]
pub struct Route {
    /// The param of a connection that holds the account's id.
    pub param: String,
    /// Where a delivery has it.
    pub at: RouteAt,
}

/// Where a delivery has the id of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAt {
    /// In a header: all of it is for one.
    Header(HeaderName),
    /// At this place in each item, where the body is an array in JSON; else in the body.
    Json(JsonPointer),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RouteKeys {
    /// The param of a connection that holds the account's id.
    param: String,
    /// The header in which a delivery has it: all of it is for one account.
    header: Option<HeaderName>,
    /// Its place in each item, where the body is an array in JSON; else in the body.
    json: Option<JsonPointer>,
}

impl TryFrom<RouteKeys> for Route {
    type Error = String;

    fn try_from(keys: RouteKeys) -> Result<Self, String> {
        let RouteKeys { param, header, json } = keys;
        let at = match (header, json) {
            (Some(header), None) => RouteAt::Header(header),
            (None, Some(json)) => RouteAt::Json(json),
            _ => {
                return Err(
                    "the account stands in one place\n  hint: add one of `header`, `json`, \
                            such as `json = \"/portalId\"`"
                        .into(),
                );
            }
        };
        Ok(Self { param, at })
    }
}
