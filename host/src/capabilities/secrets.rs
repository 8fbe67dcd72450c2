//! `secrets`: the use of secrets without their sight.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::webhook::Algorithm;

use super::{Means, Particulars, Recording, Tape, Taping};
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
    of: Source,
    uses: Arc<BTreeMap<String, Vec<Use>>>,
    matches: u32,
    tape: Tape,
}

/// From where the answers come.
#[derive(Debug)]
enum Source {
    Nowhere,
    Vault(Arc<str>, Vault),
    /// Another call's, and how many of its answers were given: what was signed, what was compared.
    Recording {
        recording: Arc<Recording>,
        macs: usize,
        matches: usize,
    },
}

/// A secret, as far as it is here.
enum Held {
    Value(Secret<Vec<u8>>),
    /// It was set when the call was recorded.
    Then,
}

impl Secrets {
    pub(super) fn open(means: &Means, call: &Particulars, tape: &Tape) -> Self {
        let of = match &call.taping {
            Taping::Again(recording) => {
                Source::Recording { recording: recording.clone(), macs: 0, matches: 0 }
            }
            Taping::On | Taping::Off => {
                Source::Vault(means.connection.clone(), means.vault.clone())
            }
        };
        Self { of, uses: means.uses.clone(), matches: 0, tape: tape.clone() }
    }

    pub(super) fn shut() -> Self {
        Self { of: Source::Nowhere, uses: Arc::default(), matches: 0, tape: Tape::default() }
    }

    /// The secret, if its use in this way is granted.
    fn granted(&self, name: &str, way: Use) -> Result<Held, Problem> {
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
        self.held(name).ok_or_else(|| problem::not_found(format!("the secret `{name}` is not set")))
    }

    fn held(&self, name: &str) -> Option<Held> {
        let held = match &self.of {
            Source::Nowhere => None,
            Source::Vault(connection, vault) => {
                vault.get(connection, name).ok().flatten().map(Held::Value)
            }
            Source::Recording { recording, .. } => {
                recording.secrets.get(name).is_some_and(|is_set| *is_set).then_some(Held::Then)
            }
        };
        self.tape.secret(name, held.is_some());
        held
    }

    /// What was signed next when the call was recorded.
    fn signed_then(&mut self) -> Option<Vec<u8>> {
        let Source::Recording { recording, macs, .. } = &mut self.of else { return None };
        let mac = recording.macs.get(*macs)?.0.to_vec();
        *macs += 1;
        Some(mac)
    }

    /// What was said of the next comparison when the call was recorded.
    fn compared_then(&mut self) -> Option<bool> {
        let Source::Recording { recording, matches, .. } = &mut self.of else { return None };
        let said = *recording.matches.get(*matches)?;
        *matches += 1;
        Some(said)
    }
}

/// A call that is run again asks for more than it did.
fn more_than_then() -> Problem {
    problem::unavailable("the call that was recorded did not ask for this")
}

impl Host for Secrets {
    async fn has(&mut self, name: String) -> wasmtime::Result<bool> {
        Ok(self.uses.contains_key(&name) && self.held(&name).is_some())
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
        Ok(self.granted(&name, Use::Mac).and_then(|held| {
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
            let mac = match held {
                Held::Value(key) => hmac(algorithm, key.expose(), &data),
                Held::Then => self.signed_then().ok_or_else(more_than_then)?,
            };
            self.tape.signed(&mac);
            Ok(mac)
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
        Ok(self.granted(&name, Use::Matches).and_then(|held| {
            let matches = match held {
                Held::Value(secret) => secret.matches(&candidate),
                Held::Then => self.compared_then().ok_or_else(more_than_then)?,
            };
            self.tape.compared(matches);
            Ok(matches)
        }))
    }
}
