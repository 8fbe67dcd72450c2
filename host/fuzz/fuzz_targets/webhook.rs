//! Any request, held against any scheme of a `[webhook]`.
//!
//! The room `verify` is compiled here with `secret` and nothing else of the host. That this
//! builds is the proof that verification is pure: no clock, no store, no network within reach.
#![no_main]

#[path = "../../src/verify/tests/laws/mod.rs"]
mod laws;
#[path = "../../src/secret.rs"]
#[allow(dead_code, reason = "the host uses the rest")]
mod secret;
#[path = "../../src/verify/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the host uses the rest")]
mod verify;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::webhook(bytes));
