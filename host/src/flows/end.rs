//! The end of a run, and what hangs on it: the next of its key, the run of which it was a step, the
//! flows that start when it ends. And what a person does to a run.

use serde_json::{Value, json};

use super::{
    Ended, Flow, FlowError, Flows, Run, RunState, Trigger,
    begin::{Beginning, Drafts},
    items, pause,
    run::{HeldBy, WaitsFor},
    signals::Signal,
    turn::Turn,
    watch::unwatch,
};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    queue::{DeadLetters, Work},
    store::{Batch, Expect, trees},
};

impl Flows {
    /// Whether nothing hangs on the end of a run.
    pub(super) fn ends_alone(&self, run: &Run, flow: &Flow) -> bool {
        let alone = run.parent.is_none() && flow.runs.at_once.is_none();
        alone && self.followers(&run.flow, Ended::Done).is_empty()
    }

    /// The flows that a run's end starts.
    fn followers(&self, ended: &str, how: Ended) -> Vec<std::sync::Arc<(super::Applied, Flow)>> {
        let mut flows = self.list();
        flows.retain(|entry| match &entry.1.on {
            Trigger::Flow { flow, ended: wanted } => flow.get_ref() == ended && *wanted == how,
            _ => false,
        });
        flows
    }

    /// Writes the end into a run and the trail.
    pub(super) fn note_end(
        &self,
        run: &mut Run,
        how: Ended,
        why: Option<String>,
        by: &Actor,
        batch: &mut Batch,
    ) {
        let now_ms = self.0.clock.now_ms();
        let (state, word) = match how {
            Ended::Done => (RunState::Done, Word::RunDone),
            Ended::Cancelled => (RunState::Cancelled, Word::RunCancelled),
        };
        run.state = state;
        run.ended_at_ms = Some(now_ms);
        run.waiting = None;
        run.held_by = None;
        let mut line = Line::new(now_ms, by.clone(), word, &run.id).detail("flow", &run.flow);
        if let Some(why) = &why {
            line = line.detail("why", why);
        }
        line.record(batch);
        run.why = why;
    }

    /// Ends a run, with all that follows from it. No action is done in the same turn, since the
    /// batch may come too late and is made again then.
    pub(super) async fn end(
        &self,
        turn: Turn<'_>,
        how: Ended,
        why: Option<String>,
        by: Actor,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let Turn { mut run, flow, mail, .. } = turn;
        let mut follow = Vec::new();
        mail.close(&run.id, batch);
        self.withdraw_timer(&run, batch);
        if let Some(waiting) = run.waiting.take() {
            unwatch(&waiting.watches, batch);
            if let WaitsFor::Run { run: child } = &waiting.what {
                let why = format!("the run {} of which it is a step has ended", run.id);
                let cancel = Signal::Cancel { why, by: by.clone() };
                follow.extend(self.tell(child, &cancel, batch)?);
            }
        }
        if let Some(items) = run.items.take() {
            items::remove(&run.id, &items.step, items.total, batch);
        }
        if let Some(letter) = run.letter.take() {
            let withdrawn = DeadLetters::of(self.0.queue.clone()).withdraw(batch, &letter, &by);
            withdrawn.map_err(|error| Fault::host("store", error))?;
        }
        if run.held_by == Some(HeldBy::Pause) {
            pause::let_go(&run, batch);
        }
        self.note_end(&mut run, how, why, &by, batch);
        run.put(batch);
        if let Some(at_once) = flow.runs.at_once {
            follow.extend(self.call_next(&run, at_once, batch)?);
        }
        if let Some(parent) = &run.parent {
            let signal = Signal::Child {
                step: parent.step.clone(),
                run: run.id.clone(),
                cancelled: run.why.clone(),
                steps: outputs(&run),
            };
            follow.extend(self.tell(&parent.run, &signal, batch)?);
        }
        let mut drafts = Drafts::default();
        for entry in self.followers(&run.flow, how) {
            let event = json!({
                "kind": "flow.ended",
                "key": run.id,
                "occurred_at_ms": run.ended_at_ms,
                "record": {
                    "run": run.id,
                    "flow": run.flow,
                    "event": run.event,
                    "steps": outputs(&run),
                    "why": run.why,
                },
            });
            let beginning = Beginning {
                entry: entry.as_ref(),
                event: &event,
                delivery: run.delivery.as_deref(),
                parent: None,
            };
            follow.extend(self.begin(beginning, &mut drafts, batch).await?.1);
        }
        Ok(follow)
    }

