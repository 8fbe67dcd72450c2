//! One turn of a run: the next thing that it has to do, whatever that is, and what follows.
//!
//! One turn settles one step, or one item of it, or lays the run to rest, or gets it up and on the
//! lane on which its step belongs. Exactly one piece of work of the kind `Task::Step` exists for a
//! run that is at work, and an action is done only in a turn of which nothing else can come first.

use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::{
    Ended, FlowError, Flows, LANE, Run, RunState, Step, StepRecord, Stepped, Text,
    cursor::{self, Cursor},
    definition::{Each, Kind},
    effect::Deed,
    items,
    run::{HeldBy, Items, StepError},
    signals::Mail,
    watch::{holds, unwatch},
};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    queue::Work,
    store::Batch,
};

/// The longest list of outputs of a `for_each`, in bytes.
const OUTPUTS_BYTES_MAX: usize = 4 << 20;

/// A run in its turn: what it is, how its flow goes, and what it was told.
pub(super) struct Turn<'a> {
    pub(super) run: Run,
    /// How the run stood on disk.
    pub(super) bytes: Vec<u8>,
    pub(super) flow: &'a super::Flow,
    pub(super) mail: Mail,
    pub(super) attempt: u32,
    /// Whether nobody knows if the action of this turn happened.
    pub(super) doubt: &'a AtomicBool,
}

impl Flows {
    /// Does the next step of a run, on a lane.
    pub async fn step(&self, run: &str, lane: &str, attempt: u32) -> Stepped {
        let (mut batch, doubt) = (Batch::new(), AtomicBool::new(false));
        let outcome = self.turn(run, lane, attempt, &doubt, &mut batch).await;
        Stepped { batch, outcome, doubt: doubt.into_inner() }
    }

    async fn turn(
        &self,
        id: &str,
        lane: &str,
        attempt: u32,
        doubt: &AtomicBool,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let (run, bytes) = self.run_and_bytes(id)?;
        if run.has_ended() {
            return Ok(Vec::new());
        }
        let entry = self.version(&run.flow, &run.version)?;
        let mail = self.mail(id)?;
        let mut turn = Turn { run, bytes, flow: &entry.1, mail, attempt, doubt };
        if let Some((why, by)) = turn.mail.cancel() {
            let (why, by) = (why.to_owned(), by.clone());
            return self.end(turn, Ended::Cancelled, Some(why), by, batch).await;
        }
        if let Some(work) = self.holds_back(&turn, batch)? {
            return Ok(work);
        }
        turn.run.admitted = turn.flow.runs.at_once.is_some();
        if turn.run.state != RunState::Running || turn.lane() != lane {
            turn.stands(batch);
            return Ok(vec![self.get_to_work(&mut turn.run, turn.flow, batch)]);
        }
        if turn.run.waiting.is_some() {
            return self.waited(turn, batch).await;
        }
        match cursor::next(&turn.flow.steps, &turn.run) {
            Cursor::Step(step) => self.do_step(turn, step, batch).await,
            Cursor::End => self.end(turn, Ended::Done, None, Actor::Host, batch).await,
            Cursor::Failed(step) => {
                let why = turn.why(step);
                self.end(turn, Ended::Cancelled, Some(why), Actor::Host, batch).await
            }
        }
    }

    /// Lays a run to rest whose flow is paused or whose turn has not come.
    fn holds_back(&self, turn: &Turn<'_>, batch: &mut Batch) -> Result<Option<Vec<Work>>, Fault> {
        let run = &turn.run;
        let held_by = if self.is_paused(&run.flow)? {
            self.hold(run, batch);
            HeldBy::Pause
        } else if let Some(at_once) = turn.flow.runs.at_once.filter(|_| !run.admitted) {
            let gate = self.gate(run)?;
            if gate.admits(&run.id, at_once)? {
                return Ok(None);
            }
            gate.unchanged(batch);
            HeldBy::Turn
        } else {
            return Ok(None);
        };
        let run = Run { state: RunState::Held, held_by: Some(held_by), ..run.clone() };
        turn.mail.unchanged(&run.id, batch);
        run.put(batch);
        Ok(Some(Vec::new()))
    }

    /// Adds to a batch that a run is at work, and hands back its work, on the lane where it belongs.
    pub(super) fn get_to_work(&self, run: &mut Run, flow: &super::Flow, batch: &mut Batch) -> Work {
        run.state = RunState::Running;
        run.held_by = None;
        run.put(batch);
        run.work(lane_of(run, flow), self.0.clock.now_ms())
    }

