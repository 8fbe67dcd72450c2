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

/// What every webhook says.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Notice {
    #[serde(rename = "type")]
    kind: String,
}

/// What one about a paid order says.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Paid {
    at: Option<String>,
    order: Order,
}

/// An order, as far as it matters here.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Order {
    id: String,
    total: Decimal,
    currency: String,
}

/// A receipt that was written.
#[derive(Deserialize, Serialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Receipt {
    id: String,
}

/// The account.
#[derive(Deserialize)]
#[serde(crate = "jackfield_sdk::serde")]
struct Me {
    name: String,
}

impl Webhooks for Acme {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        if delivery.json::<Notice>()?.kind != "order.paid" {
            // Whatever else the system tells of is no event of this connector's.
            return Ok(Vec::new());
        }
        let Paid { at, order } = delivery.json()?;
        // The same change has the same key, however often it is told.
        let key = format!("order:{}:paid", order.id);
        let record = json!({ "id": order.id, "total": order.total, "currency": order.currency });
        let event = Event::new("order.paid", key).value(record);
        Ok(vec![Event { occurred_at_ms: at.as_deref().and_then(rfc3339_ms), ..event }])
    }
}

impl Actions for Acme {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        if call.action != "receipt.create" {
            return Err(Problem::invalid(format!("there is no action `{}`", call.action)));
        }
        let input: Value = call.input()?;
        // The host adds the idempotency key to the request, as the manifest says.
        let request = Request::post(format!("{API}/receipts")).json(&input)?;
        let receipt: Receipt = host.send(request)?.json()?;
        Ok(json!(receipt))
    }
}

impl Account for Acme {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        let me: Me = host.send(Request::get(format!("{API}/me")))?.json()?;
        Ok(me.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAID: &str = r#"{"type": "order.paid", "at": "2026-01-15T09:30:00Z",
        "order": {"id": "o-7", "total": 1234567890123456.75, "currency": "EUR"}}"#;

    #[test]
    fn a_paid_order_is_an_event_with_exact_money() {
        let events = Acme::parse(&FakeHost::new(), Delivery::post(PAID)).unwrap();
        assert_eq!(events[0].kind, "order.paid");
        assert_eq!(events[0].key, "order:o-7:paid");
        assert_eq!(events[0].record["total"], "1234567890123456.75");
    }

    #[test]
    fn whatever_else_is_told_is_no_event() {
        let other = PAID.replace("order.paid", "order.seen");
        assert!(Acme::parse(&FakeHost::new(), Delivery::post(other)).unwrap().is_empty());
    }

    #[test]
    fn an_order_without_an_id_is_for_a_person() {
        let nameless = PAID.replace("\"id\"", "\"other\"");
        let problem = Acme::parse(&FakeHost::new(), Delivery::post(nameless)).unwrap_err();
        assert!(problem.is(jackfield_sdk::code::INVALID));
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
        let me = json!({ "name": "Example Ltd" });
        let host = FakeHost::new().on("GET", &format!("{API}/me"), me);
        assert_eq!(Acme::check(&host).unwrap(), "Example Ltd");
    }
}