    /// Calls the runs whose turn it is and that wait for it: one, or more where the flow has come to
    /// allow more of them.
    fn call_next(
        &self,
        run: &Run,
        at_once: u32,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, FlowError> {
        let mut follow = Vec::new();
        // Those that wait are the last of them.
        for next in self.gate(run)?.leave(&run.id, at_once, batch)?.iter().rev() {
            let (mut next, bytes) = self.run_and_bytes(next)?;
            // One that is on its way sees for itself that it is admitted.
            if next.held_by != Some(HeldBy::Turn) || next.state != RunState::Held {
                break;
            }
            let entry = self.version(&next.flow, &next.version)?;
            batch.require(trees::RUNS, next.id.as_bytes(), Expect::Is(bytes));
            follow.push(self.get_to_work(&mut next, &entry.1, batch));
        }
        Ok(follow)
    }

    /// Has a run end before its last step. What an action has done is not undone.
    pub async fn cancel(&self, run: &str, why: &str, by: Actor) -> Result<(), FlowError> {
        let state = self.run(run)?.state;
        let cancel = Signal::Cancel { why: why.to_owned(), by };
        if self.send(run, &cancel).await? {
            return Ok(());
        }
        Err(FlowError::HasEnded { run: run.to_owned(), state })
    }

    /// What a person says to a run that asks.
    pub async fn answer(
        &self,
        run: &str,
        approved: bool,
        note: Option<String>,
        by: Actor,
    ) -> Result<(), FlowError> {
        let kept = self.run(run)?;
        let asks = kept.waiting.filter(|waiting| matches!(waiting.what, WaitsFor::Person { .. }));
        let Some(waiting) = asks.filter(|_| kept.state == RunState::Waiting) else {
            return Err(FlowError::AsksNobody(run.to_owned()));
        };
        let step = waiting.step.clone();
        let decision = Signal::Decision { step, approved, note, by: by.clone() };
        let mut batch = Batch::new();
        let Some(work) = self.tell(run, &decision, &mut batch)? else {
            return Err(FlowError::AsksNobody(run.to_owned()));
        };
        Line::new(self.0.clock.now_ms(), by, Word::RunAnswered, run)
            .detail("step", &waiting.step)
            .detail("approved", approved)
            .record(&mut batch);
        self.enqueue(&mut batch, work);
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Adds to a batch that a run has stopped, and which letter of it waits for a person.
    pub fn stop(
        &self,
        run: &str,
        letter: Option<&str>,
        batch: &mut Batch,
    ) -> Result<(), FlowError> {
        let mut run = self.run(run)?;
        if run.has_ended() {
            return Ok(());
        }
        if let Some(waiting) = &mut run.waiting {
            // Events are remembered for it until it waits anew.
            unwatch(&std::mem::take(&mut waiting.watches), batch);
        }
        Run { state: RunState::Dead, letter: letter.map(str::to_owned), ..run }.put(batch);
        Ok(())
    }

    /// Adds to a batch that a person wants a stopped run tried again. Who was told that nobody knows
    /// whether an action happened has `decided` that it did not.
    pub fn decide_to_retry(
        &self,
        run: &str,
        decided: bool,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), FlowError> {
        let mut run = self.run(run)?;
        if run.has_ended() {
            return Ok(());
        }
        if decided {
            self.decide(&run, actor, batch)?;
        }
        if let Some(waiting) = run.waiting.take() {
            // It waits anew.
            unwatch(&waiting.watches, batch);
        }
        run.letter = None;
        run.state = RunState::Running;
        run.put(batch);
        Ok(())
    }

    /// Adds to a batch that a stopped run is given up: it ends as cancelled, and what hangs on its
    /// end goes on.
    pub fn give_up(&self, run: &str, by: &Actor, batch: &mut Batch) -> Result<(), FlowError> {
        let cancel = Signal::Cancel { why: "a person gave it up".to_owned(), by: by.clone() };
        if let Some(work) = self.tell(run, &cancel, batch)? {
            self.enqueue(batch, work);
        }
        Ok(())
    }
}

/// The outputs of a run's steps.
fn outputs(run: &Run) -> Value {
    Value::Object(run.steps.iter().map(|(id, step)| (id.clone(), step.output.clone())).collect())
}
