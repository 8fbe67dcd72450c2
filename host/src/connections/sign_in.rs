//! Signing in: a person goes to the vendor, comes back with a code, and the connection is theirs
//! to use.

use std::collections::BTreeMap;

use jackfield_registry::manifest::{Auth, Capture, CaptureFrom};

use tokio::sync::watch;

use super::{ConnectionError, Connections, Live, SignedIn, State, change::put};
use crate::{
    audit::{Actor, Line, Word},
    oauth::{self, Begun, OAuthError, Pending, Progress, SignIn},
    store::Batch,
};

/// The longest value that is captured, in bytes.
const CAPTURED_BYTES_MAX: usize = 512;

/// The query with which a person comes back.
pub type Query = BTreeMap<String, String>;

impl Connections {
    /// Begins a sign-in of a connection; by which `[auth.NAME]` needs to be said only where
    /// there are several.
    pub fn authorize(&self, name: &str, auth: Option<&str>) -> Result<Begun, ConnectionError> {
        let live = self.get(name)?;
        let mut by_person = live.sign_ins().filter(|(_, sign_in)| sign_in.is_by_person());
        let chosen = match auth {
            Some(auth) => by_person.find(|(name, _)| *name == auth),
            None => by_person.next(),
        };
        let (auth, sign_in) = chosen.ok_or_else(|| OAuthError::NoSignIn(name.into()))?;
        Ok(self.0.keeper.begin(name, auth, sign_in)?)
    }

    /// A person has come back from a vendor. What they brought is exchanged for tokens, and
    /// these are kept with what was captured, in one commit. Nothing is changed where anything
    /// fails; then the name of the connection is told, if it is known.
    pub async fn come_back(
        &self,
        query: &Query,
    ) -> Result<SignedIn, (Option<String>, ConnectionError)> {
        let state = query.get("state").map(String::as_str).unwrap_or_default();
        let pending = self.0.keeper.come_back(state).map_err(|error| (None, error.into()))?;
        let name = pending.connection.clone();
        let signed_in = self.signed_in(query, pending).await;
        signed_in.map_err(|error| (Some(name), error))
    }

    /// How far the last sign-in of a connection has come, if one was begun since the start.
    pub fn progress(&self, name: &str) -> Result<Option<Progress>, ConnectionError> {
        Ok(self.0.keeper.progress(&self.record(name)?.name))
    }

    /// Remembers how far a sign-in has come.
    pub fn note(&self, name: &str, progress: Progress) {
        self.0.keeper.note(name, progress);
    }

