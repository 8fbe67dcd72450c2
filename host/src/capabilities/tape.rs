//! The tape of a call: what it saw through its windows, from which it can be run again without
//! them.
//!
//! Owns what is kept of a call and how much. Promises no credential: requests are kept as the
//! component made them, replies as it saw them, and of a secret only that it was there and what
//! was signed with it. Never changes what a call sees.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{
    egress::{Asked, Ear, EgressError, Reply},
    octets::Octets,
};

/// The most that is kept of one call, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// What is done about the tape of a call.
#[derive(Debug, Clone, Default)]
pub enum Taping {
    /// Nothing is kept.
    #[default]
    Off,
    /// What it sees is kept.
    On,
    /// It sees what another call saw.
    Again(Arc<Recording>),
}

/// What a call saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The time of the call, in milliseconds since 1970.
    pub at_ms: u64,
    /// From what its random numbers came.
    pub seed: Seed,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// Whether all is here; what is over a mebibyte is not kept.
    pub whole: bool,
    /// Requests that were allowed, in the order in which they ended.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
    /// What stood under the keys of its storage at which it looked, before it wrote to them.
    #[serde(default)]
    pub storage: BTreeMap<String, Option<Octets>>,
    /// Keys of the storage that it was told of.
    #[serde(default)]
    pub listed: BTreeSet<String>,
    /// How much the connection kept there when the call first wrote, in bytes.
    pub used_bytes: Option<u64>,
    /// For which secrets it asked, and whether they were set.
    #[serde(default)]
    pub secrets: BTreeMap<String, bool>,
    /// What was signed for it, in order.
    #[serde(default)]
    pub macs: Vec<Octets>,
    /// What it was told of what it held against a secret, in order.
    #[serde(default)]
    pub matches: Vec<bool>,
}

/// From what the random numbers of a call come; in JSON 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seed(pub [u8; 32]);

impl Seed {
    pub(super) fn random() -> Self {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        Self(seed)
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> Self {
        hex::encode(seed.0)
    }
}

impl TryFrom<String> for Seed {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut seed = [0; 32];
        hex::decode_to_slice(text, &mut seed)?;
        Ok(Self(seed))
    }
}

/// A request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// In upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// What the component gave, with what the host adds for everybody to see.
    pub headers: Vec<(String, String)>,
    /// Empty where there was none.
    pub body: Octets,
    /// The reply, or why there was none.
    pub came: Result<Answered, EgressError>,
}

/// A reply as a component sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Octets,
}

/// A tape that is running, or none. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Tape(Option<Arc<Mutex<Running>>>);

#[derive(Debug)]
struct Running {
    recording: Recording,
    /// What is kept so far, in bytes.
    bytes: usize,
}

impl Tape {
    /// A tape that begins with a call.
    pub(super) fn running(at_ms: u64, seed: Seed, attempt: u32) -> Self {
        let recording = Recording { at_ms, seed, attempt, whole: true, ..Recording::default() };
        Self(Some(Arc::new(Mutex::new(Running { recording, bytes: 0 }))))
    }

    /// What is on it; none where nothing is kept.
    pub fn recording(&self) -> Option<Recording> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).recording.clone())
    }

    /// The same as what hears the requests of the call; none where nothing is kept.
    pub(super) fn ear(&self) -> Option<Arc<dyn Ear>> {
        self.0.is_some().then(|| Arc::new(self.clone()) as Arc<dyn Ear>)
    }

    /// A value of the storage, before it is written to.
    pub(super) fn looked(&self, key: &str, value: Option<&[u8]>) {
        let bytes = key.len() + value.map_or(0, <[u8]>::len);
        self.keep(bytes, |recording| {
            let seen = || value.map(Octets::copied);
            recording.storage.entry(key.to_owned()).or_insert_with(seen);
        });
    }

    /// Keys of the storage.
    pub(super) fn listed(&self, keys: &[String]) {
        let bytes = keys.iter().map(String::len).sum();
        self.keep(bytes, |recording| recording.listed.extend(keys.iter().cloned()));
    }

    /// How much is used of the quota.
    pub(super) fn used(&self, bytes: u64) {
        self.keep(0, |recording| {
            recording.used_bytes.get_or_insert(bytes);
        });
    }

    /// Whether a secret is set.
    pub(super) fn secret(&self, name: &str, is_set: bool) {
        self.keep(name.len(), |recording| {
            recording.secrets.insert(name.to_owned(), is_set);
        });
    }

    /// What was signed.
    pub(super) fn signed(&self, mac: &[u8]) {
        self.keep(mac.len(), |recording| recording.macs.push(Octets::copied(mac)));
    }

    /// What came of a comparison.
    pub(super) fn compared(&self, matches: bool) {
        self.keep(1, |recording| recording.matches.push(matches));
    }

    fn keep(&self, bytes: usize, add: impl FnOnce(&mut Recording)) {
        let Some(running) = &self.0 else { return };
        let mut running: MutexGuard<'_, Running> =
            running.lock().unwrap_or_else(PoisonError::into_inner);
        running.bytes += bytes;
        if running.bytes > BYTES_MAX {
            running.recording.whole = false;
            return;
        }
        add(&mut running.recording);
    }
}

impl Ear for Tape {
    fn hear(&self, asked: Asked, came: &Result<Reply, EgressError>) {
        let bytes = asked.body.len() + came.as_ref().map_or(0, |reply| reply.body.len());
        self.keep(bytes, |recording| {
            recording.exchanges.push(Exchange {
                method: asked.method,
                url: asked.url,
                headers: asked.headers,
                body: Octets(asked.body),
                came: came.as_ref().map(Answered::from).map_err(EgressError::clone),
            });
        });
    }
}

impl From<&Reply> for Answered {
    fn from(reply: &Reply) -> Self {
        let Reply { status, headers, cookies: _, body } = reply.clone();
        Self { status, headers, body: Octets(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape() -> Tape {
        Tape::running(7, Seed::default(), 1)
    }

    #[test]
    fn what_stood_there_first_is_what_a_call_begins_with() {
        let tape = tape();
        tape.looked("cursor", None);
        tape.looked("cursor", Some(b"2"));
        assert_eq!(tape.recording().unwrap().storage, BTreeMap::from([("cursor".into(), None)]));
    }

    #[test]
    fn what_is_too_much_is_left_out_and_said_to_be() {
        let tape = tape();
        tape.looked("small", Some(b"1"));
        tape.looked("large", Some(&vec![0; BYTES_MAX]));
        let recording = tape.recording().unwrap();
        assert!(!recording.whole && recording.storage.len() == 1);
    }

    #[test]
    fn no_cookie_is_kept() {
        let (asked, cookies) = (
            Asked {
                method: "GET".into(),
                url: "https://a.example/".into(),
                headers: Vec::new(),
                body: bytes::Bytes::new(),
                mutates: false,
            },
            vec!["session=secret".to_owned()],
        );
        let tape = tape();
        let reply = Reply { status: 200, headers: Vec::new(), cookies, body: "ok".into() };
        tape.hear(asked, &Ok(reply));
        let text = serde_json::to_string(&tape.recording()).unwrap();
        assert!(text.contains("\"ok\"") && !text.contains("session"), "{text}");
    }
}
