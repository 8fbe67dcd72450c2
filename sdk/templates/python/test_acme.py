"""The connector alone: `python3 -m unittest`."""

import json
import unittest

import acme

PAID = """{"type": "order.paid", "at": "2026-01-15T09:30:00Z",
    "order": {"id": "7", "total": 1234567890123456.75, "currency": "EUR"}}"""


class Events(unittest.TestCase):
    def test_a_paid_order_is_one_event_with_every_digit_of_its_total(self):
        [(kind, key, record, at)] = acme.events(PAID)
        self.assertEqual((kind, key), ("order.paid", "order:7:paid"))
        self.assertEqual(json.loads(record)["total"], "1234567890123456.75")
        self.assertEqual(at, 1768469400000)

    def test_what_is_of_no_interest_is_no_event(self):
        self.assertEqual(acme.events('{"type": "order.seen", "order": "7"}'), [])

    def test_what_makes_no_sense_is_a_mistake(self):
        for body in ['{"type": "order.paid", "order": {}}', '{"type": "order.paid"}', "null", "{"]:
            with self.assertRaises(ValueError):
                acme.events(body)


class Answers(unittest.TestCase):
    def test_a_receipt_must_have_an_id(self):
        self.assertEqual(acme.output({"id": "r-1", "more": 1}), '{"id": "r-1"}')
        for answer in [{}, {"id": None}, None, [], "ok"]:
            with self.assertRaises(ValueError):
                acme.output(answer)


if __name__ == "__main__":
    unittest.main()
