"""HTTP through the host, which attaches the credential and holds each request against the grant.

Python's own clients want sockets, and a connector has none. What the host refuses, or what gets
no answer, is raised as the problem that it is, and ends the call with its code if nobody catches
it.
"""

import json as _json

from wit_world.imports import http
from wit_world.imports.types import Header, Request

from .problem import of_reply, parsed


def send(method, url, headers=(), body=None):
    """The answer to a request, whatever its status: it has `status`, `headers` and `body`."""
    given = [Header(name, value) for name, value in dict(headers).items()]
    return http.send(Request(method, url, given, body, []))


def get_json(url):
    """What a GET answers, as a value; another status than 2xx is a problem."""
    return _value(send("GET", url, {"accept": "application/json"}))


def post_json(url, value):
    """The same of a POST with a value as JSON."""
    body = value if isinstance(value, str) else _json.dumps(value)
    return _value(send("POST", url, {"content-type": "application/json"}, body.encode()))


def _value(reply):
    if not 200 <= reply.status < 300:
        raise of_reply(reply)
    return parsed(reply.body, "unavailable")
