//! What is wrong with a flow beyond its own words: each mistake with its place, and what was
//! probably meant.
//!
//! Promises that a flow without mistakes names only connections, events, actions, flows, steps and
//! fields that are there, and gives actions inputs of their shape. What is not known, as without a
//! running host, is not held against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jackfield_registry::manifest::SchemaRef;
use serde_json::{Map, Value, json};

use super::{
    Awaited, Expressions, Flow, Kind, Mistake, Step, Text, Trigger, fields,
    shape::{self, Slip},
};
use crate::{
    connections::{Connections, Live},
    text::nearest,
};

/// What is connected and applied now.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) connections: &'a Connections,
    /// The flows as they will be.
    pub(super) flows: &'a BTreeMap<String, Flow>,
}

/// Looks a flow over.
pub(super) struct Checker<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    /// None without a running host.
    pub(super) known: Option<Known<'a>>,
    pub(super) expressions: &'a Expressions,
    pub(super) found: Vec<Mistake>,
}

impl Checker<'_> {
    /// Every mistake in it.
    pub(super) async fn look(mut self, flow: &Flow) -> Vec<Mistake> {
        let event = self.trigger(flow).await;
        if let Some(key) = &flow.runs.key {
            self.expression(key, &event).await;
        }
        let mut seen = Seen { event, steps: Map::new(), errors: Map::new() };
        self.steps(&flow.steps, &mut seen).await;
        self.found
    }

    /// What starts the flow; the schema of the event with which it begins.
    async fn trigger(&mut self, flow: &Flow) -> Value {
        match &flow.on {
            Trigger::Event(on) => {
                let event = self.event(&on.connection, &on.event);
                if let Some(when) = &on.when {
                    self.expression(when, &event).await;
                }
                event
            }
            Trigger::Schedule(_) => event_of(object(json!({ "scheduled_at": {} }))),
            Trigger::Manual => event_of(json!({})),
            Trigger::Flow { flow: other, .. } => {
                if other.get_ref() == &flow.name {
                    let what = "a flow cannot start at its own end: it would never stop".into();
                    self.mistake(other, what, "start it by a schedule or an event".into());
                } else if self.flow(other).is_some() && self.comes_back(&flow.name, other) {
                    let what = format!(
                        "`{}` ends where `{}` starts, and the other way round",
                        other.get_ref(),
                        flow.name
                    );
                    self.mistake(other, what, "break the circle in one of the two".into());
                }
                let record = json!({ "run": {}, "flow": {}, "event": {}, "steps": {}, "why": {} });
                event_of(object(record))
            }
        }
    }

    /// Whether a chain of ends and starts leads from a flow back to itself.
    fn comes_back(&self, name: &str, before: &Text) -> bool {
        let Some(known) = self.known else { return false };
        let mut at = before.get_ref().as_str();
        for _ in 0..=known.flows.len() {
            match known.flows.get(at).map(|flow| &flow.on) {
                Some(Trigger::Flow { flow, .. }) if flow.get_ref() == name => return true,
                Some(Trigger::Flow { flow, .. }) => at = flow.get_ref(),
                _ => return false,
            }
        }
        true
    }

    /// Whether a flow is, through others or not, a step of itself.
    fn starts_itself(&self, name: &str) -> bool {
        let Some(known) = self.known else { return false };
        let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(at) = open.pop() {
            for next in known.flows.get(at).into_iter().flat_map(Flow::sub_flows) {
                if next.get_ref() == name {
                    return true;
                }
                if seen.insert(next.get_ref().as_str()) {
                    open.push(next.get_ref());
                }
            }
        }
        false
    }

    async fn steps(&mut self, steps: &[Step], seen: &mut Seen) {
        for step in steps {
            let id = step.id.get_ref().clone();
            if let Some(when) = &step.when {
                self.expression(when, &seen.scope(false)).await;
            }
            if let Some(each) = &step.for_each {
                self.expression(&each.list, &seen.scope(false)).await;
            }
            let output = self.step(step, seen).await;
            if let Some(cancel) = &step.cancel_on {
                self.awaited(cancel, seen).await;
            }
            let output = if step.for_each.is_some() { json!({}) } else { output };
            seen.steps.insert(id.clone(), output);
            seen.errors.insert(id, object(json!({ "code": {}, "message": {} })));
            Box::pin(self.steps(&step.on_error, seen)).await;
        }
    }

    /// One step; the schema of its output.
    async fn step(&mut self, step: &Step, seen: &Seen) -> Value {
        let scope = seen.scope(step.for_each.is_some());
        match &step.kind {
            Kind::Act { connection, action, input } => {
                let live = self.connection(connection);
                self.expression(input, &scope).await;
                let Some(live) = live else { return json!({}) };
                if self.action(&live, action) {
                    self.input(&live, action, input);
                }
                output_schema(&live, action.get_ref())
            }
            Kind::Sleep(_) => json!({}),
            Kind::Until(time) => {
                self.expression(time, &scope).await;
                json!({})
            }
            Kind::WaitFor { event, .. } => self.awaited(event, seen).await,
            Kind::Approve { ask, .. } => {
                self.expression(ask, &scope).await;
                object(json!({ "approved": {}, "by": {}, "note": {}, "at_ms": {} }))
            }
            Kind::Flow { flow, input } => {
                self.expression(input, &scope).await;
                let other = self.flow(flow);
                if other.is_some() && self.starts_itself(flow.get_ref()) {
                    let what = format!("`{}` is a step of itself in the end", flow.get_ref());
                    self.mistake(flow, what, "take the circle apart: it would never end".into());
                }
                if let Some(other) = other
                    && other.on != Trigger::Manual
                {
                    let what = format!("`{}` is not started by other flows", flow.get_ref());
                    let hint = "give it `manual = true` under `[on]`, and nothing else";
                    self.mistake(flow, what, hint.into());
                }
                object(json!({ "run": {}, "steps": {} }))
            }
            Kind::Set(value) => {
                self.expression(value, &scope).await;
                json!({})
            }
        }
    }

    /// An event for which a step waits; its schema.
    async fn awaited(&mut self, awaited: &Awaited, seen: &Seen) -> Value {
        let event = self.event(&awaited.connection, &awaited.event);
        if let Some(filter) = &awaited.filter {
            self.expression(filter, &event).await;
            let steps = object(seen.steps.clone().into());
            let run = object(json!({ "id": {}, "event": seen.event, "steps": steps }));
            self.fields_of(filter, "$run", &run);
        }
        event
    }

    async fn expression(&mut self, expression: &Text, input: &Value) {
        let checked = match self.known {
            Some(_) => self.expressions.check(expression.get_ref()).await,
            // The tables are the host's.
            None => self.expressions.check_alone(expression.get_ref()).await,
        };
        if let Err(fault) = checked {
            let hint = "it is a jq program, such as `.event.record.title`".to_owned();
            return self.mistake(expression, fault.message, hint);
        }
        self.fields_of(expression, "", input);
    }

    /// The fields that an expression names of its input, or of a variable, and that are not there.
    fn fields_of(&mut self, expression: &Text, of: &str, schema: &Value) {
        for path in fields::paths(expression.get_ref(), of) {
            // A field of something that the program made itself is its own affair.
            let begins = !of.is_empty()
                || schema["properties"].get(&path[0]).is_some()
                || fields::reads_its_input_alone(expression.get_ref());
            let missing = fields::missing(schema, &path).filter(|_| begins);
            if let Some((word, known)) = missing {
                if of.is_empty() && word == path[0] {
                    let hint = astray(&word, &known);
                    self.mistake(expression, format!("there is no `.{word}` here"), hint);
                    continue;
                }
                let what = format!("`{of}.{}` has no `{word}`", path.join("."));
                self.mistake(expression, what, meant(&word, &known, "there is nothing in it"));
            }
        }
    }

    /// Whether the literal parts of an input have the shape that its action wants.
    fn input(&mut self, live: &Live, action: &Text, input: &Text) {
        let declared = &live.connector.manifest.actions[action.get_ref()];
        let Some(schema) = declared.input.as_ref().map(schema_of) else { return };
        for Slip { at, what, hint } in shape::slips(input.get_ref(), &schema) {
            let what = format!("input of `{}`: {what}", action.get_ref());
            let place = self.place_in(input, at);
            self.found.push(Mistake::at(self.file, self.text, Some(place), what, hint));
        }
    }

    /// Where a byte of an expression stands in the file.
    fn place_in(&self, expression: &Text, at: usize) -> usize {
        let span = expression.span();
        let written = self.text.get(span.clone()).unwrap_or_default();
        // A text with escapes is longer in the file: then its beginning has to do.
        match written.find(expression.get_ref().as_str()) {
            Some(begin) => span.start + begin + at,
            None => span.start,
        }
    }

    fn connection(&mut self, name: &Text) -> Option<Arc<Live>> {
        let connections = self.known?.connections;
        if let Ok(live) = connections.get(name.get_ref()) {
            return Some(live);
        }
        let known: Vec<String> =
            connections.list().iter().map(|live| live.connection.name.clone()).collect();
        let what = format!("there is no connection `{}`", name.get_ref());
        self.mistake(name, what, meant(name.get_ref(), &known, ADD));
        None
    }

    /// An event of a connection; its schema.
    fn event(&mut self, connection: &Text, event: &Text) -> Value {
        let Some(live) = self.connection(connection) else { return event_of(json!({})) };
        let manifest = &live.connector.manifest;
        let kind = event.get_ref();
        let Some(declared) = manifest.events.get(kind) else {
            let known: Vec<String> = manifest.events.keys().cloned().collect();
            let what = format!("the connector `{}` has no event `{kind}`", manifest.connector.id);
            self.mistake(event, what, meant(kind, &known, "it has none"));
            return event_of(json!({}));
        };
        let record = declared.entity.as_ref();
        event_of(record.map_or(json!({}), |entity| json!({ "$ref": format!("model:{entity}") })))
    }

    fn action(&mut self, live: &Live, action: &Text) -> bool {
        let manifest = &live.connector.manifest;
        let name = action.get_ref();
        if manifest.actions.contains_key(name) {
            return true;
        }
        let known: Vec<String> = manifest.actions.keys().cloned().collect();
        let what = format!("the connector `{}` has no action `{name}`", manifest.connector.id);
        self.mistake(action, what, meant(name, &known, "it has none"));
        false
    }

    fn flow(&mut self, name: &Text) -> Option<Flow> {
        let flows = self.known?.flows;
        if let Some(flow) = flows.get(name.get_ref()) {
            return Some(flow.clone());
        }
        let known: Vec<String> = flows.keys().cloned().collect();
        let what = format!("there is no flow `{}`", name.get_ref());
        let none = "apply it in the same go: `jackfield flow apply FILE FILE …`";
        self.mistake(name, what, meant(name.get_ref(), &known, none));
        None
    }

    fn mistake(&mut self, word: &Text, what: String, hint: String) {
        let at = Some(word.span().start);
        self.found.push(Mistake::at(self.file, self.text, at, what, hint));
    }
}

