//! The vendor's token endpoint: asked in the vendor's own way, answered in ours.
//!
//! The protocol is the `oauth2` crate's. What vendors do differently is done to its requests and
//! to their answers on the way, so that the crate sees nothing but RFC 6749.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use jackfield_registry::manifest::ClientAuth;
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::{
    exchange::{Call, Door},
    scheme::{OAuth2Way, Scheme, Way},
};
use crate::{egress::Escape, secret::Secret};

/// How long one request for a token may take.
pub(super) const REQUEST_WAIT: Duration = Duration::from_secs(15);
/// The grant of RFC 7523, section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

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
    pub(super) fn new(whole: Value) -> Self {
        Self(whole)
    }

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
pub(super) fn ask(scheme: &Arc<Scheme>, wish: Wish, now_ms: u64) -> Asking {
    let scheme = scheme.clone();
    Box::pin(async move {
        match &scheme.way {
            Way::OAuth2(way) => asked(&scheme, way, wish, now_ms).await,
            Way::Session(sign_in) => sign_in.ask(&scheme).await,
        }
    })
}

async fn asked(
    scheme: &Arc<Scheme>,
    way: &OAuth2Way,
    wish: Wish,
    now_ms: u64,
) -> Result<Given, Refused> {
    let url = if matches!(wish, Wish::Refresh(_)) { &way.refresh_url } else { &way.token_url };
    let mut hidden: Vec<Secret<String>> = way.client_secret.iter().flat_map(both).collect();
    let mut more: Vec<(String, Secret<String>)> = Vec::new();
    match &wish {
        Wish::Code { code, verifier } => {
            hidden.extend(both(&Secret::new(code.clone())));
            hidden.extend(verifier.iter().map(|verifier| Secret::new(verifier.secret().clone())));
        }
        Wish::Refresh(token) => hidden.extend(both(token)),
        Wish::OwnName if !way.scope.is_empty() => {
            more.push(("scope".into(), Secret::new(way.scope.clone())));
        }
        Wish::OwnName => {}
    }
    let mut grant = None;
    if let Some(assertion) = &way.assertion {
        let signed = assertion.signed(now_ms).map_err(|error| Refused::Gone(error.to_string()))?;
        hidden.push(signed.clone());
        more.push(("assertion".into(), signed));
        grant = Some(JWT_BEARER);
    }
    let params = way.token_params.iter();
    more.extend(params.map(|(name, value)| (name.clone(), Secret::new(value.clone()))));
    let more = more.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
    let manifest = way.manifest.clone();
    let call = Call::new(scheme.client.clone(), manifest, url.clone(), grant, hidden);
    let call = Door(Arc::new(call));
    let client = client(way, url);
    let given = match wish {
        Wish::Code { code, verifier } => {
            let mut request = client.exchange_code(AuthorizationCode::new(code));
            if let Some(verifier) = verifier {
                request = request.set_pkce_verifier(verifier);
            }
            for (name, value) in more {
                request = request.add_extra_param(name, value);
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

/// A secret as it is, and as a form has it: so it goes into the body, and into the header of a
/// client (RFC 6749, section 2.3.1).
fn both(secret: &Secret<String>) -> [Secret<String>; 2] {
    [secret.clone(), Secret::new(Escape::Form.written(secret.expose()))]
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

fn client(way: &OAuth2Way, url: &Url) -> Client {
    let mut client = BasicClient::new(ClientId::new(way.client_id.clone()))
        .set_token_uri(TokenUrl::from_url(url.clone()))
        .set_redirect_uri(RedirectUrl::from_url(way.redirect_url.clone()))
        .set_auth_type(match way.manifest.client_auth {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Body => AuthType::RequestBody,
        });
    if let Some(secret) = &way.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose().clone()));
    }
    client
}

/// A wish under way.
type Asking = Pin<Box<dyn Future<Output = Result<Given, Refused>> + Send>>;
