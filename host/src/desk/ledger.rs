//! The ledger of alerts: what was told, what is to be told next, and when.
//!
//! Pure: it is shown how many letters wait for each cause and what time it is, and says what to do.
//! Promises one notice at once for causes that are new, a digest at most once in an hour and only
//! if something is new, one notice when causes have no letters left, and never more than
//! [`AT_ONCE_PER_HOUR`] notices beside the digest in an hour, whatever fails.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::notice::{Kind, Notice};

/// Between two digests, and between the first notice and the digest that follows it.
pub const DIGEST_EVERY_MS: u64 = 3_600_000;
/// Notices beside the digest in an hour; what comes in addition is in the digest.
pub const AT_ONCE_PER_HOUR: usize = 6;
/// How long a new cause waits for others that fail with it, so that they are one notice.
pub const GATHER_MS: u64 = 2_000;
/// How long a cause must have had no letters before that is told: a retry may fail again.
pub const QUIET_MS: u64 = 300_000;
/// Causes that are followed one by one; a digest counts what is beyond.
const CAUSES_MAX: usize = 1_000;
const HOUR_MS: u64 = 3_600_000;

/// What is known of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// When its first letter was seen.
    seen_ms: u64,
    /// Whether it was told.
    pub(super) told: bool,
    /// The newest letter that was counted in a notice.
    pub(super) upto: String,
    /// A line about it, for when its letters are gone.
    pub(super) line: String,
    /// Since when no letter of it waits.
    gone_ms: Option<u64>,
}

/// A notice that was not taken yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it was tried first.
    pub since_ms: u64,
    /// How often it was tried.
    pub tries: u32,
    /// Why it was not taken the last time.
    pub why: String,
    /// When it is tried again.
    pub next_ms: u64,
}

/// What was told, and what waits to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub(super) causes: BTreeMap<String, Known>,
    /// When the notices beside the digest of the last hour were made.
    at_once_ms: Vec<u64>,
    /// When the time began after whose end there may be a digest.
    period_ms: Option<u64>,
    /// The notice that is on its way.
    pub(super) outbox: Option<Notice>,
    pub(super) trouble: Option<Trouble>,
    /// When a notice was taken last.
    pub(super) delivered_ms: Option<u64>,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// Tell of these causes.
    Tell(Kind, Vec<String>),
    /// Deliver the notice that is on its way.
    Deliver,
    /// Nothing before this time; if there is none, before something changes.
    Later(Option<u64>),
}

impl Ledger {
    /// What is to be done, by how many letters wait for each cause. `is_new` says whether a cause
    /// has letters beyond those that were counted in a notice.
    pub(super) fn due(
        &mut self,
        waiting: &BTreeMap<String, usize>,
        is_new: impl Fn(&str, &Known) -> bool,
        now_ms: u64,
    ) -> Due {
        self.follow_the_clock(now_ms);
        self.look(waiting, now_ms);
        if self.outbox.is_some() {
            let next_ms = self.trouble.as_ref().map_or(0, |trouble| trouble.next_ms);
            return if next_ms <= now_ms { Due::Deliver } else { Due::Later(Some(next_ms)) };
        }
        self.at_once_ms.retain(|at_ms| now_ms < at_ms + HOUR_MS);
        let room = self.at_once_ms.len() < AT_ONCE_PER_HOUR;
        let mut times = Vec::new();
        let fresh = self.seen().filter(|(_, known)| !known.told).map(|(_, known)| known.seen_ms);
        let fresh = fresh.min();
        if let (Some(seen_ms), true) = (fresh, room) {
            if now_ms >= seen_ms + GATHER_MS {
                return Due::Tell(Kind::First, self.ids(|known| !known.told));
            }
            times.push(seen_ms + GATHER_MS);
        }
        if let Some(end_ms) = self.period_ms.map(|begin_ms| begin_ms + DIGEST_EVERY_MS) {
            let beyond = waiting.len() > self.causes.len() && self.causes.len() >= CAUSES_MAX;
            let new = || self.seen().any(|(id, known)| !known.told || is_new(id, known));
            if now_ms < end_ms {
                times.push(end_ms);
            } else if beyond || new() {
                return Due::Tell(Kind::Digest, self.ids(|_| true));
            }
        }
        if let (Some(gone_ms), true) = (self.causes.values().filter_map(|k| k.gone_ms).min(), room)
        {
            if now_ms >= gone_ms + QUIET_MS {
                let gone = self.causes.iter().filter(|(_, known)| known.gone_ms.is_some());
                return Due::Tell(Kind::Recovery, gone.map(|(id, _)| id.clone()).collect());
            }
            times.push(gone_ms + QUIET_MS);
        }
        if !room {
            times.extend(self.at_once_ms.iter().min().map(|at_ms| at_ms + HOUR_MS));
        }
        Due::Later(times.into_iter().min())
    }

