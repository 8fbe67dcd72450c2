//! `kind = "jwt"`: a JSON Web Token with a MAC (RFC 7519, RFC 7518 section 3.2).
//!
//! Promises that the manifest and not the token chooses the algorithm, that no claim is read
//! before the MAC is right, and that a token without an end is refused. Never takes `none`.

use jackfield_registry::manifest::webhook::Jwt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Finding, Reason, fields::Fields, keys::Keys, mac};

/// The longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

pub(super) fn check(
    scheme: &Jwt,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
    now_ms: u64,
) -> Result<Finding, Reason> {
    let keys = keys.decoded(&scheme.secret, scheme.secret_encoding, "");
    if keys.is_empty() {
        return Ok(Finding::NoSecret);
    }
    let sent = fields.header(scheme.header.as_str())?.ok_or(Reason::MissingCredential)?;
    let token = sent.strip_prefix(&*scheme.prefix).filter(|token| token.len() <= TOKEN_BYTES_MAX);
    let (signed, signature) =
        token.and_then(|token| token.rsplit_once('.')).ok_or(Reason::MalformedCredential)?;
    let (head, claims) = signed.split_once('.').ok_or(Reason::MalformedCredential)?;
    check_head(scheme, &json(head)?)?;
    let signature = mac::from_base64url(signature).ok_or(Reason::MalformedCredential)?;
    let message = [signed.as_bytes().into()];
    if !mac::any_matches(scheme.algorithm.into(), &keys, &message, &[signature]) {
        return Err(Reason::WrongSignature);
    }
    check_claims(scheme, &json(claims)?, &fields.incoming().body, now_ms)?;
    Ok(Finding::Genuine)
}

/// A part of a token. A part with a third `.` in it is no Base64 and so no part.
fn json(part: &str) -> Result<Value, Reason> {
    let bytes = mac::from_base64url(part).ok_or(Reason::MalformedCredential)?;
    serde_json::from_slice(&bytes).map_err(|_| Reason::MalformedCredential)
}

fn check_head(scheme: &Jwt, head: &Value) -> Result<(), Reason> {
    use jackfield_registry::manifest::webhook::JwtAlgorithm::{Hs256, Hs384, Hs512};
    let wanted = match scheme.algorithm {
        Hs256 => "HS256",
        Hs384 => "HS384",
        Hs512 => "HS512",
    };
    if head.get("alg").and_then(Value::as_str) != Some(wanted) {
        return Err(Reason::TokenAlgorithm);
    }
    // RFC 7515, section 4.1.11: whoever does not understand an extension must refuse the token.
    if head.get("crit").is_some() { Err(Reason::MalformedCredential) } else { Ok(()) }
}

fn check_claims(scheme: &Jwt, claims: &Value, body: &[u8], now_ms: u64) -> Result<(), Reason> {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let now_s = now_ms as f64 / 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "a leeway is minutes")]
    let leeway_s = scheme.leeway_s as f64;
    let ends_s = claims.get("exp").and_then(Value::as_f64).ok_or(Reason::TokenTime)?;
    let begins_s = match claims.get("nbf") {
        Some(begins) => begins.as_f64().ok_or(Reason::TokenTime)?,
        None => f64::MIN,
    };
    if now_s >= ends_s + leeway_s || now_s < begins_s - leeway_s {
        return Err(Reason::TokenTime);
    }
    if let Some(audience) = &scheme.audience {
        let named = match claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience.as_str()),
            _ => false,
        };
        if !named {
            return Err(Reason::TokenAudience);
        }
    }
    if let Some(claim) = &scheme.body_digest_claim {
        let digest =
            claims.get(claim).and_then(Value::as_str).and_then(|hex| hex::decode(hex).ok());
        let same = digest.is_some_and(|digest| digest.ct_eq(&Sha256::digest(body)).into());
        if !same {
            return Err(Reason::TokenBody);
        }
    }
    Ok(())
}
