//! A connector for any system: an action is one request with the action's name, and a webhook
//! carries one event as it is.
//!
//! Its manifest is `tests/guests/generic.toml`. It stands in for systems whose own connector is
//! not there yet, so it knows nothing of any record; what it must know is how each action is kept
//! from being done twice, which its manifest says and the tests hold against the vendor's twin.

use jackfield_sdk::prelude::*;

/// Where it sends everything.
const ORIGIN: &str = "https://api.generic.example";

/// Actions whose vendor knows a repeat by a field of the body.
const KEYED: [&str; 3] = ["bill.create", "purchase_order.create", "task.create"];

/// Under which name that field is.
const KEY_FIELD: &str = "idempotency_key";

/// Actions that can be recalled, and the fields of their input that name what they made.
const RECALLED: [(&str, &[&str]); 3] = [
    ("folder.create", &["parent", "name"]),
    ("project.create", &["reference"]),
    ("stock.allocate", &["id"]),
];

/// The connector.
struct Generic;

/// What a webhook carries.
#[derive(Deserialize)]
struct Told {
    kind: String,
    key: String,
    record: Value,
}

impl Webhooks for Generic {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let told: Told = delivery.json()?;
        Ok(vec![Event::new(told.kind, told.key).value(told.record)])
    }
}

impl Actions for Generic {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let mut input: Value = call.input()?;
        if KEYED.contains(&call.action.as_str())
            && let Some(fields) = input.as_object_mut()
        {
            fields.insert(KEY_FIELD.to_owned(), host.idempotency_key().into());
        }
        let request = Request::post(format!("{ORIGIN}/{}", call.action)).json(&input)?;
        host.send(request)?.json()
    }

    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        let known = RECALLED.iter().find(|(action, _)| *action == call.action);
        let Some((action, fields)) = known else {
            let message = format!("the action `{}` cannot be recalled", call.action);
            return Err(Problem::invalid(message));
        };
        let input: Value = call.input()?;
        let mut request = Request::get(format!("{ORIGIN}/{action}"));
        for field in *fields {
            // What is absent is asked for as absent, so that no other one is found.
            request = request.query(field, input[*field].as_str().unwrap_or_default());
        }
        let found: Vec<Value> = host.send(request)?.json()?;
        Ok(found.into_iter().next())
    }
}

impl Account for Generic {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        let me: Value = host.send(Request::get(format!("{ORIGIN}/me")))?.json()?;
        Ok(me["name"].as_str().unwrap_or_default().to_owned())
    }
}

jackfield_sdk::connector!(Generic: webhooks, actions, account);
