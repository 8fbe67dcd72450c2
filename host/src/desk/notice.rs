//! Notices: what an alert says.
//!
//! A notice names causes, never letters, so that its length does not hang on how much failed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    queue::Group,
    text::{cut, one_line},
};

/// Causes that a notice names; of those beyond it says how many there are.
const CAUSES_NAMED_MAX: usize = 20;
/// The longest line about a cause, in bytes.
const LINE_BYTES_MAX: usize = 300;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Causes that are new.
    First,
    /// All causes, after a while in which more came.
    Digest,
    /// Causes that have no letters left.
    Recovery,
    /// Nothing: a person wants to see whether notices arrive.
    Test,
}

/// A cause in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name, for `jackfield dead-letter show`.
    pub id: String,
    /// Where it is and what is wrong, in a line.
    pub line: String,
    /// How many letters wait.
    pub count: usize,
    /// How many of them are new since the last notice that named it.
    pub new: usize,
}

/// What an alert says; a connector's input, or a webhook's body, is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its name: the same whenever it is sent again.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// When it was made, in milliseconds since 1970.
    pub at_ms: u64,
    /// A line.
    pub title: String,
    /// The title, and a line for each cause.
    pub text: String,
    /// The causes, as data.
    pub causes: Vec<Named>,
    /// How many causes there are beyond those that are named.
    pub more: usize,
}

impl Notice {
    /// A notice about causes.
    pub(super) fn of(kind: Kind, mut causes: Vec<Named>, beyond: usize, at_ms: u64) -> Self {
        let total = causes.len() + beyond;
        let letters: usize = causes.iter().map(|one| one.count).sum();
        let more = total - causes.len().min(CAUSES_NAMED_MAX);
        causes.truncate(CAUSES_NAMED_MAX);
        let plural = if total == 1 { "cause" } else { "causes" };
        let title = match kind {
            Kind::First => format!("jackfield: work stopped, for {total} new {plural}"),
            Kind::Digest => format!("jackfield: {letters} dead letters wait, of {total} {plural}"),
            Kind::Recovery => format!("jackfield: nothing waits any more for {total} {plural}"),
            Kind::Test => "jackfield: a test; alerts arrive here".to_owned(),
        };
        let mut lines = vec![title.clone()];
        for one in &causes {
            lines.push(match kind {
                Kind::Recovery => format!("- {}", one.line),
                _ => format!(
                    "- {}: {} wait, {} of them new; see: jackfield dead-letter show {}",
                    one.line, one.count, one.new, one.id
                ),
            });
        }
        if more > 0 {
            lines.push(format!("and {more} more; see: jackfield dead-letter list"));
        }
        let text = lines.join("\n");
        Self { id: Uuid::now_v7().simple().to_string(), kind, at_ms, title, text, causes, more }
    }

    /// One that only shows that notices arrive.
    pub(super) fn test(at_ms: u64) -> Self {
        Self::of(Kind::Test, Vec::new(), 0, at_ms)
    }
}

/// A cause in a line.
pub(super) fn line(group: &Group) -> String {
    let place = group.place.as_ref();
    let place = place.map(|place| format!(", step `{}` of `{}`", place.step, place.flow));
    let line = format!(
        "{}{}: {}: {}",
        group.connection,
        place.unwrap_or_default(),
        group.code,
        group.message
    );
    cut(one_line(&line), LINE_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_of_a_thousand_causes_names_twenty() {
        let named = |n: usize| Named { id: format!("{n:08x}"), line: "a".into(), count: 5, new: 1 };
        let notice = Notice::of(Kind::Digest, (0..1000).map(named).collect(), 7, 1);
        assert_eq!((notice.causes.len(), notice.more), (CAUSES_NAMED_MAX, 987));
        assert!(
            notice.title.contains("5000 dead letters wait, of 1007 causes"),
            "{}",
            notice.title
        );
        assert!(notice.text.ends_with("and 987 more; see: jackfield dead-letter list"));
    }
}
