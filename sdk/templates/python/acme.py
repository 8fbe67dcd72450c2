"""Acme: what it says. Nothing here needs the host, so `python3 -m unittest` runs it."""

import json

from jackfield.values import decimal, exact, time_ms


def events(body):
    """The events of a delivery, as kind, key, record and time: a paid order is one, and whatever
    else the system tells of is none. What makes no sense is a `ValueError`."""
    notice = exact(body)
    if not isinstance(notice, dict) or not isinstance(notice.get("type"), str):
        raise ValueError("the webhook has no `type`")
    if notice["type"] != "order.paid":
        return []
    order = notice.get("order")
    order_id, amount = _text(order, "id"), decimal(order.get("total"))
    if amount is None:
        raise ValueError("there is no `total`")
    record = {"id": order_id, "total": amount, "currency": _text(order, "currency")}
    # The same change has the same key, however often it is told.
    key = f"order:{order_id}:paid"
    return [("order.paid", key, json.dumps(record), time_ms(notice.get("at")))]


def output(receipt):
    """What a receipt that was written is to a flow."""
    return json.dumps({"id": _text(receipt, "id")})


def label(me):
    """What the account is called."""
    return _text(me, "name")


def _text(value, name):
    """A text that a value must have."""
    if not isinstance(value, dict) or not isinstance(value.get(name), str):
        raise ValueError(f"there is no `{name}`")
    return value[name]
