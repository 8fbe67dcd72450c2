//! Toll: what a torture of installs came to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::wish::Kind;

/// How far the host had come with a wish when it was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing of it was on disk: it was looked over, or compiled.
    Begun,
    /// Its code was compiled; the gates after that had begun.
    Compiled,
    /// Its file was written, and the record not.
    Written,
    /// It was done, and nobody knew.
    Done,
    /// It had been answered.
    Answered,
}

impl Stage {
    pub const ALL: [Self; 5] =
        [Self::Begun, Self::Compiled, Self::Written, Self::Done, Self::Answered];

    fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Compiled => "compiled",
            Self::Written => "written",
            Self::Done => "done",
            Self::Answered => "answered",
        }
    }
}

/// What it came to.
#[derive(Debug, Default)]
pub struct Toll {
    pub seed: u64,
    pub rounds: u32,
    pub kinds: BTreeMap<Kind, u32>,
    pub stages: BTreeMap<Stage, u32>,
    /// What was wrong, by the round.
    pub broken: BTreeMap<u32, Vec<String>>,
    pub acknowledged: usize,
    /// Webhooks that were acknowledged and never parsed.
    pub lost: usize,
    /// How long a letting in takes where nobody is killed, in milliseconds.
    pub whole_ms: u64,
    pub seconds: f64,
}

impl Toll {
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.lost == 0
    }

    pub fn print(&self, as_json: bool) {
        let answered = self.stages.get(&Stage::Answered).copied().unwrap_or_default();
        let killed_in_gates = self.stages.values().sum::<u32>() - answered;
        let kinds = Kind::ALL.map(|kind| (kind.name().to_owned(), times(&self.kinds, &kind)));
        let stages = Stage::ALL.map(|one| (one.name().to_owned(), times(&self.stages, &one)));
        let told = json!({
            "torture": "install",
            "seed": self.seed,
            "rounds": self.rounds,
            "killed_in_gates": killed_in_gates,
            "broken": self.broken.len(),
            "lost": self.lost,
            "acknowledged": self.acknowledged,
            "kinds": serde_json::Map::from_iter(kinds),
            "stages": serde_json::Map::from_iter(stages),
            "whole_ms": self.whole_ms,
            "seconds": self.seconds.round(),
        });
        if as_json {
            println!("{told}");
        } else {
            println!(
                "{} rounds (seed {}), {killed_in_gates} killed before the answer: {} broken, {} \
                 webhooks lost",
                self.rounds,
                self.seed,
                self.broken.len(),
                self.lost
            );
        }
    }
}

fn times<K: Ord>(counts: &BTreeMap<K, u32>, what: &K) -> Value {
    counts.get(what).copied().unwrap_or_default().into()
}
