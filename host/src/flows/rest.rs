//! Rest: a run that waits for a time, an event, a person or another run costs its record and no
//! more, until it is woken.

use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Awaited, Ended, Flows, LANE, Run, RunState, Step, Stepped,
    begin::{Beginning, Drafts},
    definition::{Kind, OnTimeout},
    run::{Parent, Waiting, WaitsFor},
    signals::Signal,
    turn::Turn,
    watch::{Found, unwatch},
};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    priority::Priority,
    queue::{Queue, Work},
    store::{Batch, Expect, trees},
};

/// The most runs that are steps of each other.
const DEPTH_MAX: u32 = 8;
/// The longest text that a person is asked, in bytes.
const ASK_BYTES_MAX: usize = 2_000;

impl Flows {
    /// Lays a run to rest at a step that waits; or settles the step, if what it waits for is there.
    pub(super) async fn rest(
        &self,
        turn: Turn<'_>,
        step: &Step,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let now_ms = self.0.clock.now_ms();
        let (what, until_ms) = match &step.kind {
            Kind::Sleep(ms) => (WaitsFor::Time, Some(now_ms + ms)),
            Kind::Until(time) => {
                let value = self.say(&turn.run, step, "until", time, None).await?;
                (WaitsFor::Time, Some(instant(step, &value)?))
            }
            Kind::WaitFor { event, timeout_ms, .. } => {
                let (connection, event) = (event.connection.get_ref(), event.event.get_ref());
                let what = WaitsFor::Event { connection: connection.clone(), event: event.clone() };
                (what, Some(now_ms + timeout_ms))
            }
            Kind::Approve { ask, timeout_ms, .. } => {
                let ask = self.say(&turn.run, step, "approve", ask, None).await?;
                let ask = ask.as_str().map_or_else(|| ask.to_string(), str::to_owned);
                let ask = crate::text::cut(ask, ASK_BYTES_MAX);
                (WaitsFor::Person { ask }, timeout_ms.map(|ms| now_ms + ms))
            }
            // They do not wait.
            Kind::Act { .. } | Kind::Flow { .. } | Kind::Set(_) => return Ok(Vec::new()),
        };
        let awaited: Vec<(&Awaited, bool)> = match &step.kind {
            Kind::WaitFor { event, .. } => Some((event, false)),
            _ => None,
        }
        .into_iter()
        .chain(step.cancel_on.as_ref().map(|awaited| (awaited, true)))
        .collect();
        match self.watch(&turn.run, step.id.get_ref(), &awaited, batch).await? {
            Found::Event { event, cancels: true } => {
                let why = cancelled_by(&event);
                self.end(turn, Ended::Cancelled, Some(why), Actor::Host, batch).await
            }
            Found::Event { event, .. } => {
                turn.mail.heard(batch);
                Ok(self.done(turn, step, event, batch))
            }
            Found::Watching(watches) => {
                if what == WaitsFor::Time && until_ms.is_some_and(|until| until <= now_ms) {
                    unwatch(&watches, batch);
                    return Ok(self.done(turn, step, Value::Null, batch));
                }
                Ok(self.lie_down(turn, step, what, until_ms, watches, batch))
            }
        }
    }

    /// Writes down that a run waits, and the work that ends the waiting in time.
    fn lie_down(
        &self,
        turn: Turn<'_>,
        step: &Step,
        what: WaitsFor,
        until_ms: Option<u64>,
        watches: Vec<String>,
        batch: &mut Batch,
    ) -> Vec<Work> {
        let Turn { mut run, mail, .. } = turn;
        // What follows work is no more pressing than that.
        run.priority = run.priority.max(Priority::current());
        let timer = until_ms.map(|until_ms| run.work(LANE, until_ms));
        let now_ms = self.0.clock.now_ms();
        // What was told before is about something else.
        mail.heard(batch);
        mail.unchanged(&run.id, batch);
        Line::new(now_ms, Actor::Host, Word::RunWaits, &run.id)
            .detail("step", step.id.get_ref())
            .detail("for", step.word())
            .record(batch);
        run.state = RunState::Waiting;
        run.waiting = Some(Waiting {
            step: step.id.get_ref().clone(),
            what,
            since_ms: now_ms,
            until_ms,
            failed: None,
            timer: timer.as_ref().map(|work| work.id.simple().to_string()),
            watches,
        });
        run.put(batch);
        timer.into_iter().collect()
    }

