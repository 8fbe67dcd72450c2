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
    /// When it was installed, in milliseconds since 1970.
    pub installed_at_ms: u64,
}

impl ReleaseRecord {
    pub(super) fn of(release: &Release, installed_at_ms: u64) -> Self {
        Self {
            version: release.manifest().connector.version.clone(),
            digest: release.digest(),
            code_digest: release.code_digest(),
            publisher: release.publisher(),
            installed_at_ms,
        }
    }
}

/// What an operator allowed. It hangs on who signed what was looked at, not on a name: a release
/// of the same id by somebody else starts from nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whose releases it is for; none: only those that were looked at, by their digests.
    pub publisher: Option<Publisher>,
    /// What they may do.
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
    /// What it may do.
    pub grant: Grant,
    /// Whether the current release is on probation.
    pub watch: Option<Watch>,
}

impl ConnectorRecord {
    /// A connector that is installed for the first time.
    pub(super) fn new(id: &str, current: ReleaseRecord, grant: Grant) -> Self {
        let (before, trials) = (Vec::new(), BTreeMap::new());
        Self { id: id.to_owned(), current, before, trials, grant, watch: None }
    }

    /// All releases that are kept.
    pub fn releases(&self) -> impl Iterator<Item = &ReleaseRecord> {
        [&self.current].into_iter().chain(&self.before).chain(self.trials.values())
    }

    /// What was allowed to whoever made this release: nothing, if it is by somebody else.
    pub(super) fn granted(&self, release: &ReleaseRecord) -> Asks {
        let same_hand = release.publisher.is_some() && release.publisher == self.grant.publisher;
        let looked_at = self.releases().any(|known| known.digest == release.digest);
        if same_hand || looked_at { self.grant.asks.clone() } else { Asks::default() }
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
