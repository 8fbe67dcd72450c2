//! What Pipedrive sends, as far as the connector reads it: webhooks of version 2.0 (guide for
//! webhooks v2) and the persons and organisations of the API v2 (its OpenAPI description).
//! Everything that can be absent or null is optional, so that a field that Pipedrive leaves out
//! costs that field and not the delivery.

use jackfield_sdk::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A webhook's body. Which type `data` has depends on `meta`, so it waits as text.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) meta: Meta,
    #[serde(default)]
    pub(crate) data: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) previous: Option<Box<RawValue>>,
}

/// About the webhook itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Meta {
    /// `2.0`; absent in version 1.0, which has a number called `v`.
    #[serde(default)]
    pub(crate) version: Option<String>,
    /// `create`, `change` or `delete`.
    #[serde(default)]
    pub(crate) action: Option<String>,
    /// `deal`, `person` and so on.
    #[serde(default)]
    pub(crate) entity: Option<String>,
    /// When Pipedrive made it, RFC 3339 in version 2.0; the same on every attempt.
    #[serde(default)]
    pub(crate) timestamp: Option<Value>,
}

/// A deal.
#[derive(Debug, Deserialize)]
pub(crate) struct Deal {
    pub(crate) id: u64,
    pub(crate) title: String,
    /// `open`, `won`, `lost` or `deleted`.
    pub(crate) status: Option<String>,
    pub(crate) value: Option<Decimal>,
    pub(crate) currency: Option<String>,
    pub(crate) person_id: Option<u64>,
    pub(crate) org_id: Option<u64>,
    pub(crate) owner_id: Option<u64>,
    pub(crate) pipeline_id: Option<u64>,
    pub(crate) stage_id: Option<u64>,
    pub(crate) probability: Option<Decimal>,
    pub(crate) expected_close_date: Option<String>,
    pub(crate) won_time: Option<String>,
    pub(crate) lost_time: Option<String>,
    pub(crate) lost_reason: Option<String>,
    pub(crate) add_time: Option<String>,
    pub(crate) update_time: Option<String>,
    /// By 40 hexadecimal digits.
    pub(crate) custom_fields: Option<Box<RawValue>>,
}

/// What the deal was before: in version 2.0 only what changed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Previous {
    pub(crate) status: Option<String>,
}

/// An answer of the API.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<T> {
    pub(crate) data: T,
}

/// A person of the API v2.
#[derive(Debug, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) emails: Option<Vec<Labelled>>,
    pub(crate) phones: Option<Vec<Labelled>>,
    pub(crate) postal_address: Option<Address>,
    pub(crate) add_time: Option<String>,
    pub(crate) update_time: Option<String>,
}

/// One of several e-mail addresses or telephone numbers.
#[derive(Debug, Deserialize)]
pub(crate) struct Labelled {
    pub(crate) value: Option<String>,
    #[serde(default)]
    pub(crate) primary: bool,
}

/// An organisation of the API v2.
#[derive(Debug, Deserialize)]
pub(crate) struct Organisation {
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) address: Option<Address>,
    pub(crate) add_time: Option<String>,
    pub(crate) update_time: Option<String>,
}

/// An address, whole in `value` and in the parts that Pipedrive recognised.
#[derive(Debug, Deserialize)]
pub(crate) struct Address {
    pub(crate) value: Option<String>,
    pub(crate) street_number: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) subpremise: Option<String>,
    pub(crate) locality: Option<String>,
    pub(crate) admin_area_level_1: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: Option<String>,
}

/// The user whose token it is (API v1, `users/me`).
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) name: Option<String>,
    pub(crate) company_name: Option<String>,
}
