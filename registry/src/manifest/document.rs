//! The text of a manifest, and where in it each thing stands.
//!
//! Owns the parsed TOML with its positions. Promises that every place, even one that is not in
//! the text, has a line and a column: those of the nearest thing around it that is.

use std::{fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{MISTAKES_MAX, Mistake};

/// One manifest's text, parsed.
#[derive(Debug)]
pub(super) struct Document<'a> {
    text: &'a str,
    pub(super) root: DeTable<'a>,
}

/// A way from the root of the document to a thing in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

impl Place {
    /// A block at the top level.
    pub(super) fn block(name: &str) -> Self {
        Self::default().key(name)
    }

    /// What is under `key` here.
    pub(super) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// The item at `index` here, from 0.
    pub(super) fn item(&self, index: usize) -> Self {
        self.step(Step::Item(index))
    }

    /// The last key on the way, with the place that it is in; none for the root.
    pub(super) fn split(&self) -> Option<(Self, &str)> {
        let at = self.0.iter().rposition(|step| matches!(step, Step::Key(_)))?;
        let Step::Key(key) = &self.0[at] else { return None };
        Some((Self(self.0[..at].to_vec()), key))
    }

    /// The last key with the table that it is in: "`secret` in `[auth.token]`".
    pub(super) fn named(&self) -> String {
        match self.split() {
            Some((table, key)) => format!("`{key}` in {table}"),
            None => self.to_string(),
        }
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// As a table's header: `[auth.token]`, `[[egress]]`; the root is `the manifest`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the manifest");
        }
        let keys: Vec<_> = self.0.iter().filter_map(Step::bare).collect();
        match self.0.last() {
            Some(Step::Item(_)) => write!(f, "`[[{}]]`", keys.join(".")),
            _ => write!(f, "`[{}]`", keys.join(".")),
        }
    }
}

impl Step {
    /// A key as TOML writes it; nothing for an item.
    fn bare(&self) -> Option<String> {
        let Self::Key(key) = self else { return None };
        let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let plain = !key.is_empty() && key.bytes().all(bare);
        Some(if plain { key.clone() } else { format!("{key:?}") })
    }
}

impl<'a> Document<'a> {
    /// Parses the text, or answers each mistake in its syntax.
    pub(super) fn parse(text: &'a str) -> Result<Self, Vec<Mistake>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document = Self { text, root: root.into_inner() };
        if errors.is_empty() {
            return Ok(document);
        }
        let mistake = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = format!("not TOML: {}", error.message().replace('\n', ", "));
            document.mistake_at(at, message, "strings stand in double quotes, one key a line")
        };
        Err(errors.iter().take(MISTAKES_MAX).map(mistake).collect())
    }

    /// A mistake at a place: at its value, or, where it has none, at what is around it.
    pub(super) fn mistake(
        &self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Mistake {
        self.mistake_at(self.locate(place).start, message, hint)
    }

    /// A mistake at the key of a place, where the key itself is what is wrong.
    pub(super) fn mistake_at_key(
        &self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Mistake {
        let span = place.split().and_then(|(parent, key)| {
            let (name, _) = self.get(&parent)?.get_key_value(key)?;
            Some(name.span())
        });
        self.mistake_at(span.unwrap_or_else(|| self.locate(place)).start, message, hint)
    }

    /// Whether anything is at a place.
    pub(super) fn has(&self, place: &Place) -> bool {
        let found = place.split().and_then(|(parent, key)| self.get(&parent)?.get(key));
        found.is_some()
    }

    /// The table at a place, if there is one.
    fn get(&self, place: &Place) -> Option<&DeTable<'a>> {
        let Some((first, rest)) = place.0.split_first() else { return Some(&self.root) };
        let Step::Key(first) = first else { return None };
        let mut value = self.root.get(first.as_str())?;
        for step in rest {
            value = descend(value, step)?;
        }
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The bytes of the deepest thing on the way to a place that is in the text.
    fn locate(&self, place: &Place) -> Range<usize> {
        let Some((Step::Key(first), rest)) = place.0.split_first() else { return 0..0 };
        let Some((name, value)) = self.root.get_key_value(first.as_str()) else { return 0..0 };
        let mut value = value;
        // An implicit table such as `auth` in `[auth.token]` has no span that helps.
        let mut span = name.span();
        for step in rest {
            let Some(next) = descend(value, step) else { break };
            value = next;
            span = value.span();
        }
        span
    }

    /// A mistake at a byte of the text.
    pub(super) fn mistake_at(
        &self,
        at: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Mistake {
        // Spans begin at characters; should one not, the line is still right.
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Mistake { line, column, message: message.into(), hint: hint.into() }
    }
}

fn descend<'v, 'a>(
    value: &'v Spanned<DeValue<'a>>,
    step: &Step,
) -> Option<&'v Spanned<DeValue<'a>>> {
    match (value.get_ref(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
        (DeValue::Array(array), Step::Item(index)) => array.get(*index),
        _ => None,
    }
}

/// The place of the first key in a value, from the outside inwards, that is the one.
pub(super) fn search(
    value: &Spanned<DeValue<'_>>,
    place: &Place,
    is_it: &dyn Fn(&str, &Spanned<DeValue<'_>>) -> bool,
) -> Option<Place> {
    match value.get_ref() {
        DeValue::Table(table) => {
            let here = table.iter().find(|(name, inner)| is_it(name.get_ref(), inner));
            if let Some((name, _)) = here {
                return Some(place.key(name.get_ref()));
            }
            table.iter().find_map(|(name, inner)| search(inner, &place.key(name.get_ref()), is_it))
        }
        DeValue::Array(array) => array
            .iter()
            .enumerate()
            .find_map(|(index, inner)| search(inner, &place.item(index), is_it)),
        _ => None,
    }
}
