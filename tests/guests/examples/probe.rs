//! Looks through every window of the host and tells what it sees: the input of its one action
//! names the window and what to ask there.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

pub struct Probe;

impl Actions for Probe {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let ask: Value = call.input()?;
        let text = |name: &str| ask[name].as_str().unwrap_or_default().to_owned();
        let bytes = |name: &str| ask[name].as_str().map(|text| text.as_bytes().to_vec());
        match text("ask").as_str() {
            "send" => send(host, &ask),
            "settings" => Ok(json!({ "word": host.settings().get("word") })),
            "context" => Ok(json!({
                "attempt": host.attempt(),
                "key": host.idempotency_key(),
                "now_ms": host.now_ms(),
            })),
            "has" => Ok(json!(host.secret_has(&text("name")))),
            "mac" => {
                let mac = host.mac(&text("name"), Algorithm::Sha256, text("data").as_bytes())?;
                Ok(json!(mac))
            }
            "matches" => {
                let times = ask["times"].as_u64().unwrap_or(1);
                let mut last = Ok(false);
                for _ in 0..times {
                    last = host.matches(&text("name"), text("data").as_bytes());
                }
                Ok(json!(last?))
            }
            "get" => {
                let value = host.storage_get(&text("key"))?;
                Ok(json!(value.map(|value| String::from_utf8_lossy(&value).into_owned())))
            }
            "set" => {
                let length = ask["bytes"].as_u64().map(|length| vec![b'x'; length as usize]);
                let value = length.or_else(|| bytes("value")).unwrap_or_default();
                host.storage_set(&text("key"), &value).map(|()| json!(true))
            }
            "delete" => host.storage_delete(&text("key")).map(|()| json!(true)),
            "keys" => Ok(json!(host.storage_keys(&text("prefix"), None)?)),
            "swap" => {
                let (expected, new) = (bytes("expected"), bytes("new"));
                let swapped =
                    host.storage_swap(&text("key"), expected.as_deref(), new.as_deref())?;
                Ok(json!(swapped))
            }
            "increment" => {
                Ok(json!(host.storage_increment(&text("key"), ask["by"].as_i64().unwrap_or(1))?))
            }
            "spin" => loop {
                std::hint::black_box(0);
            },
            "grow" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 1 << 20]);
                }
            }
            "log" => {
                host.log(Level::Warn, &text("message"), &[("from", "probe")]);
                Ok(json!(true))
            }
            other => Err(Problem::invalid(format!("there is no window `{other}`"))),
        }
    }
}

fn send(host: &dyn Host, ask: &Value) -> Result<Value, Problem> {
    let method = ask["method"].as_str().unwrap_or("GET");
    let mut request = Request::new(method, ask["url"].as_str().unwrap_or_default());
    for header in ask["headers"].as_array().into_iter().flatten() {
        let part = |index: usize| header[index].as_str().unwrap_or_default().to_owned();
        request = request.header(part(0), part(1));
    }
    if let Some(body) = ask["body"].as_str() {
        request = request.body(body);
    }
    let reply = host.send(request)?;
    let headers = reply.headers.iter().map(|header| json!([header.name, header.value]));
    let headers: Vec<Value> = headers.collect();
    Ok(json!({ "status": reply.status, "headers": headers, "text": reply.text() }))
}

jackfield_sdk::connector!(Probe: actions);
