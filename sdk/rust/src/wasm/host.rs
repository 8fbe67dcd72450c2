//! The real host, through the imports of the contract.

use super::bindings::host::jackfield::connector::{context, http, log, manifest, secrets, storage};
use crate::{Algorithm, Host, Level, Problem, Reply, Request, Settings};

/// The host that runs this component.
pub(crate) struct WasmHost;

impl Host for WasmHost {
    fn send(&self, request: Request) -> Result<Reply, Problem> {
        Ok(http::send(&request.into())?.into())
    }

    fn send_many(&self, requests: Vec<Request>, concurrency: u32) -> Vec<Result<Reply, Problem>> {
        let requests: Vec<_> = requests.into_iter().map(Into::into).collect();
        let replies = http::send_many(&requests, concurrency);
        replies.into_iter().map(|reply| Ok(reply?.into())).collect()
    }

    fn secret_has(&self, name: &str) -> bool {
        secrets::has(name)
    }

    fn mac(&self, name: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, Problem> {
        Ok(secrets::mac(name, algorithm.name(), data)?)
    }

    fn matches(&self, name: &str, candidate: &[u8]) -> Result<bool, Problem> {
        Ok(secrets::matches(name, candidate)?)
    }

    fn storage_get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(storage::get(key)?)
    }

    fn storage_set(&self, key: &str, value: &[u8]) -> Result<(), Problem> {
        Ok(storage::set(key, value)?)
    }

    fn storage_delete(&self, key: &str) -> Result<(), Problem> {
        Ok(storage::delete(key)?)
    }

    fn storage_keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Problem> {
        Ok(storage::keys(prefix, after)?)
    }

    fn storage_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        Ok(storage::swap(key, expected, new)?)
    }

    fn storage_increment(&self, key: &str, by: i64) -> Result<i64, Problem> {
        Ok(storage::increment(key, by)?)
    }

    fn settings(&self) -> Settings {
        // The host promises an object of texts; without one there is nothing to go on with.
        Settings::from_json(&context::settings()).unwrap_or_default()
    }

    fn manifest(&self, path: &[&str]) -> Option<serde_json::Value> {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        // The host promises JSON.
        manifest::get(&path).and_then(|text| serde_json::from_str(&text).ok())
    }

    fn now_ms(&self) -> u64 {
        context::now_ms()
    }

    fn attempt(&self) -> u32 {
        context::attempt()
    }

    fn idempotency_key(&self) -> Option<String> {
        context::idempotency_key()
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        log::write(level, message, &fields);
    }
}