    /// Tells whenever work of a connection may begin that might not before, or the other way
    /// round.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.keeper.changes()
    }

    /// Calls `apply` for each connection, before the next change can begin.
    pub async fn each(&self, apply: impl Fn(&Live)) {
        let _one = self.0.changing.lock().await;
        self.list().iter().for_each(|live| apply(live));
    }

    /// Tells the trail of the use of credentials since this was done last: a line for each host of
    /// each connection.
    pub async fn tell_uses(&self) -> Result<(), ConnectionError> {
        let mut batch = Batch::new();
        let uses = self.0.egress.take_uses();
        for used in &uses {
            let name = oauth::whose(&used.connection);
            let connector = self.record(name).map(|record| record.connector).unwrap_or_default();
            Line::new(used.last_ms, Actor::Host, Word::CredentialUsed, name)
                .connection(name)
                .detail("connector", connector)
                .detail("host", &used.host)
                .detail("count", used.count)
                .detail("first_at_ms", used.first_ms)
                .record(&mut batch);
        }
        if uses.is_empty() {
            return Ok(());
        }
        let told = self.0.store.commit(batch).await;
        if told.is_err() {
            self.0.egress.give_back(uses);
        }
        told?;
        Ok(())
    }

    async fn signed_in(
        &self,
        query: &Query,
        pending: Pending,
    ) -> Result<SignedIn, ConnectionError> {
        let name = pending.connection.clone();
        let auth = pending.auth.clone();
        // The vendor may say where its tokens are had, so what the redirect says comes first.
        let live = self.get(&name)?;
        let oauth2 = match live.connector.manifest.auth.get(&auth) {
            Some(Auth::OAuth2(oauth2)) => oauth2.clone(),
            _ => return Err(OAuthError::NoSignIn(name).into()),
        };
        let code = code(query, &oauth2.code_param)?;
        let from_redirect = |capture: &Capture| match &capture.from {
            CaptureFrom::Redirect(name) => Some(query.get(name).cloned()),
            CaptureFrom::Answer(_) => None,
        };
        let mut captured = captured(&oauth2.capture, from_redirect)?;
        let mut connection = live.connection.clone();
        connection.settings.extend(captured.clone());
        let sign_in = self.0.enliven(connection)?.sign_in(&auth)?.clone();
        let brought = sign_in.exchange(code, pending).await?;
        let from_answer = |capture: &Capture| match &capture.from {
            CaptureFrom::Redirect(_) => None,
            CaptureFrom::Answer(place) => Some(brought.at(place.as_str())),
        };
        captured.extend(self::captured(&oauth2.capture, from_answer)?);
        same_account(&live, &auth, &captured)?;

        // First the turn, which may take as long as a vendor does, then what everybody waits for.
        let mut held = sign_in.hold().await;
        let _one = self.0.changing.lock().await;
        let mut connection = self.get(&name)?.connection.clone();
        connection.settings.extend(captured.clone());
        // Whatever does not fit shows before anything is kept.
        self.0.enliven(connection.clone())?;
        let mut batch = Batch::new();
        put(&mut batch, &connection);
        let written = sign_in.write(brought, &mut held, &mut batch)?;
        Line::new(self.0.clock.now_ms(), Actor::Vendor, Word::SignedIn, &name)
            .connection(&name)
            .detail("auth", &auth)
            .detail("captured", captured.into_keys().collect::<Vec<_>>().join(" "))
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let look = live.connector.manifest.tenants.is_some().then(|| sign_in.look());
        sign_in.show(written);
        drop(held);
        Ok(SignedIn { live: self.0.show(connection)?, auth, look })
    }
}

impl Live {
    /// Its sign-ins, by the names of their `[auth.NAME]`.
    pub fn sign_ins(&self) -> impl Iterator<Item = (&str, &SignIn)> {
        self.sign_ins.iter().map(|(auth, sign_in)| (auth.as_str(), sign_in))
    }

    pub(super) fn sign_in(&self, auth: &str) -> Result<&SignIn, ConnectionError> {
        let gone = || OAuthError::NoSignIn(self.connection.name.clone());
        Ok(self.sign_ins.get(auth).ok_or_else(gone)?)
    }

    /// Remembers the account's own name, for all its sign-ins.
    pub async fn label(&self, account: &str) -> Result<(), OAuthError> {
        for sign_in in self.sign_ins.values() {
            sign_in.label(account).await?;
        }
        Ok(())
    }

    /// The account's own name, as it was read last.
    pub fn account(&self) -> Option<String> {
        self.sign_ins().find_map(|(_, sign_in)| sign_in.standing().account)
    }

    /// Tries again what only a person could mend.
    pub(super) async fn reconsider(&self) -> Result<(), OAuthError> {
        for sign_in in self.sign_ins.values() {
            sign_in.reconsider().await?;
        }
        Ok(())
    }

    /// Renews what would be lost for want of use.
    pub async fn tend(&self) {
        for sign_in in self.sign_ins.values() {
            sign_in.tend().await;
        }
    }

    /// Why it needs a person, if it does.
    pub fn needs_person(&self) -> Option<String> {
        let mut standings = self.sign_ins().map(|(auth, sign_in)| (auth, sign_in.standing()));
        match standings.find(|(_, standing)| standing.state == oauth::State::NeedsPerson) {
            Some((auth, standing)) => Some(format!("{auth}: {}", standing.why)),
            None => self.choice().map(|choice| choice.why()),
        }
    }

    /// Whether work of it may begin: it takes part, needs no person, and what a sign-in opens is
    /// not just being looked at.
    pub fn is_open(&self) -> bool {
        let is_looked_at = self.sign_ins().any(|(_, sign_in)| sign_in.is_looked_at());
        self.connection.state == State::Active && !is_looked_at && self.needs_person().is_none()
    }
}

