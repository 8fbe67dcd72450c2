//! One component for every connector that has no code: it carries out what `connector.toml` says.
//!
//! Owns the meaning of the words in `jackfield-vocabulary`. Promises that it does nothing that
//! the manifest does not say, that a number passes through it with all its digits, and that each
//! failure names the part of the manifest in which it happened. Never holds a credential: the
//! host attaches it; and never keeps anything but what `[discover]` asks to be kept.
//!
//! In reading order: a [`desk::Desk`] is one call with the host and the values at hand; `send`
//! makes a request and reads the reply; `record` translates; `read`, `list`, `changes` and `write`
//! are the operations of an entity; `act`, `webhook`, `account` and `subscribe` are the roles.

mod account;
mod act;
mod changes;
mod desk;
mod failure;
mod json;
mod list;
mod page;
mod read;
mod record;
mod reply;
mod send;
mod subscribe;
mod webhook;
mod write;

use jackfield_sdk::prelude::*;

use desk::Desk;

/// A connector that is its manifest.
pub struct Rest;

jackfield_sdk::connector!(Rest: webhooks, actions, records, subscriptions, account);

impl Webhooks for Rest {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        webhook::parse(&Desk::open(host)?, &delivery)
    }
}

impl Actions for Rest {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        json::value(&act::invoke(&Desk::open(host)?, &call)?)
    }

    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        act::recall(&Desk::open(host)?, &call)?.as_deref().map(json::value).transpose()
    }
}

impl Records for Rest {
    fn changes(host: &dyn Host, query: Query) -> Result<Page, Problem> {
        let desk = Desk::open(host)?;
        let entity = desk.entity(&query.entity)?;
        match &entity.of.changes {
            Some(changes) => changes::page(&desk, &entity, changes, query.cursor.as_deref()),
            None => list::page(&desk, &entity, query.cursor.as_deref()),
        }
    }

    fn find(
        host: &dyn Host,
        entity: &str,
        keys: &[(String, String)],
    ) -> Result<Vec<Value>, Problem> {
        let desk = Desk::open(host)?;
        let keys: serde_json::Map<_, _> =
            keys.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let found = read::find(&desk, &desk.entity(entity)?, &Value::from(keys).to_string())?;
        found.iter().map(|found| json::value(&found.record)).collect()
    }
}

impl Subscriptions for Rest {
    fn ensure(host: &dyn Host, url: &str, kinds: &[String]) -> Result<Vec<Subscription>, Problem> {
        subscribe::ensure(&Desk::open(host)?, url, kinds)
    }

    fn list_all(host: &dyn Host, url: &str) -> Result<Vec<Subscription>, Problem> {
        subscribe::list_all(&Desk::open(host)?, url)
    }

    fn remove(host: &dyn Host, id: &str) -> Result<(), Problem> {
        subscribe::remove(&Desk::open(host)?, id)
    }
}

impl Account for Rest {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        account::check(&Desk::open(host)?)
    }

    fn tenants(host: &dyn Host) -> Result<Vec<Tenant>, Problem> {
        account::tenants(&Desk::open(host)?)
    }
}

#[cfg(test)]
mod tests;
