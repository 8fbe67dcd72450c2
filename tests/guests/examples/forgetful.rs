//! Notes what it is about to send, in two writes, and takes the first for both.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::{prelude::*, serde_json};

pub struct Forgetful;

impl Actions for Forgetful {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let input: Value = call.input()?;
        let note = match host.storage_get("begun")? {
            // Killed between the two, it has begun and noted nothing.
            Some(_) => host.storage_get("note")?.unwrap_or_default(),
            None => {
                host.storage_set("begun", b"yes")?;
                let note = input.to_string().into_bytes();
                host.storage_set("note", &note)?;
                note
            }
        };
        let note: Value = serde_json::from_slice(&note).unwrap_or(Value::Null);
        let request = Request::post("https://api.orders.example/v1/receipts").json(&note)?;
        host.send(request)?.ok()?.json()
    }
}

jackfield_sdk::connector!(Forgetful: actions);
