//! Sees all that a call can see, and tells of all of it in the event: so whatever is otherwise when
//! the call is run again makes another event.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::{Algorithm, prelude::*};

pub struct Witness;

const RECEIPTS: &str = "https://api.orders.example/v1/receipts";

impl Webhooks for Witness {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let order: Value = delivery.json()?;
        // What comes last in a call comes from all that was asked before.
        let count = host.storage_increment("count", 1)?;
        host.storage_set(&format!("seen/{count}"), b"yes")?;
        let requests = (0..3).map(|n| {
            Request::post(RECEIPTS).header("x-number", n.to_string()).json(&json!({ "n": n }))
        });
        let replies = host.send_many(requests.collect::<Result<_, _>>()?, 3);
        let refused = host.send(Request::get("https://elsewhere.example/"));
        if order["id"].as_str().is_some_and(|id| id.ends_with("13")) {
            return Err(Problem::invalid(format!("number {count} is unlucky")));
        }
        let record = json!({
            "replies": replies.into_iter().map(told).collect::<Vec<_>>(),
            "refused": told(refused),
            "count": count,
            "before": host.storage_get("before")?.map(|value| value.len()),
            "keys": host.storage_keys("seen/", None)?,
            "now_ms": host.now_ms(),
            "attempt": host.attempt(),
            "has": [host.secret_has("signing_key"), host.secret_has("other")],
            "mac": host.mac("signing_key", Algorithm::Sha256, b"a")?,
            "mac_again": host.mac("signing_key", Algorithm::Sha512, b"b")?,
            "wrong": host.matches("signing_key", b"guess")?,
            "right": host.matches("signing_key", order["key"].as_str().unwrap_or_default().as_bytes())?,
            "no_such": host.mac("other", Algorithm::Sha256, b"a").map_err(|p| p.to_string()),
            "settings": host.settings().to_json(),
            "wasi": wasi::seen(),
        });
        Ok(vec![Event::new("order.paid", delivery.id).value(record)])
    }
}

fn told(came: Result<Reply, Problem>) -> Value {
    match came {
        Ok(reply) => json!({ "status": reply.status, "body": reply.body }),
        Err(problem) => json!({ "problem": problem.to_string() }),
    }
}

#[cfg(target_family = "wasm")]
mod wasi {
    use jackfield_sdk::prelude::*;
    use wasip2::{clocks::wall_clock, random};

    pub(super) fn seen() -> Value {
        let time = wall_clock::now();
        json!({
            "time": [time.seconds, u64::from(time.nanoseconds)],
            "random": random::random::get_random_bytes(16),
            "insecure": random::insecure::get_insecure_random_u64().to_string(),
            "seed": random::insecure_seed::insecure_seed().0.to_string(),
        })
    }
}

#[cfg(not(target_family = "wasm"))]
mod wasi {
    use jackfield_sdk::prelude::*;

    pub(super) fn seen() -> Value {
        Value::Null
    }
}

jackfield_sdk::connector!(Witness: webhooks);
