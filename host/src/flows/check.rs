//! What is wrong with a flow: each mistake with its place, and what was probably meant.

use std::fmt;

use jackfield_registry::manifest::SchemaRef;
use serde_json::{Value, json};
use toml::Spanned;

use super::{Expressions, Flow, Step, fields};
use crate::{
    connections::{Connections, Live},
    text::nearest,
};

/// One mistake in a flow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    file: String,
    /// Line and column, from 1; none if it concerns the whole file.
    place: Option<(usize, usize)>,
    what: String,
    hint: String,
}

impl Mistake {
    /// A mistake at a byte of a text.
    pub(super) fn at(
        file: &str,
        text: &str,
        at: Option<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let place = at.and_then(|at| text.get(..at)).map(|before| {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            (line, column)
        });
        Self { file: file.into(), place, what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}\n  hint: {}", self.what, self.hint)
    }
}

/// Looks a flow over, against what is connected now.
pub(super) struct Checker<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) connections: &'a Connections,
    pub(super) expressions: &'a Expressions,
    pub(super) found: Vec<Mistake>,
}

impl Checker<'_> {
    /// Every mistake in it.
    pub(super) async fn look(mut self, flow: &Flow) -> Vec<Mistake> {
        let mut event = json!({});
        if let Some(live) = self.connection(&flow.on.connection) {
            self.event(&live, &flow.on.event);
            event = event_schema(&live, flow.on.event.get_ref());
        }
        if let Some(when) = &flow.on.when {
            self.expression(when).await;
            self.fields(when, &event);
        }
        let mut steps = serde_json::Map::new();
        for step in &flow.steps {
            let mut output = json!({});
            if let Some(live) = self.connection(&step.connection) {
                self.action(&live, step);
                output = output_schema(&live, step.action.get_ref());
            }
            self.expression(&step.input).await;
            self.fields(
                &step.input,
                &object(json!({ "event": event, "steps": object(steps.clone().into()) })),
            );
            steps.insert(step.id.get_ref().clone(), output);
        }
        self.found
    }

    /// The fields that an expression names and its input does not have.
    fn fields(&mut self, expression: &Spanned<String>, input: &Value) {
        for path in fields::paths(expression.get_ref()) {
            // A field of something that the program made itself is its own affair.
            let begins = input["properties"].get(&path[0]).is_some();
            if let Some((word, known)) = fields::missing(input, &path).filter(|_| begins) {
                let what = format!("`.{}` has no `{word}`", path.join("."));
                let hint = meant(&word, &known, "there is nothing in it");
                self.mistake(expression, what, hint);
            }
        }
    }

    fn mistake(&mut self, word: &Spanned<String>, what: String, hint: String) {
        let at = Some(word.span().start);
        self.found.push(Mistake::at(self.file, self.text, at, what, hint));
    }

    fn connection(&mut self, name: &Spanned<String>) -> Option<std::sync::Arc<Live>> {
        if let Ok(live) = self.connections.get(name.get_ref()) {
            return Some(live);
        }
        let known: Vec<String> =
            self.connections.list().iter().map(|live| live.connection.name.clone()).collect();
        let what = format!("there is no connection `{}`", name.get_ref());
        let hint = meant(name.get_ref(), &known, "add it with `jackfield connection add`");
        self.mistake(name, what, hint);
        None
    }

    fn event(&mut self, live: &Live, event: &Spanned<String>) {
        let manifest = &live.connector.manifest;
        if !manifest.events.contains_key(event.get_ref()) {
            let known: Vec<String> = manifest.events.keys().cloned().collect();
            let what = format!(
                "the connector `{}` has no event `{}`",
                manifest.connector.id,
                event.get_ref()
            );
            self.mistake(event, what, meant(event.get_ref(), &known, "it has none"));
        }
    }

    fn action(&mut self, live: &Live, step: &Step) {
        let manifest = &live.connector.manifest;
        if !manifest.actions.contains_key(step.action.get_ref()) {
            let known: Vec<String> = manifest.actions.keys().cloned().collect();
            let what = format!(
                "the connector `{}` has no action `{}`",
                manifest.connector.id,
                step.action.get_ref()
            );
            let hint = meant(step.action.get_ref(), &known, "it has none");
            self.mistake(&step.action, what, hint);
        }
    }

    async fn expression(&mut self, expression: &Spanned<String>) {
        if let Err(fault) = self.expressions.check(expression.get_ref()).await {
            let hint = "it is a jq program, such as `.event.record.title`".to_owned();
            self.mistake(expression, fault.message, hint);
        }
    }
}

/// The schema of an object with exactly these properties.
fn object(properties: Value) -> Value {
    json!({ "properties": properties, "additionalProperties": false })
}

/// The schema of an event as expressions see it.
fn event_schema(live: &Live, kind: &str) -> Value {
    let entity = live.connector.manifest.events.get(kind).and_then(|event| event.entity.as_ref());
    let record = entity.map_or(json!({}), |entity| json!({ "$ref": format!("model:{entity}") }));
    object(json!({ "kind": {}, "key": {}, "occurred_at_ms": {}, "record": record }))
}

/// The schema of an action's output.
fn output_schema(live: &Live, action: &str) -> Value {
    let output = live.connector.manifest.actions.get(action).and_then(|a| a.output.as_ref());
    match output {
        Some(SchemaRef::Model(name)) => json!({ "$ref": format!("model:{name}") }),
        Some(SchemaRef::Inline(schema)) => schema.clone(),
        None => json!({}),
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
