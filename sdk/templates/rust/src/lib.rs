//! Acme: orders that were paid become events, and receipts are written.
//!
//! Everything that reaches outwards goes through `Host`, so that the tests below run this very
//! code without a sandbox.

use jackfield_sdk::prelude::*;
use jackfield_sdk::rfc3339_ms;

/// Where the API is; `connector.toml` has the origin for the person who allows it.
const API: &str = "https://api.acme.example/v1";

/// The connector.
pub struct Acme;

jackfield_sdk::connector!(Acme: webhooks, actions, account);

/// What a webhook says.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Notice {
    #[serde(rename = "type")]
    kind: String,
    at: String,
    order: Option<Order>,
}

/// An order, as far as it matters here.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Order {
    id: String,
    total: Decimal,
    currency: String,
}

impl Webhooks for Acme {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let notice: Notice = delivery.json()?;
        let Some(order) = notice.order.filter(|_| notice.kind == "order.paid") else {
            // Whatever else the system tells of is no event of this connector's.
            return Ok(Vec::new());
        };
        let record = json!({
            "id": order.id,
            "total": { "amount": order.total, "currency": order.currency },
        });
        // The same change has the same key, however often it is told.
        let event = Event::new("order.paid", format!("order:{}:paid", order.id)).value(record);
        Ok(vec![Event { occurred_at_ms: rfc3339_ms(&notice.at), ..event }])
    }
}

impl Actions for Acme {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let input: Value = call.input()?;
        // The host adds the idempotency key to the request, as the manifest says.
        let request = Request::post(format!("{API}/receipts")).json(&input)?;
        let made: Value = host.send(request)?.ok()?.json()?;
        Ok(json!({ "id": made["id"] }))
    }
}

impl Account for Acme {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        let me: Value = host.send(Request::get(format!("{API}/me")))?.ok()?.json()?;
        Ok(me["company"].as_str().unwrap_or("Acme").to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAID: &str = r#"{"type": "order.paid", "at": "2026-01-15T09:30:00Z",
        "order": {"id": "o-7", "total": 12.50, "currency": "EUR"}}"#;

    #[test]
    fn a_paid_order_is_an_event_with_exact_money() {
        let events = Acme::parse(&FakeHost::new(), Delivery::post(PAID)).unwrap();
        assert_eq!(events[0].kind, "order.paid");
        assert_eq!(events[0].key, "order:o-7:paid");
        assert_eq!(events[0].record["total"], json!({ "amount": "12.5", "currency": "EUR" }));
    }

    #[test]
    fn whatever_else_is_told_is_no_event() {
        let other = PAID.replace("order.paid", "order.seen");
        assert!(Acme::parse(&FakeHost::new(), Delivery::post(other)).unwrap().is_empty());
    }

    #[test]
    fn a_receipt_is_written_once_and_has_an_id() {
        let host = FakeHost::new().on("POST", &format!("{API}/receipts"), json!({ "id": "r-1" }));
        let call = Call::new("receipt.create", &json!({ "order": "o-7", "total": "12.50" }));
        assert_eq!(Acme::invoke(&host, call).unwrap(), json!({ "id": "r-1" }));
        assert_eq!(host.sent().len(), 1);
    }

    #[test]
    fn the_account_tells_what_it_is_called() {
        let me = json!({ "company": "Example Ltd" });
        let host = FakeHost::new().on("GET", &format!("{API}/me"), me);
        assert_eq!(Acme::check(&host).unwrap(), "Example Ltd");
    }
}
