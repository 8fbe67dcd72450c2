//! What a connector answers, held against what it says of itself: schemas, kinds, money, times.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jackfield_registry::manifest::SchemaRef;
use jsonschema::Validator;
use serde_json::Value;

use super::{
    super::{
        bench::Subject,
        diff,
        fixture::Ask,
        outcome::{Happened, Outcome},
    },
    Trying,
};
use crate::connectors::compiled;

/// The longest key of an event, in bytes, as in the contract.
const KEY_BYTES_MAX: usize = 256;
/// Before this no system told anything: 2000-01-01T00:00:00Z.
const FIRST_MS: u64 = 946_684_800_000;
/// The most mistakes of a value that are told.
const MISTAKES_MAX: usize = 3;

/// The schemas of a connector's answers, compiled.
pub(in super::super) struct Rules {
    outputs: BTreeMap<String, Arc<Validator>>,
    inputs: BTreeMap<String, Arc<Validator>>,
    records: BTreeMap<&'static str, Arc<Validator>>,
}

impl Rules {
    pub(in super::super) fn new(subject: &Subject) -> Self {
        let schema = |schema: &Option<SchemaRef>| compiled(schema.as_ref()?).ok();
        let actions = &subject.manifest.actions;
        let of = |which: fn(&jackfield_registry::manifest::Action) -> &Option<SchemaRef>| {
            let all = actions.iter();
            let all = all.filter_map(|(name, one)| Some((name.clone(), schema(which(one))?)));
            all.collect()
        };
        let model = |name: &'static str| {
            compiled(&SchemaRef::Model(name.into())).ok().map(|rules| (name, rules))
        };
        Self {
            outputs: of(|action| &action.output),
            inputs: of(|action| &action.input),
            records: jackfield_model::names().filter_map(model).collect(),
        }
    }

    /// Whether an action takes an input.
    pub(super) fn takes(&self, action: &str, input: &Value) -> bool {
        self.inputs.get(action).is_none_or(|rules| rules.is_valid(input))
    }

    /// What is wrong with the canonical record of an entity; nothing where nobody declared it.
    fn record(&self, entity: &str, record: &Value) -> Vec<String> {
        self.records.get(entity).map(|rules| wrong(rules, record)).unwrap_or_default()
    }
}

fn wrong(rules: &Validator, value: &Value) -> Vec<String> {
    let errors = rules.iter_errors(value).take(MISTAKES_MAX);
    errors
        .map(|error| format!("at `{}`: {}", error.instance_path(), diff::short(&error.to_string())))
        .collect()
}

fn held(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

impl Subject {
    /// The codes that the manifest gives to failures, whatever their bodies say.
    pub(super) fn declared_codes(&self) -> BTreeSet<String> {
        let http = self.manifest.as_written.get("http");
        let errors = http.and_then(|http| http.get("error")).and_then(|errors| errors.as_array());
        let plain = errors.into_iter().flatten().filter(|error| error.get("when").is_none());
        let codes = plain.filter_map(|error| error.get("code")?.as_str().map(str::to_owned));
        codes.collect()
    }
}

impl Trying<'_> {
    /// Looks at what came of each case as it was written.
    pub(super) fn outputs(&mut self) {
        for sample in &self.samples {
            let place = format!("`{}`", diff::short(&sample.case.name));
            let outcome = &sample.ran.outcome;
            let mut canonical: Vec<(&str, &Value)> = Vec::new();
            match (&sample.case.ask, outcome) {
                (Ask::Action(name, input), outcome) => {
                    if let Some(rules) = self.rules.inputs.get(name) {
                        self.ledger.keep("input.schema", &place, held(wrong(rules, input)));
                    }
                    if let (Outcome::Output(output), Some(action)) =
                        (outcome, self.subject.manifest.actions.get(name))
                    {
                        if let Some(rules) = self.rules.outputs.get(name) {
                            self.ledger.keep("output.schema", &place, held(wrong(rules, output)));
                        }
                        if let Some(SchemaRef::Model(entity)) = &action.output {
                            canonical.push((entity, output));
                        }
                        let writes = sample.ran.asked.iter().find(|asked| asked.mutates);
                        if !action.mutates {
                            let held = writes.map_or(Ok(()), |one| {
                                Err(format!("`{} {}` may change something", one.method, one.url))
                            });
                            self.ledger.keep("action.reads-only", &place, held);
                        }
                    }
                }
                (Ask::Changes { entity, .. }, Outcome::Page { records, .. }) => {
                    canonical.extend(records.iter().map(|record| (entity.as_str(), record)));
                }
                (Ask::Find(entity, _), Outcome::Output(Value::Array(records))) => {
                    canonical.extend(records.iter().map(|record| (entity.as_str(), record)));
                }
                (Ask::Delivery(_), Outcome::Events(events)) => {
                    for event in events {
                        let about = format!("{place}, {}", event.kind);
                        let kind = self.subject.manifest.events.get(&event.kind);
                        let declared = kind.map(|_| ()).ok_or_else(|| {
                            format!("`{}` is not in `[events]` of the manifest", event.kind)
                        });
                        self.ledger.keep("event.declared", &about, declared);
                        self.ledger.keep("event.key", &about, key(event));
                        self.ledger.keep("event.time", &about, time(event, sample.case.now_ms));
                        let entity = kind.and_then(|kind| kind.entity.as_deref());
                        canonical.extend(entity.map(|entity| (entity, &event.record)));
                    }
                }
                _ => {}
            }
            for (entity, record) in canonical {
                self.ledger.keep("record.schema", &place, held(self.rules.record(entity, record)));
                self.ledger.keep("record.money", &place, held(floats(record, "")));
                self.ledger.keep("record.times", &place, held(times(record, "")));
                self.ledger.keep("record.id", &place, id(record));
                self.ledger.keep("record.texts", &place, held(nothing_as_text(record, "")));
            }
        }
        self.keys_differ();
    }

    /// Two changes that are not the same must not have one key.
    fn keys_differ(&mut self) {
        let mut seen: BTreeMap<&str, (&Happened, String)> = BTreeMap::new();
        for sample in &self.samples {
            let Outcome::Events(events) = &sample.ran.outcome else { continue };
            for event in events {
                let place = format!("`{}`", diff::short(&sample.case.name));
                let other = seen.insert(&event.key, (event, place.clone()));
                let held = match other {
                    Some((other, there)) if other != event => {
                        Err(format!("`{}` is also the key of another change in {there}", event.key))
                    }
                    _ => Ok(()),
                };
                self.ledger.keep("event.keys-differ", &place, held);
            }
        }
    }
}

