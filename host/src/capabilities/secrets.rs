//! `secrets`: the use of secrets without their sight.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::webhook::Algorithm;

use super::Means;
use crate::{
    contract::{Problem, secrets::Host},
    mac::hmac,
    problem,
    secret::Secret,
    vault::Vault,
};

/// How often one call may ask `matches`, so that it is no oracle.
const MATCHES_MAX: u32 = 8;

/// The most that is signed at once, in bytes: as much as a request may carry.
const DATA_BYTES_MAX: usize = 10 << 20;

/// What the manifest lets a component do with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Sign with it.
    Mac,
    /// Compare with it.
    Matches,
}

/// The secrets of one connection, as far as its component may use them.
#[derive(Debug)]
pub struct Secrets {
    of: Option<(Arc<str>, Vault)>,
    uses: Arc<BTreeMap<String, Vec<Use>>>,
    matches: u32,
}

impl Secrets {
    pub(super) fn open(means: &Means) -> Self {
        Self {
            of: Some((means.connection.clone(), means.vault.clone())),
            uses: means.uses.clone(),
            matches: 0,
        }
    }

    pub(super) fn shut() -> Self {
        Self { of: None, uses: Arc::default(), matches: 0 }
    }

    /// The secret, if its use in this way is granted.
    fn granted(&self, name: &str, way: Use) -> Result<Secret<Vec<u8>>, Problem> {
        let word = if way == Use::Mac { "mac" } else { "matches" };
        match self.uses.get(name) {
            None => return Err(problem::not_found(format!("there is no secret `{name}`"))),
            Some(uses) if !uses.contains(&way) => {
                return Err(problem::forbidden(format!(
                    "the secret `{name}` is not granted for this; to allow it, write \
                     `guest = [\"{word}\"]` in its `[[secret]]`"
                )));
            }
            Some(_) => {}
        }
        self.value(name)
            .ok_or_else(|| problem::not_found(format!("the secret `{name}` is not set")))
    }

    fn value(&self, name: &str) -> Option<Secret<Vec<u8>>> {
        let (connection, vault) = self.of.as_ref()?;
        vault.get(connection, name).ok().flatten()
    }
}

impl Host for Secrets {
    async fn has(&mut self, name: String) -> wasmtime::Result<bool> {
        Ok(self.uses.contains_key(&name) && self.value(&name).is_some())
    }

    async fn mac(
        &mut self,
        name: String,
        algorithm: String,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
        if data.len() > DATA_BYTES_MAX {
            let most = DATA_BYTES_MAX >> 20;
            return Ok(Err(problem::invalid(format!("more than {most} MiB to sign at once"))));
        }
        Ok(self.granted(&name, Use::Mac).and_then(|key| {
            let algorithm = match algorithm.as_str() {
                "sha1" => Algorithm::Sha1,
                "sha256" => Algorithm::Sha256,
                "sha512" => Algorithm::Sha512,
                other => {
                    return Err(problem::invalid(format!(
                        "unknown algorithm `{other}`; known are sha1, sha256 and sha512"
                    )));
                }
            };
            Ok(hmac(algorithm, key.expose(), &data))
        }))
    }

    async fn matches(
        &mut self,
        name: String,
        candidate: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, Problem>> {
        self.matches += 1;
        if self.matches > MATCHES_MAX {
            return Ok(Err(problem::rate_limited(format!(
                "`matches` may be asked {MATCHES_MAX} times a call"
            ))));
        }
        Ok(self.granted(&name, Use::Matches).map(|secret| secret.matches(&candidate)))
    }
}
