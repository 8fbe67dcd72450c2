//! A dry run: what a flow would do with an event, without doing any of it.
//!
//! Promises that nothing is sent, written or waited for. What a step would give is not known, so a
//! stand-in of its schema takes its place, or what the person who tries it says.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Applied, Flow, FlowError, Flows, Kind, Run, Source, Step, StepRecord, check::output_schema,
    stand_in::stand_in, watch::holds,
};
use crate::fault::Fault;

/// What a step would do.
#[derive(Debug, Default, Serialize)]
pub struct Would {
    /// The step.
    pub step: String,
    /// What it does, in a word of the file.
    pub does: &'static str,
    /// The connection that would act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What it would do there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// What would be sent: one for each item, where there are many.
    pub inputs: Vec<Value>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is wrong.
    pub mistakes: Vec<String>,
}

/// What a flow would do.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The flow.
    pub flow: String,
    /// Whether its `when` lets the event through.
    pub starts: bool,
    /// What each step would do, in order.
    pub steps: Vec<Would>,
}

impl Flows {
    /// Says what a flow would do with an event. `outputs` are what steps give, by id.
    pub async fn try_out(
        &self,
        source: &Source,
        event: Value,
        outputs: &BTreeMap<String, Value>,
    ) -> Result<Trial, FlowError> {
        let mut flows = self.check(std::slice::from_ref(source)).await?;
        // One file was given, so there is one.
        let flow = flows.remove(0);
        let mut trial = Trial { flow: flow.name.clone(), starts: true, steps: Vec::new() };
        if let super::Trigger::Event(on) = &flow.on
            && let Some(when) = &on.when
        {
            let value = self.0.expressions.evaluate(when.get_ref(), &event).await;
            match value {
                Ok(value) => trial.starts = holds(&value),
                Err(fault) => trial.steps.push(failed("when", "on", &fault)),
            }
        }
        if !trial.starts {
            return Ok(trial);
        }
        let mut run = begin(&flow, event, self.0.clock.now_ms());
        for step in &flow.steps {
            let (would, output) = self.would(&run, step, outputs).await;
            let wrong = !would.mistakes.is_empty();
            let skipped = would.note.as_deref() == Some(SKIPPED);
            trial.steps.push(would);
            if wrong {
                break;
            }
            let record = StepRecord { output, at_ms: 0, skipped, error: None };
            run.steps.insert(step.id.get_ref().clone(), record);
        }
        Ok(trial)
    }

    /// What a step would do, and what it would give.
    async fn would(
        &self,
        run: &Run,
        step: &Step,
        outputs: &BTreeMap<String, Value>,
    ) -> (Would, Value) {
        let id = step.id.get_ref().clone();
        match self.try_step(run, step).await {
            Ok((would, output)) => {
                let given = outputs.get(&id).cloned();
                let skipped = would.note.as_deref() == Some(SKIPPED);
                (would, given.filter(|_| !skipped).unwrap_or(output))
            }
            Err(fault) => (failed(&id, step.word(), &fault), Value::Null),
        }
    }

    async fn try_step(&self, run: &Run, step: &Step) -> Result<(Would, Value), Fault> {
        let id = step.id.get_ref();
        let mut would = Would { step: id.clone(), does: step.word(), ..Would::default() };
        if let Some(when) = &step.when
            && !holds(&self.say(run, step, "when", when, None).await?)
        {
            would.note = Some(SKIPPED.into());
            return Ok((would, Value::Null));
        }
        let Some(each) = &step.for_each else {
            let output = self.try_one(run, step, None, &mut would).await?;
            return Ok((would, output));
        };
        let list = self.say(run, step, "for_each", &each.list, None).await?;
        let Value::Array(list) = list else {
            would.mistakes.push("`for_each` gave no array; write one in brackets: `[…]`".into());
            return Ok((would, Value::Null));
        };
        if list.len() > each.at_most as usize {
            let what = format!("`for_each` gave {} items; at most {}", list.len(), each.at_most);
            would.mistakes.push(what);
            return Ok((would, Value::Null));
        }
        let mut outputs = Vec::new();
        for (index, item) in list.iter().enumerate() {
            outputs.push(self.try_one(run, step, Some((item, index)), &mut would).await?);
        }
        would.note = Some(format!("{} times", list.len()));
        Ok((would, outputs.into()))
    }

