//! How Xero writes: envelopes, errors and dates.
//!
//! Owns the shapes that all answers share. Sources: the examples of the vendor's OpenAPI
//! description; the shapes of 401, 403 and 429 are as clients in the wild know them.

use std::ops::Range;

use bytes::Bytes;
use http::StatusCode;
use jackfield::clock::{Clock, SystemClock};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Reply;

/// The time for what a person at the vendor does, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemClock.now_ms()
}

/// An answer with a list of elements, and where in it each element lies.
pub struct Listed {
    pub body: Bytes,
    pub elements: Vec<Range<usize>>,
}

impl Listed {
    /// The answer 200 with this body.
    pub fn reply(&self) -> Reply {
        Reply::json_bytes(StatusCode::OK, self.body.clone())
    }
}

/// The envelope of all good answers of the accounting API; `elements` are JSON.
pub fn listed(
    kind: &str,
    elements: &[impl AsRef<[u8]>],
    pagination: Option<&Value>,
    at_ms: u64,
) -> Listed {
    let bytes: usize = elements.iter().map(|element| element.as_ref().len() + 1).sum();
    let mut body = Vec::with_capacity(bytes + 256);
    let id = Uuid::new_v4();
    let head = format!(
        "{{\"Id\":\"{id}\",\"Status\":\"OK\",\"ProviderName\":\"Jackfield\",\
         \"DateTimeUTC\":\"/Date({at_ms})/\","
    );
    body.extend_from_slice(head.as_bytes());
    if let Some(pagination) = pagination {
        body.extend_from_slice(format!("\"pagination\":{pagination},").as_bytes());
    }
    body.extend_from_slice(format!("\"{kind}\":[").as_bytes());
    let mut places = Vec::with_capacity(elements.len());
    for (n, element) in elements.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        let start = body.len();
        body.extend_from_slice(element.as_ref());
        places.push(start..body.len());
    }
    body.extend_from_slice(b"]}");
    Listed { body: body.into(), elements: places }
}

/// 400 for elements that are not valid, each with its own messages.
pub fn invalid(elements: Vec<Value>) -> Reply {
    let body = json!({
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": elements,
    });
    Reply::json(StatusCode::BAD_REQUEST, &body)
}

/// The element as it was sent, with what is wrong with it.
pub fn with_problems(element: &Value, problems: &[String]) -> Value {
    let mut element = element.clone();
    let problems: Vec<_> = problems.iter().map(|text| json!({ "Message": text })).collect();
    if let Value::Object(fields) = &mut element {
        fields.insert("ValidationErrors".to_owned(), problems.into());
        return element;
    }
    json!({ "ValidationErrors": problems })
}

/// 400 for a `where` that cannot be read, or a body that is no JSON.
pub fn unreadable(kind: &str, message: &str) -> Reply {
    let body = json!({ "ErrorNumber": 16, "Type": kind, "Message": message });
    Reply::json(StatusCode::BAD_REQUEST, &body)
}

/// The shape of refusals that come before the accounting API itself.
pub fn titled(status: StatusCode, detail: &str) -> Reply {
    let body = json!({
        "Type": null,
        "Title": status.canonical_reason().unwrap_or("Error"),
        "Status": status.as_u16(),
        "Detail": detail,
        "Instance": Uuid::new_v4().to_string(),
        "Extensions": {},
    });
    Reply::json(status, &body)
}

/// 404, which is plain text.
pub fn not_found() -> Reply {
    let mut reply = Reply::empty(StatusCode::NOT_FOUND)
        .with("content-type", http::HeaderValue::from_static("text/plain; charset=utf-8"));
    reply.body = Bytes::from_static(b"The resource you're looking for cannot be found");
    reply
}

/// 429 until the minute is over.
pub fn over_the_limit(at_ms: u64) -> Reply {
    let left_s = 60 - (at_ms / 1000) % 60;
    Reply::empty(StatusCode::TOO_MANY_REQUESTS)
        .with("retry-after", left_s)
        .with("x-rate-limit-problem", http::HeaderValue::from_static("minute"))
        .with("x-minlimit-remaining", 0_u64)
}

/// A moment as the vendor writes it.
pub fn moment(at_ms: u64) -> String {
    format!("/Date({at_ms}+0000)/")
}

/// A date as the vendor writes it twice: for machines and for people.
pub fn date_pair(date: civil::Date) -> (String, String) {
    let start = date.to_zoned(TimeZone::UTC).map_or(0, |at| at.timestamp().as_millisecond());
    (format!("/Date({start}+0000)/"), format!("{date}T00:00:00"))
}

/// The date of a moment, in UTC.
pub fn date_of(at_ms: u64) -> civil::Date {
    let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX);
    at.to_zoned(TimeZone::UTC).date()
}

/// Reads a date in any of the forms that the vendor takes: `2026-01-31`, with a time behind,
/// or `/Date(1769817600000+0000)/`.
pub fn read_date(text: &str) -> Option<civil::Date> {
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        let digits = inner.split(['+', '-']).find(|part| !part.is_empty())?;
        return Some(date_of(digits.parse().ok()?));
    }
    text.get(..10)?.parse().ok()
}

/// Reads `If-Modified-Since` in the forms that the vendor takes, as milliseconds since 1970.
pub fn read_moment(text: &str) -> Option<u64> {
    let at = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| {
            Some(text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
        })
        .or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()))?;
    u64::try_from(at.as_millisecond()).ok()
}
