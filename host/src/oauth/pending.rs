//! Sign-ins that were begun and with which nobody has come back yet.
//!
//! In memory alone: who starts the host anew begins anew. A state is good once, and for ten
//! minutes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    basic::BasicClient,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    Keeper, OAuthError, SignIn,
    scheme::{OAuth2Way, Way},
};
use crate::clock::SharedClock;

/// The path of the ingress to which a person comes back.
pub const CALLBACK: &str = "/oauth/callback";
/// How long a person may take, in milliseconds.
const SIGN_IN_MS: u64 = 10 * 60_000;
/// The most that wait at the same time.
const WAITING_MAX: usize = 64;
/// What stands for a fresh random text in a parameter.
const NONCE: &str = "{nonce}";

/// A sign-in that waits for the person to come back.
#[derive(Debug)]
pub struct Pending {
    /// Of which connection.
    pub connection: String,
    /// By which `[auth.NAME]`.
    pub auth: String,
    pub(super) verifier: Option<PkceCodeVerifier>,
    until_ms: u64,
}

/// A sign-in that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the person goes.
    pub url: Url,
    /// Where they come back to; the vendor must know it.
    pub redirect_url: Url,
    /// When it is too late, in milliseconds since 1970.
    pub until_ms: u64,
}

/// How far the last sign-in of a connection has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Progress {
    /// The person has not come back yet.
    Waiting {
        /// When it is too late, in milliseconds since 1970.
        until_ms: u64,
    },
    /// It came to nothing.
    Failed {
        /// Why.
        why: String,
    },
    /// It is done.
    Done {
        /// The account's own name, where the connector can tell.
        account: Option<String>,
        /// The name of the account before, if it is another one.
        was: Option<String>,
        /// Why the connection does not work all the same, if it does not.
        trouble: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct Waiting {
    clock: SharedClock,
    /// How far the last one of each connection has come.
    progress: Mutex<HashMap<String, Progress>>,
    /// By the hash of the state, so that looking one up takes a time that tells nothing of it.
    by_state: Mutex<HashMap<[u8; 32], Pending>>,
}

impl Waiting {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, progress: Mutex::default(), by_state: Mutex::default() }
    }

    fn put(&self, state: &str, pending: Pending) -> Result<(), OAuthError> {
        let now_ms = self.clock.now_ms();
        let mut waiting = self.by_state.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever begins again does not come back with what they began before.
        waiting.retain(|_, other| {
            let same = other.connection == pending.connection && other.auth == pending.auth;
            other.until_ms > now_ms && !same
        });
        if waiting.len() >= WAITING_MAX {
            return Err(OAuthError::TooMany(WAITING_MAX));
        }
        self.note(&pending.connection, Progress::Waiting { until_ms: pending.until_ms });
        waiting.insert(hash(state), pending);
        Ok(())
    }

    fn note(&self, connection: &str, progress: Progress) {
        let mut all = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(connection.to_owned(), progress);
    }

    pub(super) fn forget(&self, connection: &str) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).remove(connection);
        let mut waiting = self.by_state.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, pending| pending.connection != connection);
    }

    fn take(&self, state: &str) -> Result<Pending, OAuthError> {
        let mut waiting = self.by_state.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = waiting.remove(&hash(state)).ok_or(OAuthError::UnknownState)?;
        let in_time = pending.until_ms > self.clock.now_ms();
        if in_time { Ok(pending) } else { Err(OAuthError::UnknownState) }
    }
}

impl Keeper {
    /// Begins a sign-in: where the person goes.
    pub fn begin(
        &self,
        connection: &str,
        auth: &str,
        sign_in: &SignIn,
    ) -> Result<Begun, OAuthError> {
        let no_sign_in = || OAuthError::NoSignIn(connection.into());
        let Way::OAuth2(way) = &sign_in.scheme.way else { return Err(no_sign_in()) };
        let authorize_url = way.authorize_url.as_ref().ok_or_else(no_sign_in)?;
        let (challenge, verifier) = match way.manifest.pkce {
            true => Some(PkceCodeChallenge::new_random_sha256()).unzip(),
            false => (None, None),
        };
        let (url, state) = url(way, authorize_url, challenge);
        let until_ms = self.0.means.clock.now_ms() + SIGN_IN_MS;
        let pending =
            Pending { connection: connection.into(), auth: auth.into(), verifier, until_ms };
        self.0.waiting.put(state.secret(), pending)?;
        Ok(Begun { url, redirect_url: way.redirect_url.clone(), until_ms })
    }

    /// How far the last sign-in of a connection has come, if one was begun since the start.
    pub fn progress(&self, connection: &str) -> Option<Progress> {
        let waiting = &self.0.waiting;
        let all = waiting.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(connection)? {
            Progress::Waiting { until_ms } if *until_ms <= waiting.clock.now_ms() => {
                Some(Progress::Failed { why: "nobody came back within ten minutes".into() })
            }
            progress => Some(progress.clone()),
        }
    }

    /// Remembers how far a sign-in has come.
    pub fn note(&self, connection: &str, progress: Progress) {
        self.0.waiting.note(connection, progress);
    }

    /// The sign-in with which somebody came back: once, and in time.
    pub fn come_back(&self, state: &str) -> Result<Pending, OAuthError> {
        self.0.waiting.take(state)
    }
}

/// Where a person comes back to, on a host that the world sees under `public_url`.
pub fn redirect_url(public_url: &Url) -> Url {
    let mut url = public_url.clone();
    url.set_path(CALLBACK);
    url
}

fn url(
    way: &OAuth2Way,
    authorize_url: &Url,
    challenge: Option<PkceCodeChallenge>,
) -> (Url, CsrfToken) {
    let client = BasicClient::new(ClientId::new(way.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(authorize_url.clone()))
        .set_redirect_uri(RedirectUrl::from_url(way.redirect_url.clone()));
    let mut request = client.authorize_url(CsrfToken::new_random);
    if let Some(challenge) = challenge {
        request = request.set_pkce_challenge(challenge);
    }
    if !way.scope.is_empty() {
        request = request.add_extra_param("scope", way.scope.clone());
    }
    for (name, value) in &way.authorize_params {
        let nonce = CsrfToken::new_random();
        request = request.add_extra_param(name.clone(), value.replace(NONCE, nonce.secret()));
    }
    request.url()
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state).into()
}
