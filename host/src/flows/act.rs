//! One action of a run: make the input, write down the intention, call, and say what came of it.

use std::sync::atomic::Ordering;

use jackfield_registry::manifest::{Action, Idempotency};
use serde_json::Value;

use super::{Effect, EffectState, FlowError, Flows, Run, Text, effect::Deed, turn::Turn};
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
pub(super) const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// The code of a failure of which only a person can say what follows.
pub const UNDECIDED: &str = "unknown-outcome";

impl Flows {
    /// Has an action done once, whatever happened at earlier tries.
    pub(super) async fn act(
        &self,
        turn: &Turn<'_>,
        deed: Deed<'_>,
        input: &Text,
        item: Option<&Value>,
        batch: &mut Batch,
    ) -> Result<Value, Fault> {
        let Turn { run, attempt, .. } = turn;
        let attempt = *attempt;
        let kept = Effect::get(&self.0.store, &run.id, deed.step, deed.item)?;
        turn.is_in_doubt(kept.as_ref());
        let live = self.0.connections.get(deed.connection);
        let live = live.map_err(|error| Fault::operator("connection", error.to_string()))?;
        let action = declared(&live, deed.action)?;
        let mut effect = match kept {
            Some(effect) => effect,
            None => {
                let input = self.input(run, &deed, input, item, &live).await?;
                Effect::intend(run, &deed, input, self.0.clock.now_ms())
            }
        };
        if effect.may_have_happened()
            && let Some(output) = self.recall(&live, action, &effect, attempt).await?
        {
            effect.state = EffectState::Settled;
            effect.put(batch);
            self.remember(&live, action, &output, batch);
            return Ok(output);
        }
        // What an earlier try may have done is not undone by a later one that was refused.
        let doubt = effect.may_have_happened();
        if action.mutates {
            effect.state = EffectState::Intended;
            effect.tries += 1;
            self.write_down(&effect).await?;
            self.is_under_way(&live, action, batch);
        }
        let particulars = particulars(action, &effect, attempt);
        let window = Window::open(&live.means, &particulars);
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let called = self.0.runtime.invoke(package, window, limits, &call(&effect)).await;
        let outcome = self.judge(action, &mut effect, called, doubt);
        turn.is_in_doubt(Some(&effect));
        if action.mutates {
            effect.put(batch);
        }
        if let Ok(output) = &outcome {
            self.remember(&live, action, output, batch);
        }
        outcome
    }

    /// The action's input: its expression on the run, held against the action's schema.
    async fn input(
        &self,
        run: &Run,
        deed: &Deed<'_>,
        input: &Text,
        item: Option<&Value>,
        live: &Live,
    ) -> Result<Value, Fault> {
        let which = |what: String| format!("input of the step `{}`: {what}", deed.step);
        let scope = run.scope(item.zip(deed.item));
        let input = match self.edited(&run.id, deed.step, deed.item)? {
            Some(edited) => Ok(edited),
            None => self.0.expressions.evaluate(input.get_ref(), &scope).await,
        };
        let input = input.map_err(|fault| Fault { message: which(fault.message), ..fault })?;
        let mistakes = live.connector.schemas.mistakes(deed.action, &input);
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
        let left = called.window.map_or(Left::Nothing, |window| window.http.left());
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

    /// Adds to a batch that a person decided that the unknown effects of a run did not happen, and
    /// wants them tried again.
    pub(super) fn decide(
        &self,
        run: &Run,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), FlowError> {
        for mut effect in Effect::of_run(&self.0.store, &run.id)? {
            let live = self.0.connections.get(&effect.connection).ok();
            let action = live.as_ref().and_then(|live| declared(live, &effect.action).ok());
            let guess = action.is_some_and(|a| a.idempotency == Some(Idempotency::None));
            if guess && effect.may_have_happened() {
                effect.state = EffectState::Refused;
                effect.put(batch);
                Line::new(self.0.clock.now_ms(), actor.clone(), Word::EffectDecided, &effect.key)
                    .connection(&effect.connection)
                    .detail("action", &effect.action)
                    .detail("happened", false)
                    .record(batch);
            }
        }
        Ok(())
    }
}

impl Turn<'_> {
    /// Says whether nobody knows if the turn's action happened.
    fn is_in_doubt(&self, effect: Option<&Effect>) {
        let doubt = effect.is_some_and(Effect::may_have_happened);
        self.doubt.store(doubt, Ordering::Relaxed);
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
        ..Particulars::default()
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
         happened: `dead-letter show` has the command for either",
        effect.action, effect.connection
    );
    Fault::operator(UNDECIDED, message)
}
