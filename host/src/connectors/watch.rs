//! New releases on probation: watched, and left if they fail more than those before them.

use std::sync::Arc;

use super::{ConnectorError, ConnectorRecord, Connectors, Installed, Slot, Watch};
use crate::{
    audit::{Actor, Word},
    runtime::Tally,
};

/// How long a new release is on probation where somebody asked for it, in milliseconds.
const WATCH_MS: u64 = 10 * 60_000;
/// How many calls of a watched release must fail before anything is concluded.
const WATCH_FAILURES_MIN: u64 = 3;
/// How many times the share of failed calls of the release before is too much.
const WATCH_WORSE: f64 = 2.0;
/// Of fewer calls of the release before nothing is concluded either; the share that is taken for
/// it then.
const WATCH_CALLS_MIN: u64 = 20;
const WATCH_UNKNOWN: f64 = 0.25;
/// The share of failed calls that is never too much, and the one that always is.
const WATCH_SHARE: (f64, f64) = (0.05, 0.95);

/// A watch over what comes after a release.
pub(super) fn over(before: Option<&Installed>, now_ms: u64) -> Watch {
    let tally = before.map(|before| before.package.tally());
    let tally = tally.filter(|tally| tally.calls >= WATCH_CALLS_MIN);
    let failed_before = tally.map_or(WATCH_UNKNOWN, Tally::failed_share);
    Watch { until_ms: now_ms + WATCH_MS, failed_before }
}

impl Connectors {
    /// Which watched releases fail more than those before them.
    pub fn failing(&self) -> Vec<Arc<Installed>> {
        let now_ms = self.0.clock.now_ms();
        let slots = self.0.slots.load();
        slots.values().filter_map(|slot| is_worse(slot, now_ms)).collect()
    }

    /// Watches a release no more, where there is no way back from it.
    pub async fn stop_watching(&self, failing: &Installed) -> Result<(), ConnectorError> {
        let _one = self.0.changing.lock().await;
        let slot = self.slot(&failing.id).filter(|slot| slot.record.current == failing.release);
        let Some(mut slot) = slot else { return Ok(()) };
        slot.record = Arc::new(ConnectorRecord { watch: None, ..(*slot.record).clone() });
        self.commit(slot, Actor::Host, Word::ConnectorWatchEnded, failing).await
    }
}

/// The current release, if it is watched and fails too much.
fn is_worse(slot: &Slot, now_ms: u64) -> Option<Arc<Installed>> {
    let (watch, current) = (slot.record.watch.as_ref()?, slot.current.as_ref()?);
    let tally = current.package.tally();
    let allowed = (watch.failed_before * WATCH_WORSE).clamp(WATCH_SHARE.0, WATCH_SHARE.1);
    let is_worse = now_ms < watch.until_ms
        && tally.failed >= WATCH_FAILURES_MIN
        && tally.failed_share() > allowed;
    is_worse.then(|| current.clone())
}
