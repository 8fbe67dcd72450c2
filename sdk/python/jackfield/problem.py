"""Problems: why something could not be done. The host decides from the code what happens next."""

import json

from componentize_py_types import Err
from wit_world.imports.types import Problem

from .values import exact

# What the host does after each status that is no success; every other is `rejected`.
_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    410: "not-found",
    409: "conflict",
    412: "conflict",
    429: "rate-limited",
    408: "unavailable",
    425: "unavailable",
}
# How much of a refusing body goes into a problem's details, in bytes.
_DETAILS_BYTES = 4096


def problem(code, message, retry_after_ms=None, details=None):
    """A problem to raise: `code` is one of `invalid`, `unauthorized`, `forbidden`, `not-found`,
    `conflict`, `rate-limited`, `unavailable` and `rejected`; `message` is one line for the
    operator, in lower case, without credentials."""
    details = None if details is None else json.dumps(details)
    return Err(Problem(code, message, retry_after_ms, details))


def of_reply(reply):
    """The problem that an answer means which is no success."""
    status = reply.status
    code = _CODES.get(status, "unavailable" if status >= 500 else "rejected")
    wait = None
    if code in ("rate-limited", "unavailable"):
        told = [header.value for header in reply.headers if header.name.lower() == "retry-after"]
        wait = _seconds(told[0]) if told else None
    body = reply.body[:_DETAILS_BYTES].decode(errors="replace")
    message = f"the system answered {status}"
    return problem(code, message, wait, {"status": status, "body": body})


def parsed(text, code="invalid"):
    """JSON as a value in which no digit was lost, or a problem with this code."""
    try:
        return exact(text)
    except ValueError as error:
        raise problem(code, f"not JSON: {error}") from error


def _seconds(text):
    """`retry-after` in milliseconds, where the system gave it in seconds."""
    text = text.strip()
    return int(text) * 1000 if text.isdecimal() and text.isascii() and len(text) < 10 else None
