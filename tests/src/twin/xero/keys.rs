//! Idempotency keys and what was answered under them.
//!
//! Promises the same answer for the same request under the same key, whatever that answer was.
//! Keeps the last [`KEYS_MAX`] keys; the vendor forgets them by time, which tests need not wait
//! for.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::super::{Ask, Reply};

/// How many keys are remembered.
const KEYS_MAX: usize = 200_000;

/// What is known of a key.
pub enum Seen {
    /// It is new.
    Never,
    /// It came with this same request, which was answered so.
    Same(Reply),
    /// It came with another request.
    Other,
}

/// The memory of keys.
#[derive(Debug, Default)]
pub struct Keys {
    known: HashMap<String, (u64, Reply)>,
    order: VecDeque<String>,
}

impl Keys {
    pub fn look(&self, key: &str, ask: &Ask) -> Seen {
        match self.known.get(key) {
            None => Seen::Never,
            Some((digest, reply)) if *digest == digest_of(ask) => Seen::Same(reply.clone()),
            Some(_) => Seen::Other,
        }
    }

    pub fn keep(&mut self, key: &str, ask: &Ask, reply: &Reply) {
        if self.order.len() == KEYS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(key.to_owned());
        self.known.insert(key.to_owned(), (digest_of(ask), reply.clone()));
    }
}

/// Tells requests apart well enough for tests; nobody attacks a twin.
fn digest_of(ask: &Ask) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&ask.method, &ask.path, &ask.query, &ask.body).hash(&mut hasher);
    hasher.finish()
}
