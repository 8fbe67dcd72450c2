//! A twin of Pipedrive: deals, persons and organisations by id, and the webhooks of won deals.
//!
//! Owns the routes, the token and the records. Promises the shapes of the vendor's OpenAPI
//! descriptions (v2; v1 for the user) and of its guide for webhooks v2. Never contacts Pipedrive.

mod webhook;

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use jackfield::clock::{Clock, SystemClock};
use serde_json::{Value, json};

pub use webhook::{Notice, PIPEDRIVE_RETRIES_MS, WonDeal};

use super::{Ask, Reply, Twin, Vendor};

/// How many records of each kind are held; beyond it the oldest are forgotten.
const RECORDS_MAX: usize = 100_000;

/// What is answered as the burst limit of two seconds, in requests.
const BURST_LIMIT: u64 = 80;

/// What a connection to the twin needs to know, and what the company is like.
#[derive(Debug, Clone)]
pub struct PipedriveAccount {
    /// The token of `x-api-token`, taken as a bearer token as well.
    pub api_token: String,
    /// The company's name.
    pub company_name: String,
    /// The first part of the company's host name.
    pub company_domain: String,
    /// The company's id.
    pub company_id: u64,
    /// The id of the user who owns all records.
    pub user_id: u64,
    /// The user of HTTP Basic in webhooks.
    pub webhook_user: String,
    /// The password of HTTP Basic in webhooks.
    pub webhook_password: String,
}

impl Default for PipedriveAccount {
    fn default() -> Self {
        Self {
            api_token: "pipedrive-api-token".to_owned(),
            company_name: "Harbour Street Joinery".to_owned(),
            company_domain: "harbourstreet".to_owned(),
            company_id: 8_023_912,
            user_id: 17_105,
            webhook_user: "jackfield".to_owned(),
            webhook_password: "pipedrive-webhook-password".to_owned(),
        }
    }
}

/// The vendor's side of the twin.
#[derive(Debug)]
pub struct Pipedrive {
    account: PipedriveAccount,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    deals: BTreeMap<u64, Value>,
    persons: BTreeMap<u64, Value>,
    organisations: BTreeMap<u64, Value>,
    last_id: u64,
}

impl Records {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// A running twin of Pipedrive.
pub type PipedriveTwin = Twin<Pipedrive>;

impl Twin<Pipedrive> {
    /// Starts an empty company on a free port.
    ///
    /// # Panics
    /// There is no free port on 127.0.0.1.
    pub async fn start() -> Self {
        // A machine without a free port can run no test at all.
        Self::start_on(0, PipedriveAccount::default()).await.expect("no free port on 127.0.0.1")
    }

    /// Starts an empty company on the given port; 0 takes a free one.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn start_on(port: u16, account: PipedriveAccount) -> io::Result<Self> {
        Self::launch(Pipedrive { account, records: Mutex::default() }, port).await
    }

    /// What a connection to this twin needs to know.
    pub fn account(&self) -> &PipedriveAccount {
        &self.vendor().account
    }

    /// All deals by id, in the vendor's shape of v2.
    pub fn deals(&self) -> Vec<Value> {
        self.vendor().lock().deals.values().cloned().collect()
    }

    /// Wins a deal, with its person and its organisation where it names them, and gives what
    /// the vendor sends about it.
    ///
    /// # Panics
    /// The value is not a number.
    pub fn won_deal(&self, won: &WonDeal) -> Notice {
        let now = rfc3339(SystemClock.now_ms());
        let owner = self.account().user_id;
        let mut records = self.vendor().lock();
        let organisation_id = won.organisation.as_ref().map(|name| {
            let id = records.next_id();
            keep(&mut records.organisations, id, organisation(id, name, owner, &now));
            id
        });
        let person_id = won.person.as_ref().map(|(name, email)| {
            let id = records.next_id();
            let person = person(id, name, email, organisation_id, owner, &now);
            keep(&mut records.persons, id, person);
            id
        });
        let id = records.next_id();
        let deal = won.deal(id, organisation_id, person_id, owner, &now);
        keep(&mut records.deals, id, deal.clone());
        drop(records);
        Notice::about(id, deal, self.account(), &now)
    }
}

