//! Bytes in JSON: `{"text": …}` where they are UTF-8, for people, and else `{"base64": …}`.
//!
//! Owns that form. Promises the same bytes back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Bytes that can be written as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Octets(pub Bytes);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Text(String),
    Base64(String),
}

impl From<Octets> for Written {
    fn from(Octets(bytes): Octets) -> Self {
        match String::from_utf8(bytes.into()) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Base64(STANDARD.encode(error.as_bytes())),
        }
    }
}

impl TryFrom<Written> for Octets {
    type Error = base64::DecodeError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Self(match written {
            Written::Text(text) => text.into(),
            Written::Base64(text) => STANDARD.decode(text)?.into(),
        }))
    }
}

impl Octets {
    /// A copy of some bytes.
    pub fn copied(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::Octets;

    #[test]
    fn text_stays_readable_and_anything_comes_back() {
        for (bytes, written) in
            [(&b"caf\xc3\xa9"[..], r#"{"text":"café"}"#), (b"\xff\x00", r#"{"base64":"/wA="}"#)]
        {
            let octets = Octets::copied(bytes);
            assert_eq!(serde_json::to_string(&octets).unwrap(), written);
            assert_eq!(serde_json::from_str::<Octets>(written).unwrap(), octets);
        }
        assert!(serde_json::from_str::<Octets>(r#"{"base64":"?"}"#).is_err());
    }
}
