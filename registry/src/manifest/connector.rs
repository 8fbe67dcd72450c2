//! `[connector]`: who a connector is.
//!
//! Owns the block and the lists of roles and categories. Promises nothing about the values;
//! `check` compares them.

use schemars::JsonSchema;
use serde::Deserialize;

/// The role contracts that a connector can fill: systems that fill the same one can stand in
/// for each other in a flow.
pub const ROLES: [&str; 11] = [
    "accounting",
    "commerce",
    "crm",
    "files",
    "forms",
    "marketing",
    "messaging",
    "payments",
    "people",
    "projects",
    "scheduling",
];

/// Under which heading a connector is listed: the roles, and what has no role contract.
pub const CATEGORIES: [&str; 18] = [
    "accounting",
    "analytics",
    "commerce",
    "crm",
    "data",
    "developer",
    "erp",
    "files",
    "forms",
    "marketing",
    "messaging",
    "other",
    "payments",
    "people",
    "projects",
    "scheduling",
    "shipping",
    "support",
];

/// Who a connector is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Its name on the command line and in flows: `^[a-z][a-z0-9-]{0,47}$`.
    pub id: String,
    /// The release's version, under semantic versioning.
    pub version: String,
    /// What a person calls the system, such as `Xero`.
    pub title: String,
    /// Whose system it is, such as `Xero Limited`.
    pub vendor: String,
    /// The heading under which it is listed: one of [`CATEGORIES`].
    pub category: String,
    /// The role contracts that it passes: some of [`ROLES`].
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where the vendor documents its API: an `https` URL.
    pub docs: Option<String>,
    /// The connector's licence, as an SPDX expression.
    pub licence: Option<String>,
}
