"""What the host calls: one class for each role of `wit/world.wit`."""

import acme
from jackfield import web
from jackfield.problem import problem
from wit_world import exports
from wit_world.imports.types import Event

API = "https://api.acme.example/v1"


class Webhooks(exports.Webhooks):
    def parse(self, delivery):
        found = understood(acme.events, delivery.body, "invalid")
        return [Event(kind, key, record, at, []) for kind, key, record, at in found]


class Actions(exports.Actions):
    def invoke(self, call):
        if call.action != "receipt.create":
            raise problem("invalid", f"there is no action `{call.action}`")
        # The host attaches the token and the idempotency key.
        receipt = web.post_json(f"{API}/receipts", call.input)
        return understood(acme.output, receipt, "unavailable")

    def recall(self, call):
        # Asked only for `idempotency = { kind = "search-first" }`, which no action here has.
        return None


class Account(exports.Account):
    def check(self):
        return understood(acme.label, web.get_json(f"{API}/me"), "unavailable")

    def tenants(self):
        return []


def understood(read, said, code):
    """What the system said, as `read` understands it, or a problem with this code."""
    try:
        return read(said)
    except ValueError as error:
        raise problem(code, f"the system said something unexpected: {error}") from error