/// What to do where there are no connections at all.
const ADD: &str = "add it with `jackfield connection add`";

/// What the expressions of a step can see.
struct Seen {
    event: Value,
    steps: Map<String, Value>,
    errors: Map<String, Value>,
}

impl Seen {
    fn scope(&self, item: bool) -> Value {
        let mut scope = json!({
            "event": self.event,
            "steps": object(self.steps.clone().into()),
            "errors": object(self.errors.clone().into()),
            "run": object(json!({ "id": {}, "flow": {}, "started_at_ms": {} })),
        });
        if item {
            scope["item"] = json!({});
            scope["index"] = json!({});
        }
        object(scope)
    }
}

/// The schema of an object with exactly these properties.
fn object(properties: Value) -> Value {
    json!({ "properties": properties, "additionalProperties": false })
}

/// The schema of an event as expressions see it.
fn event_of(record: Value) -> Value {
    object(json!({ "kind": {}, "key": {}, "occurred_at_ms": {}, "record": record, "by": {} }))
}

/// The schema of an action's output.
pub(super) fn output_schema(live: &Live, action: &str) -> Value {
    let output = live.connector.manifest.actions.get(action).and_then(|a| a.output.as_ref());
    output.map_or_else(|| json!({}), schema_of)
}

fn schema_of(schema: &SchemaRef) -> Value {
    match schema {
        SchemaRef::Model(name) => json!({ "$ref": format!("model:{name}") }),
        SchemaRef::Inline(schema) => schema.clone(),
    }
}

/// What was probably meant by the first word of a path.
fn astray(word: &str, known: &[String]) -> String {
    let is_there = |word: &str| known.iter().any(|known| known == word);
    match word {
        "record" if is_there("event") => "write `.event.record`".into(),
        "event" if is_there("record") => "the event itself is meant here: write `.record`".into(),
        "item" | "index" => "only a step with `for_each` has items".into(),
        word => meant(word, known, "there is nothing here"),
    }
}

/// What was probably meant, or all that there is.
fn meant(word: &str, known: &[String], none: &str) -> String {
    match nearest(word, known.iter().map(String::as_str)) {
        Some(best) => format!("did you mean `{best}`?"),
        None if known.is_empty() => none.to_owned(),
        None => format!("there are: {}", known.join(", ")),
    }
}