    /// A clock that was set back must not silence anybody until it is there again: what lies beyond
    /// now is taken to be now.
    fn follow_the_clock(&mut self, now_ms: u64) {
        let clamp = |at_ms: &mut u64| *at_ms = (*at_ms).min(now_ms);
        self.at_once_ms.iter_mut().for_each(clamp);
        self.period_ms.iter_mut().for_each(clamp);
        for known in self.causes.values_mut() {
            clamp(&mut known.seen_ms);
            known.gone_ms.iter_mut().for_each(clamp);
        }
        if let Some(trouble) = self.trouble.as_mut().filter(|trouble| trouble.since_ms > now_ms) {
            (trouble.since_ms, trouble.next_ms) = (now_ms, now_ms);
        }
    }

    /// Remembers that a notice was made of causes, with the newest letter and the line of each.
    pub(super) fn tell(&mut self, notice: Notice, told: Vec<(String, String, String)>) {
        let now_ms = notice.at_ms;
        match notice.kind {
            Kind::Digest => self.period_ms = Some(now_ms),
            _ => self.at_once_ms.push(now_ms),
        }
        if notice.kind == Kind::First
            && self.period_ms.is_none_or(|begin_ms| now_ms >= begin_ms + DIGEST_EVERY_MS)
        {
            self.period_ms = Some(now_ms);
        }
        for (id, upto, line) in told {
            if notice.kind == Kind::Recovery {
                self.causes.remove(&id);
            } else if let Some(known) = self.causes.get_mut(&id) {
                known.told = true;
                known.upto = upto;
                known.line = line;
            }
        }
        self.outbox = Some(notice);
    }

    /// Forgets causes whose letters were gone before anything could be told of them.
    pub(super) fn drop_untold(&mut self, ids: &[String]) {
        self.causes.retain(|id, known| known.told || !ids.contains(id));
    }

    /// Follows what came and what went.
    fn look(&mut self, waiting: &BTreeMap<String, usize>, now_ms: u64) {
        for id in waiting.keys() {
            if let Some(known) = self.causes.get_mut(id) {
                known.gone_ms = None;
            } else if self.causes.len() < CAUSES_MAX {
                let known = Known {
                    seen_ms: now_ms,
                    told: false,
                    upto: String::new(),
                    line: String::new(),
                    gone_ms: None,
                };
                self.causes.insert(id.clone(), known);
            }
        }
        self.causes.retain(|id, known| known.told || waiting.contains_key(id));
        for (id, known) in &mut self.causes {
            if !waiting.contains_key(id) {
                known.gone_ms.get_or_insert(now_ms);
            }
        }
    }

    /// The causes of which letters wait.
    fn seen(&self) -> impl Iterator<Item = (&String, &Known)> {
        self.causes.iter().filter(|(_, known)| known.gone_ms.is_none())
    }

