//! The vendor's token endpoint: asked in the vendor's own way, answered in ours.
//!
//! The protocol is the `oauth2` crate's. What vendors do differently is done to its requests and
//! to their answers on the way, so that the crate sees nothing but RFC 6749.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE};
use jackfield_registry::manifest::{ClientAuth, DeadWhen, TokenBody};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, HttpRequest,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use serde_json::{Map, Value};
use thiserror::Error;
use url::{Url, form_urlencoded};

use super::scheme::Scheme;
use crate::{
    egress::{self, scrubbed},
    secret::Secret,
    text::{cut, one_line},
};

/// How long one request for a token may take.
const REQUEST_WAIT: Duration = Duration::from_secs(15);
/// The longest piece of an answer that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;
/// Errors of RFC 6749, section 5.2: a person has set something up wrongly, or the grant is gone.
const FINAL: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Refused {
    /// Only a person can help.
    #[error("{0}")]
    Gone(String),
    /// The endpoint is not well, or nothing came back: later may be better.
    #[error("{0}")]
    Later(String),
}

/// What a vendor gave.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) access: Secret<String>,
    pub(super) refresh: Option<Secret<String>>,
    pub(super) lifetime: Option<Duration>,
    /// The whole answer, for what is captured from it.
    pub(super) whole: Whole,
}

/// A whole answer; it holds tokens and is never shown.
pub(super) struct Whole(Value);

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Whole {
    /// The text, number or truth at a place of it.
    pub(super) fn at(&self, pointer: &str) -> Option<String> {
        match self.0.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }
}

/// What a token is asked for with.
pub(super) enum Wish {
    /// The code that a person brought, and the key that proves who sent them.
    Code { code: String, verifier: Option<PkceCodeVerifier> },
    /// A refresh token.
    Refresh(Secret<String>),
    /// The client's own name.
    OwnName,
}

/// Asks for a token, once.
pub(super) fn ask(scheme: &Arc<Scheme>, wish: Wish) -> Asking {
    Box::pin(asked(scheme.clone(), wish))
}

async fn asked(scheme: Arc<Scheme>, wish: Wish) -> Result<Given, Refused> {
    let refreshes = matches!(wish, Wish::Refresh(_));
    let url = if refreshes { &scheme.refresh_url } else { &scheme.token_url };
    let mut hidden: Vec<Secret<String>> = scheme.client_secret.iter().cloned().collect();
    match &wish {
        Wish::Code { code, .. } => hidden.push(Secret::new(code.clone())),
        Wish::Refresh(token) => hidden.push(token.clone()),
        Wish::OwnName => {}
    }
    let call = Call { scheme: scheme.clone(), url: url.clone(), hidden, whole: Mutex::default() };
    let call = Door(Arc::new(call));
    let client = client(&scheme, url);
    let more = scheme.token_params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let given = match wish {
        Wish::Code { code, verifier } => {
            let mut request = client.exchange_code(AuthorizationCode::new(code));
            for (name, value) in more {
                request = request.add_extra_param(name, value);
            }
            if let Some(verifier) = verifier {
                request = request.set_pkce_verifier(verifier);
            }
            request.request_async(&call).await
        }
        Wish::Refresh(token) => {
            let token = RefreshToken::new(token.expose().clone());
            let mut request = client.exchange_refresh_token(&token);
            for (name, value) in more {
                request = request.add_extra_param(name, value);
            }
            request.request_async(&call).await
        }
        Wish::OwnName => {
            let mut request = client.exchange_client_credentials();
            if !scheme.scope.is_empty() {
                request = request.add_extra_param("scope", &scheme.scope);
            }
            for (name, value) in more {
                request = request.add_extra_param(name, value);
            }
            request.request_async(&call).await
        }
    };
    let given = given.map_err(|error| match error {
        RequestTokenError::Request(refused) => refused,
        // What reaches the crate is a status of 200 and an object with a token in it.
        _ => Refused::Later("the answer is not what RFC 6749 says".into()),
    })?;
    let whole = std::mem::take(&mut *call.0.whole());
    Ok(taken(&given, whole))
}

fn taken(given: &BasicTokenResponse, whole: Value) -> Given {
    let secret = |text: &String| Secret::new(text.clone());
    Given {
        access: secret(given.access_token().secret()),
        refresh: given.refresh_token().map(|token| secret(token.secret())),
        lifetime: given.expires_in(),
        whole: Whole(whole),
    }
}

type Client = BasicClient<
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

fn client(scheme: &Scheme, url: &Url) -> Client {
    let mut client = BasicClient::new(ClientId::new(scheme.client_id.clone()))
        .set_token_uri(TokenUrl::from_url(url.clone()))
        .set_redirect_uri(RedirectUrl::from_url(scheme.redirect_url.clone()))
        .set_auth_type(match scheme.manifest.client_auth {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Body => AuthType::RequestBody,
        });
    if let Some(secret) = &scheme.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose().clone()));
    }
    client
}

/// A wish under way.
type Asking = Pin<Box<dyn Future<Output = Result<Given, Refused>> + Send>>;
/// An answer under way.
type Exchange = Pin<Box<dyn Future<Output = Result<HttpResponse, Refused>> + Send>>;

/// One request to the endpoint.
struct Call {
    scheme: Arc<Scheme>,
    url: Url,
    /// What must not be seen in a message.
    hidden: Vec<Secret<String>>,
    /// The whole of the answer, once it is there.
    whole: Mutex<Value>,
}

/// The call as the crate sees it: what its requests go through.
struct Door(Arc<Call>);

impl AsyncHttpClient<'_> for Door {
    type Error = Refused;
    type Future = Exchange;

    fn call(&self, request: HttpRequest) -> Exchange {
        Box::pin(self.0.clone().exchange(request))
    }
}

impl Call {
    fn whole(&self) -> MutexGuard<'_, Value> {
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
        if self.scheme.manifest.body == TokenBody::Json {
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
        let reply = self.scheme.client.send(request).await.result;
        let reply = reply.map_err(|error| Refused::Later(error.to_string()))?;
        self.judged(reply.status, &reply.body)
    }

    /// The body as this vendor wants it.
    fn written(&self, body: Vec<u8>) -> Vec<u8> {
        let manifest = &self.scheme.manifest;
        let renamed = |name: &str| match name {
            "code" => manifest.code_param.clone(),
            other => other.to_owned(),
        };
        if manifest.body == TokenBody::Form && manifest.code_param == "code" {
            return body;
        }
        let fields =
            form_urlencoded::parse(&body).map(|(name, value)| (renamed(&name), value.into_owned()));
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
        let rules = &self.scheme.manifest.dead_when;
        if rules.iter().any(|rule| fits(rule, status, error, body)) {
            return Err(Refused::Gone(self.told(status, answer.as_ref(), body)));
        }
        let inner = match &self.scheme.manifest.answer_at {
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
