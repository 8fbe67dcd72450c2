//! Carries a notice out: to a webhook, through egress, or through a connection's action.
//!
//! Promises bounded times, that no text here shows a webhook's path, and that a notice has the
//! same name whenever it is sent again, so that whoever takes it can take it once. Never follows
//! a redirect.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use jackfield_registry::manifest::{Idempotency, webhook::Algorithm};
use serde_json::Value;
use url::Url;

use super::{
    Desk, Notice, Settings, Way,
    alert::{KEY, OWN, URL},
};
use crate::{
    capabilities::{Particulars, Window},
    connections::State,
    contract::Call,
    egress::{OneOrigin, Origin},
    mac::hmac,
    secret::Secret,
};

/// What a webhook's body is if nobody says otherwise: the notice, whose `text` chats show.
pub(super) const WEBHOOK_INPUT: &str = ".";
/// What an action's input is if nobody says otherwise.
pub(super) const ACTION_INPUT: &str = "{ subject: .title, text: .text }";
/// What a signing secret begins with whose rest is Base64 (standardwebhooks.com).
const ENCODED: &str = "whsec_";

impl Desk {
    /// Carries a notice out; or says in a line why it was not taken.
    pub(super) async fn deliver(
        &self,
        settings: &Settings,
        notice: &Notice,
        attempt: u32,
    ) -> Result<(), String> {
        let body = self.body(&settings.input, notice).await?;
        match &settings.way {
            Way::Webhook { .. } => self.post(notice, &body).await,
            Way::Connection { connection, action } => {
                self.act(connection, action, notice, &body, attempt).await
            }
        }
    }

    /// What an expression makes of a notice.
    pub(super) async fn body(&self, expression: &str, notice: &Notice) -> Result<Value, String> {
        let scope = serde_json::to_value(notice).map_err(|error| error.to_string())?;
        if expression == WEBHOOK_INPUT {
            return Ok(scope);
        }
        let made = self.0.rooms.expressions.evaluate(expression, &scope).await;
        made.map_err(|fault| fault.message)
    }

    async fn post(&self, notice: &Notice, body: &Value) -> Result<(), String> {
        let vault = &self.0.rooms.vault;
        let url = vault.get(OWN, URL).map_err(|error| error.to_string())?;
        let url = url.ok_or("its url is not in the vault; set it again")?;
        let url = std::str::from_utf8(url.expose()).map_err(|error| error.to_string())?;
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let origin = Origin::of(&url).ok_or("its url is neither http nor https")?;
        let body = body.to_string();
        let timestamp = (self.0.rooms.clock.now_ms() / 1000).to_string();
        let mut request = Request::post(url.as_str())
            .header(header::HOST, origin.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", &timestamp);
        if let Some(key) = vault.get(OWN, KEY).map_err(|error| error.to_string())? {
            let message = format!("{}.{timestamp}.{body}", notice.id);
            request = request.header("webhook-signature", signature(&key, message.as_bytes()));
        }
        let request = request.body(Full::new(Bytes::from(body)));
        // What the error says could show the path.
        let request = request.map_err(|_| "its url cannot be sent; set it again")?;
        let way = OneOrigin::guarded(&self.0.rooms.egress, origin);
        let status = way.send(request).await.map_err(|error| error.to_string())?.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("the webhook answered {status}")),
        }
    }

    async fn act(
        &self,
        connection: &str,
        action: &str,
        notice: &Notice,
        body: &Value,
        attempt: u32,
    ) -> Result<(), String> {
        let (live, declared) =
            self.acting(connection, action).map_err(|error| error.to_string())?;
        if !live.is_open() {
            let why = match (live.needs_person(), live.connection.state) {
                (_, State::Paused) => {
                    format!("is paused; `jackfield connection resume {connection}` ends that")
                }
                (Some(why), _) => format!("needs a person: {why}"),
                (None, _) => "is just being looked at".to_owned(),
            };
            return Err(format!("the connection `{connection}` {why}"));
        }
        let idempotency_header = match declared.idempotency {
            Some(Idempotency::Header { name }) => Some(name),
            _ => None,
        };
        let particulars = Particulars {
            attempt,
            idempotency_key: Some(notice.id.clone()),
            idempotency_header,
            ..Particulars::default()
        };
        let window = Window::open(&live.means, &particulars);
        let call = Call { action: action.into(), input: body.to_string(), ext: Vec::new() };
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let called = self.0.rooms.runtime.invoke(package, window, limits, &call).await;
        called.result.map(drop).map_err(|fault| fault.to_string())
    }
}

/// The signature of a message as standardwebhooks.com has it.
fn signature(key: &Secret<Vec<u8>>, message: &[u8]) -> String {
    let text = std::str::from_utf8(key.expose()).unwrap_or_default();
    let decoded = text.strip_prefix(ENCODED).and_then(|encoded| STANDARD.decode(encoded).ok());
    let key = Secret::new(decoded.unwrap_or_else(|| key.expose().clone()));
    let mac = hmac(Algorithm::Sha256, key.expose(), message);
    format!("v1,{}", STANDARD.encode(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the standard's own documents (standardwebhooks.com, version 1.0.0).
    #[test]
    fn a_webhook_is_signed_as_the_standard_says() {
        let key = Secret::new(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_vec());
        let message = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        assert_eq!(signature(&key, message), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
