//! The conformance kit: a connector is tried against what was really said, and against all that
//! systems do wrong.
//!
//! Owns fixtures, the bench on which they are replayed, the properties that every connector must
//! have, and the report. In reading order: a [`Case`] of a [`fixture`] is run on the [`Bench`],
//! through the real runtime, windows and verification, before a `script` that stands in the
//! place of the system; [`properties`](trial) run the same cases with one thing changed. Promises
//! that a trial is the same whenever and wherever it is repeated. Never opens a socket, and never
//! touches a host's data.

mod again;
mod bench;
mod credential;
mod description;
mod diff;
pub mod fixture;
mod graphql;
pub mod openapi;
mod outcome;
mod properties;
mod report;
mod script;
mod trial;
mod webhook;
mod written;

pub use again::Again;
pub use bench::{Bench, BenchError, Ran, Subject, Way};
pub use description::Description;
pub use fixture::{Case, FixtureError};
pub use outcome::{Happened, Outcome};
pub use report::{Finding, Report, Verdict};
pub use script::{Death, Hold};
pub use trial::{Plan, trial};