    async fn do_step(
        &self,
        turn: Turn<'_>,
        step: &Step,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        if let Some(items) = turn.run.items.as_ref().filter(|items| items.done == items.total) {
            let total = items.total;
            return self.gather(turn, step, total, batch);
        }
        if turn.run.items.is_none() {
            if let Some(when) = &step.when
                && !holds(&self.say(&turn.run, step, "when", when, None).await?)
            {
                return Ok(self.settle(turn, step, Value::Null, true, batch));
            }
            if let Some(each) = &step.for_each {
                return self.spread(turn, step, each, batch).await;
            }
            return self.do_one(turn, step, None, batch).await;
        }
        let (item, index) = self.item(&turn.run)?;
        self.do_one(turn, step, Some((item, index)), batch).await
    }

    /// What a step does, for one item where there are many.
    async fn do_one(
        &self,
        turn: Turn<'_>,
        step: &Step,
        item: Option<(Value, usize)>,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let seen = item.as_ref().map(|(item, index)| (item, *index));
        match &step.kind {
            Kind::Act { connection, action, input } => {
                let deed = Deed {
                    step: step.id.get_ref(),
                    item: seen.map(|(_, index)| index),
                    connection: connection.get_ref(),
                    action: action.get_ref(),
                };
                let item = seen.map(|(item, _)| item);
                let output = self.act(&turn, deed, input, item, batch).await?;
                Ok(self.done(turn, step, output, batch))
            }
            Kind::Set(value) => {
                let output = self.say(&turn.run, step, "set", value, seen).await?;
                Ok(self.done(turn, step, output, batch))
            }
            Kind::Flow { flow, input } => {
                let input = self.say(&turn.run, step, "input", input, seen).await?;
                self.start_child(turn, step, flow.get_ref(), input, batch).await
            }
            Kind::Sleep(_) | Kind::Until(_) | Kind::WaitFor { .. } | Kind::Approve { .. } => {
                self.rest(turn, step, batch).await
            }
        }
    }

    /// The value of one of a step's expressions.
    pub(super) async fn say(
        &self,
        run: &Run,
        step: &Step,
        word: &str,
        expression: &Text,
        item: Option<(&Value, usize)>,
    ) -> Result<Value, Fault> {
        let scope = run.scope(item);
        let value = self.0.expressions.evaluate(expression.get_ref(), &scope).await;
        value.map_err(|fault| Fault {
            message: format!("`{word}` of the step `{}`: {}", step.id.get_ref(), fault.message),
            ..fault
        })
    }

    /// Writes down the items of a step, so that each is done once, whatever the list would be later.
    async fn spread(
        &self,
        mut turn: Turn<'_>,
        step: &Step,
        each: &Each,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let list = self.say(&turn.run, step, "for_each", &each.list, None).await?;
        let which = format!("`for_each` of the step `{}`", step.id.get_ref());
        let Value::Array(list) = list else {
            let message = format!("{which} gave no array; write one in brackets: `[…]`");
            return Err(Fault::operator("bad-input", message));
        };
        if list.len() > each.at_most as usize {
            let message = format!(
                "{which} gave {} items; the most is {}: raise `at_most`, or make the list shorter",
                list.len(),
                each.at_most
            );
            return Err(Fault::operator("too-many-items", message));
        }
        if list.is_empty() {
            return Ok(self.settle(turn, step, Value::Array(Vec::new()), false, batch));
        }
        items::put(&turn.run.id, step.id.get_ref(), &list, batch);
        let step_id = step.id.get_ref().clone();
        turn.run.items = Some(Items { step: step_id, total: list.len(), done: 0, bytes: 0 });
        Ok(vec![self.get_to_work(&mut turn.run, turn.flow, batch)])
    }

    /// A step, or one item of it, is done.
    pub(super) fn done(
        &self,
        mut turn: Turn<'_>,
        step: &Step,
        output: Value,
        batch: &mut Batch,
    ) -> Vec<Work> {
        turn.run.waiting = None;
        let Some(items) = turn.run.items.as_mut() else {
            return self.settle(turn, step, output, false, batch);
        };
        let index = items.done;
        items.done += 1;
        items.bytes += output.to_string().len();
        items::settle(&turn.run.id, step.id.get_ref(), index, output, batch);
        vec![self.get_to_work(&mut turn.run, turn.flow, batch)]
    }

