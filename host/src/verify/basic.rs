//! `kind = "basic"`: a user name and a password (RFC 7617).
//!
//! Promises that both are compared whatever the first comparison gave. Never tells which of the
//! two was wrong.

use jackfield_registry::manifest::webhook::Basic;

use super::{Finding, Reason, fields::Fields, keys::Keys, mac, token::any_is};

pub(super) fn check(
    scheme: &Basic,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
) -> Result<Finding, Reason> {
    let usernames = keys.raw(&scheme.username_secret);
    let passwords = keys.raw(&scheme.password_secret);
    if usernames.is_empty() || passwords.is_empty() {
        return Ok(Finding::NoSecret);
    }
    let sent = fields.header("authorization")?.ok_or(Reason::MissingCredential)?;
    let (kind, pair) = sent.split_once(' ').ok_or(Reason::MalformedCredential)?;
    let pair = mac::from_base64(pair.trim().as_bytes())
        .filter(|_| kind.eq_ignore_ascii_case("basic"))
        .ok_or(Reason::MalformedCredential)?;
    let colon = pair.iter().position(|b| *b == b':').ok_or(Reason::MalformedCredential)?;
    let username = any_is(&usernames, &pair[..colon]);
    let password = any_is(&passwords, &pair[colon + 1..]);
    if (username & password).into() { Ok(Finding::Genuine) } else { Err(Reason::WrongCredential) }
}
