"""Problems: why something could not be done. The host decides from the code what happens next."""

import json

from componentize_py_types import Err
from wit_world.imports.types import Problem

# What the host does after each status that is no success.
_CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "unauthorized",
    404: "not-found",
    409: "conflict",
    429: "rate-limited",
}


def problem(code, message, retry_after_ms=None, details=None):
    """A problem to raise: `code` is one of `invalid`, `unauthorized`, `forbidden`, `not-found`,
    `conflict`, `rate-limited`, `unavailable` and `rejected`; `message` is one line for the
    operator, in lower case, without credentials."""
    details = None if details is None else json.dumps(details)
    return Err(Problem(code, message, retry_after_ms, details))


def of_status(status, body):
    """The problem that an answer means which is no success."""
    code = _CODES.get(status, "unavailable" if status >= 500 else "rejected")
    return problem(code, f"the system answered {status}", details=body[:500].decode(errors="replace"))


def parsed(text, code="invalid"):
    """JSON as a value, or a problem with this code. Money is text: read it as `str`."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise problem(code, f"not JSON: {error}") from error
