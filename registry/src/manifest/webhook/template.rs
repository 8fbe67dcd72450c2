//! The text that a signature covers, as a manifest writes it: `v0:{timestamp}:{body}`.
//!
//! Owns the syntax. Promises that a template that parsed names only parts that the host can
//! fill. Never fills one; that is the host's `verify`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::field::{HeaderName, JsonPointer};

/// The longest template, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 1024;

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands; `{{` and `}}` write a brace.
    Literal(String),
    /// `{body}`: the exact bytes of the body.
    Body,
    /// `{url}`: the public URL that the vendor called, with its query.
    Url,
    /// `{decoded_url}`: the URL with the escapes undone that HubSpot's v3 signature undoes.
    DecodedUrl,
    /// `{endpoint}`: the public URL without its query.
    Endpoint,
    /// `{method}`: the HTTP method in capitals.
    Method,
    /// `{path}`: the path of the public URL.
    Path,
    /// `{query}`: the query without its `?`.
    Query,
    /// `{header:NAME}`: the value of a header.
    Header(HeaderName),
    /// `{json:/POINTER}`: a string, boolean or whole number in a JSON body.
    Json(JsonPointer),
    /// `{timestamp}`: the signed time, as the vendor wrote it.
    Timestamp,
    /// `{id}`: the vendor's id of the delivery, from `[webhook.delivery_id]`.
    Id,
    /// `{sorted_form}`: the form fields in the order of their names, each as name and value
    /// with nothing between, as Twilio signs them.
    SortedForm,
}

/// A parsed template: never empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Template(Vec<Part>);

impl Template {
    /// The parts in order; two literals never stand side by side.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether a part is anywhere in it.
    pub fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }

    /// The template `{body}`.
    pub(super) fn body() -> Self {
        Self(vec![Part::Body])
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.len() > TEMPLATE_BYTES_MAX {
            return Err(format!(
                "a template has 1 to {TEMPLATE_BYTES_MAX} bytes\n  hint: most vendors sign \
                 `{{body}}`"
            ));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                literal.push_str(&rest[..1]);
                rest = after;
                continue;
            }
            let (name, after) = rest[1..].split_once('}').filter(|_| rest.starts_with('{')).ok_or(
                "a brace without its partner\n  hint: a part is written `{body}`, a brace `{{` \
                 or `}}`",
            )?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part(name)?);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }
}

/// The part with this name.
fn part(name: &str) -> Result<Part, String> {
    if let Some(header) = name.strip_prefix("header:") {
        return HeaderName::try_from(header.to_owned()).map(Part::Header);
    }
    if let Some(pointer) = name.strip_prefix("json:") {
        return JsonPointer::try_from(pointer.to_owned()).map(Part::Json);
    }
    Ok(match name {
        "body" => Part::Body,
        "url" => Part::Url,
        "decoded_url" => Part::DecodedUrl,
        "endpoint" => Part::Endpoint,
        "method" => Part::Method,
        "path" => Part::Path,
        "query" => Part::Query,
        "timestamp" => Part::Timestamp,
        "id" => Part::Id,
        "sorted_form" => Part::SortedForm,
        other => {
            return Err(format!(
                "unknown part `{{{}}}` in a template\n  hint: the parts are `{{body}}`, `{{url}}`, \
                 `{{decoded_url}}`, `{{endpoint}}`, `{{method}}`, `{{path}}`, `{{query}}`, \
                 `{{header:NAME}}`, `{{json:/POINTER}}`, `{{timestamp}}`, `{{id}}`, \
                 `{{sorted_form}}`",
                other.escape_debug()
            ));
        }
    })
}
