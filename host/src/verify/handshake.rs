//! `[[webhook.handshake]]`: the questions that a vendor asks about an endpoint.
//!
//! Owns the answers. Promises that an answer holds nothing but what was asked or what its form
//! proves, and that nobody replaces a secret that is there by asking. Never keeps a delivery.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use http::HeaderValue;
use jackfield_registry::manifest::webhook::{
    Condition, Echo, EchoReply, Field, Handshake, HashChallenge, MacChallenge, Webhook,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Reason, fields::Fields, keys::Keys, mac, pieces::endpoint, token::any_is};
use crate::secret::Secret;

/// The longest text that is sent back, in bytes.
const ECHO_BYTES_MAX: usize = 4096;

/// The longest challenge of a stranger that is answered with a MAC, in bytes.
const STRANGERS_CHALLENGE_BYTES_MAX: usize = 256;

/// The largest body in which a question is looked for, in bytes: questions are short, and a
/// delivery is not taken apart only to see that it is none.
const QUESTION_BYTES_MAX: usize = 16 * 1024;

/// What a question is answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names, in lower case, and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// A secret that the vendor brought, under its name: it must be on disk before the answer
    /// is sent.
    pub keep_secret: Option<(String, Secret<Vec<u8>>)>,
}

impl fmt::Debug for Answer {
    /// Headers and body may carry a secret that the vendor brought.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("keep_secret", &self.keep_secret)
            .finish_non_exhaustive()
    }
}

/// The answer, if the request is one of the handshakes that are asked before (`verified` is
/// false) or after verification.
pub(super) fn answer(
    webhook: &Webhook,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
    verified: bool,
) -> Option<Result<Answer, Reason>> {
    let method = fields.incoming().method.as_str();
    let asked = webhook.handshake.iter().filter(|one| one.method().as_str() == method);
    asked.filter(|one| one.is_verified() == verified).find_map(|one| match one {
        Handshake::Echo(echo) => {
            let text = question(fields, &echo.from, echo.when.as_ref())?;
            Some(text.and_then(|text| echoed(echo, &text, keys)))
        }
        Handshake::HashChallenge(form) => {
            let challenge = question(fields, &form.from, None)?;
            Some(challenge.and_then(|challenge| hashed(form, &challenge, fields, keys)))
        }
        Handshake::MacChallenge(form) => {
            let challenge = question(fields, &form.from, form.when.as_ref())?;
            Some(challenge.and_then(|challenge| signed(form, &challenge, keys)))
        }
        Handshake::Ping(ping) => {
            holds(fields, ping.when.as_ref()).then(|| Ok(plain(Vec::new(), Bytes::new())))
        }
    })
}

/// The challenge of a question; none if the request is something else.
fn question<'a>(
    fields: &'a Fields<'_>,
    from: &Field,
    when: Option<&Condition>,
) -> Option<Result<Cow<'a, str>, Reason>> {
    if !may_hold(fields, from) || !holds(fields, when) {
        return None;
    }
    let found = fields.get(from).transpose()?;
    Some(found.and_then(|text| {
        let sendable = (1..=ECHO_BYTES_MAX).contains(&text.len());
        if sendable { Ok(text) } else { Err(Reason::Challenge) }
    }))
}

/// Whether a condition holds; without one, it does.
fn holds(fields: &Fields<'_>, when: Option<&Condition>) -> bool {
    when.is_none_or(|when| {
        may_hold(fields, &when.field)
            && matches!(fields.get(&when.field), Ok(Some(found)) if found == when.equals)
    })
}

/// Whether a body is worth taking apart to look for a field: it is short, and the last name of
/// the place stands in it. A name that is written with escapes is not found; no vendor does so.
fn may_hold(fields: &Fields<'_>, field: &Field) -> bool {
    let name = match field {
        Field::Json(pointer) => pointer.as_str().rsplit('/').next().unwrap_or_default(),
        Field::Form(name) => name,
        Field::Header(_) | Field::Query(_) => return true,
    };
    let body = &fields.incoming().body;
    if body.len() > QUESTION_BYTES_MAX {
        return false;
    }
    let name = name.as_bytes();
    let Some(first) = name.first() else { return true };
    // `~` is an escape of the pointer; a form may write what is no letter or digit otherwise.
    let is_plain = name.iter().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(b));
    // The first byte is looked at alone: nearly all windows end there.
    !is_plain || body.windows(name.len()).any(|window| window[0] == *first && window == name)
}

fn echoed(echo: &Echo, text: &str, keys: &Keys<'_>) -> Result<Answer, Reason> {
    let mut answer = match &echo.reply {
        EchoReply::Text => plain(
            // The text is a stranger's: no browser may take it for a page.
            vec![header("content-type", "text/plain; charset=utf-8")],
            Bytes::copy_from_slice(text.as_bytes()),
        ),
        EchoReply::Json(name) => json([(name.as_str(), text)]),
        EchoReply::Header(name) => {
            HeaderValue::from_str(text).map_err(|_| Reason::Challenge)?;
            plain(vec![header(name.as_str(), text)], Bytes::new())
        }
    };
    if let Some(name) = &echo.keep_as_secret {
        let kept = keys.raw(name);
        let known: bool = any_is(&kept, text.as_bytes()).into();
        // Whoever finds an endpoint could otherwise make its secret his own.
        if !known && !kept.is_empty() && !echo.verified {
            return Err(Reason::SecretKept);
        }
        if !known {
            answer.keep_secret = Some((name.clone(), Secret::new(text.as_bytes().to_vec())));
        }
    }
    Ok(answer)
}

/// SHA-256 over challenge, secret and endpoint, in this order.
fn hashed(
    form: &HashChallenge,
    challenge: &str,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
) -> Result<Answer, Reason> {
    let secrets = keys.raw(&form.secret);
    let secret = secrets.first().ok_or(Reason::HandshakeSecret)?;
    let digest = Sha256::new()
        .chain_update(challenge)
        .chain_update(secret.expose())
        .chain_update(endpoint(&fields.incoming().url))
        .finalize();
    Ok(json([(form.reply_field.as_str(), hex::encode(digest).as_str())]))
}

fn signed(form: &MacChallenge, challenge: &str, keys: &Keys<'_>) -> Result<Answer, Reason> {
    if !form.verified && !is_random_token(challenge) {
        return Err(Reason::Challenge);
    }
    let secrets = keys.raw(&form.secret);
    let secret = secrets.first().ok_or(Reason::HandshakeSecret)?;
    let mac = mac::mac(form.algorithm.into(), secret, &[challenge.as_bytes().into()]);
    let proof = format!("{}{}", form.prefix, mac::encode(form.encoding, &mac));
    let echo = form.echo_field.as_deref().map(|name| (name, challenge));
    Ok(json(echo.into_iter().chain([(form.reply_field.as_str(), proof.as_str())])))
}

/// Whether a stranger's challenge is plainly no message of a delivery: with the MAC of one he
/// could forge it. No JSON object and no `v0:time:body` is made of these characters.
fn is_random_token(challenge: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+/-_".contains(&b);
    challenge.len() <= STRANGERS_CHALLENGE_BYTES_MAX
        && challenge.trim_end_matches('=').bytes().all(plain)
}

fn json<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Answer {
    let object: Map<_, _> =
        members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    let body = Value::Object(object).to_string();
    plain(vec![header("content-type", "application/json")], body.into())
}

fn plain(mut headers: Vec<(String, String)>, body: Bytes) -> Answer {
    headers.push(header("x-content-type-options", "nosniff"));
    Answer { status: 200, headers, body, keep_secret: None }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
