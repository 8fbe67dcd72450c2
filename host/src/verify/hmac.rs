//! `kind = "hmac"`: a MAC over parts of the request.
//!
//! Owns where signature and time stand and how they are written. Promises that a request
//! without a usable key is never called forged or genuine. Never copies the body.

use std::borrow::Cow;

use jackfield_registry::manifest::webhook::{Field, Hmac, Items, TimeSource, TimeUnit};

use super::{Finding, Reason, fields::Fields, fresh, keys::Keys, mac, pieces::pieces};

/// The most signatures of one request that are tried.
const SIGNATURES_MAX: usize = 16;

/// The most digits of a signed time: milliseconds have 13 until the year 2286.
const TIME_DIGITS_MAX: usize = 16;

pub(super) fn check(
    scheme: &Hmac,
    id: Option<&Field>,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
    now_ms: u64,
) -> Result<Finding, Reason> {
    let keys = keys.decoded(&scheme.secret, scheme.secret_encoding, &scheme.secret_prefix);
    if keys.is_empty() {
        return Ok(Finding::NoSecret);
    }
    let sent = fields.get(&scheme.signature)?.ok_or(Reason::MissingSignature)?;
    let signatures = signatures(scheme, &sent)?;
    let time = time(scheme, fields, &sent)?;
    if let (Some(timestamp), Some(text)) = (&scheme.timestamp, &time) {
        let time_ms = match timestamp.unit {
            TimeUnit::Seconds => whole_number(text)?.saturating_mul(1000),
            TimeUnit::Milliseconds => whole_number(text)?,
        };
        fresh(time_ms, now_ms, timestamp.tolerance_s)?;
    }
    let message = pieces(&scheme.message, fields, time.as_deref(), id)?;
    if mac::any_matches(scheme.algorithm.into(), &keys, &message, &signatures) {
        Ok(Finding::Genuine)
    } else {
        Err(Reason::WrongSignature)
    }
}

/// The signatures that were sent, decoded; those that cannot be decoded are left out.
fn signatures(scheme: &Hmac, sent: &str) -> Result<Vec<Vec<u8>>, Reason> {
    let decode = |text: &str| mac::decode(scheme.encoding, text.strip_prefix(&*scheme.prefix)?);
    let signatures: Vec<_> = match &scheme.items {
        None => decode(sent.trim()).into_iter().collect(),
        Some(items) if items.signature.is_empty() => {
            let all = sent.split(items.separator).map(str::trim);
            all.take(SIGNATURES_MAX).filter_map(decode).collect()
        }
        Some(items) => {
            let named = pairs(items, sent)
                .filter(|(key, _)| items.signature.iter().any(|wanted| wanted == key));
            named.take(SIGNATURES_MAX).filter_map(|(_, value)| decode(value)).collect()
        }
    };
    if signatures.is_empty() { Err(Reason::MalformedSignature) } else { Ok(signatures) }
}

/// Keys and values of a list.
fn pairs<'a>(items: &Items, sent: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let assign = items.assign;
    sent.split(items.separator).filter_map(move |item| item.trim().split_once(assign))
}

/// The signed time as it was sent; none if the scheme has none.
fn time<'a>(
    scheme: &Hmac,
    fields: &'a Fields<'_>,
    sent: &'a str,
) -> Result<Option<Cow<'a, str>>, Reason> {
    let Some(timestamp) = &scheme.timestamp else { return Ok(None) };
    let found = match (&timestamp.source, &scheme.items) {
        (TimeSource::Field(field), _) => fields.get(field)?,
        (TimeSource::Item(key), Some(items)) => {
            let mut times = pairs(items, sent).filter(|(name, _)| name == key);
            let first = times.next();
            if times.next().is_some() {
                return Err(Reason::Repeated);
            }
            first.map(|(_, value)| Cow::Borrowed(value))
        }
        (TimeSource::Item(_), None) => None,
    };
    found.map(Some).ok_or(Reason::MissingTimestamp)
}

/// A number in plain digits, without a sign.
pub(super) fn whole_number(text: &str) -> Result<u64, Reason> {
    let digits = text.len() <= TIME_DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or(Reason::MalformedTimestamp)
}
