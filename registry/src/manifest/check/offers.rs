//! Checks `[events.*]`, `[actions.*]` and `[entities.*]`: what a connector offers to flows.

use serde_json::Value;

use super::Check;
use crate::manifest::{
    actions::{Action, Idempotency, SchemaRef},
    document::Place,
    names,
    retry::Retry,
};

const KINDS: &str = "header, field, natural-key, search-first or none";
/// The most tries of an action.
const TRIES_MAX: u64 = 100;
/// The longest span of the first retry, in milliseconds: an hour.
const FIRST_MS_MAX: u64 = 3_600_000;
/// The longest span of any retry, in milliseconds: a day.
const LONGEST_MS_MAX: u64 = 24 * FIRST_MS_MAX;

impl Check<'_, '_> {
    /// Everything that a flow can use.
    pub(super) fn offers(&mut self) {
        let manifest = self.manifest;
        for (kind, event) in &manifest.events {
            let place = Place::block("events").key(kind);
            self.kind(&place, "an event", kind, "invoice.updated");
            self.text(&place.key("title"), &event.title);
            if let Some(entity) = &event.entity {
                self.name(&place.key("entity"), "a canonical record", entity);
            }
        }
        for (name, action) in &manifest.actions {
            let place = Place::block("actions").key(name);
            self.kind(&place, "an action", name, "invoice.create");
            self.action(&place, name, action);
        }
        for (name, entity) in &manifest.entities {
            let place = Place::block("entities").key(name);
            self.name_key(&place, "an entity", name);
            self.entity(&place, entity);
            for (index, key) in entity.match_keys.iter().enumerate() {
                self.name(&place.key("match").item(index), "a field", key);
            }
        }
    }

    /// The kind of an event, or the name of an action.
    fn kind(&mut self, place: &Place, what: &str, kind: &str, example: &str) {
        if !names::is_kind(kind) {
            let message = format!("`{}` is not a name for {what}", kind.escape_debug());
            let hint = format!(
                "write the thing, a dot and the verb in a-z and `_`, in quotes: `\"{example}\"`"
            );
            self.wrong_key(place, message, hint);
        }
    }

    fn action(&mut self, place: &Place, name: &str, action: &Action) {
        self.text(&place.key("title"), &action.title);
        for (key, schema) in [("input", &action.input), ("output", &action.output)] {
            match schema {
                Some(SchemaRef::Model(name)) => {
                    self.name(&place.key(key), "a canonical schema", name);
                }
                Some(SchemaRef::Inline(schema)) => self.references(&place.key(key), schema),
                None => {}
            }
        }
        self.doing(place, name, action);
        if let Some(retry) = &action.retry {
            self.retry(&place.key("retry"), retry);
        }
        let idempotency = place.key("idempotency");
        match (&action.idempotency, action.mutates) {
            (None, true) => {
                let message = format!("the action `{name}` mutates and has no `idempotency`");
                let hint = format!(
                    "add `idempotency = {{ kind = \"…\" }}` with {KINDS}, or `mutates = false`"
                );
                self.wrong_key(place, message, hint);
            }
            (Some(_), false) => {
                let message = format!("the action `{name}` mutates nothing: no try does harm");
                self.wrong_key(&idempotency, message, "leave `idempotency` out");
            }
            (Some(Idempotency::Header { name }), true) => {
                self.header(&idempotency.key("name"), name);
            }
            _ => {}
        }
    }

    fn retry(&mut self, place: &Place, retry: &Retry) {
        if let Some(tries) = retry.tries {
            self.bounds(&place.key("tries"), tries.into(), TRIES_MAX);
        }
        for (key, span_ms, max_ms, most) in [
            ("first", retry.first_ms, FIRST_MS_MAX, "1h"),
            ("longest", retry.longest_ms, LONGEST_MS_MAX, "1d"),
        ] {
            if span_ms.is_some_and(|span_ms| span_ms > max_ms) {
                let message = format!("`{key}` in {place} is more than {most}");
                self.wrong(&place.key(key), message, format!("write at most `\"{most}\"`"));
            }
        }
        if let (Some(first), Some(longest)) = (retry.first_ms, retry.longest_ms)
            && first > longest
        {
            let message = format!("`first` in {place} is more than `longest`");
            let hint = "the first retry is the soonest: exchange them";
            self.wrong(&place.key("first"), message, hint);
        }
    }

    /// A schema may refer to canonical ones and within itself; nothing is ever fetched.
    /// The depth is bounded by that of the document.
    fn references(&mut self, place: &Place, schema: &Value) {
        match schema {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    let model = to.strip_prefix("model:").is_some_and(names::is_name);
                    if !model && !to.starts_with('#') {
                        let message = format!("a schema cannot refer to `{}`", to.escape_debug());
                        let hint = "write `model:` and the name of a canonical schema, or `#/…`";
                        self.wrong(&place.key("$ref"), message, hint);
                    }
                }
                for (key, member) in members {
                    self.references(&place.key(key), member);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.references(&place.item(index), item);
                }
            }
            _ => {}
        }
    }
}
