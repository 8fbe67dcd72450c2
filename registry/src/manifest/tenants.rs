//! `[tenants]`: where one sign-in opens several organisations at a vendor, and a connection is
//! for one of them.
//!
//! Owns which param says for which. Never holds an organisation: the component lists them.

use serde::Deserialize;

/// Which of several organisations a connection is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenants {
    /// The param that holds the chosen one's id.
    pub param: String,
}
