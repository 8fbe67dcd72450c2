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

/// A customer has paid.
pub const PAYMENT_RECEIVED: Story = Story {
    flows: &["payment-received"],
    connection: "books",
    kind: "payment.received",
    record: || json!({ "id": "p-1", "invoice": "i-9", "amount": "600.25", "currency": "GBP" }),
    given: |twin| {
        put_customer(twin);
        twin.give("crm", "deal", json!({ "id": "42", "title": "Website" }));
        let mut paid = due();
        paid["status"] = "paid".into();
        twin.give("books", "invoice", paid);
    },
    before: 0,
    days: 0,
};

/// Hours are approved.
pub const TIME_APPROVED: Story = Story {
    flows: &["time-approved"],
    connection: "projects",
    kind: "time.approved",
    record: || hours("t-1", "p-1"),
    given: |twin| {
        for id in ["t-1", "t-2", "t-3"] {
            twin.give("projects", "time_entry", hours(id, "p-1"));
        }
    },
    before: 0,
    days: 1,
};

/// An invoice is sent and never paid.
pub const NEVER_PAID: Story = Story {
    flows: &["invoice-reminders"],
    connection: "books",
    kind: "invoice.created",
    record: due,
    given: |twin| {
        put_customer(twin);
        twin.give("books", "invoice", due());
    },
    before: 0,
    days: 31,
};

/// An order is placed, and a part of it is not there.
pub const ORDER_PLACED: Story = Story {
    flows: &["order-placed"],
    connection: "shop",
    kind: "order.placed",
    record: order,
    given: |twin| twin.give("stock", "stock_level", stock("FLOUR-25", "10")),
    before: 0,
    days: 0,
};

/// A project begins, once the customer is set up.
pub const PROJECT_START: Story = Story {
    flows: &["customer-won", "project-start"],
    connection: "crm",
    kind: "deal.won",
    record: super::deal,
    given: |_| {},
    before: 7,
    days: 0,
};

/// A project is done.
pub const PROJECT_DONE: Story = Story {
    flows: &["project-done"],
    connection: "projects",
    kind: "project.done",
    record: done,
    given: put_files,
    before: 0,
    days: 0,
};

fn put_customer(twin: &GenericTwin) {
    let customer = json!({ "id": "c-1", "name": "Ada Mills", "email": "ada@milllane.example" });
    twin.give("books", "contact", customer);
}

/// An open invoice that fell due on 2026-03-02.
pub fn due() -> Value {
    json!({
        "id": "i-9", "number": "I-9", "contact": "c-1", "reference": "42", "status": "open",
        "lines": [], "currency": "GBP", "due_date": "2026-03-02", "amount_due": "600.25",
    })
}

/// An hour and a half that was approved.
pub fn hours(id: &str, project: &str) -> Value {
    json!({
        "id": id, "project": project, "contact": "c-1", "date": "2026-03-02", "hours": "1.5",
        "description": "Design", "is_billable": true, "rate": "90.00", "currency": "GBP",
        "status": "approved",
    })
}

/// An order of something that is there and something that is not.
pub fn order() -> Value {
    json!({
        "id": "o-7",
        "number": "1007",
        "lines": [
            { "product": "FLOUR-25", "description": "Flour, 25 kg", "quantity": "2" },
            { "product": "YEAST", "quantity": "1" },
        ],
    })
}

/// How much of a product there is.
pub fn stock(product: &str, available: &str) -> Value {
    json!({ "id": product, "product": product, "available": available })
}

/// A project of which two thirds are still to be invoiced.
pub fn done() -> Value {
    json!({
        "id": "p-12", "name": "Website", "contact": "c-1", "contact_name": "Ada Mills",
        "contact_email": "ada@milllane.example", "value": "1200.50", "invoiced": "400.00",
        "currency": "GBP", "folder": "d-7", "done_on": "2026-05-29", "status": "done",
    })
}

/// The files of that project.
pub fn put_files(twin: &GenericTwin) {
    for (id, status) in [("f-1", "active"), ("f-2", "active"), ("f-3", "archived")] {
        let file = json!({ "id": id, "name": id, "folder": "d-7", "status": status });
        twin.give("files", "file", file);
    }
}
