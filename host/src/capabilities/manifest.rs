//! `manifest`: what the connector's own manifest says, for a component that carries it out.

use std::sync::Arc;

use serde_json::Value;

use super::Means;
use crate::contract::manifest::Host;

/// The most keys on a way.
const KEYS_MAX: usize = 16;

/// The manifest of the release that is called.
#[derive(Debug)]
pub struct Manifest(Arc<Value>);

impl Manifest {
    pub(super) fn open(means: &Means) -> Self {
        Self(means.manifest.clone())
    }

    pub(super) fn shut() -> Self {
        Self(Arc::new(Value::Null))
    }
}

impl Host for Manifest {
    async fn get(&mut self, path: Vec<String>) -> wasmtime::Result<Option<String>> {
        if path.len() > KEYS_MAX {
            return Ok(None);
        }
        let found = path.iter().try_fold(&*self.0, |value, key| value.get(key));
        Ok(found.filter(|value| !value.is_null()).map(Value::to_string))
    }
}
