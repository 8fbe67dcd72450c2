//! Reads single values out of a request: headers, parameters, places in JSON, form fields.
//!
//! Promises that a value that stands there twice is no value, since whoever reads next may see
//! the other, and that JSON and forms are taken apart once, and only when asked for. Never
//! changes a byte.

use std::{borrow::Cow, cell::OnceCell};

use jackfield_registry::manifest::webhook::Field;
use serde_json::Value;
use url::form_urlencoded;

use super::{Incoming, Reason};

/// The longest header value that is looked into, in bytes.
pub(super) const HEADER_BYTES_MAX: usize = 16 * 1024;

/// The type of a body that is a form.
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The form fields of a body, decoded, in their order.
type Form<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A request as the schemes read it.
pub(super) struct Fields<'a> {
    incoming: &'a Incoming,
    json: OnceCell<Option<Value>>,
    form: OnceCell<Option<Form<'a>>>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(incoming: &'a Incoming) -> Self {
        Self { incoming, json: OnceCell::new(), form: OnceCell::new() }
    }

    /// The request itself.
    pub(super) fn incoming(&self) -> &'a Incoming {
        self.incoming
    }

    /// The value of a field; none if it is not there, or is no text.
    pub(super) fn get(&self, field: &Field) -> Result<Option<Cow<'_, str>>, Reason> {
        match field {
            Field::Header(name) => Ok(self.header(name.as_str())?.map(Cow::Borrowed)),
            Field::Query(name) => {
                let pairs = form_urlencoded::parse(self.incoming.query.as_bytes());
                one(pairs.filter(|(key, _)| key == name).map(|(_, value)| value))
            }
            Field::Json(pointer) => Ok(self.json_at(pointer.as_str())),
            Field::Form(name) => {
                let pairs = self.form().unwrap_or_default().iter();
                one(pairs.filter(|(key, _)| key == name).map(|(_, value)| Cow::Borrowed(&**value)))
            }
        }
    }

    /// The value of a header, if it is there once, is not too long, and is plain text.
    pub(super) fn header(&self, name: &str) -> Result<Option<&'a str>, Reason> {
        let mut values = self.incoming.headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Reason::Repeated);
        }
        Ok(value.to_str().ok().filter(|value| value.len() <= HEADER_BYTES_MAX))
    }

    /// A string, boolean, or whole number of at most 64 bits in a JSON body.
    pub(super) fn json_at(&self, pointer: &str) -> Option<Cow<'_, str>> {
        let body = || serde_json::from_slice(&self.incoming.body).ok();
        match self.json.get_or_init(body).as_ref()?.pointer(pointer)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            // Others are kept as floating point: two of them may read the same.
            Value::Number(number) if number.is_u64() || number.is_i64() => {
                Some(Cow::Owned(number.to_string()))
            }
            Value::Bool(truth) => Some(Cow::Owned(truth.to_string())),
            Value::Number(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The fields of a form; none if the body says that it is something else.
    pub(super) fn form(&self) -> Option<&[(Cow<'a, str>, Cow<'a, str>)]> {
        let read = || {
            let kind = self.header("content-type").ok()??;
            let kind = kind.split(';').next().unwrap_or_default().trim();
            let is_form = kind.eq_ignore_ascii_case(FORM_TYPE);
            is_form.then(|| form_urlencoded::parse(&self.incoming.body).collect())
        };
        self.form.get_or_init(read).as_deref()
    }
}

/// The only value of an iterator.
fn one<T>(mut values: impl Iterator<Item = T>) -> Result<Option<T>, Reason> {
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Reason::Repeated),
        (first, None) => Ok(first),
    }
}
