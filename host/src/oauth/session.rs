//! Signing in with what the host has: one request, of which the answer holds a token.

use http::header::CONTENT_TYPE;
use jackfield_registry::manifest::{Session, Slotted, TokenAt};
use url::Url;

use super::{
    OAuthError,
    endpoint::{Given, REQUEST_WAIT, Refused, Whole},
    scheme::{Ground, Scheme},
};
use crate::{
    egress::{Escape, Request},
    secret::Secret,
};

/// The request, and where its token stands.
#[derive(Debug)]
pub(super) struct SignIn {
    url: Url,
    headers: Vec<(String, Secret<String>)>,
    /// None while a secret of it is not set.
    body: Option<Secret<String>>,
    token: TokenAt,
}

impl SignIn {
    pub(super) fn new(manifest: &Session, ground: &Ground<'_>) -> Result<Self, OAuthError> {
        let kind = manifest
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        let kind = match kind {
            Some((_, kind)) => {
                filled(kind, ground, Escape::Plain).map(|kind| kind.expose().clone())
            }
            None => Some(manifest.content_type.clone()),
        };
        let kind = kind.unwrap_or_default();
        let mut headers = vec![(CONTENT_TYPE.as_str().to_owned(), Secret::new(kind.clone()))];
        for (name, value) in &manifest.headers {
            if let Some(value) = filled(value, ground, Escape::Plain)
                && !name.eq_ignore_ascii_case(CONTENT_TYPE.as_str())
            {
                headers.push((name.clone(), value));
            }
        }
        Ok(Self {
            url: ground.url(&manifest.url)?,
            headers,
            body: filled(&manifest.body, ground, Escape::of(&kind)),
            token: manifest.token.clone(),
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Signs in, once.
    pub(super) async fn ask(&self, scheme: &Scheme) -> Result<Given, Refused> {
        let Some(body) = &self.body else {
            return Err(Refused::Gone("a secret of the sign-in is not set".into()));
        };
        let headers = self.headers.iter();
        let request = Request {
            method: "POST".into(),
            url: self.url.to_string(),
            headers: headers.map(|(name, value)| (name.clone(), value.expose().clone())).collect(),
            body: Some(body.expose().clone().into()),
            timeout: REQUEST_WAIT,
            idempotency: None,
        };
        scheme.client.note_use(self.url.host_str().unwrap_or_default());
        let reply = scheme.client.send(request).await.result;
        let reply = reply.map_err(|error| Refused::Later(error.to_string()))?;
        let origin = self.url.origin().ascii_serialization();
        // A vendor that answers 400 to 403 knows the sign-in and does not want it.
        let why = format!("{origin} answered {} to the sign-in", reply.status);
        match reply.status {
            200..300 => {}
            400 | 401 | 403 => return Err(Refused::Gone(why)),
            _ => return Err(Refused::Later(why)),
        }
        let whole: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let whole = Whole::new(whole);
        let token = match &self.token {
            TokenAt::Json(place) => whole.at(place.as_str()),
            TokenAt::Header(name) => {
                let found =
                    reply.headers.iter().find(|(named, _)| named.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            }
            TokenAt::Cookie(name) => reply.cookies.iter().find_map(|cookie| {
                let (named, value) = cookie.split(';').next()?.split_once('=')?;
                (named.trim() == name).then(|| value.trim().to_owned())
            }),
        };
        match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                Ok(Given { access: Secret::new(token), refresh: None, lifetime: None, whole })
            }
            None => Err(Refused::Later(format!("{why} without a token where one should stand"))),
        }
    }
}

/// A text with its params and secrets filled in, these escaped; none while one is not set.
fn filled(text: &Slotted, ground: &Ground<'_>, escape: Escape) -> Option<Secret<String>> {
    let fill = |slot: &str| match slot.split_once(':')? {
        ("secret", name) => Some(escape.written((ground.secrets)(name)?.expose())),
        ("param", _) => Some(escape.written(&(ground.fill)(&format!("{{{slot}}}")))),
        _ => None,
    };
    text.filled(fill).map(Secret::new)
}
