//! The webhooks of Xero.
//!
//! Owns the payload, its signature and the intent-to-receive check. Source: the vendor's
//! webhooks description 16.1.0 and the page "Configuring your server".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::wording;
use crate::sender::{Delivery, hmac_sha256};

/// Waits before the tries after the first, in milliseconds. The vendor says only that it tries
/// again with decreasing frequency for 24 hours; these are chosen to fit that.
pub const XERO_RETRIES_MS: &[u64] =
    &[5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000, 28_800_000, 43_200_000];

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Create,
    /// It was changed.
    Update,
}

/// One event of a webhook.
#[derive(Debug, Clone)]
pub struct XeroEvent {
    category: &'static str,
    resource: &'static str,
    id: String,
    change: Change,
}

impl XeroEvent {
    /// An invoice was made or changed.
    pub fn invoice(id: &str, change: Change) -> Self {
        Self { category: "INVOICE", resource: "Invoices", id: id.to_owned(), change }
    }

    /// A contact was made or changed.
    pub fn contact(id: &str, change: Change) -> Self {
        Self { category: "CONTACT", resource: "Contacts", id: id.to_owned(), change }
    }

    fn json(&self, tenant_id: &str, at: &str) -> Value {
        json!({
            "resourceUrl": format!(
                "https://api.xero.com/api.xro/2.0/{}/{}", self.resource, self.id
            ),
            "resourceId": self.id,
            "eventDateUtc": at,
            "eventType": match self.change {
                Change::Create => "CREATE",
                Change::Update => "UPDATE",
            },
            "eventCategory": self.category,
            "tenantId": tenant_id,
            "tenantType": "ORGANISATION",
        })
    }
}

/// The payload for events with these sequence numbers.
pub fn body(events: &[XeroEvent], first: u64, last: u64, tenant_id: &str) -> Bytes {
    let at_ms = i64::try_from(wording::now_ms()).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::MAX);
    let at = format!("{at:.3}");
    let events: Vec<_> =
        events.iter().map(|event| event.json(tenant_id, at.trim_end_matches('Z'))).collect();
    let payload = json!({
        "events": events,
        "firstEventSequence": first,
        "lastEventSequence": last,
        "entropy": entropy(),
    });
    payload.to_string().into()
}

/// The value of `x-xero-signature`: the HMAC-SHA256 of the raw body, as base64.
pub fn sign(webhook_key: &str, body: &[u8]) -> String {
    STANDARD.encode(hmac_sha256(webhook_key, body))
}

/// A delivery signed with the key.
pub fn signed(webhook_key: &str, body: Bytes) -> Delivery {
    let signature = sign(webhook_key, &body);
    let json = HeaderValue::from_static("application/json");
    Delivery::new(body).with(header::CONTENT_TYPE, json).with_text("x-xero-signature", &signature)
}

/// The check that Xero makes before it sends anything: deliveries without events, each with the
/// status that it expects: 200 for a right signature, 401 for a wrong one.
pub fn intent_to_receive(webhook_key: &str) -> Vec<(Delivery, u16)> {
    let wrong_key = format!("not {webhook_key}");
    [(webhook_key, 200), (&wrong_key, 401), (&wrong_key, 401), (webhook_key, 200)]
        .map(|(key, expected)| {
            let payload = json!({
                "events": [],
                "firstEventSequence": 0,
                "lastEventSequence": 0,
                "entropy": entropy(),
            });
            (signed(key, payload.to_string().into()), expected)
        })
        .into()
}

/// Twenty capital letters, as the vendor's examples have.
fn entropy() -> String {
    let letters = Uuid::new_v4().into_bytes().into_iter().chain(Uuid::new_v4().into_bytes());
    letters.take(20).map(|byte| char::from(b'A' + byte % 26)).collect()
}
