//! The part of a vendor that signs people in: an authorisation server.
//!
//! It does what real ones do and a certified one cannot be told to do: refresh tokens that rotate
//! with and without a grace, a family of tokens that is revoked when an old one comes again, a
//! refusal to refresh too early. Vendors put it before their API.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;
use url::{Url, form_urlencoded};

use super::{Ask, Reply};

/// Who the host is to it.
pub const CLIENT_ID: &str = "jackfield-client";
/// By which the host shows that it is.
pub const CLIENT_SECRET: &str = "client-secret-8c1f0e";

/// How it behaves.
#[derive(Debug, Clone)]
pub struct Habits {
    /// How long an access token lives, in milliseconds; told in whole seconds.
    pub life_ms: u64,
    /// Whether a refresh gives a new refresh token and replaces the old one.
    pub rotates: bool,
    /// How long a replaced refresh token is still taken, in milliseconds. One that comes later
    /// ends all tokens of its family.
    pub grace_ms: u64,
    /// How soon after a token was given it gives another, in milliseconds.
    pub refresh_after_ms: u64,
    /// What the redirect says beside the code.
    pub redirect: BTreeMap<String, String>,
    /// What the answer says beside the token.
    pub answer: BTreeMap<String, String>,
    /// What a person who comes to sign in does.
    pub person_agrees: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            life_ms: 1_800_000,
            rotates: true,
            grace_ms: 0,
            refresh_after_ms: 0,
            redirect: BTreeMap::new(),
            answer: BTreeMap::new(),
            person_agrees: true,
        }
    }
}

/// What happened at it.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Tokens that were given for a code.
    pub signed_in: u64,
    /// Tokens that were given for a refresh token, or in the client's own name.
    pub renewed: u64,
    /// Families that were revoked because a token came that had been replaced.
    pub revoked: u64,
    /// Refreshes that came too early.
    pub early: u64,
    /// The most requests for tokens that were under way at the same time.
    pub at_once_max: u64,
    /// Requests that were turned away for their token.
    pub turned_away: u64,
}

/// How far a request for a token has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It has arrived, and nothing is done yet.
    Asked,
    /// It is done, and the answer goes out or gets lost.
    Answered,
}

/// How many moments are kept for somebody who is slow.
const MOMENTS_KEPT: usize = 64;

/// The server's own side.
#[derive(Debug)]
pub struct Authority {
    state: Mutex<State>,
    moments: broadcast::Sender<Moment>,
    authorize_path: &'static str,
    token_path: &'static str,
}

#[derive(Debug, Default)]
struct State {
    habits: Habits,
    tally: Tally,
    at_once: u64,
    made: u64,
    codes: HashMap<String, Code>,
    families: Vec<Family>,
    /// Whose an access token is, and when it ends.
    access: HashMap<String, (usize, u64)>,
    refresh: HashMap<String, Refresh>,
}

#[derive(Debug)]
struct Code {
    challenge: Option<String>,
    redirect_uri: String,
}

#[derive(Debug, Default)]
struct Family {
    is_revoked: bool,
    given_at_ms: u64,
}

#[derive(Debug)]
struct Refresh {
    family: usize,
    replaced_at_ms: Option<u64>,
}

impl Authority {
    /// One with these habits, at these two paths.
    pub fn new(habits: Habits, authorize_path: &'static str, token_path: &'static str) -> Self {
        let state = Mutex::new(State { habits, ..State::default() });
        let moments = broadcast::Sender::new(MOMENTS_KEPT);
        Self { state, moments, authorize_path, token_path }
    }

    /// Tells how far requests for tokens come from now on.
    pub fn moments(&self) -> broadcast::Receiver<Moment> {
        self.moments.subscribe()
    }

    /// Nobody may want to know.
    fn tell(&self, moment: Moment) {
        let _ = self.moments.send(moment);
    }

