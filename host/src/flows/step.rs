//! One step of a run: make the input, write down the intention, call, and say what comes next.

use jackfield_registry::manifest::{Action, Idempotency};
use serde_json::Value;

use super::{Effect, EffectState, FlowError, Flows, Run, RunState, Step, StepRecord};
use crate::{
    audit::{Actor, Line, Word},
    capabilities::{Left, Particulars, Window},
    connections::Live,
    contract::Call,
    fault::{Blame, Fault, Retry},
    runtime::Called,
    store::Batch,
};

/// The longest output of an action, in bytes. As values it takes dozens of times as much.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// Work that follows: the next step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The run.
    pub run: String,
    /// The connection that acts in the step.
    pub lane: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What a step came to. The batch holds what is true either way: how far the run and the
/// effect are. It is to be committed with the work's settlement.
#[derive(Debug)]
pub struct Stepped {
    /// What to write.
    pub batch: Batch,
    /// What follows; or why the step is not settled.
    pub outcome: Result<Option<Next>, Fault>,
}

impl From<FlowError> for Fault {
    fn from(error: FlowError) -> Self {
        match &error {
            FlowError::Store(_) | FlowError::Commit(_) => Fault::host("store", error),
            _ => Fault::operator("flow", error.to_string()),
        }
    }
}

impl Flows {
    /// Runs the next step of a run.
    pub async fn step(&self, run: &str, attempt: u32) -> Stepped {
        let mut batch = Batch::new();
        let outcome = self.try_step(run, attempt, &mut batch).await;
        Stepped { batch, outcome }
    }

    async fn try_step(
        &self,
        run: &str,
        attempt: u32,
        batch: &mut Batch,
    ) -> Result<Option<Next>, Fault> {
        let mut run = self.run(run)?;
        let entry = self.version(&run.flow, &run.version)?;
        let mut open = entry.1.steps.iter().filter(|s| !run.steps.contains_key(s.id.get_ref()));
        let (Some(step), next) = (open.next(), open.next()) else { return Ok(None) };
        let output = self.act(&run, step, attempt, batch).await?;
        let now_ms = self.0.clock.now_ms();
        Line::new(now_ms, Actor::Host, Word::StepSettled, &run.id)
            .connection(step.connection.get_ref())
            .detail("step", step.id.get_ref())
            .detail("action", step.action.get_ref())
            .record(batch);
        run.steps.insert(step.id.get_ref().clone(), StepRecord { output, at_ms: now_ms });
        run.state = RunState::Running;
        if next.is_none() {
            run.state = RunState::Done;
            run.ended_at_ms = Some(now_ms);
            Line::new(now_ms, Actor::Host, Word::RunDone, &run.id)
                .detail("flow", &run.flow)
                .record(batch);
        }
        run.put(batch);
        let lane = next.map(|step| step.connection.get_ref().clone());
        Ok(lane.map(|lane| Next { run: run.id, lane, at_ms: now_ms }))
    }

    /// Has the step's action done once, whatever happened at earlier tries.
    async fn act(
        &self,
        run: &Run,
        step: &Step,
        attempt: u32,
        batch: &mut Batch,
    ) -> Result<Value, Fault> {
        let live = self.0.connections.get(step.connection.get_ref());
        let live = live.map_err(|error| Fault::operator("connection", error.to_string()))?;
        let action = declared(&live, step.action.get_ref())?;
        let kept = Effect::get(&self.0.store, &run.id, step.id.get_ref())?;
        let mut effect = match kept {
            Some(effect) => effect,
            None => Effect::intend(run, step, self.input(run, step, &live).await?),
        };
        if effect.may_have_happened()
            && let Some(output) = self.recall(&live, action, &effect, attempt).await?
        {
            effect.state = EffectState::Settled;
            effect.put(batch);
            return Ok(output);
        }
        // What an earlier try may have done is not undone by a later one that was refused.
        let doubt = effect.may_have_happened();
        if action.mutates {
            effect.state = EffectState::Intended;
            effect.tries += 1;
            self.write_down(&effect).await?;
        }
        let particulars = particulars(action, &effect, attempt);
        let window = Window::open(&live.means, &particulars);
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let called = self.0.runtime.invoke(package, window, limits, &call(&effect)).await;
        let outcome = self.judge(action, &mut effect, called, doubt);
        if action.mutates {
            effect.put(batch);
        }
        outcome
    }

    /// The step's input: its expression on the run, held against the action's schema.
    async fn input(&self, run: &Run, step: &Step, live: &Live) -> Result<Value, Fault> {
        let which = |what: String| format!("input of the step `{}`: {what}", step.id.get_ref());
        let input = self.0.expressions.evaluate(step.input.get_ref(), &run.scope()).await;
        let input = input.map_err(|fault| Fault { message: which(fault.message), ..fault })?;
        let mistakes = live.connector.schemas.mistakes(step.action.get_ref(), &input);
        if mistakes.is_empty() {
            return Ok(input);
        }
        Err(Fault::operator("bad-input", which(mistakes.join("; "))))
    }

