//! A twin of the Xero accounting API: one organisation, its contacts and its invoices.
//!
//! Owns the routes, the credentials and the limits; the books are in the files beside. Promises
//! the vendor's shapes, from its OpenAPI description 16.1.0 and its documentation; wordings that
//! are not published are marked so. Never contacts Xero.

mod books;
mod contacts;
mod filter;
mod invoices;
mod keys;
mod listing;
mod money;
mod tenants;
mod webhook;
mod wording;

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

pub use webhook::{Change, XERO_RETRIES_MS, XeroEvent, intent_to_receive, sign};

use self::{
    books::Books,
    keys::{Keys, Seen},
};
use super::{
    Ask, Reply, Twin, Vendor,
    authority::{Authority, Habits},
};
use crate::sender::Delivery;

/// Where people sign in, at login.xero.com.
const AUTHORIZE: &str = "/identity/connect/authorize";

/// Where tokens come from, at identity.xero.com.
const TOKEN: &str = "/connect/token";

/// How long a replaced refresh token is still taken, in milliseconds; as practice has it.
const GRACE_MS: u64 = 30 * 60_000;

/// The path under which the accounting API lies.
const API: &str = "/api.xro/2.0";

/// The longest idempotency key, in characters, from the vendor's description.
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;

/// The headroom that is answered while no limit is set, in requests a minute.
const MINUTE_LIMIT_DEFAULT: u64 = 60;

/// The headroom a day that is answered, in requests.
const DAY_LIMIT: u64 = 5000;

/// Milliseconds in a minute.
const MINUTE_MS: u64 = 60_000;

/// What a connection to the twin needs to know, and what the organisation is like.
#[derive(Debug, Clone)]
pub struct XeroAccount {
    /// The organisation's id, which requests carry as `xero-tenant-id`.
    pub tenant_id: String,
    /// The organisation's name.
    pub tenant_name: String,
    /// The key under which webhooks are signed.
    pub webhook_key: String,
    /// The currency of invoices that name none.
    pub base_currency: String,
    /// The currencies that the organisation has, its own among them.
    pub currencies: Vec<String>,
    /// The account codes that lines may name.
    pub account_codes: Vec<String>,
}

impl Default for XeroAccount {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self {
            tenant_id: "4d2e7c1a-7d3b-4f0e-9a55-0c6f1f3b8e21".to_owned(),
            tenant_name: "Harbour Street Joinery".to_owned(),
            webhook_key: "xero-webhook-key".to_owned(),
            base_currency: "AUD".to_owned(),
            currencies: texts(&["AUD", "EUR", "GBP", "NZD", "USD"]),
            account_codes: texts(&["200", "260", "270", "310", "400", "404", "429"]),
        }
    }
}

/// The vendor's side of the twin.
#[derive(Debug)]
pub struct Xero {
    account: XeroAccount,
    /// Its sign-in: the vendor has it on hosts of its own.
    pub authority: Authority,
    /// The organisations that a sign-in opens, where they are others than at the start.
    opens: Mutex<Option<Vec<(String, String)>>>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    books: Books,
    keys: Keys,
    limit: Option<u64>,
    minute: u64,
    in_minute: u64,
    last_sequence: u64,
}

/// A running twin of Xero.
pub type XeroTwin = Twin<Xero>;

impl Twin<Xero> {
    /// Starts an empty organisation on a free port.
    ///
    /// # Panics
    /// There is no free port on 127.0.0.1.
    pub async fn start() -> Self {
        // A machine without a free port can run no test at all.
        Self::start_on(0, XeroAccount::default()).await.expect("no free port on 127.0.0.1")
    }

