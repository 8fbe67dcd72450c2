//! A vendor that signs people in: an authorisation server with a tiny API behind it.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, StatusCode};
use serde_json::json;

pub use super::authority::{CLIENT_ID, CLIENT_SECRET, Habits, Moment, Tally};
use super::{Ask, Reply, Vendor, authority::Authority};

/// The vendor's own side.
#[derive(Debug)]
pub struct Identity {
    /// Its authorisation server.
    pub authority: Authority,
    receipts: AtomicU64,
}

impl Default for Identity {
    fn default() -> Self {
        Self::with(Habits::default())
    }
}

impl Identity {
    /// One with these habits.
    pub fn with(habits: Habits) -> Self {
        let authority = Authority::new(habits, "/authorize", "/token");
        Self { authority, receipts: AtomicU64::new(0) }
    }

    /// How many receipts were written.
    pub fn receipts(&self) -> u64 {
        self.receipts.load(Ordering::Acquire)
    }
}

impl Vendor for Identity {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

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
        let route = (&ask.method, ask.path.as_str());
        if !matches!(route, (&Method::GET, "/v1/me") | (&Method::POST, "/v1/receipts")) {
            return None;
        }
        if !self.authority.admits(ask) {
            let body = json!({ "error": "invalid_token" });
            return Some(Reply::json(StatusCode::UNAUTHORIZED, &body));
        }
        let body = match ask.method {
            Method::GET => json!({ "name": "Mill Lane" }),
            _ => {
                let number = self.receipts.fetch_add(1, Ordering::AcqRel) + 1;
                json!({ "id": number.to_string() })
            }
        };
        Some(Reply::json(StatusCode::OK, &body))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::json(status, &json!({ "error": "server_error" }))
    }
}
