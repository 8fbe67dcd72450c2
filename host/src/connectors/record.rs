//! What is kept of an installed connector: its releases, and what an operator allowed it.

use std::collections::BTreeMap;

use jackfield_registry::{
    manifest::Asks,
    package::{Digest, Publisher, Release},
};
use serde::{Deserialize, Serialize};

use crate::audit::Actor;

/// Releases of a connector that are kept, the current one included: how far back a rollback goes.
pub const KEPT_MAX: usize = 3;

/// One release, beside its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// Its version.
    pub version: String,
    /// The digest of its file: the file's name.
    pub digest: Digest,
    /// The digest of its code: the name of what is compiled.
    pub code_digest: Digest,
    /// Who signed it; none if nobody did.
    pub publisher: Option<Publisher>,
    /// What it was allowed when it was let in.
    pub grant: Grant,
}

impl ReleaseRecord {
    pub(super) fn of(release: &Release, at_ms: u64, by: Actor) -> Self {
        Self {
            version: release.manifest().connector.version.clone(),
            digest: release.digest(),
            code_digest: release.code_digest(),
            publisher: release.publisher(),
            grant: Grant { asks: release.manifest().asks(), at_ms, by },
        }
    }
}

/// What an operator allowed a release. Each has its own, so that a rollback takes back what only
/// the later one was allowed, and what a release gave up is asked for anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What it may do.
    pub asks: Asks,
    /// When it was given, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who gave it.
    pub by: Actor,
}

/// How long a new release is watched, and against what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Until when, in milliseconds since 1970.
    pub until_ms: u64,
    /// Which share of its calls failed in the release before, from 0 to 1.
    pub failed_before: f64,
}

/// An installed connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorRecord {
    /// Its id.
    pub id: String,
    /// The release through which connections go.
    pub current: ReleaseRecord,
    /// Those that were current before, the last one first.
    pub before: Vec<ReleaseRecord>,
    /// Releases that single connections try, by the connection's name.
    pub trials: BTreeMap<String, ReleaseRecord>,
    /// Whether the current release is on probation.
    pub watch: Option<Watch>,
}

impl ConnectorRecord {
    /// A connector that is installed for the first time.
    pub(super) fn new(id: &str, current: ReleaseRecord) -> Self {
        let (before, trials) = (Vec::new(), BTreeMap::new());
        Self { id: id.to_owned(), current, before, trials, watch: None }
    }

    /// All releases that are kept.
    pub fn releases(&self) -> impl Iterator<Item = &ReleaseRecord> {
        [&self.current].into_iter().chain(&self.before).chain(self.trials.values())
    }

    /// A release that was let in for all connections and is kept.
    pub fn looked_at(&self, digest: &Digest) -> Option<&ReleaseRecord> {
        [&self.current].into_iter().chain(&self.before).find(|known| known.digest == *digest)
    }

    /// What of a release's asks is allowed already. A yes hangs on who signed what was looked at,
    /// not on a name: it is for that very file, and for what the same hand makes next.
    pub(super) fn granted(&self, release: &Release) -> Asks {
        let looked_at = self.looked_at(&release.digest());
        let of_hand = release.publisher().filter(|hand| self.current.publisher == Some(*hand));
        let known = looked_at.or(of_hand.map(|_| &self.current));
        known.map(|known| known.grant.asks.clone()).unwrap_or_default()
    }

    /// Makes a release the current one, for all connections.
    pub(super) fn promote(&mut self, release: ReleaseRecord) {
        let last = std::mem::replace(&mut self.current, release);
        self.before.insert(0, last);
        self.before.retain(|known| known.digest != self.current.digest);
        self.before.truncate(KEPT_MAX - 1);
        self.trials.clear();
        self.watch = None;
    }

    /// Goes back to the release before; false if there is none. What was current is the last
    /// to come back.
    pub(super) fn roll_back(&mut self) -> bool {
        if self.before.is_empty() {
            return false;
        }
        let back = self.before.remove(0);
        let left = std::mem::replace(&mut self.current, back);
        self.before.push(left);
        self.trials.clear();
        self.watch = None;
        true
    }
}