    /// Starts an empty organisation on the given port; 0 takes a free one.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn start_on(port: u16, account: XeroAccount) -> io::Result<Self> {
        Self::launch(Xero::new(account), port).await
    }

    /// What a connection to this twin needs to know.
    pub fn account(&self) -> &XeroAccount {
        &self.vendor().account
    }

    /// All contacts, in the order they were made, in the vendor's shape.
    pub fn contacts(&self) -> Vec<Value> {
        self.vendor().lock().books.contacts().map(|fields| Value::Object(fields.clone())).collect()
    }

    /// All invoices, in the order they were made, in the vendor's shape.
    pub fn invoices(&self) -> Vec<Value> {
        self.vendor().lock().books.invoices().map(books::HeldInvoice::value).collect()
    }

    /// How many invoices there are.
    pub fn invoice_count(&self) -> usize {
        self.vendor().lock().books.invoices().len()
    }

    /// How many invoices carry each reference; those without one are under the empty text.
    pub fn invoice_counts_by_reference(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for invoice in self.vendor().lock().books.invoices() {
            *counts.entry(invoice.reference.clone()).or_default() += 1;
        }
        counts
    }

    /// Makes a contact as a person at the vendor would, and answers its id.
    ///
    /// # Panics
    /// The name is empty or taken.
    pub fn add_contact(&self, name: &str, email: &str) -> String {
        let element = json!({ "Name": name, "EmailAddress": email });
        let mut inner = self.vendor().lock();
        let made = contacts::add(&mut inner.books, &element, wording::now_ms());
        made.unwrap_or_else(|problems| panic!("{}", problems.join("; ")))
    }

    /// Marks an authorised invoice as paid in full, as a person at the vendor would.
    ///
    /// # Panics
    /// There is no authorised invoice of this id.
    pub fn pay_invoice(&self, invoice_id: &str) {
        let mut inner = self.vendor().lock();
        let paid = invoices::pay(&mut inner.books, invoice_id, wording::now_ms());
        assert!(paid, "there is no authorised invoice `{invoice_id}`");
    }

    /// Enforces a limit of requests a minute, or none, which is so at the start.
    pub fn limit_per_minute(&self, requests: Option<u64>) {
        self.vendor().lock().limit = requests;
    }

    /// A signed webhook with these events, whose sequence numbers go on from the last one.
    pub fn webhook(&self, events: &[XeroEvent]) -> Delivery {
        let mut inner = self.vendor().lock();
        let first = inner.last_sequence + 1;
        inner.last_sequence += u64::try_from(events.len()).unwrap_or(u64::MAX);
        let body = webhook::body(events, first, inner.last_sequence, &self.account().tenant_id);
        webhook::signed(&self.account().webhook_key, body)
    }
}

