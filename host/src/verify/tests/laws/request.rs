//! Puts a value into a request, or reads one, as a vendor's library would.
//!
//! Promises that what was put in is there once, whatever the request held before. Never uses the
//! readers of the room that is tested.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::input::{ORIGIN, aim};
use crate::verify::Incoming;

/// The longest header value of a stranger that a vendor signs, in bytes.
const HEADER_BYTES_MAX: usize = 1000;

/// Sets a header. A text that no header can hold does not arrive.
pub fn set_header(incoming: &mut Incoming, name: &'static str, value: &str) {
    incoming.headers.remove(name);
    if let Ok(value) = HeaderValue::from_str(value) {
        incoming.headers.insert(name, value);
    }
}

/// The value of a header.
pub fn header(incoming: &Incoming, name: &str) -> String {
    let value = incoming.headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// Sees to it that a header is there once and in plain text, and keeps it if it is.
pub fn need_header(incoming: &mut Incoming, name: &'static str) {
    let once = incoming.headers.get_all(name).iter().count() == 1;
    if !once || !(1..=HEADER_BYTES_MAX).contains(&header(incoming, name).len()) {
        set_header(incoming, name, "by-the-vendor");
    }
}

/// Sets a parameter of the query.
pub fn set_query(incoming: &mut Incoming, name: &str, value: &str) {
    let path = path(incoming).to_owned();
    let is_other = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(key, _)| key != name)
    };
    let mut query: String =
        incoming.query.split('&').filter(is_other).flat_map(|pair| [pair, "&"]).collect();
    let mut pair = form_urlencoded::Serializer::new(String::new());
    query.push_str(&pair.append_pair(name, value).finish());
    assert!(
        aim(incoming, format!("{path}?{query}").as_bytes()),
        "a query that is written properly"
    );
}

/// The path of the public URL.
pub fn path(incoming: &Incoming) -> &str {
    let target = &incoming.url[ORIGIN.len()..];
    target.split('?').next().unwrap_or_default()
}

/// Makes the body a form, and says so.
pub fn need_form(incoming: &mut Incoming) {
    set_header(incoming, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
}

/// Sets a field of the form.
pub fn set_form(incoming: &mut Incoming, name: &str, value: &str) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(form_urlencoded::parse(&incoming.body).filter(|(key, _)| key != name));
    incoming.body = form.append_pair(name, value).finish().into();
}

/// Makes the body a JSON object; what it was before becomes its `note`.
pub fn need_json(incoming: &mut Incoming) {
    let read = serde_json::from_slice::<Map<String, Value>>(&incoming.body);
    let object = read.unwrap_or_else(|_| {
        let note = String::from_utf8_lossy(&incoming.body).into_owned();
        Map::from_iter([("note".to_owned(), Value::from(note))])
    });
    incoming.body = Bytes::from(Value::Object(object).to_string());
}

/// Sets a member of an object within the JSON object that the body is.
pub fn set_json(incoming: &mut Incoming, object: &str, name: &str, value: Value) {
    let mut body: Value = serde_json::from_slice(&incoming.body).expect("made JSON before");
    if !body[object].is_object() {
        body[object] = json!({});
    }
    body[object][name] = value;
    incoming.body = body.to_string().into();
}

/// The text at a place in the JSON body; a whole number counts as its digits.
pub fn json_text(incoming: &Incoming, pointer: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(&incoming.body).ok()?;
    match body.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}
