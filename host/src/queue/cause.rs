//! Causes: what dead letters have in common.
//!
//! Owns the rule by which a failure's message is told from what varies in it, and the short name
//! that comes of it. The same failure has the same cause on every host and after every start.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Task;
use crate::text::cut;

/// Hexadecimal digits of a cause's name. Two of a thousand causes share one in one host of ten
/// thousand; their letters then stand in one group.
pub const CAUSE_DIGITS: usize = 8;
/// Words longer than this are taken for tokens, which vary.
const WORD_BYTES_MAX: usize = 24;
/// The part of a message that tells causes apart, in bytes.
const MESSAGE_BYTES_MAX: usize = 240;
/// What stands in the place of what varies.
const VARIES: char = '#';

/// Where in a flow a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The flow's name.
    pub flow: String,
    /// The step's id.
    pub step: String,
}

/// The name of a cause: connection, kind of task, place, code, and the message without what
/// varies in it.
pub(super) fn name(
    connection: &str,
    task: &Task,
    place: Option<&Place>,
    code: &str,
    message: &str,
) -> String {
    let kind = match task {
        Task::Parse { .. } => "parse",
        Task::Step { .. } => "step",
        Task::Wake { .. } => "wake",
        Task::Tick { .. } => "tick",
        Task::Start { .. } => "start",
        Task::Burst { .. } => "burst",
    };
    let (flow, step) = place.map_or(("", ""), |place| (&place.flow, &place.step));
    let whole = [connection, kind, flow, step, code, &constant(message)].join("\0");
    let mut name = hex::encode(Sha256::digest(whole));
    name.truncate(CAUSE_DIGITS);
    name
}

/// Whether a text has the form of a cause's name.
pub fn is_cause(text: &str) -> bool {
    text.len() == CAUSE_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What of a message does not vary: without quoted values, and without words that have a digit,
/// an `@` or more letters than words have: ids, UUIDs, amounts, times, addresses, tokens.
fn constant(message: &str) -> String {
    let (mut found, mut word) = (String::new(), String::new());
    let mut rest = message.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let opens = c == '"' || (c == '\'' && !before.is_alphanumeric());
        before = c;
        if is_of_word(c) {
            word.push(c);
            continue;
        }
        end(&mut word, &mut found);
        if opens && rest.clone().any(|other| other == c) {
            // Up to where the value ends.
            rest.by_ref().find(|other| *other == c);
            varies(&mut found);
        } else {
            found.push(c);
        }
    }
    end(&mut word, &mut found);
    cut(found, MESSAGE_BYTES_MAX)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '+' | '@')
}

/// Adds a word that has ended, or the mark of one that varies.
fn end(word: &mut String, found: &mut String) {
    let bare = word.trim_end_matches(['.', ':', '-']);
    let is_value =
        bare.len() > WORD_BYTES_MAX || bare.contains(|c: char| c.is_numeric() || c == '@');
    if is_value {
        varies(found);
        found.push_str(&word[bare.len()..]);
    } else {
        found.push_str(word);
    }
    word.clear();
}

fn varies(found: &mut String) {
    if !found.ends_with(VARIES) {
        found.push(VARIES);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(message: &str) -> String {
        let place = Place { flow: "won-deal".into(), step: "invoice".into() };
        name("books", &Task::Step { run: "r".into() }, Some(&place), "rejected", message)
    }

    #[test]
    fn what_varies_makes_no_cause_of_its_own() {
        for (one, other) in [
            ("invoice 1042 is locked", "invoice 7 is locked"),
            ("no contact `c-81`", "no contact `c-9`"),
            (
                "1b4e28ba-2fa1-11d2-883f-0016d3cca427 is gone",
                "6fa459ea-ee8a-3ca4-894e-db77e160355e is gone",
            ),
            ("\"Mill Lane\" is no email", "\"Harbour Street Cafe\" is no email"),
            (
                "it is late since 2026-11-21T10:00:00Z.",
                "it is late since 2025-01-01T00:00:00+02:00.",
            ),
            ("ada@milllane.example is unknown", "bob@harbour.example is unknown"),
        ] {
            assert_eq!(step(one), step(other), "{one} / {other}");
        }
    }

    #[test]
    fn what_is_wrong_otherwise_is_another_cause() {
        let causes = [
            step("the invoice is locked"),
            step("the contact is archived"),
            name("crm", &Task::parse("d"), None, "rejected", "the invoice is locked"),
        ];
        assert!(causes.iter().all(|cause| is_cause(cause)), "{causes:?}");
        let distinct: std::collections::BTreeSet<_> = causes.iter().collect();
        assert_eq!(distinct.len(), causes.len());
    }

    #[test]
    fn an_apostrophe_is_no_quote() {
        assert_eq!(constant("it doesn't fit, it's 'too long'"), "it doesn't fit, it's #");
    }

    proptest! {
        #[test]
        fn every_message_has_a_cause_whatever_its_digits(text in ".{0,80}", a: u64, b: u64) {
            prop_assert_eq!(
                step(&format!("{text} {a} was refused")),
                step(&format!("{text} {b} was refused"))
            );
        }
    }
}