    /// The intention is on disk before anything is sent.
    async fn write_down(&self, effect: &Effect) -> Result<(), Fault> {
        let mut batch = Batch::new();
        effect.put(&mut batch);
        Line::new(self.0.clock.now_ms(), Actor::Host, Word::EffectIntended, &effect.key)
            .connection(&effect.connection)
            .detail("action", &effect.action)
            .detail("try", effect.tries)
            .record(&mut batch);
        self.0.store.commit(batch).await.map_err(|error| Fault::host("store", error))?;
        Ok(())
    }

    /// After an outcome that is not known: the output if the action did take effect; none if it
    /// is safe to send it again.
    async fn recall(
        &self,
        live: &Live,
        action: &Action,
        effect: &Effect,
        attempt: u32,
    ) -> Result<Option<Value>, Fault> {
        match &action.idempotency {
            Some(Idempotency::SearchFirst) => {}
            Some(Idempotency::None) => return Err(undecided(effect)),
            // The vendor itself takes the second for the first.
            _ => return Ok(None),
        }
        let window = Window::open(&live.means, &particulars(action, effect, attempt));
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let called = self.0.runtime.recall(package, window, limits, &call(effect)).await;
        called.result?.map(|output| parse(&output)).transpose()
    }

    /// What is known of an effect after a call of it.
    fn judge(
        &self,
        action: &Action,
        effect: &mut Effect,
        called: Called<String>,
        doubt: bool,
    ) -> Result<Value, Fault> {
        let left = called.window.map_or(Left::Nothing, |window| window.http.left);
        let outcome = called.result.and_then(|output| parse(&output));
        effect.state = match (&outcome, left) {
            (Ok(_), _) => EffectState::Settled,
            (Err(_), Left::Nothing) if doubt => EffectState::Unknown,
            (Err(_), Left::Nothing) => EffectState::Refused,
            (Err(_), Left::Something) => EffectState::Unknown,
        };
        let guess =
            effect.state == EffectState::Unknown && action.idempotency == Some(Idempotency::None);
        if guess { Err(undecided(effect)) } else { outcome }
    }

    /// Adds to a batch that a person decided that an unknown effect of a run did not happen, and
    /// wants it tried again.
    pub fn decide_to_retry(
        &self,
        run: &str,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), FlowError> {
        let mut run = self.run(run)?;
        let entry = self.version(&run.flow, &run.version)?;
        for step in &entry.1.steps {
            let Some(mut effect) = Effect::get(&self.0.store, &run.id, step.id.get_ref())? else {
                continue;
            };
            let live = self.0.connections.get(&effect.connection).ok();
            let action = live.as_ref().and_then(|live| declared(live, &effect.action).ok());
            let guess = action.is_some_and(|a| a.idempotency == Some(Idempotency::None));
            if guess && effect.may_have_happened() {
                effect.state = EffectState::Refused;
                effect.put(batch);
                Line::new(self.0.clock.now_ms(), actor.clone(), Word::EffectDecided, &effect.key)
                    .connection(&effect.connection)
                    .detail("action", &effect.action)
                    .record(batch);
            }
        }
        run.state = RunState::Running;
        run.put(batch);
        Ok(())
    }

    /// Adds to a batch that a run has stopped and waits for a person.
    pub fn stop(&self, run: &str, batch: &mut Batch) -> Result<(), FlowError> {
        Run { state: RunState::Dead, ..self.run(run)? }.put(batch);
        Ok(())
    }
}

fn declared<'a>(live: &'a Live, action: &str) -> Result<&'a Action, Fault> {
    live.connector.manifest.actions.get(action).ok_or_else(|| {
        let id = &live.connector.manifest.connector.id;
        Fault::operator("no-action", format!("the connector `{id}` has no action `{action}`"))
    })
}

fn particulars(action: &Action, effect: &Effect, attempt: u32) -> Particulars {
    let header = match &action.idempotency {
        Some(Idempotency::Header { name }) => Some(name.clone()),
        _ => None,
    };
    Particulars {
        attempt,
        idempotency_key: Some(effect.key.clone()),
        idempotency_header: header,
        offline: false,
    }
}

fn call(effect: &Effect) -> Call {
    Call { action: effect.action.clone(), input: effect.input.to_string(), ext: Vec::new() }
}

fn parse(output: &str) -> Result<Value, Fault> {
    if output.len() > OUTPUT_BYTES_MAX {
        let message = format!(
            "the action's output has {} bytes; the most is {OUTPUT_BYTES_MAX}",
            output.len()
        );
        return Err(Fault::new(Blame::Guest, Retry::Never, "bad-output", message));
    }
    serde_json::from_str(output).map_err(|error| {
        let message = format!("the action's output is not JSON: {error}");
        Fault::new(Blame::Guest, Retry::Never, "bad-output", message)
    })
}

fn undecided(effect: &Effect) -> Fault {
    let message = format!(
        "`{}` was sent through `{}` and no definite answer came back; look there whether it \
         happened: retry if it did not, discard if it did",
        effect.action, effect.connection
    );
    Fault::operator("unknown-outcome", message)
}