fn key(event: &Happened) -> Result<(), String> {
    match event.key.len() {
        1..=KEY_BYTES_MAX => Ok(()),
        bytes => Err(format!("the key has {bytes} bytes, and 1 to {KEY_BYTES_MAX} are allowed")),
    }
}

/// A time that is before the web or far after now was read in the wrong unit.
fn time(event: &Happened, now_ms: u64) -> Result<(), String> {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    // Vendors' own examples are from any year: what counts is the order of magnitude.
    let latest = now_ms.max(FIRST_MS) + 3650 * DAY_MS;
    match event.at_ms {
        Some(at_ms) if !(FIRST_MS..latest).contains(&at_ms) => Err(format!(
            "it happened {at_ms} ms after 1970, which is no time of this century: is it in seconds?"
        )),
        _ => Ok(()),
    }
}

fn id(record: &Value) -> Result<(), String> {
    match record.get("id") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(id)) if !id.is_empty() => Ok(()),
        Some(other) => Err(format!("`id` is {other}, and not a text that says something")),
    }
}

/// The places of numbers with a fraction: money and quantities are decimal text.
fn floats(value: &Value, at: &str) -> Vec<String> {
    inside(value, at, &|value, at| {
        let float = value.is_f64();
        float.then(|| format!("`{at}` is the float {value}: write money as decimal text"))
    })
}

/// The places of instants that are not in UTC, or are none.
fn times(value: &Value, at: &str) -> Vec<String> {
    inside(value, at, &|value, at| {
        let text = value.as_str().filter(|text| looks_like_an_instant(text))?;
        let good = text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok();
        (!good).then(|| format!("`{at}` is `{}`, no instant in UTC", diff::short(text)))
    })
}

/// The places of texts that were no text: what a language writes for nothing.
fn nothing_as_text(value: &Value, at: &str) -> Vec<String> {
    const NOTHING: [&str; 6] = ["null", "undefined", "NaN", "None", "[object Object]", "nil"];
    inside(value, at, &|value, at| {
        let text = value.as_str().filter(|text| NOTHING.contains(text))?;
        Some(format!("`{at}` is the text `{text}`: leave the member out"))
    })
}

fn looks_like_an_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let date = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (19..=40).contains(&bytes.len())
        && [0, 1, 2, 3, 5, 6, 8, 9, 11, 12].into_iter().all(date)
        && (bytes[4], bytes[7], bytes[10]) == (b'-', b'-', b'T')
}

/// What is found in a canonical record, without the system's own under `ext`.
fn inside(value: &Value, at: &str, look: &dyn Fn(&Value, &str) -> Option<String>) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "ext")
            .flat_map(|(name, member)| inside(member, &format!("{at}/{name}"), look))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| inside(item, &format!("{at}/{index}"), look))
            .collect(),
        value => look(value, at).into_iter().collect(),
    }
}
