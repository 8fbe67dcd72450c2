//! Makes keys of the secrets that an operator entered.
//!
//! Promises that an empty or undecodable secret is no key: a MAC under an empty key can be made
//! by anybody. Never keeps a key longer than one verification.

use jackfield_registry::manifest::webhook::SecretEncoding;

use super::mac;
use crate::secret::Secret;

/// The most secrets of one name that are tried: the current one and those before it.
const SECRETS_MAX: usize = 8;

/// The secrets of one connection.
pub trait Secrets {
    /// The current value of a secret and those before it that are still valid; none if it has
    /// not been set.
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>>;
}

/// The secrets of one connection, as keys.
pub(super) struct Keys<'a>(&'a dyn Secrets);

impl<'a> Keys<'a> {
    pub(super) fn new(secrets: &'a dyn Secrets) -> Self {
        Self(secrets)
    }

    /// The values of a secret that are not empty.
    pub(super) fn raw(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        let mut values = self.0.current(name);
        values.retain(|value| !value.expose().is_empty());
        values.truncate(SECRETS_MAX);
        values
    }

    /// The keys that the values of a secret stand for.
    pub(super) fn decoded(
        &self,
        name: &str,
        encoding: SecretEncoding,
        prefix: &str,
    ) -> Vec<Secret<Vec<u8>>> {
        let raw = self.raw(name);
        if encoding == SecretEncoding::Raw && prefix.is_empty() {
            return raw;
        }
        let key = |value: &Secret<Vec<u8>>| {
            let value = value.expose();
            let value = value.strip_prefix(prefix.as_bytes()).unwrap_or(value);
            let key = match encoding {
                SecretEncoding::Raw => Some(value.to_vec()),
                SecretEncoding::Hex => hex::decode(value).ok(),
                SecretEncoding::Base64 => mac::from_base64(value),
            };
            key.filter(|key| !key.is_empty()).map(Secret::new)
        };
        raw.iter().filter_map(key).collect()
    }
}