    async fn try_one(
        &self,
        run: &Run,
        step: &Step,
        item: Option<(&Value, usize)>,
        would: &mut Would,
    ) -> Result<Value, Fault> {
        let id = step.id.get_ref();
        match &step.kind {
            Kind::Act { connection, action, input } => {
                let input = self.say(run, step, "input", input, item).await?;
                would.connection = Some(connection.get_ref().clone());
                would.action = Some(action.get_ref().clone());
                let live = self.0.connections.get(connection.get_ref());
                let live =
                    live.map_err(|error| Fault::operator("connection", error.to_string()))?;
                would.mistakes.extend(live.connector.schemas.mistakes(action.get_ref(), &input));
                would.inputs.push(input);
                Ok(stand_in(&output_schema(&live, action.get_ref()), id))
            }
            Kind::Set(value) => self.say(run, step, "set", value, item).await,
            Kind::Sleep(ms) => {
                would.note = Some(format!("would sleep for {}", span(*ms)));
                Ok(Value::Null)
            }
            Kind::Until(time) => {
                let until = self.say(run, step, "until", time, None).await?;
                let until = until.as_str().map_or_else(|| until.to_string(), str::to_owned);
                would.note = Some(format!("would wait until {until}"));
                Ok(Value::Null)
            }
            Kind::WaitFor { event, timeout_ms, .. } => {
                let (connection, kind) = (event.connection.get_ref(), event.event.get_ref());
                let longest = span(*timeout_ms);
                would.note = Some(format!(
                    "would wait for `{kind}` of `{connection}`, for {longest} at most"
                ));
                let live = self.0.connections.get(connection).ok();
                let entity = live.as_ref().and_then(|live| {
                    live.connector.manifest.events.get(kind.as_str())?.entity.clone()
                });
                let record = entity.map_or(json!({}), |e| json!({ "$ref": format!("model:{e}") }));
                Ok(json!({ "kind": kind, "key": "<key>", "record": stand_in(&record, id) }))
            }
            Kind::Approve { ask, .. } => {
                let ask = self.say(run, step, "approve", ask, None).await?;
                let ask = ask.as_str().map_or_else(|| ask.to_string(), str::to_owned);
                would.note = Some(format!("would ask a person: {ask}"));
                Ok(json!({ "approved": true, "by": "<person>", "note": null, "at_ms": 0 }))
            }
            Kind::Flow { flow, input } => {
                would.inputs.push(self.say(run, step, "input", input, item).await?);
                would.note = Some(format!("would start a run of `{}`", flow.get_ref()));
                Ok(json!({ "run": "<run>", "steps": {} }))
            }
        }
    }
}

/// The note of a step whose `when` does not hold.
const SKIPPED: &str = "skipped: its `when` does not hold";

fn failed(step: &str, does: &'static str, fault: &Fault) -> Would {
    let mistakes = vec![fault.message.clone()];
    Would { step: step.to_owned(), does, mistakes, ..Would::default() }
}

/// So long, as a person says it.
fn span(ms: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")];
    let whole = units.iter().find(|(unit_ms, _)| ms.is_multiple_of(*unit_ms));
    let (unit_ms, unit) = whole.copied().unwrap_or((1, "millisecond"));
    let count = ms / unit_ms;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A run that is on no disk.
fn begin(flow: &Flow, event: Value, now_ms: u64) -> Run {
    let applied = Applied {
        name: flow.name.clone(),
        version: String::new(),
        text: String::new(),
        applied_at_ms: now_ms,
    };
    Run::start(&applied, None, event, now_ms)
}
