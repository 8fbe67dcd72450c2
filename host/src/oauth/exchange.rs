//! One request to a token endpoint: written as the vendor wants it, and judged.
//!
//! The `oauth2` crate sees nothing but RFC 6749; what vendors do differently is done here, on the
//! way. Promises that no message holds a credential.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE};
use jackfield_registry::manifest::{DeadWhen, OAuth2, TokenBody};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::endpoint::{REQUEST_WAIT, Refused};
use crate::{
    egress::{self, scrubbed},
    secret::Secret,
    text::{cut, one_line},
};

/// The longest piece of an answer that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;
/// What RFC 6749 calls the code.
const CODE: &str = "code";
/// Errors of RFC 6749, section 5.2: a person has set something up wrongly, or the grant is gone.
const FINAL: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// An answer under way.
type Exchange = Pin<Box<dyn Future<Output = Result<HttpResponse, Refused>> + Send>>;

/// One request to the endpoint.
pub(super) struct Call {
    client: egress::Client,
    /// What this vendor does differently.
    manifest: Arc<OAuth2>,
    url: Url,
    /// The grant in the place of the one that the crate names.
    grant: Option<&'static str>,
    /// What must not be seen in a message.
    hidden: Vec<Secret<String>>,
    /// The whole of the answer, once it is there.
    whole: Mutex<Value>,
}

/// The call as the crate sees it: what its requests go through.
pub(super) struct Door(pub(super) Arc<Call>);

impl AsyncHttpClient<'_> for Door {
    type Error = Refused;
    type Future = Exchange;

    fn call(&self, request: HttpRequest) -> Exchange {
        Box::pin(self.0.clone().exchange(request))
    }
}

impl Call {
    pub(super) fn new(
        client: egress::Client,
        manifest: Arc<OAuth2>,
        url: Url,
        grant: Option<&'static str>,
        hidden: Vec<Secret<String>>,
    ) -> Self {
        Self { client, manifest, url, grant, hidden, whole: Mutex::default() }
    }

    pub(super) fn whole(&self) -> MutexGuard<'_, Value> {
        // It is written once, as a whole.
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(self: Arc<Self>, request: HttpRequest) -> Result<HttpResponse, Refused> {
        let (head, body) = request.into_parts();
        let body = self.written(body);
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &head.headers {
            let value = value.to_str().unwrap_or_default().to_owned();
            headers.push((name.as_str().to_owned(), value));
        }
        if self.manifest.body == TokenBody::Json {
            headers.retain(|(name, _)| name != CONTENT_TYPE.as_str());
            headers.push((CONTENT_TYPE.as_str().into(), "application/json".into()));
        }
        let request = egress::Request {
            method: head.method.as_str().to_owned(),
            url: self.url.to_string(),
            headers,
            body: Some(Bytes::from(body)),
            timeout: REQUEST_WAIT,
            idempotency: None,
        };
        self.client.note_use(self.url.host_str().unwrap_or_default());
        let reply = self.client.send(request).await.result;
        let reply = reply.map_err(|error| Refused::Later(error.to_string()))?;
        self.judged(reply.status, &reply.body)
    }

    /// The body as this vendor wants it.
    fn written(&self, body: Vec<u8>) -> Vec<u8> {
        let manifest = &self.manifest;
        if manifest.body == TokenBody::Form && manifest.code_param == CODE && self.grant.is_none() {
            return body;
        }
        let fields =
            form_urlencoded::parse(&body).map(|(name, value)| match (&*name, self.grant) {
                (CODE, _) => (manifest.code_param.clone(), value.into_owned()),
                ("grant_type", Some(grant)) => (name.into_owned(), grant.to_owned()),
                _ => (name.into_owned(), value.into_owned()),
            });
        match manifest.body {
            TokenBody::Form => {
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into()
            }
            TokenBody::Json => {
                let fields = fields.map(|(name, value)| (name, Value::String(value)));
                Value::Object(fields.collect()).to_string().into_bytes()
            }
        }
    }

