//! Where in a webhook request a value stands: a header, a query parameter, a place in JSON, or
//! a form field.
//!
//! Promises that a name that could stand in no request is refused when the manifest is read.
//! Never reads a request; that is the host's `verify`.

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest name of a header, query parameter, form field or JSON pointer, in bytes.
pub const NAME_BYTES_MAX: usize = 256;

/// The name of a header, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct HeaderName(String);

impl HeaderName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name from this program, already in lower case.
    pub(super) fn fixed(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

impl TryFrom<String> for HeaderName {
    type Error = String;

    /// A `token` of RFC 9110, section 5.6.2.
    fn try_from(name: String) -> Result<Self, String> {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(token) {
            return Err(format!(
                "`{}` is no header name\n  hint: write letters, digits and `-`, such as \
                 `x-signature`",
                name.escape_debug()
            ));
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

/// A place in a JSON document, as RFC 6901 writes it: `/meta/id`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The pointer as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for JsonPointer {
    type Error = String;

    fn try_from(pointer: String) -> Result<Self, String> {
        if !pointer.starts_with('/') || pointer.len() > NAME_BYTES_MAX {
            return Err(format!(
                "`{}` is no JSON pointer\n  hint: begin each step with `/`, such as `/meta/id`",
                pointer.escape_debug()
            ));
        }
        Ok(Self(pointer))
    }
}

/// Where a value stands. In a manifest: exactly one of the keys `header`, `query`, `json`,
/// `form`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// A header.
    Header(HeaderName),
    /// A query parameter, percent-decoded.
    Query(String),
    /// A string, boolean or whole number in a JSON body.
    Json(JsonPointer),
    /// A field of a body of type `application/x-www-form-urlencoded`.
    Form(String),
}

/// The four keys of a [`Field`] among the other keys of a block.
#[derive(Debug, Default)]
pub(super) struct FieldKeys {
    pub(super) header: Option<HeaderName>,
    pub(super) query: Option<String>,
    pub(super) json: Option<JsonPointer>,
    pub(super) form: Option<String>,
}

impl FieldKeys {
    /// Whether none of the four is there.
    pub(super) fn is_empty(&self) -> bool {
        self.header.is_none() && self.query.is_none() && self.json.is_none() && self.form.is_none()
    }

    /// The one that is there.
    pub(super) fn one(self, what: &str) -> Result<Field, String> {
        let named = [
            self.header.map(Field::Header),
            self.query.map(Field::Query),
            self.json.map(Field::Json),
            self.form.map(Field::Form),
        ];
        let mut named = named.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(field), None) => Ok(field),
            (None, _) => Err(format!(
                "nothing says where {what} stands\n  hint: add one of `header`, `query`, `json`, \
                 `form`, such as `header = \"x-signature\"`"
            )),
            (Some(_), Some(_)) => Err(format!(
                "{what} stands in two places\n  hint: keep one of `header`, `query`, `json`, `form`"
            )),
        }
    }
}