    /// All items of a step are done: their outputs become its own. Nothing is done in the same turn,
    /// so nothing is done again if they are too much.
    fn gather(
        &self,
        turn: Turn<'_>,
        step: &Step,
        total: usize,
        batch: &mut Batch,
    ) -> Result<Vec<Work>, Fault> {
        let bytes = turn.run.items.as_ref().map_or(0, |items| items.bytes);
        if bytes > OUTPUTS_BYTES_MAX {
            let message = format!(
                "all items of the step `{}` are done, and their outputs have {bytes} bytes together; \
                 the most is {OUTPUTS_BYTES_MAX}: split the list over several runs",
                step.id.get_ref()
            );
            return Err(Fault::operator("bad-output", message));
        }
        let outputs = self.outputs(&turn.run.id, step.id.get_ref(), total)?;
        items::remove(&turn.run.id, step.id.get_ref(), total, batch);
        Ok(self.settle(turn, step, Value::Array(outputs), false, batch))
    }

    /// A step is done: the run goes on with the next, or ends.
    pub(super) fn settle(
        &self,
        mut turn: Turn<'_>,
        step: &Step,
        output: Value,
        skipped: bool,
        batch: &mut Batch,
    ) -> Vec<Work> {
        let now_ms = self.0.clock.now_ms();
        let id = step.id.get_ref();
        let mut line =
            Line::new(now_ms, Actor::Host, Word::StepSettled, &turn.run.id).detail("step", id);
        match &step.kind {
            _ if skipped => line = line.detail("skipped", true),
            Kind::Act { connection, action, .. } => {
                line = line.connection(connection.get_ref()).detail("action", action.get_ref());
            }
            _ => {}
        }
        line.record(batch);
        let record = StepRecord { output, at_ms: now_ms, skipped, error: None };
        turn.run.steps.insert(id.clone(), record);
        self.go_on(turn, batch)
    }

    /// What follows once a step has its record.
    fn go_on(&self, turn: Turn<'_>, batch: &mut Batch) -> Vec<Work> {
        let Turn { mut run, flow, .. } = turn;
        run.items = None;
        run.waiting = None;
        // An end that concerns nobody else is part of the last step.
        if cursor::next(&flow.steps, &run) == Cursor::End && self.ends_alone(&run, flow) {
            self.note_end(&mut run, Ended::Done, None, &Actor::Host, batch);
            run.put(batch);
            return Vec::new();
        }
        vec![self.get_to_work(&mut run, flow, batch)]
    }

    /// What a failure for good of a run's step leads to, where the flow says so: the work that
    /// follows. None if a person has to act: an outcome that nobody knows is no failure.
    pub fn give_way(
        &self,
        id: &str,
        fault: &Fault,
        doubt: bool,
        batch: &mut Batch,
    ) -> Result<Option<Vec<Work>>, FlowError> {
        let (run, bytes) = self.run_and_bytes(id)?;
        if run.has_ended() || doubt {
            return Ok(None);
        }
        let entry = self.version(&run.flow, &run.version)?;
        let step = match cursor::next(&entry.1.steps, &run) {
            Cursor::Step(step) if step.gives_way() => step,
            _ => return Ok(None),
        };
        let mail = self.mail(id)?;
        let doubt = &AtomicBool::new(false);
        let mut turn = Turn { run, bytes, flow: &entry.1, mail, attempt: 1, doubt };
        let error = StepError { code: fault.code.to_string(), message: fault.message.clone() };
        let now_ms = self.0.clock.now_ms();
        Line::new(now_ms, Actor::Host, Word::StepFailed, id)
            .detail("step", step.id.get_ref())
            .detail("code", &error.code)
            .detail("message", &error.message)
            .record(batch);
        if let Some(waiting) = &turn.run.waiting {
            unwatch(&waiting.watches, batch);
        }
        if let Some(items) = &turn.run.items {
            items::remove(id, step.id.get_ref(), items.total, batch);
        }
        let record =
            StepRecord { output: Value::Null, at_ms: now_ms, skipped: false, error: Some(error) };
        turn.run.steps.insert(step.id.get_ref().clone(), record);
        Ok(Some(self.go_on(turn, batch)))
    }
}

/// The lane on which the work of a run belongs.
pub(super) fn lane_of<'a>(run: &Run, flow: &'a super::Flow) -> &'a str {
    match cursor::next(&flow.steps, run) {
        Cursor::Step(step) => step.lane(),
        Cursor::End | Cursor::Failed(_) => LANE,
    }
}

impl Turn<'_> {
    fn lane(&self) -> &str {
        lane_of(&self.run, self.flow)
    }

    /// Why a run ends after a step that failed.
    fn why(&self, step: &Step) -> String {
        let id = step.id.get_ref();
        let error = self.run.steps.get(id).and_then(|record| record.error.as_ref());
        let what = error.map(|error| format!("{}: {}", error.code, error.message));
        format!("the step `{id}` failed: {}", what.unwrap_or_default())
    }
}
