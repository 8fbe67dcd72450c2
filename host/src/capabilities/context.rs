//! `context`: what a call may know about itself.

use std::sync::Arc;

use super::{Means, Particulars};
use crate::{clock::SharedClock, contract::context::Host};

/// The settings, the time, and which try of which intention this is.
#[derive(Debug)]
pub struct Context {
    settings: Arc<str>,
    clock: Option<SharedClock>,
    attempt: u32,
    idempotency_key: Option<String>,
}

impl Context {
    pub(super) fn open(means: &Means, call: &Particulars) -> Self {
        Self {
            settings: means.settings.clone(),
            clock: Some(means.clock.clone()),
            attempt: call.attempt,
            idempotency_key: call.idempotency_key.clone(),
        }
    }

    pub(super) fn shut() -> Self {
        Self { settings: "{}".into(), clock: None, attempt: 1, idempotency_key: None }
    }
}

impl Host for Context {
    async fn settings(&mut self) -> wasmtime::Result<String> {
        Ok(self.settings.to_string())
    }

    async fn now_ms(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.as_ref().map_or(0, |clock| clock.now_ms()))
    }

    async fn attempt(&mut self) -> wasmtime::Result<u32> {
        Ok(self.attempt)
    }

    async fn idempotency_key(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.idempotency_key.clone())
    }
}