impl Pipedrive {
    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, ask: &Ask) -> bool {
        let bearer = ask.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        ask.header("x-api-token").or(bearer) == Some(self.account.api_token.as_str())
    }

    fn me(&self) -> Reply {
        good(&json!({
            "id": self.account.user_id,
            "name": "Robin Marsh",
            "default_currency": "AUD",
            "locale": "en_AU",
            "lang": 1,
            "email": "robin@harbourstreet.example",
            "phone": null,
            "activated": true,
            "last_login": "2026-01-05 22:14:03",
            "created": "2024-03-11 09:16:26",
            "modified": null,
            "has_created_company": true,
            "access": [{ "app": "global", "admin": true, "permission_set_id": "1" }],
            "active_flag": true,
            "timezone_name": "Australia/Sydney",
            "timezone_offset": "+10:00",
            "role_id": 1,
            "icon_url": null,
            "is_you": true,
            "is_deleted": false,
            "company_id": self.account.company_id,
            "company_name": self.account.company_name,
            "company_domain": self.account.company_domain,
            "company_country": "AU",
            "company_industry": "Manufacturing",
            "language": { "language_code": "en", "country_code": "AU" },
        }))
    }

    fn record(&self, kind: &str, id: &str) -> Option<Reply> {
        let records = self.lock();
        let (kept, title) = match kind {
            "deals" => (&records.deals, "Deal"),
            "persons" => (&records.persons, "Person"),
            "organizations" => (&records.organisations, "Organization"),
            _ => return None,
        };
        let Ok(id) = id.parse::<u64>() else {
            let error = "validation failed: id: Expected number";
            return Some(bad(StatusCode::BAD_REQUEST, error));
        };
        let missing = || bad(StatusCode::NOT_FOUND, &format!("{title} not found"));
        Some(kept.get(&id).map_or_else(missing, good))
    }
}

impl Vendor for Pipedrive {
    const SPECS: &'static [(&'static str, &'static str)] = &[
        ("pipedrive/pipedrive-v2.openapi.yaml", "/api/v2"),
        ("pipedrive/pipedrive-v1.openapi.yaml", "/api/v1"),
    ];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        if !self.knows(ask) {
            return Some(self.refuse(StatusCode::UNAUTHORIZED));
        }
        if ask.method != Method::GET {
            return None;
        }
        let reply = match ask.path.strip_prefix("/api/")? {
            "v1/users/me" => self.me(),
            rest => {
                let (kind, id) = rest.strip_prefix("v2/")?.split_once('/')?;
                self.record(kind, id)?
            }
        };
        Some(
            reply
                .with("x-ratelimit-limit", BURST_LIMIT)
                .with("x-ratelimit-remaining", BURST_LIMIT - 1)
                .with("x-ratelimit-reset", 2_u64),
        )
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        match status {
            StatusCode::UNAUTHORIZED => bad(status, "unauthorized access"),
            StatusCode::TOO_MANY_REQUESTS => bad(status, "request over limit")
                .with("retry-after", 2_u64)
                .with("x-ratelimit-remaining", 0_u64)
                .with("x-ratelimit-reset", 2_u64),
            status => bad(status, status.canonical_reason().unwrap_or("error")),
        }
    }
}

fn good(data: &Value) -> Reply {
    Reply::json(StatusCode::OK, &json!({ "success": true, "data": data }))
}

fn bad(status: StatusCode, error: &str) -> Reply {
    let body = json!({
        "success": false,
        "error": error,
        "error_info": "Please check developers.pipedrive.com for more information.",
        "errorCode": status.as_u16(),
        "data": null,
        "additional_data": null,
    });
    Reply::json(status, &body)
}

fn keep(kept: &mut BTreeMap<u64, Value>, id: u64, record: Value) {
    kept.insert(id, record);
    if kept.len() > RECORDS_MAX {
        kept.pop_first();
    }
}

fn organisation(id: u64, name: &str, owner: u64, now: &str) -> Value {
    json!({
        "id": id,
        "name": name,
        "owner_id": owner,
        "add_time": now,
        "update_time": now,
        "address": null,
        "is_deleted": false,
        "visible_to": 3,
        "label_ids": [],
        "website": null,
        "linkedin": null,
        "industry": null,
        "annual_revenue": null,
        "employee_count": null,
        "custom_fields": {},
    })
}

fn person(
    id: u64,
    name: &str,
    email: &str,
    organisation_id: Option<u64>,
    owner: u64,
    now: &str,
) -> Value {
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    json!({
        "id": id,
        "name": name,
        "first_name": first,
        "last_name": last,
        "owner_id": owner,
        "org_id": organisation_id,
        "add_time": now,
        "update_time": now,
        "emails": [{ "value": email, "primary": true, "label": "work" }],
        "phones": [],
        "is_deleted": false,
        "visible_to": 3,
        "label_ids": [],
        "picture_id": null,
        "custom_fields": {},
    })
}

/// A moment as v2 writes it: UTC, whole seconds.
fn rfc3339(at_ms: u64) -> String {
    let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::MAX);
    format!("{at:.0}")
}
