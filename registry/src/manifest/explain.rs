//! Says what the TOML reader's complaints mean, in words for a connector's author.
//!
//! Owns the translation and the search for the place: a block with a `kind` is buffered while
//! its kind is looked up, and the reader then knows no more than the block. Never loses a
//! complaint that it does not know: its own words are then used.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeValue, Error},
};

use super::{
    document::{Document, Place, search},
    error::Mistake,
    names,
};

/// The longest piece of a value that is shown in a message, in characters.
const FOUND_CHARS_MAX: usize = 60;

/// What a complaint says, as far as it has a known form.
enum Complaint<'m> {
    UnknownKey { name: &'m str, known: Vec<&'m str> },
    UnknownValue { value: &'m str, known: Vec<&'m str> },
    Missing { name: &'m str },
    Type { found: &'m str, expected: &'m str },
    Other { message: &'m str, hint: &'m str },
}

/// The mistake behind an error that reading `value`, which stands at `block`, has given.
pub(super) fn explain(
    document: &Document<'_>,
    block: &Place,
    value: &Spanned<DeValue<'_>>,
    error: &Error,
) -> Mistake {
    let span = error.span().unwrap_or_else(|| value.span());
    let (place, at) = find(value, block, &span).unwrap_or((block.clone(), value));
    match parse(error.message()) {
        Complaint::UnknownKey { name, known } => {
            let place = key_named(at, &place, name).unwrap_or(place);
            unknown_key(document, &place, name, known)
        }
        Complaint::UnknownValue { value, known } => {
            let place = key_with(at, &place, value).unwrap_or(place);
            let message = format!("unknown value `{}` for {}", shown(value), named(&place));
            document.mistake(&place, message, names::hint(value, "values", &known))
        }
        Complaint::Missing { name } => {
            let message = format!("{place} has no `{name}`");
            document.mistake(&place, message, format!("add a line `{name} = …` to it"))
        }
        Complaint::Type { found, expected } => {
            let (expected, hint) = wanted(expected);
            let found = shown(&found.replace('`', ""));
            let message = format!("{} must be {expected}, not {found}", named(&place));
            document.mistake(&place, message, hint)
        }
        Complaint::Other { message, hint } => {
            let what = match at.get_ref() {
                DeValue::Table(_) => place.to_string(),
                _ => named(&place),
            };
            document.mistake(&place, format!("{what}: {message}"), hint)
        }
    }
}

fn unknown_key(
    document: &Document<'_>,
    place: &Place,
    name: &str,
    mut known: Vec<&str>,
) -> Mistake {
    let table = place.split().map_or_else(Place::default, |(table, _)| table);
    // The key that chooses among several forms is known, but the chosen form does not list it.
    let kind = table.key("kind");
    if !known.contains(&"kind") && document.has(&kind) {
        known.insert(0, "kind");
    }
    let message = format!("unknown key `{}` in {table}", shown(name));
    document.mistake_at_key(place, message, names::hint(name, "keys", &known))
}

/// Recognises the forms in which serde complains.
fn parse(message: &str) -> Complaint<'_> {
    let one_of = |text: &'static str| {
        let (name, known) = message.strip_prefix(text)?.split_once("`, ")?;
        Some((name, quoted(known)))
    };
    if let Some((name, known)) = one_of("unknown field `") {
        return Complaint::UnknownKey { name, known };
    }
    if let Some((value, known)) = one_of("unknown variant `") {
        return Complaint::UnknownValue { value, known };
    }
    if let Some(name) = message.strip_prefix("missing field `") {
        return Complaint::Missing { name: name.trim_end_matches('`') };
    }
    let kind = ["invalid type: ", "invalid value: "].iter().find_map(|p| message.strip_prefix(p));
    if let Some((found, expected)) = kind.and_then(|rest| rest.rsplit_once(", expected ")) {
        return Complaint::Type { found, expected };
    }
    let (message, hint) = message.split_once("\n  hint: ").unwrap_or((message, ""));
    Complaint::Other { message, hint }
}

/// The names in backticks in a text.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What was expected, in plain words, and how to write it.
fn wanted(expected: &str) -> (&str, &'static str) {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            ("a whole number from 0", "write it in digits without quotes, such as `60`")
        }
        "i32" | "i64" => ("a whole number", "write it in digits without quotes, such as `60`"),
        "a boolean" => ("true or false", "write `true` or `false` without quotes"),
        "a string" | "string" => ("a string", "write it in double quotes, such as `\"text\"`"),
        "a sequence" => ("an array", "write it in brackets, such as `[\"one\", \"two\"]`"),
        other if other.starts_with("a map") || other.contains("struct") => {
            ("a table", "write it as a block of its own, or as `{ key = \"value\" }`")
        }
        other => (other, ""),
    }
}

/// A key with the table that it is in: "`secret` in `[auth.token]`".
fn named(place: &Place) -> String {
    match place.split() {
        Some((table, key)) => format!("`{}` in {table}", shown(key)),
        None => place.to_string(),
    }
}

/// A piece of the author's text, on one line and not too long.
fn shown(text: &str) -> String {
    let mut piece: String = text.chars().take(FOUND_CHARS_MAX).collect();
    if piece.len() < text.len() {
        piece.push('…');
    }
    piece.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

type Found<'v, 'a> = (Place, &'v Spanned<DeValue<'a>>);

/// The thing, or the thing under the key, that stands exactly at `span`.
fn find<'v, 'a>(
    value: &'v Spanned<DeValue<'a>>,
    place: &Place,
    span: &Range<usize>,
) -> Option<Found<'v, 'a>> {
    if value.span() == *span {
        return Some((place.clone(), value));
    }
    match value.get_ref() {
        DeValue::Table(table) => table.iter().find_map(|(name, inner)| {
            let at = place.key(name.get_ref());
            // An unknown key is reported at the key: its table is where it does not belong.
            let is_key = name.span() == *span;
            if is_key { Some((place.clone(), value)) } else { find(inner, &at, span) }
        }),
        DeValue::Array(array) => array
            .iter()
            .enumerate()
            .find_map(|(index, inner)| find(inner, &place.item(index), span)),
        _ => None,
    }
}

/// The first key of this name in a value.
fn key_named(value: &Spanned<DeValue<'_>>, place: &Place, name: &str) -> Option<Place> {
    search(value, place, &|key, _| key == name)
}

/// The first key in a value that holds the string `text`, or an array with it; the value itself
/// if it is that string.
fn key_with(value: &Spanned<DeValue<'_>>, place: &Place, text: &str) -> Option<Place> {
    let is_text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str() == Some(text);
    if is_text(value) {
        return Some(place.clone());
    }
    search(value, place, &|_, value| {
        is_text(value) || value.get_ref().as_array().is_some_and(|all| all.iter().any(is_text))
    })
}
