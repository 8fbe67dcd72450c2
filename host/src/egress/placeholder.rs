//! Placeholders: values that the host writes where a guest wrote their names.
//!
//! For SOAP bodies, headers with a syntax of their own, and questions about a token. Promises that
//! a value goes only into a body, a header or the query of a request that was granted, escaped for
//! where it stands, and that a name which was not granted stays a name.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, header::CONTENT_TYPE};
use url::form_urlencoded;

use super::{credential::Draft, error::EgressError, sanitise::BODY_BYTES_MAX};
use crate::secret::Secret;

/// The longest value of a header once it is filled in, in bytes.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// The values by what stands for them, such as `{secret:password}` or `{token:main}`.
#[derive(Debug, Clone)]
pub struct Placeholders(pub BTreeMap<String, Secret<String>>);

/// How a value is written in a body, so that it stays one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// In XML.
    Xml,
    /// Within a string of JSON.
    Json,
    /// In a form.
    Form,
    /// As it is.
    Plain,
}

/// All of them.
const ESCAPES: [Escape; 4] = [Escape::Xml, Escape::Json, Escape::Form, Escape::Plain];

impl Escape {
    /// For a body of this type, such as `text/xml; charset=utf-8`.
    pub fn of(content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            kind if kind.ends_with("/xml") || kind.ends_with("+xml") => Self::Xml,
            kind if kind.ends_with("/json") || kind.ends_with("+json") => Self::Json,
            "application/x-www-form-urlencoded" => Self::Form,
            _ => Self::Plain,
        }
    }

    /// The value as it is written.
    pub fn written(self, value: &str) -> String {
        match self {
            Self::Xml => value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&apos;"),
            Self::Json => {
                let text = serde_json::Value::from(value).to_string();
                text[1..text.len() - 1].to_owned()
            }
            Self::Form => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
            Self::Plain => value.to_owned(),
        }
    }
}

impl Placeholders {
    pub(super) fn attach(&self, draft: &mut Draft) -> Result<(), EgressError> {
        for value in draft.headers.values_mut() {
            let Ok(text) = value.to_str() else { continue };
            if self.0.keys().any(|name| text.contains(name.as_str())) {
                let filled = self.filled(text, HEADER_BYTES_MAX, |value| value.to_owned())?;
                *value = HeaderValue::try_from(filled).map_err(|_| EgressError::Credential)?;
                value.set_sensitive(true);
            }
        }
        self.fill_query(draft)?;
        let kind = draft.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let escape = Escape::of(kind.unwrap_or_default());
        // A body that is no text has no names in it.
        if let Ok(text) = std::str::from_utf8(&draft.body)
            && self.0.keys().any(|name| text.contains(name.as_str()))
        {
            draft.body =
                Bytes::from(self.filled(text, BODY_BYTES_MAX, |value| escape.written(value))?);
        }
        Ok(())
    }

    /// Fills the values of the query's pairs. One without a name in it stays as it was written.
    fn fill_query(&self, draft: &mut Draft) -> Result<(), EgressError> {
        let pairs: Vec<(String, String)> = draft.url.query_pairs().into_owned().collect();
        let has_name = |text: &str| self.0.keys().any(|name| text.contains(name.as_str()));
        if !pairs.iter().any(|(_, value)| has_name(value)) {
            return Ok(());
        }
        let mut query = draft.url.query_pairs_mut();
        query.clear();
        for (name, value) in &pairs {
            let filled = self.filled(value, HEADER_BYTES_MAX, |value| value.to_owned())?;
            query.append_pair(name, &filled);
        }
        Ok(())
    }

    /// A text with each name replaced by its value; what a value holds is not looked at again.
    fn filled(
        &self,
        text: &str,
        bytes_max: usize,
        written: impl Fn(&str) -> String,
    ) -> Result<String, EgressError> {
        let too_long = || EgressError::Invalid(format!("filled in, it is over {bytes_max} bytes"));
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let found = self.0.iter().find(|(name, _)| rest.starts_with(name.as_str()));
            let (value, length) = match found {
                Some((name, value)) => (written(value.expose()), name.len()),
                None => ("{".to_owned(), 1),
            };
            filled.push_str(&value);
            // Before it grows on: a guest may have written a name a million times.
            if filled.len() > bytes_max {
                return Err(too_long());
            }
            rest = &rest[length..];
        }
        filled.push_str(rest);
        if filled.len() > bytes_max { Err(too_long()) } else { Ok(filled) }
    }

    /// The values, in each way in which a body has them.
    pub(super) fn secrets(&self) -> Vec<Secret<String>> {
        let written = |value: &Secret<String>| {
            ESCAPES.map(|escape| Secret::new(escape.written(value.expose())))
        };
        self.0.values().flat_map(written).collect()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    fn sent(kind: &'static str, body: &str) -> (HeaderMap, String) {
        let values = [
            ("{secret:password}".to_owned(), Secret::new("a<&\"b".to_owned())),
            ("{token:main}".to_owned(), Secret::new("{secret:password}".to_owned())),
        ];
        let mut draft = Draft {
            method: Method::POST,
            url: "https://api.example.com/".parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        draft.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        draft.headers.insert("x-odd", HeaderValue::from_static("key={token:main};v=1"));
        Placeholders(values.into()).attach(&mut draft).unwrap();
        (draft.headers, String::from_utf8(draft.body.to_vec()).unwrap())
    }

    #[test]
    fn a_value_is_written_as_the_body_wants_it() {
        for (kind, wanted) in [
            ("text/xml; charset=utf-8", "<p>a&lt;&amp;&quot;b</p>"),
            ("application/soap+xml", "<p>a&lt;&amp;&quot;b</p>"),
            ("application/json", "<p>a<&\\\"b</p>"),
            ("application/x-www-form-urlencoded", "<p>a%3C%26%22b</p>"),
            ("text/plain", "<p>a<&\"b</p>"),
        ] {
            assert_eq!(sent(kind, "<p>{secret:password}</p>").1, wanted, "{kind}");
        }
    }

    #[test]
    fn a_value_in_the_query_stays_one_value() {
        let value = Secret::new("a&b=c d".to_owned());
        let mut draft = Draft {
            method: Method::GET,
            url: "https://api.example.com/valid?x=1&token=%7Btoken:m%7D".parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let placeholders = Placeholders([("{token:m}".to_owned(), value)].into());
        placeholders.attach(&mut draft).unwrap();
        let query: Vec<_> = draft.url.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(query, [pair("x", "1"), pair("token", "a&b=c d")]);
        assert_eq!(draft.url.path(), "/valid");

        draft.url = "https://api.example.com/valid?x=%7E1&y".parse().unwrap();
        placeholders.attach(&mut draft).unwrap();
        assert_eq!(draft.url.query(), Some("x=%7E1&y"));
    }

    #[test]
    fn a_name_that_is_written_a_million_times_is_refused_before_it_grows() {
        let value = Secret::new("x".repeat(4096));
        let mut draft = Draft {
            method: Method::POST,
            url: "https://api.example.com/".parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from("{token:m}".repeat(1_000_000)),
        };
        let placeholders = Placeholders([("{token:m}".to_owned(), value)].into());
        assert!(matches!(placeholders.attach(&mut draft), Err(EgressError::Invalid(_))));
    }

    #[test]
    fn what_is_not_granted_stays_a_name_and_a_value_is_not_filled_again() {
        let (headers, body) = sent("text/plain", "{secret:other} {} {token:main}");
        assert_eq!(body, "{secret:other} {} {secret:password}");
        assert_eq!(headers["x-odd"], "key={secret:password};v=1");
    }
}
