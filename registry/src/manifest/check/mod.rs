//! Whether a manifest that reads well also makes sense.
//!
//! Owns what the blocks must be to each other; a file for each group of blocks. Promises to find
//! every mistake, up to a bound, and to place each at the line that must change.

mod auth;
mod declared;
mod form;
mod offers;
mod signed;
mod templates;
mod tenants;
mod traffic;

use super::{
    Manifest,
    document::{Document, Place},
    error::{MISTAKES_MAX, Mistake},
    names,
};

/// The longest title, help or other line for a person, in bytes.
const TEXT_BYTES_MAX: usize = 1000;

/// Headers that are the host's own: a manifest must not name them.
const HOST_HEADERS: [&str; 12] = [
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Everything in a manifest that does not make sense.
pub(super) fn check(document: &Document<'_>, manifest: &Manifest) -> Vec<Mistake> {
    let mut check = Check { document, manifest, mistakes: Vec::new() };
    check.connector();
    check.form();
    check.traffic();
    check.tenants();
    check.offers();
    check.declared();
    check.mistakes
}

struct Check<'d, 'a> {
    document: &'d Document<'a>,
    manifest: &'d Manifest,
    mistakes: Vec<Mistake>,
}

impl Check<'_, '_> {
    /// Whether there are as many mistakes as will be told. To look for more would give a
    /// hostile manifest time that grows with its square.
    fn is_full(&self) -> bool {
        self.mistakes.len() >= MISTAKES_MAX
    }

    /// Notes a mistake in the value at a place.
    fn wrong(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        if self.is_full() {
            return;
        }
        self.mistakes.push(self.document.mistake(place, message, hint));
    }

    /// Notes a mistake in the key of a place.
    fn wrong_key(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        if self.is_full() {
            return;
        }
        self.mistakes.push(self.document.mistake_at_key(place, message, hint));
    }

    /// A name of one's own choice, at its value.
    fn name(&mut self, place: &Place, what: &str, name: &str) {
        if !names::is_name(name) {
            let message = format!("`{}` is not a name for {what}", name.escape_debug());
            self.wrong(place, message, NAME_HINT);
        }
    }

    /// A name of one's own choice that is the key of a table.
    fn name_key(&mut self, place: &Place, what: &str, name: &str) {
        if !names::is_name(name) {
            let message = format!("`{}` is not a name for {what}", name.escape_debug());
            self.wrong_key(place, message, NAME_HINT);
        }
    }

    /// A name that must be one of those known.
    fn known(&mut self, place: &Place, what: &str, name: &str, known: &[&str]) {
        if !self.is_full() && !known.contains(&name) {
            let table = table(place);
            let message = format!("unknown {what} `{}` in {table}", name.escape_debug());
            self.wrong(place, message, names::hint(name, &plural(what), known));
        }
    }

    /// The name of a secret that must be declared.
    fn secret(&mut self, place: &Place, name: &str) {
        let known: Vec<_> = self.manifest.secrets.iter().map(|s| s.name.as_str()).collect();
        self.known(place, "secret", name, &known);
    }

    /// The name of a param that must be declared.
    fn param(&mut self, place: &Place, name: &str) {
        let known: Vec<_> = self.manifest.params.iter().map(|p| p.name.as_str()).collect();
        self.known(place, "param", name, &known);
    }

    /// A line for a person.
    fn text(&mut self, place: &Place, text: &str) {
        if text.trim().is_empty() {
            self.wrong(place, format!("{} is empty", place.named()), "say it in a few words");
        } else if text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
            let hint = format!("write one line of at most {TEXT_BYTES_MAX} bytes");
            self.wrong(place, format!("{} is not one short line", place.named()), hint);
        }
    }

    /// The name of a header that is not the host's.
    fn header(&mut self, place: &Place, name: &str) {
        if let Some((message, hint)) = header_mistake(name) {
            self.wrong(place, message, hint);
        }
    }

    /// A whole number with bounds.
    fn bounds(&mut self, place: &Place, number: u64, max: u64) {
        if number == 0 || number > max {
            let message = format!("{} is {number}", place.named());
            self.wrong(place, message, format!("write a whole number from 1 to {max}"));
        }
    }

    /// A path, or the beginning of one.
    fn path(&mut self, place: &Place, path: &str) {
        if !names::is_path(path) {
            let message = format!("`{}` is not a path", path.escape_debug());
            let hint = "begin with `/`; no host, no query, no `..`, nothing that a URL escapes";
            self.wrong(place, message, hint);
        }
    }
}

const NAME_HINT: &str = "begin with a letter, and use a-z, 0-9 and `_`, up to 48 of them";

/// Why a header cannot be named, and what to do.
fn header_mistake(name: &str) -> Option<(String, &'static str)> {
    if !names::is_header(name) {
        let message = format!("`{}` is not the name of a header", name.escape_debug());
        return Some((message, "use letters, digits and `-`, such as `x-api-version`"));
    }
    if HOST_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Some((format!("the header `{name}` is the host's own"), "leave it out"));
    }
    None
}

/// The table that a place is in, as its header.
fn table(place: &Place) -> Place {
    place.split().map_or_else(Place::default, |(table, _)| table)
}

fn plural(what: &str) -> String {
    match what.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{what}s"),
    }
}
