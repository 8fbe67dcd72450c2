//! What a component can do through each window, and what it cannot.

#![expect(clippy::unwrap_used, reason = "a test: what is not there is the failure")]

mod context;
mod credentials;
mod http;
mod limits;
mod probe;
mod secrets;
mod storage;
