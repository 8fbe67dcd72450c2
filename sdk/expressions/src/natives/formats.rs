//! What is behind `@base64`, `@uri` and `@html`, in both directions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;

use super::{said, text};
use crate::prelude::Data;

/// Characters with a meaning in HTML, and how they are written. The ampersand is first to
/// be escaped and last to be unescaped.
const HTML: [(&str, &str); 5] =
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&quot;")];

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 6] = [
        ("escape_html", 0, |cv| bome(text(&cv.1).and_then(escape_html))),
        ("unescape_html", 0, |cv| bome(text(&cv.1).and_then(unescape_html))),
        ("encode_uri", 0, |cv| bome(text(&cv.1).and_then(encode_uri))),
        ("decode_uri", 0, |cv| bome(text(&cv.1).and_then(decode_uri))),
        ("encode_base64", 0, |cv| bome(text(&cv.1).and_then(|text| said(STANDARD.encode(text))))),
        ("decode_base64", 0, |cv| bome(text(&cv.1).and_then(decode_base64))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

fn escape_html(text: &str) -> ValR<Val> {
    let fold = |text: String, (plain, escaped): &(&str, &str)| text.replace(plain, escaped);
    said(HTML.iter().fold(text.to_owned(), fold))
}

fn unescape_html(text: &str) -> ValR<Val> {
    let fold = |text: String, (plain, escaped): &(&str, &str)| text.replace(escaped, plain);
    said(HTML.iter().rev().fold(text.to_owned(), fold))
}

/// Percent-encodes whatever RFC 3986 does not call unreserved.
fn encode_uri(text: &str) -> ValR<Val> {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    said(encoded)
}

/// Decodes `%XX`; a percent sign without two digits stays as it is.
fn decode_uri(text: &str) -> ValR<Val> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        let value = pair.filter(|_| byte == b'%').and_then(|pair| {
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        decoded.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    said(String::from_utf8_lossy(&decoded))
}

fn decode_base64(text: &str) -> ValR<Val> {
    let bytes = STANDARD.decode(text).map_err(|_| Error::str("the text is not base64"))?;
    said(String::from_utf8_lossy(&bytes))
}
