//! The organisations that a sign-in opens.

use std::sync::PoisonError;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Xero;
use crate::twin::{Ask, Reply};

impl Xero {
    /// From now on a sign-in opens these organisations: ids and names.
    pub fn open(&self, tenants: &[(&str, &str)]) {
        let texts = |(id, name): &(&str, &str)| (id.to_string(), name.to_string());
        let tenants = tenants.iter().map(texts).collect();
        *self.opens.lock().unwrap_or_else(PoisonError::into_inner) = Some(tenants);
    }

    pub(super) fn opened(&self) -> Vec<(String, String)> {
        let opens = self.opens.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = || (self.account.tenant_id.clone(), self.account.tenant_name.clone());
        opens.unwrap_or_else(|| vec![own()])
    }

    /// `GET /connections`: the organisations that the token opens.
    pub(super) fn connections(&self, ask: &Ask) -> Option<Reply> {
        if ask.method != Method::GET {
            return None;
        }
        let connection = |(id, name): (String, String)| {
            json!({
                "id": "7cb3a1f0-2964-421d-bb5e-a0f7a4572a44",
                "tenantId": id,
                "authEventId": "d99ecdfe-391d-43d2-b834-17636ba90e8d",
                "tenantType": "ORGANISATION",
                "tenantName": name,
                "createdDateUtc": "2026-01-05T22:14:03.1234560",
                "updatedDateUtc": "2026-01-05T22:14:03.1250000",
            })
        };
        let opened: Value = self.opened().into_iter().map(connection).collect();
        Some(Reply::json(StatusCode::OK, &opened))
    }
}
