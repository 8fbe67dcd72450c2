//! `kind = "standard-webhooks"`: the scheme of standardwebhooks.com, which Svix has too.
//!
//! Owns its fixed names and forms. Promises to take the symmetric signatures `v1` alone, and
//! any one of several. Never takes the public-key signatures `v1a`.

use jackfield_registry::manifest::webhook::{
    Encoding, SecretEncoding, StandardHeaders, StandardWebhooks,
};

use super::{
    Finding, Reason,
    fields::Fields,
    fresh,
    hmac::whole_number,
    keys::Keys,
    mac::{self, Hash},
};

/// The most signatures of one request that are tried.
const SIGNATURES_MAX: usize = 16;

/// What a secret of this scheme begins with.
const SECRET_PREFIX: &str = "whsec_";

pub(super) fn check(
    scheme: &StandardWebhooks,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
    now_ms: u64,
) -> Result<Finding, Reason> {
    let keys = keys.decoded(&scheme.secret, SecretEncoding::Base64, SECRET_PREFIX);
    if keys.is_empty() {
        return Ok(Finding::NoSecret);
    }
    let [id, time, signature] = match scheme.headers {
        StandardHeaders::Webhook => ["webhook-id", "webhook-timestamp", "webhook-signature"],
        StandardHeaders::Svix => ["svix-id", "svix-timestamp", "svix-signature"],
    };
    let sent = fields.header(signature)?.ok_or(Reason::MissingSignature)?;
    let signatures: Vec<_> = sent
        .split(' ')
        .filter_map(|item| item.strip_prefix("v1,"))
        .take(SIGNATURES_MAX)
        .filter_map(|text| mac::decode(Encoding::Base64, text))
        .collect();
    if signatures.is_empty() {
        return Err(Reason::MalformedSignature);
    }
    let id = fields.header(id)?.ok_or(Reason::MissingPart)?;
    let time = fields.header(time)?.ok_or(Reason::MissingTimestamp)?;
    fresh(whole_number(time)?.saturating_mul(1000), now_ms, scheme.tolerance_s)?;
    let body = &*fields.incoming().body;
    let message = [id.as_bytes(), b".", time.as_bytes(), b".", body].map(Into::into);
    if mac::any_matches(Hash::Sha256, &keys, &message, &signatures) {
        Ok(Finding::Genuine)
    } else {
        Err(Reason::WrongSignature)
    }
}
