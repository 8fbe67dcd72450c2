//! Texts with holes: `/contacts/{.id}`.
//!
//! Owns their syntax. A hole holds a jq program; `{param:name}` is short for `{$settings.name}`;
//! `{secret:name}` and `{token:name}` stay as they are, for the host to fill on the way out; `{{`
//! and `}}` write a brace. Never fills a hole, and never escapes: who uses the text knows how.

use serde::Deserialize;

use crate::Jq;

/// The longest text with holes, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 64 << 10;

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct Template(Vec<Part>);

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// The value of a program.
    Hole(Jq),
}

impl Template {
    /// The parts in order; two texts never stand side by side.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The programs in the holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Jq> {
        self.0.iter().filter_map(|part| match part {
            Part::Hole(jq) => Some(jq),
            Part::Text(_) => None,
        })
    }

    /// The program, if one hole is all there is: what it gives may then be nothing at all.
    pub fn only_hole(&self) -> Option<&Jq> {
        match self.0.as_slice() {
            [Part::Hole(jq)] => Some(jq),
            _ => None,
        }
    }

    /// Divides the text at each `at` outside of holes.
    pub(crate) fn split(self, at: char) -> Vec<Self> {
        let mut all = vec![Self(Vec::new())];
        for part in self.0 {
            match part {
                Part::Hole(_) => push(&mut all, part),
                Part::Text(text) => {
                    for (index, piece) in text.split(at).enumerate() {
                        if index > 0 {
                            all.push(Self(Vec::new()));
                        }
                        if !piece.is_empty() {
                            push(&mut all, Part::Text(piece.to_owned()));
                        }
                    }
                }
            }
        }
        all
    }

    /// Divides the text at the first `at` in its first piece: a name and the rest.
    pub(crate) fn name_and_rest(self, at: char) -> Result<(String, Self), Self> {
        let found = match self.0.first() {
            Some(Part::Text(text)) => text.split_once(at),
            _ => None,
        };
        let Some((name, rest)) = found else { return Err(self) };
        let (name, rest) = (name.to_owned(), rest.to_owned());
        let mut parts: Vec<Part> = self.0.into_iter().skip(1).collect();
        if !rest.is_empty() {
            parts.insert(0, Part::Text(rest));
        }
        Ok((name, Self(parts)))
    }

    /// Whether it begins with a hole.
    pub fn begins_with_hole(&self) -> bool {
        matches!(self.0.first(), Some(Part::Hole(_)))
    }

    /// The text that it begins with.
    pub(crate) fn beginning(&self) -> &str {
        match self.0.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }
}

fn push(all: &mut [Template], part: Part) {
    if let Some(last) = all.last_mut() {
        last.0.push(part);
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(format!(
                "a text has more than {TEMPLATE_BYTES_MAX} bytes\n  hint: make the long part of it \
                 by an expression"
            ));
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                plain.push_str(&rest[..1]);
                rest = after;
                continue;
            }
            let inside = rest.strip_prefix('{').and_then(hole).ok_or(
                "a brace without its partner\n  hint: a hole is written `{.id}`, a brace `{{` or \
                 `}}`",
            )?;
            rest = &rest[inside.len() + 2..];
            match placeholder(inside) {
                Some(kept) => plain.push_str(&kept),
                None => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Hole(program(inside)?));
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }
}

/// What is inside a hole that was just opened: up to the brace that closes it, past the braces
/// and the texts of the program itself.
fn hole(rest: &str) -> Option<&str> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text && depth == 0 => return Some(&rest[..at]),
            '}' if !in_text => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The text of a hole that the host fills, as it stands.
fn placeholder(inside: &str) -> Option<String> {
    let (kind, name) = inside.split_once(':')?;
    let known = matches!(kind, "secret" | "token") && is_name(name);
    known.then(|| format!("{{{inside}}}"))
}

fn program(inside: &str) -> Result<Jq, String> {
    match inside.strip_prefix("param:").filter(|name| is_name(name)) {
        Some(name) => Jq::try_from(format!("$settings.{name}")),
        None => Jq::try_from(inside.to_owned()),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::try_from(text.to_owned()).unwrap()
    }

    fn shown(text: &str) -> Vec<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => format!("text {text}"),
            Part::Hole(jq) => format!("hole {}", jq.text()),
        };
        template(text).parts().iter().map(part).collect()
    }

    #[test]
    fn holes_are_programs_and_the_rest_stands_as_it_is() {
        assert_eq!(shown("/a/{.id}/b"), ["text /a/", "hole .id", "text /b"]);
        assert_eq!(shown("{{x}}"), ["text {x}"]);
        assert!(template("").parts().is_empty());
    }

    #[test]
    fn a_program_may_have_braces_and_texts_of_its_own() {
        assert_eq!(shown(r#"{ {a: "}"} | .a }!"#), [r#"hole  {a: "}"} | .a "#, "text !"]);
    }

    #[test]
    fn what_the_host_fills_stays_and_a_param_is_a_setting() {
        assert_eq!(
            shown("{secret:key} {token:login} {param:shop}"),
            ["text {secret:key} {token:login} ", "hole $settings.shop"]
        );
    }

    #[test]
    fn a_brace_without_its_partner_is_refused() {
        for bad in ["{", "}", "{.id", "a}b", "{\"}", "{}"] {
            assert!(Template::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