    /// Changes its habits.
    pub fn change(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.state().habits);
    }

    /// What has happened at it so far.
    pub fn tally(&self) -> Tally {
        self.state().tally.clone()
    }

    /// Ends all access tokens before their time; refresh tokens stay.
    pub fn expire(&self) {
        self.state().access.clear();
    }

    /// Ends everything: nobody is signed in any more.
    pub fn revoke(&self) {
        let mut state = self.state();
        state.families.iter_mut().for_each(|family| family.is_revoked = true);
        state.access.clear();
    }

    /// Every token that it ever gave and still knows, for a search.
    pub fn tokens(&self) -> Vec<String> {
        let state = self.state();
        state.access.keys().chain(state.refresh.keys()).cloned().collect()
    }

    /// An access token for somebody who asks the API without a host.
    pub fn issue(&self, now_ms: u64) -> String {
        let mut state = self.state();
        let family = state.family();
        state.access_token(family, now_ms)
    }

    /// Whether a path is one of its own.
    pub fn owns(&self, path: &str) -> bool {
        path == self.authorize_path || path == self.token_path
    }

    /// A request has come.
    pub fn begun(&self, method: &Method, path: &str) {
        if method == Method::POST && path == self.token_path {
            let mut state = self.state();
            state.at_once += 1;
            state.tally.at_once_max = state.tally.at_once_max.max(state.at_once);
            drop(state);
            self.tell(Moment::Asked);
        }
    }

    /// Its answer goes out, or nobody waits for it any more.
    pub fn ended(&self, method: &Method, path: &str) {
        if method == Method::POST && path == self.token_path {
            self.state().at_once -= 1;
            self.tell(Moment::Answered);
        }
    }

    /// The answer to a request at one of its own paths.
    pub fn answer(&self, ask: &Ask) -> Option<Reply> {
        let mut state = self.state();
        if ask.method == Method::GET && ask.path == self.authorize_path {
            Some(state.authorize(ask))
        } else if ask.method == Method::POST && ask.path == self.token_path {
            Some(state.token(ask))
        } else {
            None
        }
    }

    /// Whether a request of the API shows a token that is good now.
    pub fn admits(&self, ask: &Ask) -> bool {
        let mut state = self.state();
        let shown = ask.header("authorization").and_then(|shown| shown.strip_prefix("Bearer "));
        let known = shown.and_then(|token| state.access.get(token));
        let is_good = known.is_some_and(|(_, until_ms)| ask.at_ms < *until_ms);
        state.tally.turned_away += u64::from(!is_good);
        is_good
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What a person does who comes to sign in: agrees, and is sent back.
    fn authorize(&mut self, ask: &Ask) -> Reply {
        let param = |name: &str| ask.param(name).unwrap_or_default().to_owned();
        let Ok(mut back) = Url::parse(&param("redirect_uri")) else {
            return oauth_error("invalid_request");
        };
        if param("client_id") != CLIENT_ID || param("response_type") != "code" {
            return oauth_error("invalid_request");
        }
        let mut query = back.query_pairs_mut();
        query.append_pair("state", &param("state"));
        if self.habits.person_agrees {
            let code = self.make("code");
            let challenge = ask.param("code_challenge").map(str::to_owned);
            let redirect_uri = param("redirect_uri");
            self.codes.insert(code.clone(), Code { challenge, redirect_uri });
            query.append_pair("code", &code);
            query.extend_pairs(&self.habits.redirect);
        } else {
            query.append_pair("error", "access_denied");
        }
        drop(query);
        let back = HeaderValue::try_from(back.as_str()).expect("a URL");
        Reply::empty(StatusCode::FOUND).with("location", back)
    }

    fn token(&mut self, ask: &Ask) -> Reply {
        let is_json = ask.header("content-type").is_some_and(|kind| kind.contains("json"));
        let fields: HashMap<String, String> = match is_json {
            true => serde_json::from_slice(&ask.body).unwrap_or_default(),
            false => form_urlencoded::parse(&ask.body).into_owned().collect(),
        };
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
        let by_header = ask.header("authorization") == Some(&format!("Basic {basic}"));
        let by_body = field("client_id") == CLIENT_ID && field("client_secret") == CLIENT_SECRET;
        if !by_header && !by_body {
            return oauth_error("invalid_client");
        }
        match field("grant_type") {
            "authorization_code" => self.by_code(ask, &fields),
            "refresh_token" => self.by_refresh(ask, field("refresh_token")),
            "client_credentials" => {
                self.tally.renewed += 1;
                let family = self.family();
                self.give(family, ask.at_ms, false)
            }
            _ => oauth_error("unsupported_grant_type"),
        }
    }

    fn by_code(&mut self, ask: &Ask, fields: &HashMap<String, String>) -> Reply {
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let Some(code) = self.codes.remove(field("code")) else {
            return oauth_error("invalid_grant");
        };
        let proven = code.challenge.is_none_or(|challenge| {
            URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))) == challenge
        });
        if !proven || field("redirect_uri") != code.redirect_uri {
            return oauth_error("invalid_grant");
        }
        self.tally.signed_in += 1;
        let family = self.family();
        self.give(family, ask.at_ms, true)
    }

    fn by_refresh(&mut self, ask: &Ask, token: &str) -> Reply {
        let Some(refresh) = self.refresh.get(token) else { return oauth_error("invalid_grant") };
        let family = refresh.family;
        if self.families[family].is_revoked {
            return oauth_error("invalid_grant");
        }
        let late = |at_ms: u64| ask.at_ms >= at_ms + self.habits.grace_ms;
        if refresh.replaced_at_ms.is_some_and(late) {
            self.families[family].is_revoked = true;
            self.access.retain(|_, (of, _)| *of != family);
            self.tally.revoked += 1;
            return oauth_error("invalid_grant");
        }
        if ask.at_ms < self.families[family].given_at_ms + self.habits.refresh_after_ms {
            self.tally.early += 1;
            return oauth_error("too_early");
        }
        self.tally.renewed += 1;
        if self.habits.rotates {
            let known = self.refresh.get_mut(token).expect("it was there");
            known.replaced_at_ms.get_or_insert(ask.at_ms);
        }
        let rotates = self.habits.rotates;
        self.give(family, ask.at_ms, rotates)
    }

    fn family(&mut self) -> usize {
        self.families.push(Family::default());
        self.families.len() - 1
    }

    fn give(&mut self, family: usize, now_ms: u64, with_refresh: bool) -> Reply {
        self.families[family].given_at_ms = now_ms;
        let access = self.access_token(family, now_ms);
        let mut answer = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.habits.life_ms.div_ceil(1000),
        });
        if with_refresh {
            let refresh = self.make("refresh");
            self.refresh.insert(refresh.clone(), Refresh { family, replaced_at_ms: None });
            answer["refresh_token"] = refresh.into();
        }
        for (name, value) in &self.habits.answer {
            answer[name] = value.as_str().into();
        }
        Reply::json(StatusCode::OK, &answer)
    }

    fn access_token(&mut self, family: usize, now_ms: u64) -> String {
        let access = self.make("access");
        self.access.insert(access.clone(), (family, now_ms + self.habits.life_ms));
        access
    }

    /// A token that nothing else looks like.
    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-{}-{}", self.made, uuid::Uuid::new_v4().simple())
    }
}

fn oauth_error(error: &str) -> Reply {
    let status = match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "too_early" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_REQUEST,
    };
    Reply::json(status, &json!({ "error": error, "error_description": "as a vendor says it" }))
}
