"""What the host calls: one class for each role of `wit/world.wit`."""

import acme
from jackfield import web
from jackfield.problem import problem
from wit_world import exports
from wit_world.imports.types import Event

API = "https://api.acme.example/v1"


class Webhooks(exports.Webhooks):
    def parse(self, delivery):
        try:
            found = acme.events(delivery.body)
        except ValueError as error:
            raise problem("invalid", str(error)) from error
        return [Event(kind, key, record, None, []) for kind, key, record in found]


class Actions(exports.Actions):
    def invoke(self, call):
        if call.action != "receipt.create":
            raise problem("invalid", f"there is no action `{call.action}`")
        # The host attaches the token and the idempotency key.
        return acme.output(web.post_json(f"{API}/receipts", call.input))

    def recall(self, call):
        # Asked only for `idempotency = { kind = "search-first" }`, which no action here has.
        return None


class Account(exports.Account):
    def check(self):
        return web.get_json(f"{API}/me")["name"]

    def tenants(self):
        return []
