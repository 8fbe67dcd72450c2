//! `paging`: how a list that is longer than a page goes on.
//!
//! Owns the ways. The request of the list says with `$page` where the page begins: each way sets
//! the members that it counts by. In `next` and `more`, `$page` is the page that was just read.

use serde::Deserialize;

use crate::Jq;

/// How a list goes on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paging {
    /// The reply names the next page: `$page.cursor`, null on the first.
    Cursor {
        /// What names it, in the reply's body; null or an empty text ends the list.
        next: Jq,
        /// How many records a page has: `$page.size`.
        size: Option<u32>,
    },
    /// The reply has the URL of the next page, which is called as it stands.
    Url {
        /// Where it has it; null or an empty text ends the list.
        next: Jq,
        /// How many records a page has: `$page.size`.
        size: Option<u32>,
    },
    /// The reply's header `link` has it with `rel="next"` (RFC 8288).
    Link {
        /// How many records a page has: `$page.size`.
        size: Option<u32>,
    },
    /// Records are counted: `$page.offset`, from 0.
    Offset {
        /// How many records a page has: `$page.size`. A shorter page is the last one.
        size: u32,
        /// Whether there is more, in the reply's body, where a shorter page does not say it.
        more: Option<Jq>,
    },
    /// Pages are counted: `$page.number`.
    Page {
        /// The number of the first one. Default: 1.
        #[serde(default = "one")]
        first: u32,
        /// How many records a page has: `$page.size`. A shorter page is the last one.
        size: u32,
        /// Whether there is more, in the reply's body, where a shorter page does not say it.
        more: Option<Jq>,
    },
}

impl Paging {
    /// How many records a page has, where it is said.
    pub fn size(&self) -> Option<u32> {
        match self {
            Self::Cursor { size, .. } | Self::Url { size, .. } | Self::Link { size } => *size,
            Self::Offset { size, .. } | Self::Page { size, .. } => Some(*size),
        }
    }
}

fn one() -> u32 {
    1
}
