//! Wishes: what an operator asks of the host, and what must be installed once it is done.

use std::collections::BTreeMap;

use jackfield::connectors::KEPT_MAX;
use serde_json::Value;

/// The connector that is connected, and its connection.
pub const FIRST: &str = "orders";
/// The one that comes and goes.
pub const SECOND: &str = "second";

/// What is kept of a connector: versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    pub current: String,
    pub before: Vec<String>,
    /// By connection.
    pub trials: BTreeMap<String, String>,
}

impl Slot {
    /// All of them.
    pub fn versions(&self) -> impl Iterator<Item = &String> {
        [&self.current].into_iter().chain(&self.before).chain(self.trials.values())
    }
}

/// What is installed, by the connectors' ids.
pub type Kept = BTreeMap<String, Slot>;

/// What the host lists.
///
/// # Errors
/// One of them is out of order.
pub fn listed(told: &Value) -> Result<Kept, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let slot = |one: &Value| {
        let id = text(&one["id"]);
        if one["state"] != "running" {
            return Err(format!("`{id}` is {}", one["state"]));
        }
        let before = one["before"].as_array().into_iter().flatten().map(text).collect();
        let trials = one["trials"].as_object().into_iter().flatten();
        let trials = trials.map(|(name, version)| (name.clone(), text(version))).collect();
        Ok((id, Slot { current: text(&one["version"]), before, trials }))
    };
    told.as_array().into_iter().flatten().map(slot).collect()
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Install,
    Upgrade,
    Trial,
    RollBack,
    EndTrial,
    Remove,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Install, Self::Upgrade, Self::Trial, Self::RollBack, Self::EndTrial, Self::Remove];

    pub fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Trial => "trial",
            Self::RollBack => "rollback",
            Self::EndTrial => "trial-end",
            Self::Remove => "remove",
        }
    }

    /// Whether a release is let in by it.
    pub fn lets_in(self) -> bool {
        matches!(self, Self::Install | Self::Upgrade | Self::Trial)
    }

    /// Of which connector it is asked.
    pub fn connector(self) -> &'static str {
        if matches!(self, Self::Install | Self::Remove) { SECOND } else { FIRST }
    }

    /// Whether it can be done with what is installed.
    pub fn is_possible(self, kept: &Kept) -> bool {
        let slot = kept.get(self.connector());
        match self {
            Self::Install => slot.is_none(),
            Self::Remove | Self::Upgrade | Self::Trial => slot.is_some(),
            Self::RollBack => slot.is_some_and(|slot| !slot.before.is_empty()),
            Self::EndTrial => slot.is_some_and(|slot| !slot.trials.is_empty()),
        }
    }

    /// The words of the command; `file` holds the release where one is let in.
    pub fn words(self, file: &str) -> Vec<&str> {
        let letting = ["--unsigned", "--yes"];
        match self {
            Self::Install => [&["connector", "install", file], &letting[..]].concat(),
            Self::Upgrade => [&["connector", "upgrade", file], &letting[..]].concat(),
            Self::Trial => {
                [&["connector", "upgrade", file, "--connection", FIRST], &letting[..]].concat()
            }
            Self::RollBack => vec!["connector", "rollback", FIRST],
            Self::EndTrial => vec!["connector", "rollback", FIRST, "--connection", FIRST],
            Self::Remove => vec!["connector", "remove", SECOND],
        }
    }

    /// What is installed once it is done, where it can be done; `version` is that of the release
    /// which is let in. It is said here once more, and not asked of the host, which may be wrong.
    pub fn done(self, kept: &Kept, version: &str) -> Kept {
        let mut after = kept.clone();
        if self == Self::Remove {
            after.remove(SECOND);
            return after;
        }
        let slot = after.entry(self.connector().to_owned()).or_default();
        match self {
            Self::Install | Self::Remove => version.clone_into(&mut slot.current),
            Self::Upgrade => {
                let last = std::mem::replace(&mut slot.current, version.to_owned());
                slot.before.insert(0, last);
                slot.before.truncate(KEPT_MAX - 1);
                slot.trials.clear();
            }
            Self::Trial => {
                slot.trials.insert(FIRST.to_owned(), version.to_owned());
            }
            Self::RollBack => {
                slot.before.push(slot.current.clone());
                slot.current = slot.before.remove(0);
                slot.trials.clear();
            }
            Self::EndTrial => slot.trials.clear(),
        }
        after
    }
}