    /// Starts the run of a sub-flow, and rests until it ends.
    pub(super) async fn start_child(
        &self,
        turn: Turn<'_>,
        step: &Step,
        flow: &str,
        input: Value,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let Some(entry) = self.current(flow) else {
            let message = format!(
                "the step `{}` starts the flow `{flow}`, which is not there: apply it, then retry",
                step.id.get_ref()
            );
            return Err(Fault::operator("flow", message));
        };
        let depth = turn.run.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
        if depth > DEPTH_MAX {
            let message =
                format!("runs are steps of each other, {depth} deep; {DEPTH_MAX} is most");
            return Err(Fault::operator("too-deep", message));
        }
        let event = json!({
            "kind": "flow",
            "key": turn.run.id,
            "occurred_at_ms": self.0.clock.now_ms(),
            "record": input,
        });
        let parent = Parent { run: turn.run.id.clone(), step: step.id.get_ref().clone(), depth };
        let beginning = Beginning {
            entry: entry.as_ref(),
            event: &event,
            delivery: turn.run.delivery.as_deref(),
            parent: Some(parent),
        };
        let (child, mut follow) = self.begin(beginning, &mut Drafts::default(), batch).await?;
        let what = WaitsFor::Run { run: child.unwrap_or_default() };
        follow.extend(self.lie_down(turn, step, what, None, Vec::new(), batch));
        Ok(follow)
    }

    /// A run that rested is looked at again: it was told something, or its time has come.
    pub(super) async fn waited(
        &self,
        turn: Turn<'_>,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let Some((waiting, step)) = turn.waiting() else { return Ok(Vec::new()) };
        let step = step.clone();
        let heard = turn.mail.signals.iter().find(|signal| signal.is_for(&step, waiting)).cloned();
        let now_ms = self.0.clock.now_ms();
        if let Some(why) = waiting.failed.clone() {
            return Err(Fault::operator("cancelled", why));
        }
        if let Some(heard) = heard {
            self.get_up(&turn, batch);
            return self.act_on(turn, &step, heard, batch).await;
        }
        match waiting.until_ms {
            Some(until_ms) if until_ms > now_ms => {
                // The clock went back: the rest of the time is still to come.
                let mut run = turn.run;
                let timer = run.work(LANE, until_ms);
                run.state = RunState::Waiting;
                run.waiting.iter_mut().for_each(|waiting| {
                    waiting.timer = Some(timer.id.simple().to_string());
                });
                run.put(batch);
                Ok(vec![timer])
            }
            _ => self.time_is_up(turn, &step, batch).await,
        }
    }

    async fn time_is_up(
        &self,
        turn: Turn<'_>,
        step: &Step,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let in_vain = format!("the step `{}` waited in vain", step.id.get_ref());
        let on_timeout = match &step.kind {
            Kind::WaitFor { on_timeout, .. } | Kind::Approve { on_timeout, .. } => *on_timeout,
            _ => OnTimeout::GoOn,
        };
        if on_timeout == OnTimeout::Fail {
            return Err(Fault::operator("timeout", in_vain));
        }
        self.get_up(&turn, batch);
        match on_timeout {
            OnTimeout::End => {
                self.end(turn, Ended::Cancelled, Some(in_vain), Actor::Host, batch).await
            }
            _ => Ok(self.done(turn, step, Value::Null, batch)),
        }
    }

    /// Adds to a batch that a run rests no more, if it stands as it was read.
    fn get_up(&self, turn: &Turn<'_>, batch: &mut Batch) {
        if let Some(waiting) = &turn.run.waiting {
            unwatch(&waiting.watches, batch);
        }
        turn.mail.heard(batch);
        turn.stands(batch);
    }

    /// A run was told something.
    pub async fn wake(&self, run: &str) -> Stepped {
        let mut batch = Batch::new();
        let outcome = self.hear(run, &mut batch).await;
        Stepped::without_action(batch, outcome)
    }

    async fn hear(&self, id: &str, batch: &mut Batch) -> Result<Vec<Work>, Fault> {
        let (run, bytes) = self.run_and_bytes(id)?;
        let mail = self.mail(id)?;
        if run.has_ended() {
            mail.close(id, batch);
            return Ok(Vec::new());
        }
        // One that is at work hears it at its next turn.
        if run.state == RunState::Running {
            return Ok(Vec::new());
        }
        let entry = self.version(&run.flow, &run.version)?;
        let doubt = &AtomicBool::new(false);
        let mut turn = Turn { run, bytes, flow: &entry.1, mail, attempt: 1, doubt };
        if let Some((why, by)) = turn.mail.cancel() {
            let (why, by) = (why.to_owned(), by.clone());
            turn.stands(batch);
            return self.end(turn, Ended::Cancelled, Some(why), by, batch).await;
        }
        // What is held or dead hears it once it goes on.
        let Some((waiting, step)) = turn.waiting() else { return Ok(Vec::new()) };
        let is_for = |signal: &Signal| signal.is_for(step, waiting);
        if turn.run.state != RunState::Waiting || !turn.mail.signals.iter().any(is_for) {
            return Ok(Vec::new());
        }
        // Its own turn acts on it, and fails as any other does.
        self.withdraw_timer(&turn.run, batch);
        turn.stands(batch);
        Ok(vec![self.get_to_work(&mut turn.run, turn.flow, batch)])
    }

