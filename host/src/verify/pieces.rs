//! Puts together what a signature covers, as a list of pieces.
//!
//! Promises that the body, the URL and headers are borrowed and not copied. Never puts a piece
//! in that the request does not have: the message is then incomplete, and so forged.

use std::borrow::Cow;

use jackfield_registry::manifest::webhook::{Field, Part, Template};

use super::{Reason, fields::Fields};

/// The escapes that HubSpot undoes in the URL before it signs it (developers.hubspot.com,
/// "Validating requests", v3). All others stay.
const HUBSPOT_ESCAPES: [(&str, char); 12] = [
    ("3A", ':'),
    ("2F", '/'),
    ("3F", '?'),
    ("40", '@'),
    ("21", '!'),
    ("24", '$'),
    ("27", '\''),
    ("28", '('),
    ("29", ')'),
    ("2A", '*'),
    ("2C", ','),
    ("3B", ';'),
];

/// The pieces of the message that a template describes. `time` is the signed time as it was
/// sent, `id` the place of the vendor's id.
pub(super) fn pieces<'a>(
    template: &'a Template,
    fields: &'a Fields<'_>,
    time: Option<&'a str>,
    id: Option<&Field>,
) -> Result<Vec<Cow<'a, [u8]>>, Reason> {
    let pieces = template.parts().iter().map(|part| piece(part, fields, time, id));
    pieces.collect()
}

fn piece<'a>(
    part: &'a Part,
    fields: &'a Fields<'_>,
    time: Option<&'a str>,
    id: Option<&Field>,
) -> Result<Cow<'a, [u8]>, Reason> {
    let incoming = fields.incoming();
    let text: Cow<'a, str> = match part {
        Part::Body => return Ok(Cow::Borrowed(&incoming.body)),
        Part::Literal(text) => text.into(),
        Part::Url => Cow::Borrowed(&incoming.url),
        Part::DecodedUrl => decoded(&incoming.url).into(),
        Part::Endpoint => endpoint(&incoming.url).into(),
        Part::Method => incoming.method.as_str().into(),
        Part::Path => path(&incoming.url).into(),
        Part::Query => Cow::Borrowed(&incoming.query),
        Part::Header(name) => fields.header(name.as_str())?.ok_or(Reason::MissingPart)?.into(),
        Part::Json(pointer) => fields.json_at(pointer.as_str()).ok_or(Reason::MissingPart)?,
        Part::Timestamp => time.ok_or(Reason::MissingTimestamp)?.into(),
        Part::Id => id.map_or(Ok(None), |id| fields.get(id))?.ok_or(Reason::MissingPart)?,
        Part::SortedForm => sorted_form(fields)?.into(),
    };
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

/// The public URL without its query.
pub(super) fn endpoint(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

/// The path of a URL.
fn path(url: &str) -> &str {
    let url = endpoint(url);
    let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
    let rest = &url[after_scheme..];
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// A URL with HubSpot's escapes undone.
fn decoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let escape = after.get(..2).and_then(|code| {
            HUBSPOT_ESCAPES.iter().find(|(escape, _)| escape.eq_ignore_ascii_case(code))
        });
        match escape {
            Some((code, plain)) => {
                out.push(*plain);
                rest = &after[code.len()..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The form fields in the order of their names, as name and value with nothing between; a pair
/// that is there twice counts once (twilio.com, "Security", and Twilio's own library).
fn sorted_form(fields: &Fields<'_>) -> Result<String, Reason> {
    let mut pairs = fields.form().ok_or(Reason::MissingPart)?.to_vec();
    pairs.sort();
    pairs.dedup();
    Ok(pairs.iter().flat_map(|(name, value)| [&**name, &**value]).collect())
}
