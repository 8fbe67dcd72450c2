//! The four patterns by which small businesses live, each from its first event to its last effect.
//!
//! Every system is the generic connector at its twin; the flows are those of `tests/flows`.

mod customer;
mod delivery;
mod finance;
mod killed;
mod orders;
mod stories;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jackfield::{clock::VirtualClock, dispatch::Backoff};
use jackfield_tests::{house::House, patterns::Patterns};
use serde_json::{Value, json};

/// 2026-03-02, a Monday, at noon in UTC.
const NOON_MS: u64 = 1_772_452_800_000;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The business with these flows, by a clock of one's own.
async fn business_at(clock: &VirtualClock, flows: &[&str]) -> Patterns {
    let house = House::with(Arc::new(clock.clone()), Backoff::default()).await;
    Patterns::set_up(house, flows).await
}

/// The business with these flows, by the machine's clock.
async fn business(flows: &[&str]) -> Patterns {
    Patterns::set_up(House::open().await, flows).await
}

/// How often each action was done, as [`Patterns::twin`] counts it.
fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(what, times)| ((*what).to_owned(), *times)).collect()
}

/// A deal that was won, for a new customer.
fn deal() -> Value {
    json!({
        "id": "42",
        "title": "Website",
        "status": "won",
        "value": { "amount": "1200.50", "currency": "GBP" },
        "organisation": { "name": "Mill Lane Bakery" },
        "person": { "name": "Ada Mills", "email": "ada@milllane.example" },
        "owner": { "id": "5", "name": "Grace Hopper" },
        "won_at": "2026-03-02T10:00:00Z",
    })
}