    async fn act_on(
        &self,
        turn: Turn<'_>,
        step: &Step,
        heard: Signal,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        match heard {
            Signal::Event { event, cancels: true, .. } => {
                let why = cancelled_by(&event);
                self.end(turn, Ended::Cancelled, Some(why), Actor::Host, batch).await
            }
            Signal::Event { event, .. } => Ok(self.done(turn, step, event, batch)),
            Signal::Decision { approved, note, by, .. } => {
                let goes_on = matches!(
                    step.kind,
                    Kind::Approve { go_on_when_rejected, .. } if approved || go_on_when_rejected
                );
                if !goes_on {
                    let note = note.map(|note| format!(": {note}")).unwrap_or_default();
                    let why = format!("a person said no to `{}`{note}", step.id.get_ref());
                    return self.end(turn, Ended::Cancelled, Some(why), by, batch).await;
                }
                let at_ms = self.0.clock.now_ms();
                let output =
                    json!({ "approved": approved, "by": by, "note": note, "at_ms": at_ms });
                Ok(self.done(turn, step, output, batch))
            }
            Signal::Child { run, cancelled: None, steps, .. } => {
                Ok(self.done(turn, step, json!({ "run": run, "steps": steps }), batch))
            }
            Signal::Child { run: child, cancelled: Some(why), .. } => {
                // The step fails in a turn of its own, as any other does.
                let mut run = turn.run;
                let why = format!("its run {child} was cancelled: {why}");
                run.waiting.iter_mut().for_each(|waiting| waiting.failed = Some(why.clone()));
                Ok(vec![self.get_to_work(&mut run, turn.flow, batch)])
            }
            Signal::Cancel { .. } => Ok(Vec::new()),
        }
    }

    /// Removes the work that would have ended a run's waiting.
    pub(super) fn withdraw_timer(&self, run: &Run, batch: &mut Batch) {
        // Of one that is held or dead the timer has gone off.
        let waiting = run.waiting.as_ref().filter(|_| run.state == RunState::Waiting);
        let Some(waiting) = waiting else { return };
        let id = waiting.timer.as_ref().and_then(|id| Uuid::parse_str(id).ok());
        if let (Some(id), Some(until_ms)) = (id, waiting.until_ms) {
            let timer = Work { id, ..run.work(LANE, until_ms) };
            Queue::withdraw(batch, &timer);
        }
    }
}

impl Turn<'_> {
    /// The step at which the run waits.
    fn waiting(&self) -> Option<(&Waiting, &Step)> {
        let waiting = self.run.waiting.as_ref()?;
        Some((waiting, self.flow.step(&waiting.step)?))
    }

    /// Lets a batch be committed only if the run stands as it was read.
    pub(super) fn stands(&self, batch: &mut Batch) {
        let place = self.run.id.as_bytes();
        batch.require(trees::RUNS, place, Expect::Is(self.bytes.clone()));
    }
}

impl Signal {
    /// Whether it is what a step waits for.
    fn is_for(&self, at: &Step, waiting: &Waiting) -> bool {
        match self {
            Self::Cancel { .. } => true,
            Self::Event { step, .. } | Self::Decision { step, .. } => step == at.id.get_ref(),
            // An item before this one may have had a run of its own.
            Self::Child { step, run, .. } => {
                step == at.id.get_ref() && waiting.what == WaitsFor::Run { run: run.clone() }
            }
        }
    }
}

/// The time that an expression gave, in milliseconds since 1970.
fn instant(step: &Step, value: &Value) -> Result<u64, Fault> {
    let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let ms = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
    ms.ok_or_else(|| {
        let message = format!(
            "`until` of the step `{}` gave {value}, which is no time; write it like \
             \"2026-03-01T08:00:00+01:00\"",
            step.id.get_ref()
        );
        Fault::operator("bad-input", message)
    })
}

fn cancelled_by(event: &Value) -> String {
    let text = |word: &str| event[word].as_str().unwrap_or_default().to_owned();
    format!("the event `{}` came ({})", text("kind"), text("key"))
}