impl Xero {
    fn new(account: XeroAccount) -> Self {
        let habits = Habits { grace_ms: GRACE_MS, ..Habits::default() };
        let authority = Authority::new(habits, AUTHORIZE, TOKEN);
        Self { account, authority, opens: Mutex::default(), inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer for a request with good credentials; none where no route matches.
    fn route(&self, inner: &mut Inner, ask: &Ask, rest: &str) -> Option<Reply> {
        let mut parts = rest.trim_start_matches('/').splitn(3, '/');
        let (kind, id, more) = (parts.next()?, parts.next(), parts.next());
        if more.is_some() {
            return None;
        }
        let books = &mut inner.books;
        let reads = ask.method == Method::GET;
        let creates = ask.method == Method::PUT;
        let writes = creates || ask.method == Method::POST;
        Some(match (kind, id) {
            ("Organisation", None) if reads => self.organisation(ask.at_ms),
            ("Contacts", None) if reads => listing::contacts(books, ask),
            ("Contacts", Some(id)) if reads => listing::contact(books, ask, id),
            ("Contacts", None) if writes => contacts::write(books, ask, creates, None),
            ("Contacts", Some(id)) if writes && !creates => {
                contacts::write(books, ask, false, Some(id))
            }
            ("Invoices", None) if reads => listing::invoices(books, ask),
            ("Invoices", Some(id)) if reads => listing::invoice(books, ask, id),
            ("Invoices", None) if writes => {
                invoices::write(books, &self.account, ask, creates, None)
            }
            ("Invoices", Some(id)) if writes && !creates => {
                invoices::write(books, &self.account, ask, false, Some(id))
            }
            _ => return None,
        })
    }

    /// Does a write once for each idempotency key.
    fn once(&self, inner: &mut Inner, ask: &Ask, rest: &str) -> Option<Reply> {
        let key = ask.header("idempotency-key").filter(|_| ask.method != Method::GET);
        let Some(key) = key else { return self.route(inner, ask, rest) };
        if key.chars().count() > IDEMPOTENCY_KEY_CHARS_MAX {
            return Some(wording::titled(
                StatusCode::BAD_REQUEST,
                "the idempotency key is longer than 128 characters",
            ));
        }
        match inner.keys.look(key, ask) {
            Seen::Never => {}
            Seen::Same(reply) => return Some(reply),
            Seen::Other => {
                return Some(wording::titled(
                    StatusCode::BAD_REQUEST,
                    "the idempotency key was used with another request",
                ));
            }
        }
        let reply = self.route(inner, ask, rest)?;
        inner.keys.keep(key, ask, &reply);
        Some(reply)
    }

    fn organisation(&self, at_ms: u64) -> Reply {
        let organisation = json!({
            "OrganisationID": self.account.tenant_id,
            "Name": self.account.tenant_name,
            "LegalName": self.account.tenant_name,
            "Version": "AU",
            "OrganisationType": "COMPANY",
            "BaseCurrency": self.account.base_currency,
            "CountryCode": "AU",
            "IsDemoCompany": false,
            "OrganisationStatus": "ACTIVE",
            "Timezone": "AUSEASTERNSTANDARDTIME",
        });
        wording::listed("Organisations", &[organisation.to_string()], None, at_ms).reply()
    }
}

impl Inner {
    /// Counts the request; answers what is left of this minute, none if it is over the limit.
    fn spend(&mut self, at_ms: u64) -> Option<u64> {
        let minute = at_ms / MINUTE_MS;
        if minute != self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
        let Some(limit) = self.limit else { return Some(MINUTE_LIMIT_DEFAULT) };
        let left = limit.checked_sub(self.in_minute + 1)?;
        self.in_minute += 1;
        Some(left)
    }
}

impl Vendor for Xero {
    const SPECS: &'static [(&'static str, &'static str)] =
        &[("xero/xero_accounting.yaml", API), ("xero/xero-identity.yaml", "")];

    fn is_described(&self, path: &str) -> bool {
        !self.authority.owns(path)
    }

    fn begun(&self, method: &Method, path: &str) {
        self.authority.begun(method, path);
    }

    fn ended(&self, method: &Method, path: &str) {
        self.authority.ended(method, path);
    }

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        if self.authority.owns(&ask.path) {
            return self.authority.answer(ask);
        }
        if !self.authority.admits(ask) {
            return Some(wording::titled(StatusCode::UNAUTHORIZED, "AuthenticationUnsuccessful"));
        }
        if ask.path.eq_ignore_ascii_case("/connections") {
            return self.connections(ask);
        }
        let rest = ask.path.strip_prefix(API).filter(|rest| rest.starts_with('/'))?;
        let id = self.account.tenant_id.as_str();
        let is_opened = self.opened().iter().any(|(opened, _)| opened == id);
        if !is_opened || ask.header("xero-tenant-id") != Some(id) {
            return Some(wording::titled(StatusCode::FORBIDDEN, "AuthenticationUnsuccessful"));
        }
        let mut inner = self.lock();
        let Some(left) = inner.spend(ask.at_ms) else {
            return Some(wording::over_the_limit(ask.at_ms));
        };
        let reply = self.once(&mut inner, ask, rest)?;
        Some(
            reply
                .with("x-minlimit-remaining", left)
                .with("x-daylimit-remaining", DAY_LIMIT)
                .with("x-appminlimit-remaining", 10_000_u64),
        )
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        match status {
            StatusCode::TOO_MANY_REQUESTS => wording::over_the_limit(wording::now_ms()),
            StatusCode::NOT_FOUND => wording::not_found(),
            status => wording::titled(status, status.canonical_reason().unwrap_or("Error")),
        }
    }
}
