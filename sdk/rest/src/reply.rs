//! What the system answered, as JSON text, whatever it was written in.

use jackfield_sdk::{Header, Problem, Reply};
use serde::de::IgnoredAny;

use crate::{desk::Desk, json};

/// A reply whose body was read.
pub(crate) struct Read {
    pub(crate) reply: Reply,
    /// The body as JSON text; null where there is none.
    pub(crate) body: String,
}

impl Read {
    /// `$reply`: the status and the headers, by lower-case name.
    pub(crate) fn about(&self) -> String {
        let lower: Vec<_> = self.reply.headers.iter().map(|h| (h.name.to_lowercase(), h)).collect();
        let member = |(name, header): &(String, &Header)| {
            (name.clone(), serde_json::Value::from(header.value.as_str()))
        };
        let headers: serde_json::Map<_, _> = lower.iter().map(member).collect();
        let headers = serde_json::Value::from(headers).to_string();
        let status = self.reply.status.to_string();
        json::object([("status", status.as_str()), ("headers", headers.as_str())])
    }
}

/// Reads a body by its type. Of a failure's body it asks for nothing: what is no data is null.
pub(crate) fn read(desk: &Desk<'_>, reply: Reply) -> Result<Read, Problem> {
    let content_type = reply.get_header("content-type").map(str::to_owned);
    match body(desk, content_type.as_deref(), &reply.body) {
        Ok(body) => Ok(Read { reply, body }),
        Err(_) if !reply.is_success() => Ok(Read { reply, body: "null".into() }),
        Err(why) => {
            let message = format!("the system answered {} with {why}", reply.status);
            Err(Problem::unavailable(message).details(serde_json::Value::from(cut(&reply.text()))))
        }
    }
}

/// A body as JSON text; also for deliveries.
pub(crate) fn body(
    desk: &Desk<'_>,
    content_type: Option<&str>,
    bytes: &[u8],
) -> Result<String, String> {
    let text = decoded(bytes)?;
    let begins = text.trim_start().chars().next();
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let has = |word: &str| content_type.contains(word);
    match begins {
        None => Ok("null".into()),
        Some('{' | '[') => {
            serde_json::from_str::<IgnoredAny>(&text)
                .map_err(|error| format!("broken json: {error}"))?;
            Ok(text)
        }
        _ if has("html") => Err("a page of html".into()),
        Some('<') | Some(_) if has("xml") || begins == Some('<') => {
            let parsed = desk.values("from_xml", &["from_xml"], &json::string(&text), &[]);
            parsed.map(|mut all| all.remove(0)).map_err(|problem| problem.message)
        }
        _ if has("x-www-form-urlencoded") => Ok(form(&text)),
        _ if has("json") => {
            serde_json::from_str::<IgnoredAny>(&text)
                .map_err(|error| format!("broken json: {error}"))?;
            Ok(text)
        }
        _ => Ok(json::string(&text)),
    }
}

/// Text in UTF-8, or in UTF-16 where its mark says so.
fn decoded(bytes: &[u8]) -> Result<String, String> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes[2..].chunks_exact(2).map(|two| read([two[0], two[1]])).collect();
        String::from_utf16(&units).map_err(|_| "broken utf-16".to_owned())
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => narrow(rest),
        _ => narrow(bytes),
    }
}

fn narrow(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "bytes that are no text".to_owned())
}

/// The fields of a form as an object; of a field that is there twice, the last.
fn form(text: &str) -> String {
    let decode = |part: &str| unescaped(&part.replace('+', " "));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), serde_json::Value::from(decode(value)))
    };
    let fields: serde_json::Map<_, _> =
        text.trim().split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    serde_json::Value::from(fields).to_string()
}

/// Text with `%XX` decoded; a percent sign without two digits stays as it is.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match byte.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The beginning of a body, for the repair desk.
fn cut(text: &str) -> String {
    const SHOWN_CHARS: usize = 1000;
    text.chars().take(SHOWN_CHARS).collect()
}
