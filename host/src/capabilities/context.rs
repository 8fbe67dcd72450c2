//! `context`: what a call may know about itself.

use std::sync::Arc;

use super::{Means, Particulars};
use crate::contract::context::Host;

/// The settings, the time, and which try of which intention this is. The time of a call is that at
/// which it began, so that it can be run again as it was.
#[derive(Debug)]
pub struct Context {
    settings: Arc<str>,
    /// In milliseconds since 1970; none behind windows that are shut.
    pub now_ms: Option<u64>,
    attempt: u32,
    idempotency_key: Option<String>,
}

impl Context {
    pub(super) fn open(means: &Means, call: &Particulars) -> Self {
        Self {
            settings: means.settings.clone(),
            now_ms: Some(means.clock.now_ms()),
            attempt: call.attempt,
            idempotency_key: call.idempotency_key.clone(),
        }
    }

    pub(super) fn shut() -> Self {
        Self { settings: "{}".into(), now_ms: None, attempt: 1, idempotency_key: None }
    }
}

impl Host for Context {
    async fn settings(&mut self) -> wasmtime::Result<String> {
        Ok(self.settings.to_string())
    }

    async fn now_ms(&mut self) -> wasmtime::Result<u64> {
        Ok(self.now_ms.unwrap_or_default())
    }

    async fn attempt(&mut self) -> wasmtime::Result<u32> {
        Ok(self.attempt)
    }

    async fn idempotency_key(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.idempotency_key.clone())
    }
}
