//! A signature of the vendor's own: a text over the request, an HMAC of it, and the headers that
//! hold what came of it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue};
use jackfield_registry::manifest::{Encoding, Slotted, Timestamp, webhook::Algorithm};
use jiff::Timestamp as Time;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    egress::{EgressError, credential::Draft},
    mac::hmac,
    secret::Secret,
};

/// How requests are signed.
#[derive(Debug, Clone)]
pub struct Template {
    /// The hash.
    pub algorithm: Algorithm,
    /// The key.
    pub key: Secret<String>,
    /// What is signed.
    pub message: Slotted,
    /// How the signature is written.
    pub encoding: Encoding,
    /// How the time is written.
    pub timestamp: Timestamp,
    /// The headers that are added.
    pub headers: BTreeMap<String, Slotted>,
    /// The connection's values, by `param:NAME`.
    pub params: BTreeMap<String, String>,
    /// The secrets that the texts name, by `secret:NAME`.
    pub secrets: BTreeMap<String, Secret<String>>,
}

impl Template {
    /// The headers that it fills, in lower case.
    pub(in crate::egress) fn header_names(&self) -> Vec<String> {
        self.headers.keys().map(|name| name.to_ascii_lowercase()).collect()
    }

    /// Signs a request that is otherwise complete.
    pub(in crate::egress) fn attach(
        &self,
        draft: &mut Draft,
        now_ms: u64,
    ) -> Result<(), EgressError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let timestamp = written(self.timestamp, now_ms);
        let fill = |draft: &Draft, slot: &str| match slot {
            "method" => Some(draft.method.as_str().to_owned()),
            "url" => Some(draft.url.as_str().to_owned()),
            "path" => Some(draft.url.path().to_owned()),
            "query" => Some(draft.url.query().unwrap_or_default().to_owned()),
            "body_sha256_hex" => Some(hex::encode(Sha256::digest(&draft.body))),
            "body_sha256_base64" => Some(STANDARD.encode(Sha256::digest(&draft.body))),
            "timestamp" => Some(timestamp.clone()),
            "nonce" => Some(nonce.clone()),
            other => self.known(draft, other),
        };
        let mut message = Vec::new();
        for piece in self.message.pieces() {
            use jackfield_registry::manifest::Piece::{Slot, Text};
            match piece {
                Text(text) => message.extend_from_slice(text.as_bytes()),
                // The bytes as they are, whether they are text or not.
                Slot(slot) if slot == "body" => message.extend_from_slice(&draft.body),
                Slot(slot) => {
                    let text = fill(draft, slot).ok_or(EgressError::SigningKey)?;
                    message.extend_from_slice(text.as_bytes());
                }
            }
        }
        let key = self.key.expose().as_bytes();
        let signature = hmac(self.algorithm, key, &message);
        let signature = match self.encoding {
            Encoding::Hex => hex::encode(signature),
            Encoding::Base64 => STANDARD.encode(signature),
        };
        for (name, text) in &self.headers {
            let value = text.filled(|slot| match slot {
                "signature" => Some(signature.clone()),
                slot => fill(draft, slot),
            });
            let value = value.ok_or(EgressError::SigningKey)?;
            let name = HeaderName::try_from(name).map_err(|_| EgressError::Credential)?;
            let mut value = HeaderValue::try_from(value).map_err(|_| EgressError::Credential)?;
            value.set_sensitive(true);
            draft.headers.insert(name, value);
        }
        Ok(())
    }

    /// What is known of the connection and of the request's own headers.
    fn known(&self, draft: &Draft, slot: &str) -> Option<String> {
        if let Some(name) = slot.strip_prefix("header:") {
            let value = draft.headers.get(name);
            return Some(
                value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
            );
        }
        let secret = self.secrets.get(slot).map(|secret| secret.expose().clone());
        secret.or_else(|| self.params.get(slot).cloned())
    }
}

/// A time as a vendor wants it.
fn written(timestamp: Timestamp, now_ms: u64) -> String {
    match timestamp {
        Timestamp::Seconds => (now_ms / 1000).to_string(),
        Timestamp::Milliseconds => now_ms.to_string(),
        Timestamp::Rfc3339 => {
            let seconds = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
            Time::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    #[test]
    fn a_request_is_signed_as_the_text_says() {
        let template = Template {
            algorithm: Algorithm::Sha256,
            key: Secret::new("Jefe".to_owned()),
            message: "{timestamp}.{method}.{path}?{query}.{body}.{header:x-own}{param:shop}".into(),
            encoding: Encoding::Hex,
            timestamp: Timestamp::Seconds,
            headers: [
                ("X-Signature".to_owned(), "v1={signature}".into()),
                ("x-key".to_owned(), "{secret:key_id}".into()),
                ("x-time".to_owned(), "{timestamp}".into()),
            ]
            .into(),
            params: [("param:shop".to_owned(), "mill".to_owned())].into(),
            secrets: [("secret:key_id".to_owned(), Secret::new("id-1".to_owned()))].into(),
        };
        let mut draft = Draft {
            method: Method::POST,
            url: "https://api.example.com/v1/orders?page=2".parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"\xff{}"),
        };
        draft.headers.insert("x-own", HeaderValue::from_static("o"));
        template.attach(&mut draft, 1_700_000_000_123).unwrap();
        let message = b"1700000000.POST./v1/orders?page=2.\xff{}.omill";
        let wanted = format!("v1={}", hex::encode(hmac(Algorithm::Sha256, b"Jefe", message)));
        assert_eq!(draft.headers["x-signature"], wanted.as_str());
        assert_eq!(draft.headers["x-key"], "id-1");
        assert_eq!(draft.headers["x-time"], "1700000000");
    }

    #[test]
    fn a_time_is_written_as_the_vendor_wants_it() {
        assert_eq!(written(Timestamp::Milliseconds, 1_700_000_000_123), "1700000000123");
        assert_eq!(written(Timestamp::Rfc3339, 1_700_000_000_123), "2023-11-14T22:13:20Z");
    }
}
