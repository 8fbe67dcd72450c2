//! A system of orders and receipts, for measures: its webhooks are whole, signed, and as long as
//! is wanted; its one action is one request.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::json;

use crate::{
    house::House,
    releases,
    sender::{Delivery, hmac_sha256},
    twin::{Ask, Reply, Twin, Vendor},
};

/// The key under which its webhooks are signed.
pub const KEY: &str = "orders-signing-key";

/// The connector's manifest.
pub const MANIFEST: &str = r#"
[connector]
id = "orders"
version = "0.1.0"
title = "Orders"
vendor = "Jackfield"
category = "commerce"
roles = []
docs = "https://example.com"
licence = "Apache-2.0"

[[secret]]
name = "signing_key"
title = "Signing key"

[[egress]]
origin = "https://api.orders.example"
methods = ["POST"]
paths = ["/v1/receipts"]
why = "writes receipts"

[webhook.verify]
kind = "hmac"
algorithm = "sha256"
encoding = "base64"
header = "x-signature"
secret = "signing_key"
message = "{body}"

[events."order.paid"]
title = "An order was paid"

[actions."receipt.create"]
title = "Write a receipt"
idempotency = { kind = "header", name = "idempotency-key" }
"#;

/// The flow: an order becomes a receipt.
pub const FLOW: &str = r#"
name = "order-becomes-receipt"

[on]
connection = "orders"
event = "order.paid"

[[step]]
id = "receipt"
connection = "orders"
action = "receipt.create"
input = '{ order: .event.record.id, to: .event.record.email, total: [.event.record.lines[].unit_amount][0] }'
"#;

/// The vendor's side: counts receipts.
#[derive(Debug, Default)]
pub struct Till {
    receipts: AtomicU64,
}

impl Till {
    /// How many receipts were written.
    pub fn receipts(&self) -> u64 {
        self.receipts.load(Ordering::Relaxed)
    }
}

impl Vendor for Till {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, _ask: &Ask) -> Option<Reply> {
        let number = self.receipts.fetch_add(1, Ordering::Relaxed) + 1;
        Some(Reply::json(StatusCode::CREATED, &json!({ "id": number.to_string() })))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::empty(status)
    }
}

/// What stands for the number in a template, in as many characters.
const NUMBER: &str = "0000000000";

/// The body of every order of this length, so that a load costs its sender little.
fn template(bytes: usize) -> &'static str {
    static TEMPLATES: Mutex<BTreeMap<usize, &'static str>> = Mutex::new(BTreeMap::new());
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    templates.entry(bytes).or_insert_with(|| {
        let mut lines = Vec::new();
        let order = |lines: &[serde_json::Value]| {
            json!({
                "id": format!("order-{NUMBER}"),
                "customer": { "name": "Mill Lane Bakery", "email": "Orders@MillLane.example" },
                "currency": "GBP",
                "lines": lines,
            })
            .to_string()
        };
        while order(&lines).len() < bytes {
            lines.push(json!({
                "description": format!("Flour, sack of twenty-five kilograms, position {}", lines.len()),
                "quantity": "2",
                "unit_amount": "18.40",
            }));
        }
        // A handful of lengths in the life of a process.
        order(&lines).leak()
    })
}

/// The name of an order.
pub fn name(number: u64) -> String {
    format!("order-{number:0width$}", width = NUMBER.len())
}

/// The body of an order, about `bytes` long.
pub fn body(number: u64, bytes: usize) -> Vec<u8> {
    let number = format!("{number:0width$}", width = NUMBER.len());
    template(bytes).replacen(NUMBER, &number, 1).into_bytes()
}

/// An order as a webhook, signed.
pub fn delivery(number: u64, bytes: usize) -> Delivery {
    signed_by(KEY, number, bytes)
}

/// The same, signed under a key of one's choice.
pub fn signed_by(key: &str, number: u64, bytes: usize) -> Delivery {
    let body = body(number, bytes);
    let signature = STANDARD.encode(hmac_sha256(key, &body));
    Delivery::new(body).with_text("x-signature", &signature)
}

/// A host with the connector, connected to a till.
pub async fn connected() -> (House, Twin<Till>) {
    let house = House::open().await;
    let till = Twin::launch(Till::default(), 0).await.expect("a free port");
    connect(&house, &till).await;
    (house, till)
}

/// Installs the connector and connects it to a till.
pub async fn connect(house: &House, till: &Twin<Till>) {
    house.install("orders", &releases::guest("orders", MANIFEST)).await;
    add(house, till, "orders").await;
}

/// Adds a connection where the connector is installed.
pub async fn add(house: &House, till: &Twin<Till>, name: &str) {
    let origin = format!("https://api.orders.example={}", till.origin());
    let key = format!("signing_key=@{}", house.file("signing-key", KEY));
    let add = ["connection", "add", name, "--connector", "orders"];
    house.does(&[&add[..], &["--secret", &key, "--origin", &origin]].concat()).await;
}
