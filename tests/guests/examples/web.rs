//! Sends what it is asked for through `wasi:http`, as a language's own client does, and tells what
//! came of it: the status, or the standard's word for the failure.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

pub struct Web;

impl Actions for Web {
    fn invoke(_host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let ask: Value = call.input()?;
        match ask["ask"].as_str().unwrap_or_default() {
            "send" => Ok(web::send(&ask).unwrap_or_else(|error| json!({ "error": error }))),
            "give-up" => web::give_up(&ask).map_err(Problem::unavailable),
            "leave-open" => web::leave_open(&ask).map_err(Problem::unavailable),
            other => Err(Problem::invalid(format!("there is no ask `{other}`"))),
        }
    }

    fn recall(_host: &dyn Host, _call: Call) -> Result<Option<Value>, Problem> {
        Ok(None)
    }
}

#[cfg(target_family = "wasm")]
mod web {
    use jackfield_sdk::prelude::*;
    use wasip2::http::{
        outgoing_handler::handle,
        types::{Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme},
    };

    /// Bytes that one write of a body may have.
    const WRITE_BYTES: usize = 4096;

    /// A request that is on its way, and its body, which has not ended.
    fn begin(ask: &Value) -> Result<(FutureIncomingResponse, OutgoingBody), String> {
        let text = |name: &str| ask[name].as_str().unwrap_or_default().to_owned();
        let fields = Fields::new();
        for (name, value) in ask["headers"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().as_bytes();
            fields.append(name, value).map_err(|error| format!("{error:?}"))?;
        }
        let request = OutgoingRequest::new(fields);
        let method = match text("method").as_str() {
            "POST" => Method::Post,
            _ => Method::Get,
        };
        let scheme = if text("scheme") == "https" { Scheme::Https } else { Scheme::Http };
        let refused = |what: &str| format!("the standard refuses the {what}");
        request.set_method(&method).map_err(|()| refused("method"))?;
        request.set_scheme(Some(&scheme)).map_err(|()| refused("scheme"))?;
        request.set_authority(Some(&text("authority"))).map_err(|()| refused("authority"))?;
        request.set_path_with_query(Some(&text("path"))).map_err(|()| refused("path"))?;
        let body = request.body().map_err(|()| refused("body"))?;
        let answer = handle(request, None).map_err(|error| format!("{error:?}"))?;
        Ok((answer, body))
    }

    pub(super) fn send(ask: &Value) -> Result<Value, String> {
        let (answer, body) = begin(ask)?;
        let stream = body.write().map_err(|()| "the body has no stream")?;
        let bytes = ask["bytes"].as_u64().unwrap_or_default();
        for _ in 0..bytes / WRITE_BYTES as u64 {
            if stream.blocking_write_and_flush(&[b'x'; WRITE_BYTES]).is_err() {
                // The host takes no more; the answer says why.
                break;
            }
        }
        drop(stream);
        // Fails where the host has taken no more of it.
        let _ = OutgoingBody::finish(body, None);
        answer.subscribe().block();
        let answer = answer.get().ok_or("no answer")?.map_err(|()| "taken twice")?;
        let answer = answer.map_err(|error| format!("{error:?}"))?;
        Ok(json!({ "status": answer.status() }))
    }

    /// Sends it whole, and ends before the answer.
    pub(super) fn give_up(ask: &Value) -> Result<Value, String> {
        let (answer, body) = begin(ask)?;
        OutgoingBody::finish(body, None).map_err(|error| format!("{error:?}"))?;
        // Long enough for the host to begin, and not for the vendor to answer.
        wasip2::clocks::monotonic_clock::subscribe_duration(200_000_000).block();
        drop(answer);
        Err("given up".into())
    }

    /// Ends without having ended the body.
    pub(super) fn leave_open(ask: &Value) -> Result<Value, String> {
        let _open = begin(ask)?;
        wasip2::clocks::monotonic_clock::subscribe_duration(200_000_000).block();
        Err("left open".into())
    }
}

#[cfg(not(target_family = "wasm"))]
mod web {
    use jackfield_sdk::prelude::*;

    pub(super) fn send(_ask: &Value) -> Result<Value, String> {
        Err("only in a sandbox".into())
    }

    pub(super) use send as give_up;
    pub(super) use send as leave_open;
}

jackfield_sdk::connector!(Web: actions);
