"""Acme: what its webhooks mean. Nothing here needs the host, so `python3 -m unittest` runs it."""

import json


def events(body):
    """The events of a delivery, as kind, key and record: a paid order is one."""
    told = json.loads(body)
    if told.get("type") != "order.paid":
        return []
    order = told.get("order", {})
    if not isinstance(order.get("id"), str):
        raise ValueError("the order has no `id`")
    # Money is text, never a number.
    record = {
        "id": order["id"],
        "total": str(order.get("total")),
        "currency": order.get("currency"),
    }
    return [("order.paid", f"order:{order['id']}:paid", json.dumps(record))]


def output(receipt):
    """What a receipt that was written is to a flow."""
    return json.dumps({"id": receipt["id"]})
