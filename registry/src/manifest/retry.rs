//! `retry` of `[actions.*]`: how often an action is tried, and how far apart.
//!
//! Owns what is usual for each kind of action. Promises that the first span is never longer than
//! the longest. Never says when something is tried: the host does, anywhere within the span.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    actions::{Action, Idempotency},
    units,
};

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// What an author says of the retries of an action; what is left out is usual for its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// After so many tries a person is asked.
    pub tries: Option<u32>,
    /// The span of the first retry, in milliseconds; it doubles with each. Written as `"2s"`.
    #[serde(rename = "first", deserialize_with = "units::maybe_duration_ms")]
    #[schemars(with = "Option<units::Duration>")]
    pub first_ms: Option<u64>,
    /// No span is longer, in milliseconds. Written as `"1h"`.
    #[serde(rename = "longest", deserialize_with = "units::maybe_duration_ms")]
    #[schemars(with = "Option<units::Duration>")]
    pub longest_ms: Option<u64>,
}

/// How an action is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// After so many tries a person is asked; at least 1.
    pub tries: u32,
    /// The span of the first retry, in milliseconds.
    pub first_ms: u64,
    /// No span is longer, in milliseconds.
    pub longest_ms: u64,
}

impl Retries {
    /// What is usual for an action. A read is soon tried again and soon told as failed, since
    /// somebody waits for what it finds; a write that its vendor knows again may be tried for
    /// hours; each try of one that is looked for first costs a search as well; and one that nothing
    /// keeps from being done twice is tried again only where nothing was sent, and given to a
    /// person early.
    fn usual(action: &Action) -> Self {
        let of = |tries, first_ms, longest_ms| Self { tries, first_ms, longest_ms };
        match &action.idempotency {
            None => of(10, SECOND_MS, 15 * MINUTE_MS),
            Some(Idempotency::Header { .. } | Idempotency::Field | Idempotency::NaturalKey) => {
                of(12, 2 * SECOND_MS, HOUR_MS)
            }
            Some(Idempotency::SearchFirst) => of(10, 2 * SECOND_MS, HOUR_MS),
            Some(Idempotency::None) => of(6, 2 * SECOND_MS, 30 * MINUTE_MS),
        }
    }
}

impl Action {
    /// How it is tried again: as its author says, else as is usual.
    pub fn retries(&self) -> Retries {
        let usual = Retries::usual(self);
        let Retry { tries, first_ms, longest_ms } = self.retry.unwrap_or_default();
        let longest = longest_ms.unwrap_or(usual.longest_ms.max(first_ms.unwrap_or(0)));
        Retries {
            tries: tries.unwrap_or(usual.tries),
            first_ms: first_ms.unwrap_or(usual.first_ms).min(longest),
            longest_ms: longest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(more: &str) -> Action {
        toml::from_str(&format!("title = \"Do it\"\n{more}")).unwrap()
    }

    #[test]
    fn each_kind_of_action_has_its_usual_retries() {
        let of = |more: &str| {
            let Retries { tries, first_ms, longest_ms } = action(more).retries();
            (tries, first_ms, longest_ms)
        };
        assert_eq!(of("mutates = false"), (10, 1_000, 900_000));
        for kind in ["kind = \"header\", name = \"x-key\"", "kind = \"field\""] {
            assert_eq!(of(&format!("idempotency = {{ {kind} }}")), (12, 2_000, 3_600_000));
        }
        assert_eq!(of("idempotency = { kind = \"natural-key\" }"), (12, 2_000, 3_600_000));
        assert_eq!(of("idempotency = { kind = \"search-first\" }"), (10, 2_000, 3_600_000));
        assert_eq!(of("idempotency = { kind = \"none\" }"), (6, 2_000, 1_800_000));
    }

    #[test]
    fn what_is_left_out_gives_way_to_what_is_said() {
        let of = |retry: &str| {
            let retry = format!("mutates = false\nretry = {{ {retry} }}");
            let Retries { tries, first_ms, longest_ms } = action(&retry).retries();
            (tries, first_ms, longest_ms)
        };
        assert_eq!(of("tries = 3, first = \"5s\", longest = \"1m\""), (3, 5_000, 60_000));
        assert_eq!(of("tries = 3"), (3, 1_000, 900_000));
        assert_eq!(of("first = \"1h\""), (10, 3_600_000, 3_600_000));
        assert_eq!(of("longest = \"1s\""), (10, 1_000, 1_000));
    }
}
