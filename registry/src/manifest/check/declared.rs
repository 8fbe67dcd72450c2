//! Checks what a connector without code does: that operations fit together, and that what they
//! name is there. Whether its programs are jq is found out in the sandbox.

use jackfield_vocabulary::{CODES, Entity};

use super::Check;
use crate::manifest::{actions::Action, document::Place};

/// The most steps of one action.
const STEPS_MAX: usize = 16;

impl Check<'_, '_> {
    /// What `[http]`, `[discover]` and `[events]` say beside what the host reads of them.
    pub(super) fn declared(&mut self) {
        let manifest = self.manifest;
        for (index, refusal) in manifest.http.error.iter().enumerate() {
            let place = Place::block("http").key("error").item(index);
            self.known(&place.key("code"), "code", &refusal.code, &CODES);
            if refusal.status.is_empty() && refusal.when.is_none() {
                let message = "an error that every answer would be";
                self.wrong(&place, message, "add `status = […]` or `when = '…'`");
            }
        }
        for name in manifest.discover.keys() {
            self.name_key(&Place::block("discover").key(name), "what is found", name);
        }
        for (kind, event) in &manifest.events {
            let place = Place::block("events").key(kind);
            let ways = [("record", &event.record), ("raw", &event.raw), ("get", &event.get)];
            let named: Vec<_> = ways.iter().filter(|(_, jq)| jq.is_some()).collect();
            if let [_, (second, _), ..] = named.as_slice() {
                let message = format!("the event `{kind}` has its record from two places");
                self.wrong(&place.key(second), message, "keep one of `record`, `raw`, `get`");
            }
            let entity = event.entity.as_deref().and_then(|name| manifest.entities.get(name));
            if event.get.is_some() && entity.is_none_or(|entity| entity.get.is_none()) {
                self.needs_get(&place.key("get"), event.entity.as_deref());
            }
        }
    }

    /// What an action says that it sends.
    pub(super) fn doing(&mut self, place: &Place, name: &str, action: &Action) {
        if action.request.is_some() && !action.step.is_empty() {
            let message = format!("the action `{name}` has both `request` and `step`");
            self.wrong_key(&place.key("request"), message, "make the request a step of its own");
        }
        if action.step.len() > STEPS_MAX {
            let message = format!("the action `{name}` has more than {STEPS_MAX} steps");
            self.wrong_key(&place.key("step"), message, "divide it, or write it in code");
        }
        for (index, step) in action.step.iter().enumerate() {
            let at = place.key("step").item(index).key("id");
            self.name(&at, "a step", &step.id);
            if action.step[..index].iter().any(|before| before.id == step.id) {
                let message = format!("a second step `{}` in the action `{name}`", step.id);
                self.wrong(&at, message, "give each a name of its own");
            }
        }
    }

    /// What the operations of an entity need of it and of others.
    pub(super) fn entity(&mut self, place: &Place, entity: &Entity) {
        let manifest = self.manifest;
        let known: Vec<_> = manifest.entities.keys().map(String::as_str).collect();
        for (name, related) in &entity.with {
            let at = place.key("with").key(name);
            self.name_key(&at, "a related record", name);
            self.known(&at.key("entity"), "entity", &related.entity, &known);
            if manifest.entities.get(&related.entity).is_some_and(|one| one.get.is_none()) {
                self.needs_get(&at, Some(&related.entity));
            }
        }
        for (index, find) in entity.find.iter().enumerate() {
            let at = place.key("find").item(index).key("by");
            if find.by.is_empty() {
                self.wrong(&at, "a search by nothing", "name the match keys that it takes");
            }
            if find.get.is_some() && entity.get.is_none() {
                self.needs_get(&place.key("find").item(index).key("get"), None);
            }
            let keys: Vec<_> = entity.match_keys.iter().map(String::as_str).collect();
            for (number, key) in find.by.iter().enumerate() {
                self.known(&at.item(number), "match key", key, &keys);
            }
        }
        if let Some(list) = &entity.list {
            let at = place.key("list");
            if let Some(parent) = &list.parent {
                self.known(&at.key("parent"), "entity", parent, &known);
                let listed = |one: &Entity| one.list.as_ref().is_some_and(|l| l.parent.is_none());
                if manifest.entities.get(parent).is_some_and(|one| !listed(one)) {
                    let message = format!("the parent `{parent}` has no list of its own");
                    self.wrong(&at.key("parent"), message, "one parent is as deep as it goes");
                }
            }
            if list.get.is_some() && entity.get.is_none() {
                self.needs_get(&at.key("get"), None);
            }
        }
        if entity.changes.is_some() {
            let at = place.key("changes");
            if entity.get.is_none() {
                self.needs_get(&at, None);
            }
            if entity.list.is_none() {
                let message = "changes since a token, and nothing before the first token";
                self.wrong(&at, message, "add a `list` to the entity");
            }
        }
    }

    fn needs_get(&mut self, place: &Place, entity: Option<&str>) {
        let message = match entity {
            Some(name) => format!("the entity `{name}` has no `get` with which it could be read"),
            None => "the entity has no `get` with which it could be read".to_owned(),
        };
        self.wrong(place, message, "add `get = { request = \"GET /…/{.id}\" }` to the entity");
    }
}
