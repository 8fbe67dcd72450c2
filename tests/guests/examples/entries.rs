//! Writes entries at a system that has a way for each kind of idempotency. Its webhooks ask for
//! one entry each; its actions are named after the way.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

const API: &str = "https://api.entries.example/v1";

pub struct Entries;

impl Webhooks for Entries {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let wanted: Value = delivery.json()?;
        let reference = wanted["reference"].as_str().unwrap_or_default().to_owned();
        Ok(vec![Event::new("entry.wanted", reference).value(wanted)])
    }
}

impl Actions for Entries {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let mut input: Value = call.input()?;
        let way = way(&call)?;
        let url = format!("{API}/{way}/entries");
        let request = match way.as_str() {
            // The system takes the reference for the entry's name.
            "natural-key" => Request::put(format!("{url}/{}", reference(&input)?)),
            _ => Request::post(url),
        };
        if way == "field" {
            input["key"] = host.idempotency_key().into();
        }
        host.send(request.json(&input)?)?.json()
    }

    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        let input: Value = call.input()?;
        let request = Request::get(format!("{API}/{}/entries", way(&call)?))
            .query("reference", reference(&input)?);
        let found: Vec<Value> = host.send(request)?.json()?;
        Ok(found.into_iter().next())
    }
}

/// How the system tells a repeat, as its paths have it; the action's name says so too.
fn way(call: &Call) -> Result<String, Problem> {
    let way = call.action.strip_suffix(".create").ok_or_else(|| call.unknown())?;
    Ok(way.replace('_', "-"))
}

fn reference(input: &Value) -> Result<&str, Problem> {
    input["reference"].as_str().ok_or_else(|| Problem::invalid("the entry has no `reference`"))
}

jackfield_sdk::connector!(Entries: webhooks, actions);
