//! Texts with slots: `{param:name}`, `{secret:name}`, `{timestamp}` and the like.
//!
//! Owns their syntax. A slot is a name in braces without spaces or quotes, so that the braces of
//! JSON and of XML stand for themselves. Never knows what a slot is filled with.

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest text with slots, in bytes.
pub const SLOTTED_BYTES_MAX: usize = 16 << 10;

/// A text with slots.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Slotted(Vec<Piece>);

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// The name between the braces.
    Slot(String),
}

impl Slotted {
    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The names of the slots, in order.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Slot(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with each slot filled; none if one cannot be.
    pub fn filled(&self, fill: impl Fn(&str) -> Option<String>) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Slot(name) => fill(name),
        };
        self.0.iter().map(piece).collect()
    }
}

impl From<&str> for Slotted {
    fn from(text: &str) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match after.split_once('}').filter(|(name, _)| is_slot(name)) {
                Some((name, after)) => {
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Slot(name.to_owned()));
                    rest = after;
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self(pieces)
    }
}

impl TryFrom<String> for Slotted {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > SLOTTED_BYTES_MAX {
            return Err(format!(
                "a text of {} bytes\n  hint: the most is {SLOTTED_BYTES_MAX}",
                text.len()
            ));
        }
        Ok(text.as_str().into())
    }
}

/// Whether a name between braces is that of a slot.
fn is_slot(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        Slotted::from(text).filled(|name| Some(format!("<{name}>"))).unwrap()
    }

    #[test]
    fn slots_are_filled_and_other_braces_stand_for_themselves() {
        assert_eq!(filled("a{param:x}b{secret:y}"), "a<param:x>b<secret:y>");
        assert_eq!(filled(r#"{"user":"{param:u}"}"#), r#"{"user":"<param:u>"}"#);
        for plain in ["", "{", "}", "{}", "{{", "{ a }", "{A}", "{\"a\":{}}", "{a"] {
            assert_eq!(filled(plain), plain);
        }
        assert_eq!(filled("{{timestamp}}"), "{<timestamp>}");
    }

    #[test]
    fn a_slot_that_cannot_be_filled_leaves_no_text() {
        assert_eq!(Slotted::from("a{b}").filled(|_| None), None);
    }
}
