//! The one task that tells people: woken by what comes and goes at the desk.
//!
//! Promises that what was decided to be told is on disk before it is sent, so that a restart
//! neither forgets nor repeats it. A notice is told twice only if the host is killed between the
//! answer of whoever took it and the commit that says so; its name is the same then.

use tokio::sync::watch;

use super::{
    Desk, DeskError, GATHER_MS, Kind, Named, Notice, Settings, Trouble,
    alert::State,
    ledger::{Due, Known, Ledger},
    notice::line,
};
use crate::{
    audit::{Actor, Line, Word},
    dispatch::Backoff,
    queue::{QueueError, Which},
    store::Batch,
};

/// How long the task rests when the store failed, in milliseconds.
const REST_MS: u64 = 1_000;
/// No try of a notice follows another sooner, in milliseconds.
const SOONEST_MS: u64 = 100;
/// Letters that are counted at once.
const PAGE: usize = 500;

/// The newest letter of a cause and a line about it, by the cause's name.
type Upto = (String, String, String);

impl Desk {
    /// Tells of what stops and of what is mended until `stop` says so. A notice that is not taken
    /// is tried again as `backoff` says, however often.
    pub async fn watch(self, backoff: Backoff, mut stop: watch::Receiver<bool>) {
        let mut letters = self.0.letters.changes();
        loop {
            letters.mark_unchanged();
            let next_ms = match self.tell(backoff).await {
                Ok(next_ms) => next_ms,
                Err(error) => {
                    tracing::error!(%error, "alerts cannot be decided");
                    Some(self.0.rooms.clock.now_ms() + REST_MS)
                }
            };
            let next = async {
                match next_ms {
                    Some(at_ms) => self.0.rooms.clock.sleep_until(at_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = next => {}
                _ = letters.changed() => {}
                () = self.0.changed.notified() => {}
                // The sender is gone only with the host.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Tells what is due now; when to look again, if time alone makes something due.
    async fn tell(&self, backoff: Backoff) -> Result<Option<u64>, DeskError> {
        let _one = self.0.changing.lock().await;
        loop {
            let state = self.0.alerts.load_full();
            let Some(settings) = &state.settings else { return Ok(None) };
            let now_ms = self.0.rooms.clock.now_ms();
            let mut ledger = state.ledger.clone();
            let waiting = self.0.letters.changes().borrow().clone();
            let is_new = |id: &str, known: &Known| {
                let newer = self.0.letters.after(&Which::Cause(id.to_owned()), &known.upto, 1);
                newer.is_ok_and(|found| !found.is_empty())
            };
            match ledger.due(&waiting, is_new, now_ms) {
                Due::Later(at_ms) => {
                    let settings = Some(settings.clone());
                    self.0.alerts.store(State { settings, ledger }.into());
                    return Ok(at_ms);
                }
                Due::Tell(kind, ids) => {
                    let (named, told) = self.named(kind, &ids, &ledger)?;
                    ledger.drop_untold(
                        &ids.iter().filter(|id| !has(&told, id)).cloned().collect::<Vec<_>>(),
                    );
                    if told.is_empty() {
                        // Taken away in this moment.
                        return Ok(Some(now_ms + GATHER_MS));
                    }
                    let beyond = match kind {
                        Kind::Digest => waiting.len().saturating_sub(ids.len()),
                        _ => 0,
                    };
                    ledger.tell(Notice::of(kind, named, beyond, now_ms), told);
                    let settings = Some(settings.clone());
                    self.keep(State { settings, ledger }, Batch::new()).await?;
                }
                Due::Deliver => self.carry(settings, ledger, backoff).await?,
            }
        }
    }

    /// What a notice says of each cause, and up to which letter.
    fn named(
        &self,
        kind: Kind,
        ids: &[String],
        ledger: &Ledger,
    ) -> Result<(Vec<Named>, Vec<Upto>), DeskError> {
        let (mut named, mut told) = (Vec::new(), Vec::new());
        for id in ids {
            let known = ledger.causes.get(id);
            let upto = known.map_or("", |known| known.upto.as_str());
            if kind == Kind::Recovery {
                let line = known.map(|known| known.line.clone()).unwrap_or_default();
                named.push(Named { id: id.clone(), line: line.clone(), count: 0, new: 0 });
                told.push((id.clone(), upto.to_owned(), line));
                continue;
            }
            let group = match self.0.letters.group(id) {
                Ok(group) => group,
                Err(QueueError::NoCause(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let (new, newest) = self.count_after(id, upto)?;
            let line = line(&group);
            named.push(Named { id: id.clone(), line: line.clone(), count: group.count, new });
            told.push((id.clone(), newest, line));
        }
        Ok((named, told))
    }

    /// How many letters of a cause are newer than the one with the id `upto`, and the newest.
    fn count_after(&self, cause: &str, upto: &str) -> Result<(usize, String), DeskError> {
        let which = Which::Cause(cause.to_owned());
        let (mut count, mut newest) = (0, upto.to_owned());
        loop {
            let page = self.0.letters.after(&which, &newest, PAGE)?;
            let Some(last) = page.last() else { return Ok((count, newest)) };
            count += page.len();
            newest.clone_from(last);
        }
    }

    /// Carries out the notice that is on its way, and writes down what came of it.
    async fn carry(
        &self,
        settings: &Settings,
        mut ledger: Ledger,
        backoff: Backoff,
    ) -> Result<(), DeskError> {
        let Some(notice) = ledger.outbox.clone() else { return Ok(()) };
        let before = ledger.trouble.take();
        let tries = before.as_ref().map_or(0, |trouble| trouble.tries);
        let taken = self.deliver(settings, &notice, tries + 1).await;
        let now_ms = self.0.rooms.clock.now_ms();
        let mut batch = Batch::new();
        let word = if taken.is_ok() { Word::AlertSent } else { Word::AlertFailed };
        let line = Line::new(now_ms, Actor::Host, word, &notice.id)
            .detail("way", settings.way.name())
            .detail("title", &notice.title);
        match taken {
            Ok(()) => {
                ledger.outbox = None;
                ledger.delivered_ms = Some(now_ms);
                line.record(&mut batch);
            }
            Err(why) => {
                tracing::error!(why, notice = notice.id, "an alert was not taken; again later");
                // One line for each notice: the tries that follow are told by `status`.
                if before.is_none() {
                    line.detail("why", &why).record(&mut batch);
                }
                let delay_ms = u64::try_from(backoff.delay(tries).as_millis()).unwrap_or(u64::MAX);
                ledger.trouble = Some(Trouble {
                    since_ms: before.map_or(now_ms, |trouble| trouble.since_ms),
                    tries: tries + 1,
                    why,
                    next_ms: now_ms.saturating_add(delay_ms.max(SOONEST_MS)),
                });
            }
        }
        self.keep(State { settings: Some(settings.clone()), ledger }, batch).await
    }
}

fn has(told: &[Upto], id: &str) -> bool {
    told.iter().any(|(one, ..)| one == id)
}
