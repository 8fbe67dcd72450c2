//! What a connector promises by its roles: that a flow goes through it as through any other of the
//! role. The contracts are `jackfield-model`'s.

use jackfield_model::{Promise, Role, Takes};
use jackfield_registry::manifest::SchemaRef;
use serde_json::{Value, json};

use super::{
    super::{fixture::Ask, outcome::Outcome},
    Trying,
};

impl Trying<'_> {
    /// Holds the connector to the contract of each of its roles.
    pub(super) fn roles(&mut self) {
        let roles = &self.subject.manifest.connector.roles;
        let contracts: Vec<_> =
            roles.iter().filter_map(|role| jackfield_model::role(role)).collect();
        for role in contracts {
            for promise in role.actions {
                self.ledger.keep("role.actions", &place(role, promise.action), self.has(promise));
                let plain = self.is_done_plainly(promise);
                self.ledger.keep("role.plain-input", &place(role, promise.action), plain);
            }
            for (kind, entity) in role.events {
                self.ledger.keep("role.events", &place(role, kind), self.tells(kind, entity));
            }
        }
    }

    /// Whether there is such an action, and it takes and gives what the contract says.
    fn has(&self, promise: &Promise) -> Result<(), String> {
        let Promise { action, takes, gives } = *promise;
        let Some(declared) = self.subject.manifest.actions.get(action) else {
            return Err(format!("there is no `[actions.\"{action}\"]`"));
        };
        let is_model = |schema: &Option<SchemaRef>| matches!(schema, Some(SchemaRef::Model(name)) if name == gives);
        if !is_model(&declared.output) {
            return Err(format!("its `output` is not \"{gives}\""));
        }
        match takes {
            Takes::Record if is_model(&declared.input) => Ok(()),
            Takes::Record => Err(format!("its `input` is not \"{gives}\"")),
            Takes::Id => match self.rules.takes(action, &json!({ "id": "1" })) {
                true => Ok(()),
                false => Err("its `input` is more than `{ id }`".to_owned()),
            },
        }
    }

    /// Whether some fixture does the action with what every connector of the role understands.
    fn is_done_plainly(&self, promise: &Promise) -> Result<(), String> {
        let plain = self.samples.iter().any(|sample| match &sample.case.ask {
            Ask::Action(name, input) => {
                name == promise.action && is_plain(input) && gives_id(&sample.ran.outcome)
            }
            _ => false,
        });
        match plain {
            true => Ok(()),
            false => {
                Err("no fixture does it with an input that has no `ext`, and gives an `id`".into())
            }
        }
    }

    fn tells(&self, kind: &str, entity: &str) -> Result<(), String> {
        match self.subject.manifest.events.get(kind) {
            None => Err(format!("there is no `[events.\"{kind}\"]`")),
            Some(event) if event.entity.as_deref() == Some(entity) => Ok(()),
            Some(_) => Err(format!("its `entity` is not \"{entity}\"")),
        }
    }
}

fn place(role: &Role, thing: &str) -> String {
    format!("`{thing}` of the role `{}`", role.name)
}

/// Whether nothing in it is one vendor's alone.
fn is_plain(input: &Value) -> bool {
    match input {
        Value::Object(members) => {
            members.get("ext").is_none_or(|ext| ext.as_object().is_some_and(|ext| ext.is_empty()))
                && members.values().all(is_plain)
        }
        Value::Array(items) => items.iter().all(is_plain),
        _ => true,
    }
}

fn gives_id(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Output(output) if output["id"].is_string())
}
