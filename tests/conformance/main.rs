//! The conformance kit, tried itself: on a shop without a fault, and on what is wrong with others.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;
mod connectors;
mod described;
mod fixtures;
mod planted;
mod properties;