    fn ids(&self, is_meant: impl Fn(&Known) -> bool) -> Vec<String> {
        let meant = self.seen().filter(|(_, known)| is_meant(known));
        meant.map(|(id, _)| id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE_MS: u64 = 60_000;

    /// A ledger in whose world every notice is taken at once.
    #[derive(Default)]
    struct Story {
        ledger: Ledger,
        waiting: BTreeMap<String, usize>,
        new: std::collections::BTreeSet<String>,
        told: Vec<(u64, Kind, usize)>,
    }

    impl Story {
        fn fails(&mut self, cause: &str) {
            *self.waiting.entry(cause.into()).or_default() += 1;
            self.new.insert(cause.into());
        }

        /// Lives through a time, looking once a second.
        fn until(&mut self, from_ms: u64, to_ms: u64) {
            for now_ms in (from_ms..to_ms).step_by(1_000) {
                let new = &self.new;
                let due = self.ledger.due(&self.waiting, |id, _| new.contains(id), now_ms);
                let Due::Tell(kind, ids) = due else { continue };
                self.told.push((now_ms, kind, ids.len()));
                self.new.retain(|id| !ids.contains(id));
                let told = ids.into_iter().map(|id| (id, String::new(), String::new())).collect();
                self.ledger.tell(Notice::of(kind, Vec::new(), 0, now_ms), told);
                self.ledger.outbox = None;
            }
        }

        fn kinds(&self) -> Vec<(Kind, usize)> {
            self.told.iter().map(|(_, kind, causes)| (*kind, *causes)).collect()
        }
    }

    #[test]
    fn what_fails_together_is_told_together_once_and_then_in_a_digest() {
        let mut story = Story::default();
        for cause in ["a", "b"] {
            story.fails(cause);
        }
        story.until(0, 10 * MINUTE_MS);
        assert_eq!(story.kinds(), [(Kind::First, 2)]);
        story.fails("a");
        story.until(10 * MINUTE_MS, 59 * MINUTE_MS);
        assert_eq!(story.told.len(), 1, "more of the same is only counted");
        story.until(59 * MINUTE_MS, 600 * MINUTE_MS);
        assert_eq!(story.kinds()[1..], [(Kind::Digest, 2)], "one, since nothing came after it");
    }

    #[test]
    fn what_is_gone_for_a_while_is_told_and_what_comes_back_at_once_is_not() {
        let mut story = Story::default();
        for cause in ["a", "b"] {
            story.fails(cause);
        }
        story.until(0, MINUTE_MS);
        let kept = std::mem::take(&mut story.waiting);
        story.until(MINUTE_MS, 3 * MINUTE_MS);
        story.waiting = kept;
        story.until(3 * MINUTE_MS, 20 * MINUTE_MS);
        assert_eq!(story.kinds(), [(Kind::First, 2)]);
        story.waiting.clear();
        story.until(20 * MINUTE_MS, 60 * MINUTE_MS);
        assert_eq!(story.kinds()[1..], [(Kind::Recovery, 2)]);
        story.fails("a");
        story.until(60 * MINUTE_MS, 62 * MINUTE_MS);
        assert_eq!(story.kinds()[2..], [(Kind::First, 1)]);
    }

    #[test]
    fn a_ledger_that_was_read_again_repeats_nothing() {
        let mut story = Story::default();
        story.fails("a");
        story.until(0, MINUTE_MS);
        let kept = serde_json::to_vec(&story.ledger).unwrap();
        story.ledger = serde_json::from_slice(&kept).unwrap();
        story.until(MINUTE_MS, 600 * MINUTE_MS);
        assert_eq!(story.kinds(), [(Kind::First, 1)]);
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let mut story = Story::default();
        story.fails("a");
        story.until(6000 * MINUTE_MS, 6001 * MINUTE_MS);
        story.fails("b");
        story.until(0, 70 * MINUTE_MS);
        assert_eq!(story.kinds(), [(Kind::First, 1), (Kind::First, 1)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Whatever fails and is mended, minute by minute, no hour has more notices than it may.
        #[test]
        fn no_hour_has_a_storm(minutes in prop::collection::vec((0u8..40, any::<bool>()), 300)) {
            let mut story = Story::default();
            for (minute, (cause, fails)) in (0u64..).zip(minutes) {
                match fails {
                    true => story.fails(&cause.to_string()),
                    false => drop(story.waiting.remove(&cause.to_string())),
                }
                story.until(minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
            }
            for (from_ms, ..) in &story.told {
                let hour = *from_ms..from_ms + HOUR_MS;
                let told = story.told.iter().filter(|(at_ms, ..)| hour.contains(at_ms)).count();
                prop_assert!(told <= AT_ONCE_PER_HOUR + 1);
            }
        }
    }
}
