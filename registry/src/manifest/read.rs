//! Takes a manifest's text apart into blocks, and each block into its type.
//!
//! Promises that one bad block does not hide the mistakes of the next: each is read for itself.
//! Never judges what a value means; that is `check`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeValue, ValueDeserializer},
};

use super::{
    document::{Document, Place},
    error::{MISTAKES_MAX, Mistake},
    explain::explain,
    names,
};

/// How often a block may stand in a manifest, and so how its header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `[http]`
    Once,
    /// `[auth.token]`
    Named,
    /// `[[param]]`
    Listed,
}

/// Every block that a manifest can have.
const BLOCKS: [(&str, Shape); 16] = [
    ("connector", Shape::Once),
    ("param", Shape::Listed),
    ("secret", Shape::Listed),
    ("auth", Shape::Named),
    ("tenants", Shape::Once),
    ("http", Shape::Once),
    ("egress", Shape::Listed),
    ("budget", Shape::Listed),
    ("webhook", Shape::Once),
    ("events", Shape::Named),
    ("actions", Shape::Named),
    ("entities", Shape::Named),
    ("discover", Shape::Named),
    ("subscriptions", Shape::Once),
    ("health", Shape::Once),
    ("limits", Shape::Once),
];

/// Reads blocks and remembers what was wrong with them.
#[derive(Debug)]
pub(super) struct Reader<'d, 'a> {
    document: &'d Document<'a>,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'d, 'a> Reader<'d, 'a> {
    /// Begins, with the blocks that no manifest has.
    pub(super) fn new(document: &'d Document<'a>) -> Self {
        let known: Vec<_> = BLOCKS.iter().map(|(name, _)| *name).collect();
        let unknown = |name: &str| {
            document.mistake_at_key(
                &Place::block(name),
                format!("unknown block `{}`", name.escape_debug()),
                names::hint(name, "blocks", &known),
            )
        };
        let names = document.root.keys().map(|name| name.get_ref().as_ref());
        let names = names.filter(|name| !known.contains(name));
        let mistakes = names.take(MISTAKES_MAX).map(unknown).collect();
        Self { document, mistakes }
    }

    /// A block that stands once: `[http]`. None if it is absent, or wrong.
    pub(super) fn once<T: Deserialize<'a>>(&mut self, block: &str) -> Option<T> {
        let place = Place::block(block);
        let value = self.block(block, Shape::Once)?;
        self.value(value, &place)
    }

    /// A block that must be there.
    pub(super) fn required<T: Deserialize<'a>>(&mut self, block: &str) -> Option<T> {
        if self.document.root.contains_key(block) {
            return self.once(block);
        }
        let message = format!("the manifest has no `[{block}]`");
        let hint = format!("begin with `[{block}]` and say there who the connector is");
        self.mistakes.push(self.document.mistake(&Place::default(), message, hint));
        None
    }

    /// A block of named tables: `[auth.token]`.
    pub(super) fn named<T: Deserialize<'a>>(&mut self, block: &str) -> BTreeMap<String, T> {
        let mut all = BTreeMap::new();
        let Some(value) = self.block(block, Shape::Named) else { return all };
        let DeValue::Table(table) = value.get_ref() else { return all };
        for (name, value) in table {
            let name = name.get_ref();
            let place = Place::block(block).key(name);
            if let Some(read) = self.value(value, &place) {
                all.insert(name.clone().into_owned(), read);
            }
        }
        all
    }

    /// A block that may stand several times: `[[param]]`.
    pub(super) fn listed<T: Deserialize<'a>>(&mut self, block: &str) -> Vec<T> {
        let Some(value) = self.block(block, Shape::Listed) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else { return Vec::new() };
        let mut all = Vec::with_capacity(array.len());
        for (index, value) in array.iter().enumerate() {
            let place = Place::block(block).item(index);
            all.extend(self.value(value, &place));
        }
        all
    }

    /// The value of a block, if it is there and its header has the right shape.
    fn block(&mut self, block: &str, shape: Shape) -> Option<&'d Spanned<DeValue<'a>>> {
        let value = self.document.root.get(block)?;
        let fits = match (value.get_ref(), shape) {
            (DeValue::Table(_), Shape::Once | Shape::Named) => true,
            (DeValue::Array(array), Shape::Listed) => {
                array.iter().all(|item| matches!(item.get_ref(), DeValue::Table(_)))
            }
            _ => false,
        };
        if fits {
            return Some(value);
        }
        let (header, why) = match shape {
            Shape::Once => (format!("[{block}]"), "it stands once"),
            Shape::Named => (format!("[{block}.NAME]"), "each has a name"),
            Shape::Listed => (format!("[[{block}]]"), "there may be several"),
        };
        let message = format!("the block `{block}` must be written `{header}`");
        let hint = format!("begin it with a line `{header}`: {why}");
        self.mistakes.push(self.document.mistake_at_key(&Place::block(block), message, hint));
        None
    }

    fn value<T: Deserialize<'a>>(
        &mut self,
        value: &'d Spanned<DeValue<'a>>,
        place: &Place,
    ) -> Option<T> {
        // To place a mistake takes a walk over the text: enough is enough.
        if self.mistakes.len() >= MISTAKES_MAX {
            return None;
        }
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => Some(read),
            Err(error) => {
                self.mistakes.push(explain(self.document, place, value, &error));
                None
            }
        }
    }
}