    /// The answer as RFC 6749 has it, or why it is none.
    fn judged(&self, status: u16, body: &[u8]) -> Result<HttpResponse, Refused> {
        let answer: Option<Value> = serde_json::from_slice(body).ok();
        let error = answer.as_ref().and_then(|answer| answer.get("error")?.as_str());
        let rules = &self.manifest.dead_when;
        if rules.iter().any(|rule| fits(rule, status, error, body)) {
            return Err(Refused::Gone(self.told(status, answer.as_ref(), body)));
        }
        let inner = match &self.manifest.answer_at {
            Some(place) => answer.as_ref().and_then(|answer| answer.pointer(place.as_str())),
            None => answer.as_ref(),
        };
        match inner.and_then(Value::as_object) {
            Some(fields) if (200..300).contains(&status) && has_token(fields) => {
                let fields = usual(fields);
                *self.whole() = answer.clone().unwrap_or_default();
                let body = serde_json::to_vec(&fields).unwrap_or_default();
                let mut response = HttpResponse::new(body);
                *response.status_mut() = StatusCode::OK;
                Ok(response)
            }
            _ => {
                let told = self.told(status, answer.as_ref(), body);
                match error {
                    Some(error) if status < 500 && FINAL.contains(&error) => {
                        Err(Refused::Gone(told))
                    }
                    _ => Err(Refused::Later(told)),
                }
            }
        }
    }

    /// What the vendor said, on one line and without a credential.
    fn told(&self, status: u16, answer: Option<&Value>, body: &[u8]) -> String {
        let said = |key: &str| answer.and_then(|answer| answer.get(key)?.as_str());
        let said = match (said("error"), said("error_description")) {
            (Some(error), Some(more)) => format!("{error}: {more}"),
            (Some(text), None) | (None, Some(text)) => text.to_owned(),
            (None, None) if answer.is_some() => "JSON without a token and without an error".into(),
            (None, None) if body.is_empty() => "nothing".into(),
            (None, None) => "something that is not JSON".into(),
        };
        let origin = self.url.origin().ascii_serialization();
        let said = one_line(&cut(scrubbed(&said, &self.hidden), SHOWN_BYTES_MAX));
        let hint = match status {
            300..400 => "; it redirects, so that its address in the manifest is not the right one",
            _ => "",
        };
        format!("{origin} answered {status} with {said}{hint}")
    }
}

fn has_token(fields: &Map<String, Value>) -> bool {
    fields.get("access_token").and_then(Value::as_str).is_some_and(|token| !token.is_empty())
}

/// The fields of an answer as the RFC has them: some vendors leave the type out, or write the
/// lifetime as text.
fn usual(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut usual = Map::new();
    for name in ["access_token", "refresh_token"] {
        if let Some(Value::String(token)) = fields.get(name).filter(|token| **token != "") {
            usual.insert(name.into(), token.as_str().into());
        }
    }
    let lifetime = match fields.get("expires_in") {
        Some(Value::Number(seconds)) => seconds.as_f64(),
        Some(Value::String(seconds)) => seconds.trim().parse().ok(),
        _ => None,
    };
    // A lifetime that is no length of time says nothing.
    if let Some(seconds) = lifetime.filter(|seconds| (1.0..1e10).contains(seconds)) {
        usual.insert("expires_in".into(), (seconds as u64).into());
    }
    usual.insert("token_type".into(), "bearer".into());
    usual
}

fn fits(rule: &DeadWhen, status: u16, error: Option<&str>, body: &[u8]) -> bool {
    let text = || String::from_utf8_lossy(body);
    rule.status.is_none_or(|wanted| wanted == status)
        && rule.error.as_deref().is_none_or(|wanted| error == Some(wanted))
        && rule.text.as_deref().is_none_or(|wanted| text().contains(wanted))
}
