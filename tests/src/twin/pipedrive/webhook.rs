//! Won deals and what Pipedrive sends about them.
//!
//! Owns the payload of webhooks v2 and its HTTP Basic authentication: Pipedrive signs nothing.
//! Source: the vendor's guide for webhooks v2; `meta` beyond the fields named there is as clients
//! in the wild know it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};
use serde_json::{Number, Value, json};
use uuid::Uuid;

use super::PipedriveAccount;
use crate::sender::Delivery;

/// Waits before the tries after the first, in milliseconds.
pub const PIPEDRIVE_RETRIES_MS: &[u64] = &[3_000, 30_000, 150_000];

/// A deal that is to be won.
#[derive(Debug, Clone)]
pub struct WonDeal {
    title: String,
    value: String,
    currency: String,
    pub(super) organisation: Option<String>,
    pub(super) person: Option<(String, String)>,
}

impl WonDeal {
    /// A deal of this title, worth 1000 Australian dollars, of nobody yet.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            value: "1000".to_owned(),
            currency: "AUD".to_owned(),
            organisation: None,
            person: None,
        }
    }

    /// The same, worth this amount, which is a decimal such as `12500.50`.
    #[must_use]
    pub fn worth(mut self, value: &str, currency: &str) -> Self {
        value.clone_into(&mut self.value);
        currency.clone_into(&mut self.currency);
        self
    }

    /// The same, with an organisation.
    #[must_use]
    pub fn with_organisation(mut self, name: &str) -> Self {
        self.organisation = Some(name.to_owned());
        self
    }

    /// The same, with a person.
    #[must_use]
    pub fn with_person(mut self, name: &str, email: &str) -> Self {
        self.person = Some((name.to_owned(), email.to_owned()));
        self
    }

    pub(super) fn deal(
        &self,
        id: u64,
        organisation_id: Option<u64>,
        person_id: Option<u64>,
        owner: u64,
        now: &str,
    ) -> Value {
        // A mistake in the test, which should see it at once.
        let value: Number = self.value.parse().expect("the value of a deal must be a number");
        json!({
            "id": id,
            "title": self.title,
            "creator_user_id": owner,
            "owner_id": owner,
            "value": value,
            "person_id": person_id,
            "org_id": organisation_id,
            "stage_id": 5,
            "pipeline_id": 1,
            "currency": self.currency,
            "archive_time": null,
            "add_time": now,
            "update_time": now,
            "stage_change_time": now,
            "status": "won",
            "is_archived": false,
            "is_deleted": false,
            "probability": null,
            "lost_reason": null,
            "visible_to": 3,
            "close_time": now,
            "won_time": now,
            "lost_time": null,
            "local_won_date": now.get(..10),
            "local_lost_date": null,
            "local_close_date": now.get(..10),
            "expected_close_date": null,
            "label_ids": [],
            "origin": "ManuallyCreated",
            "origin_id": null,
            "channel": null,
            "channel_id": null,
            "acv": null,
            "arr": null,
            "mrr": null,
            "custom_fields": {},
        })
    }
}

/// What the vendor sends about one change of a deal, try after try.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The id of the deal.
    pub deal_id: u64,
    /// The id of the notice, the same in all tries.
    pub id: String,
    payload: Value,
    authorization: String,
}

impl Notice {
    pub(super) fn about(deal_id: u64, deal: Value, account: &PipedriveAccount, now: &str) -> Self {
        let id = Uuid::new_v4().to_string();
        let payload = json!({
            "data": deal,
            "previous": {
                "status": "open",
                "won_time": null,
                "close_time": null,
                "local_won_date": null,
                "local_close_date": null,
                "update_time": now,
            },
            "meta": {
                "action": "change",
                "attempt": 1,
                "change_source": "app",
                "company_id": account.company_id.to_string(),
                "correlation_id": Uuid::new_v4().to_string(),
                "entity": "deal",
                "entity_id": deal_id.to_string(),
                "host": format!("{}.pipedrive.com", account.company_domain),
                "id": id,
                "is_bulk_edit": false,
                "permitted_user_ids": [account.user_id.to_string()],
                "timestamp": now,
                "type": "general",
                "user_id": account.user_id.to_string(),
                "version": "2.0",
                "webhook_id": "1",
                "webhook_owner_id": account.user_id.to_string(),
            },
        });
        let pair = format!("{}:{}", account.webhook_user, account.webhook_password);
        let authorization = format!("Basic {}", STANDARD.encode(pair));
        Self { deal_id, id, payload, authorization }
    }

    /// The payload of the first try.
    pub fn payload(&self) -> &Value {
        &self.payload
    }

    /// The webhook of the given try, from 1.
    pub fn delivery(&self, attempt: u32) -> Delivery {
        let mut payload = self.payload.clone();
        payload["meta"]["attempt"] = attempt.into();
        Delivery::new(payload.to_string())
            .with(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .with_text("authorization", &self.authorization)
    }
}
