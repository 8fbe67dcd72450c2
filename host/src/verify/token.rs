//! `kind = "token"`: a fixed text that only the vendor knows.
//!
//! Promises to compare it with each valid value, in constant time. Never takes an empty one.

use jackfield_registry::manifest::webhook::Token;
use subtle::{Choice, ConstantTimeEq};

use super::{Finding, Reason, fields::Fields, keys::Keys};
use crate::secret::Secret;

pub(super) fn check(
    scheme: &Token,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
) -> Result<Finding, Reason> {
    let secrets = keys.raw(&scheme.secret);
    if secrets.is_empty() {
        return Ok(Finding::NoSecret);
    }
    let sent = fields.get(&scheme.field)?.ok_or(Reason::MissingCredential)?;
    let token = sent.strip_prefix(&*scheme.prefix).ok_or(Reason::MalformedCredential)?;
    if any_is(&secrets, token.as_bytes()).into() {
        Ok(Finding::Genuine)
    } else {
        Err(Reason::WrongCredential)
    }
}

/// Whether one of the secrets is `candidate`; all are compared. Only a secret's length can be
/// learned from the time that it takes.
pub(super) fn any_is(secrets: &[Secret<Vec<u8>>], candidate: &[u8]) -> Choice {
    let compare = |found, secret: &Secret<Vec<u8>>| found | secret.expose().ct_eq(candidate);
    secrets.iter().fold(Choice::from(0), compare)
}
