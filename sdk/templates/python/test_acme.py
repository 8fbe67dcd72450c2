"""The connector alone: `python3 -m unittest`."""

import json
import unittest

import acme


class Parse(unittest.TestCase):
    def test_a_paid_order_is_one_event(self):
        body = json.dumps({"type": "order.paid", "order": {"id": "7", "total": "10.50"}})
        [(kind, key, record)] = acme.events(body)
        self.assertEqual((kind, key), ("order.paid", "order:7:paid"))
        self.assertEqual(json.loads(record)["total"], "10.50")

    def test_what_is_of_no_interest_is_no_event(self):
        self.assertEqual(acme.events('{"type": "order.viewed"}'), [])

    def test_an_order_without_a_name_is_a_mistake(self):
        with self.assertRaises(ValueError):
            acme.events('{"type": "order.paid", "order": {}}')


if __name__ == "__main__":
    unittest.main()
