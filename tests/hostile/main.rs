//! What a hostile component, or a hostile vendor, tries, and what comes of it: that one call fails
//! with a reason that says whose it was, and a well-behaved connection beside it goes on.

#![expect(clippy::unwrap_used, reason = "a test: what is not there is the failure")]

mod addresses;
mod beside;
mod canary;
mod cpu;
mod generated;
mod headers;
mod install;
mod liar;
mod memory;
mod nonsense;
#[path = "../capabilities/probe.rs"]
mod probe;
mod raw;
mod secrets;
mod stage;
mod strings;
mod traps;
mod vendor;
mod web;
