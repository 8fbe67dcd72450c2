//! The beginnings of the patterns, as data: what is there, what happens, and how long it takes.

use jackfield_tests::twin::GenericTwin;
use serde_json::{Value, json};

/// One story.
pub struct Story {
    /// The flows that are applied.
    pub flows: &'static [&'static str],
    /// The system in which it begins.
    pub connection: &'static str,
    /// What happens there.
    pub kind: &'static str,
    /// To which record.
    pub record: fn() -> Value,
    /// What the systems hold before.
    pub given: fn(&GenericTwin),
    /// How many requests that change something the story has before those it is about.
    pub before: usize,
    /// How many days it takes.
    pub days: u64,
}

/// A deal is won.
pub const CUSTOMER_WON: Story = Story {
    flows: &["customer-won"],
    connection: "crm",
    kind: "deal.won",
    record: super::deal,
    given: |_| {},
    before: 0,
    days: 0,
};

/// A product runs low.
pub const STOCK_LOW: Story = Story {
    flows: &["stock-low"],
    connection: "stock",
    kind: "stock.low",
    record: || json!({ "product": "FLOUR-25", "on_hand": "8", "threshold": "10" }),
    given: |twin| twin.give("stock", "product", flour()),
    before: 0,
    days: 0,
};

/// A supplier has delivered.
pub const STOCK_RECEIVED: Story = Story {
    flows: &["stock-received"],
    connection: "suppliers",
    kind: "stock.received",
    record: arrived,
    given: |twin| twin.give("suppliers", "contact", mill()),
    before: 0,
    days: 0,
};

/// A milestone is reached.
pub const MILESTONE: Story = Story {
    flows: &["milestone"],
    connection: "projects",
    kind: "milestone.reached",
    record: milestone,
    given: |_| {},
    before: 0,
    days: 0,
};

/// A product with all that is needed to order it.
pub fn flour() -> Value {
    json!({
        "id": "pr-1",
        "code": "FLOUR-25",
        "name": "Flour, 25 kg",
        "cost": "14.20",
        "currency": "GBP",
        "supplier": "s-8",
        "supplier_email": "orders@weirmill.example",
        "reorder_quantity": "40",
    })
}

/// The supplier of the same.
pub fn mill() -> Value {
    json!({ "id": "s-8", "name": "Weir Mill Ltd", "email": "orders@weirmill.example" })
}

/// An order to the supplier, of which a part has arrived.
pub fn arrived() -> Value {
    json!({
        "id": "po-31",
        "number": "PO-0031",
        "supplier": "s-8",
        "currency": "GBP",
        "lines": [
            { "product": "FLOUR-25", "description": "Flour, 25 kg", "quantity": "40",
              "received": "38", "unit_amount": "14.20" },
            { "product": "YEAST", "quantity": "10", "received": "0", "unit_amount": "3.10" },
        ],
    })
}

/// A milestone with a part of the price.
pub fn milestone() -> Value {
    json!({
        "id": "ms-1",
        "project": "project-1",
        "title": "Design agreed",
        "contact": "contact-1",
        "amount": "400.00",
        "currency": "GBP",
        "reached_on": "2026-03-20",
        "status": "reached",
    })
}
