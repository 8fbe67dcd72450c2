//! What went wrong in a sandbox, as a [`Fault`]: traps, limits, and problems that a guest told.

use std::time::Duration;

use wasmtime::{Trap, WasmBacktrace};

use super::{RuntimeError, limits::Limits, sandbox::Sandbox};
use crate::{
    contract::Problem,
    fault::{Blame, Fault, Retry},
    text::{cut, one_line},
};

/// A message from a guest is cut to this, in bytes.
const MESSAGE_BYTES_MAX: usize = 2 << 10;

impl From<RuntimeError> for Fault {
    fn from(error: RuntimeError) -> Self {
        match &error {
            RuntimeError::NoRole(_) => Fault::operator("no-role", error.to_string()),
            RuntimeError::Compile(_) | RuntimeError::Instantiate(_) => {
                Fault::new(Blame::Guest, Retry::Never, "not-loadable", error.to_string())
            }
            _ => Fault::host("runtime", error),
        }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let after = problem.retry_after_ms.map(Duration::from_millis).map(Retry::After);
        let (blame, retry, code) = match problem.code.as_str() {
            "invalid" => (Blame::Operator, Retry::Never, "invalid"),
            "unauthorized" => (Blame::Operator, Retry::Never, "unauthorized"),
            "forbidden" => (Blame::Operator, Retry::Never, "forbidden"),
            "not-found" => (Blame::Remote, Retry::Never, "not-found"),
            "conflict" => (Blame::Remote, Retry::Never, "conflict"),
            "rate-limited" => (Blame::Remote, after.unwrap_or(Retry::Backoff), "rate-limited"),
            "unavailable" => (Blame::Remote, after.unwrap_or(Retry::Backoff), "unavailable"),
            _ => (Blame::Remote, Retry::Never, "rejected"),
        };
        let mut message = cut(problem.message, MESSAGE_BYTES_MAX);
        if let Some(details) = problem.details {
            message.push_str("; details: ");
            message.push_str(&cut(details, MESSAGE_BYTES_MAX));
        }
        Fault::new(blame, retry, code, one_line(&message))
    }
}

/// A call that ended in a trap: by the guest's own doing, or because the engine stopped it.
pub(super) fn trapped(error: &wasmtime::Error, sandbox: &Sandbox, limits: Limits) -> Fault {
    if sandbox.meter.spun {
        let message = format!("the CPU budget of {} ms is used up", limits.cpu_ms);
        return Fault::new(Blame::Guest, Retry::Never, "cpu-budget", message);
    }
    let mut message = match (sandbox.meter.refused, error.downcast_ref::<Trap>()) {
        (Some(what), _) => format!("the limit of {what} was reached"),
        (None, Some(trap)) => format!("trap: {trap}"),
        (None, None) => format!("trap: {}", error.root_cause()),
    };
    let stderr = sandbox.stderr();
    if !stderr.is_empty() {
        message.push_str("; it said: ");
        message.push_str(&cut(stderr, MESSAGE_BYTES_MAX));
    }
    if let Some(place) = error.downcast_ref::<WasmBacktrace>().and_then(innermost) {
        message.push_str("; in ");
        message.push_str(&place);
    }
    let code = if sandbox.meter.refused.is_some() { "limit" } else { "trap" };
    Fault::new(Blame::Guest, Retry::Never, code, one_line(&message))
}

/// A call that did not end within its wall time.
pub(super) fn too_slow(limits: Limits) -> Fault {
    let message = format!("no answer within the wall limit of {} ms", limits.wall_ms);
    Fault::new(Blame::Guest, Retry::Backoff, "wall-limit", message)
}

/// The functions nearest to the trap by name, innermost first.
fn innermost(backtrace: &WasmBacktrace) -> Option<String> {
    /// More would not fit on a line.
    const FRAMES: usize = 4;
    let names: Vec<String> = backtrace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name())
        .filter(|name| !name.contains("panic") && !name.contains("abort"))
        .take(FRAMES)
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)))
        .collect();
    (!names.is_empty()).then(|| names.join(" < "))
}