/// Refuses a sign-in at another account than before: what waits for the one must not reach the
/// other.
fn same_account(
    live: &Live,
    auth: &str,
    captured: &BTreeMap<String, String>,
) -> Result<(), ConnectionError> {
    if live.sign_in(auth)?.standing().obtained_at_ms.is_none() {
        return Ok(());
    }
    let settings = &live.connection.settings;
    for (param, now) in captured {
        if let Some(was) = settings.get(param).filter(|was| *was != now) {
            let name = live.connection.name.clone();
            let (param, was, now) = (param.clone(), was.clone(), now.clone());
            return Err(OAuthError::OtherAccount { name, param, was, now }.into());
        }
    }
    Ok(())
}

/// The code of a redirect, or what the vendor says instead.
fn code(query: &Query, param: &str) -> Result<String, OAuthError> {
    let said = |name: &str| query.get(name).filter(|value| !value.is_empty());
    match (said(param), said("error")) {
        (Some(code), None) => Ok(code.clone()),
        (_, Some(error)) => {
            let more = said("error_description").map(|more| format!(": {more}"));
            Err(OAuthError::Denied(format!("{error}{}", more.unwrap_or_default())))
        }
        (None, None) => Err(OAuthError::Denied(format!("it sent no `{param}`"))),
    }
}

/// The values that are captured from one source; `found` says what stands there, and nothing for
/// what stands elsewhere.
fn captured(
    captures: &BTreeMap<String, Capture>,
    found: impl Fn(&Capture) -> Option<Option<String>>,
) -> Result<BTreeMap<String, String>, OAuthError> {
    let mut captured = BTreeMap::new();
    for (param, capture) in captures {
        let Some(value) = found(capture) else { continue };
        let value = value.as_deref().and_then(|value| meant(value, capture.like.as_deref()));
        let like = capture.like.as_ref().map(|like| format!(", like `{like}`"));
        let missing =
            || OAuthError::NotCaptured { param: param.clone(), like: like.unwrap_or_default() };
        captured.insert(param.clone(), value.ok_or_else(missing)?);
    }
    Ok(captured)
}

/// The part of a value that is meant. It becomes part of addresses and headers, so that only
/// plain characters are taken.
fn meant(value: &str, like: Option<&str>) -> Option<String> {
    let part = match like.and_then(|like| like.split_once("{}")) {
        Some((before, after)) => value.strip_prefix(before)?.strip_suffix(after)?,
        None => value,
    };
    // Within a pattern it is one name, not a path or a port.
    let good = match like {
        Some(_) => is_name(part),
        None => is_plain(part, "-._~:/"),
    };
    good.then(|| part.to_owned())
}

/// Whether a text is one plain word, which leads nowhere where it becomes part of something.
pub(super) fn is_name(text: &str) -> bool {
    is_plain(text, "-._~")
}

fn is_plain(text: &str, more: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    !text.is_empty() && text.len() <= CAPTURED_BYTES_MAX && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_value_is_the_part_that_is_meant_and_nothing_that_leads_elsewhere() {
        let like = Some("https://{}.salesforce.com");
        assert_eq!(meant("https://acme.my.salesforce.com", like).as_deref(), Some("acme.my"));
        for bad in [
            "https://evil.example/.salesforce.com",
            "https://evil.example:1/#.salesforce.com",
            "https://.salesforce.com",
            "http://acme.salesforce.com",
            "https://acme.salesforce.com.evil.example",
            "https://a@b.salesforce.com",
            "",
        ] {
            assert_eq!(meant(bad, like), None, "{bad}");
        }
        assert_eq!(meant("9341452", None).as_deref(), Some("9341452"));
        for bad in ["a b", "a\nb", "ä", "{param:x}", &"x".repeat(600)] {
            assert_eq!(meant(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn a_redirect_brings_a_code_or_the_reason_why_not() {
        let query = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Query>()
        };
        assert_eq!(code(&query(&[("code", "c")]), "code").unwrap(), "c");
        assert_eq!(code(&query(&[("spapi_code", "c")]), "spapi_code").unwrap(), "c");
        let denied = code(&query(&[("error", "access_denied"), ("code", "c")]), "code");
        assert!(denied.unwrap_err().to_string().contains("access_denied"));
        assert!(code(&query(&[]), "code").unwrap_err().to_string().contains("no `code`"));
    }
}
