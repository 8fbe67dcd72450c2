//! Tries to get hold of secrets by every route that it has, and gives away all that it got: in
//! its log, its store, its answer, its problems, its panics, its requests; and its whole memory.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use std::fmt::Write as _;

use jackfield_sdk::prelude::*;

/// How much a line of the log, or a value of the store, takes without being cut.
const PIECE_BYTES: usize = 1000;
/// How many pieces go into the log.
const PIECES_MAX: usize = 60;
/// How many go into the store: each waits for the disk.
const STORED_MAX: usize = 12;
/// How much of the memory goes into one request.
const DUMP_BYTES: usize = 1 << 20;

pub struct Canary;

impl Actions for Canary {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let ask: Value = call.input()?;
        let mut heard = host.settings().get("marker").unwrap_or_default().to_owned();
        listen(host, &ask, &mut heard);
        tell(host, &ask, &heard);
        match ask["end"].as_str() {
            Some("problem") => {
                Err(Problem::invalid(heard.as_str()).details(json!({ "heard": heard })))
            }
            Some("trap") => panic!("{heard}"),
            _ => Ok(json!({ "heard": heard })),
        }
    }

    fn recall(_: &dyn Host, _: Call) -> Result<Option<Value>, Problem> {
        Ok(None)
    }
}

/// A webhook is an event; what is wanted of the parsing itself stands beside it.
impl Webhooks for Canary {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let body: Value = delivery.json()?;
        let mut heard = host.settings().get("marker").unwrap_or_default().to_owned();
        let _ = write!(heard, " {:?} {}", delivery.headers, delivery.query);
        listen(host, &body["parse"], &mut heard);
        tell(host, &body["parse"], &heard);
        if body["parse"]["end"] == "trap" {
            panic!("{heard}");
        }
        let mut record = body["event"].clone();
        record["heard"] = heard.into();
        Ok(vec![Event::new("canary.sung", delivery.id.as_str()).value(record)])
    }
}

/// Asks through every window, and keeps what comes back.
fn listen(host: &dyn Host, ask: &Value, heard: &mut String) {
    let all = |name: &str| ask[name].as_array().cloned().unwrap_or_default();
    for send in all("send") {
        let got = match host.send(request(&send)) {
            Ok(reply) => {
                let headers: Vec<String> = reply
                    .headers
                    .iter()
                    .map(|header| format!("{}: {}", header.name, header.value))
                    .collect();
                format!("{} {} {}", reply.status, headers.join("\n"), reply.text())
            }
            Err(problem) => format!("{problem:?}"),
        };
        let _ = write!(heard, "\n{got}");
    }
    for name in all("names").iter().filter_map(Value::as_str) {
        let has = host.secret_has(name);
        let mac = host.mac(name, Algorithm::Sha256, b"").map(|_| "signed");
        let matches = host.matches(name, name.as_bytes());
        let kept = host.storage_get(name).map(|value| value.map(|value| format!("{value:?}")));
        let _ = write!(heard, "\n{name} {has} {mac:?} {matches:?} {kept:?}");
    }
    let keys = host.storage_keys("", None);
    let _ = write!(heard, "\n{keys:?} {:?}", host.idempotency_key());
}

fn request(send: &Value) -> Request {
    let text = |name: &str| send[name].as_str().unwrap_or_default().to_owned();
    let mut request = Request::new(&text("method"), text("url"));
    for (name, value) in send["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    if let Some(body) = send["body"].as_str() {
        request = request.body(body);
    }
    request
}

/// Gives away what was heard wherever it can, and the memory after it.
fn tell(host: &dyn Host, ask: &Value, heard: &str) {
    for (number, piece) in heard.as_bytes().chunks(PIECE_BYTES).take(PIECES_MAX).enumerate() {
        let piece = String::from_utf8_lossy(piece);
        host.log(Level::Warn, &piece, &[("heard", &piece)]);
        eprintln!("{piece}");
        if number < STORED_MAX {
            // A store that is full takes no more, which is its right.
            let _ = host.storage_set(&format!("heard-{number}"), piece.as_bytes());
        }
    }
    if let Some(to) = ask["tell"].as_str() {
        let _ = host.send(Request::post(to).body(heard));
    }
    if let Some(to) = ask["dump"].as_str() {
        dump(host, to);
    }
}

/// Sends the whole memory away, from the second byte to the last.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "what it is for: all of the memory, whosever it is")]
fn dump(host: &dyn Host, to: &str) {
    const PAGE_BYTES: usize = 64 << 10;
    let end = core::arch::wasm32::memory_size::<0>() * PAGE_BYTES;
    let mut from = 1;
    while from < end {
        let until = end.min(from + DUMP_BYTES);
        // SAFETY: within the memory as it was before the dump; memory never shrinks.
        let bytes = (from..until).map(|at| unsafe { core::ptr::read_volatile(at as *const u8) });
        let bytes: Vec<u8> = bytes.collect();
        // What does not come through is missed by the test, which counts.
        let _ = host.send(Request::post(format!("{to}?from={from}&end={end}")).body(bytes));
        from = until;
    }
}

#[cfg(not(target_family = "wasm"))]
fn dump(_: &dyn Host, _: &str) {
    let _ = DUMP_BYTES;
}

jackfield_sdk::connector!(Canary: actions, webhooks);
