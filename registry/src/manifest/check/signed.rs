//! Checks the kinds of `[auth.*]` that sign, sign in with what they have, or fill in.

use super::{Check, auth::STAND_IN};
use crate::manifest::{
    auth::{Assertion, Auth, OAuth1, Placeholder, Session, Signature, TokenAt},
    document::Place,
    names,
    slots::Slotted,
};

/// The longest that a signed claim is good, in milliseconds.
const ASSERTION_MS_MAX: u64 = 24 * 60 * 60_000;
/// The most headers of one sign-in, or of one signature.
const HEADERS_MAX: usize = 16;

impl Check<'_, '_> {
    pub(super) fn assertion(&mut self, place: &Place, assertion: &Assertion) {
        self.secret(&place.key("key"), &assertion.key);
        if let Some(key_id) = &assertion.key_id {
            self.template(&place.key("key_id"), key_id, STAND_IN);
        }
        for (name, value) in &assertion.claims {
            self.template(&place.key("claims").key(name), value, STAND_IN);
        }
        self.bounds(&place.key("lifetime"), assertion.lifetime_ms, ASSERTION_MS_MAX);
        self.header(&place.key("header"), &assertion.header);
        self.prefix(&place.key("prefix"), &assertion.prefix);
    }

    pub(super) fn oauth1(&mut self, place: &Place, oauth1: &OAuth1) {
        for (key, secret) in [
            ("consumer_key", &oauth1.consumer_key),
            ("consumer_secret", &oauth1.consumer_secret),
            ("token", &oauth1.token),
            ("token_secret", &oauth1.token_secret),
        ] {
            self.secret(&place.key(key), secret);
        }
        if let Some(realm) = &oauth1.realm {
            self.template(&place.key("realm"), realm, STAND_IN);
        }
    }

    pub(super) fn signature(&mut self, place: &Place, signature: &Signature) {
        self.secret(&place.key("secret"), &signature.secret);
        self.slots(&place.key("message"), &signature.message, &Signature::SLOTS);
        let of_headers: Vec<&str> = Signature::SLOTS
            .into_iter()
            .filter(|slot| *slot != "body")
            .chain(["signature"])
            .collect();
        let headers = place.key("headers");
        for (name, value) in &signature.headers {
            self.added_header(&headers.key(name), name);
            self.slots(&headers.key(name), value, &of_headers);
        }
        let is_sent = |value: &Slotted| value.slots().any(|slot| slot == "signature");
        if signature.headers.len() > HEADERS_MAX || !signature.headers.values().any(is_sent) {
            let message = "no header holds the signature, or there are too many";
            let hint = format!("write `{{signature}}` into one of at most {HEADERS_MAX}");
            self.wrong(&headers, message, hint);
        }
    }

    pub(super) fn session(&mut self, place: &Place, session: &Session) {
        self.token_url(&place.key("url"), &session.url);
        self.slots(&place.key("body"), &session.body, &[]);
        let headers = place.key("headers");
        for (name, value) in &session.headers {
            self.added_header(&headers.key(name), name);
            self.slots(&headers.key(name), value, &[]);
        }
        if let TokenAt::Header(name) = &session.token {
            self.header(&place.key("token").key("header"), name);
        }
        // A session of cookies is sent as one; everything else has the usual rules.
        if !(session.header == "cookie" && matches!(session.token, TokenAt::Cookie(_))) {
            self.header(&place.key("header"), &session.header);
        }
        self.prefix(&place.key("prefix"), &session.prefix);
        self.statuses(&place.key("expired_status"), &session.expired_status);
    }

    pub(super) fn placeholder(&mut self, place: &Place, placeholder: &Placeholder) {
        for (index, secret) in placeholder.secrets.iter().enumerate() {
            self.secret(&place.key("secrets").item(index), secret);
        }
        if let Some(token) = &placeholder.token {
            let has_token = |auth: &&Auth| matches!(auth, Auth::OAuth2(_) | Auth::Session(_));
            if self.manifest.auth.get(token).filter(has_token).is_none() && !self.is_full() {
                let message = format!("`{}` has no token", token.escape_debug());
                let hint = "name an `[auth.NAME]` of kind `oauth2` or `session`";
                self.wrong(&place.key("token"), message, hint);
            }
        }
        if placeholder.secrets.is_empty() && placeholder.token.is_none() {
            let message = "nothing is filled in";
            self.wrong_key(place, message, "add `secrets = [\"NAME\"]` or `token = \"NAME\"`");
        }
    }

    /// The slots of a text: params, secrets, headers, and those that are named.
    fn slots(&mut self, place: &Place, text: &Slotted, named: &[&str]) {
        for slot in text.slots() {
            match slot.split_once(':') {
                Some(("param", name)) => self.param(place, name),
                Some(("secret", name)) => self.secret(place, name),
                Some(("header", name)) if !named.is_empty() => self.header(place, name),
                _ if named.contains(&slot) => {}
                _ if self.is_full() => {}
                _ => {
                    let message = format!("nothing is known that goes into `{{{slot}}}`");
                    let mut known = vec!["param:NAME", "secret:NAME"];
                    known.extend(named);
                    self.wrong(place, message, names::hint(slot, "slots", &known));
                }
            }
        }
    }

    /// A header that the host adds, named by a key.
    fn added_header(&mut self, place: &Place, name: &str) {
        if let Some((message, hint)) = super::header_mistake(name) {
            self.wrong_key(place, message, hint);
        }
    }

    /// Statuses by which a token is turned away: a refusal, not a failure.
    pub(super) fn statuses(&mut self, place: &Place, statuses: &[u16]) {
        if statuses.len() > HEADERS_MAX || statuses.iter().any(|code| !(400..500).contains(code)) {
            let message = "a token is turned away by a status from 400 to 499";
            self.wrong(place, message, "leave it out where that is 401");
        }
    }
}
