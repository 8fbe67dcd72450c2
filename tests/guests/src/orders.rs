//! A system whose webhooks carry a whole order, and which takes receipts.

use jackfield_sdk::prelude::*;

/// The connector.
#[derive(Debug)]
pub struct Orders;

/// What a webhook carries.
#[derive(Debug, Deserialize)]
struct Order {
    id: String,
    customer: Customer,
    currency: String,
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Customer {
    name: String,
    email: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    description: String,
    quantity: String,
    unit_amount: String,
}

impl Webhooks for Orders {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let order: Order = delivery.json()?;
        let record = json!({
            "id": order.id,
            "name": order.customer.name,
            "email": order.customer.email.to_lowercase(),
            "currency": order.currency,
            "lines": order.lines,
        });
        Ok(vec![Event::new("order.paid", format!("order:{}", order.id)).value(record)])
    }
}

impl Account for Orders {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        let me: Value =
            host.send(Request::get("https://api.orders.example/v1/me"))?.ok()?.json()?;
        Ok(me["name"].as_str().unwrap_or_default().to_owned())
    }
}

impl Actions for Orders {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        let input: Value = call.input()?;
        let request = Request::post("https://api.orders.example/v1/receipts").json(&input)?;
        host.send(request)?.ok()?.json()
    }
}
