//! What a person looks at before a release is let in, and how their yes is bound to it.

use std::fmt;

use jackfield_registry::{
    manifest::{Ask, Asks},
    package::{Digest, Publisher},
};
use serde::Serialize;

use super::{Connectors, gates::Candidate};
use crate::text::one_line;

/// What a release asks for, and what of it is new.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// The connector's id.
    pub id: String,
    /// The release's version.
    pub version: String,
    /// The connector's title.
    pub title: String,
    /// The release's digest.
    pub digest: Digest,
    /// Who signed it.
    pub publisher: Option<Publisher>,
    /// What the operator calls them.
    pub publisher_name: Option<String>,
    /// The version that is current now.
    pub current: Option<String>,
    /// Whether the current one is by somebody else.
    pub is_by_another: bool,
    /// All that it asks for.
    pub asks: Asks,
    /// What of it nobody has allowed yet.
    pub new: Vec<Ask>,
    /// What a yes to this release and these asks is called.
    pub approval: String,
}

/// What a person reads: all of it the first time, only what is new afterwards.
impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} — {}, signed by ", self.id, self.version, one_line(&self.title))?;
        match (&self.publisher_name, self.publisher) {
            (Some(name), Some(key)) => writeln!(f, "{name} ({key})")?,
            _ => writeln!(f, "nobody")?,
        }
        match &self.current {
            Some(current) if self.is_by_another => write!(
                f,
                "NOT by whoever made {current}, which is running. It asks for all of this:"
            )?,
            Some(current) => write!(f, "Beyond what {current} was allowed, it asks for:")?,
            None => f.write_str("It asks for:")?,
        }
        for Ask { what, why } in &self.new {
            // An author's words stay on their line, whatever they are.
            write!(f, "\n  + {}", one_line(what))?;
            if !why.is_empty() {
                write!(f, " — {}", one_line(why))?;
            }
        }
        Ok(())
    }
}

impl Connectors {
    /// What a person should look at before this candidate is let in.
    pub(super) fn review_of(&self, candidate: &Candidate) -> Review {
        let release = &candidate.release;
        let manifest = release.manifest();
        let id = manifest.connector.id.clone();
        let known = self.record(&id);
        let granted = known.as_ref().map(|known| known.granted(release));
        let asks = manifest.asks();
        Review {
            version: manifest.connector.version.clone(),
            title: manifest.connector.title.clone(),
            digest: release.digest(),
            publisher: release.publisher(),
            publisher_name: candidate.publisher_name.clone(),
            is_by_another: known
                .as_ref()
                .is_some_and(|known| known.current.publisher != release.publisher()),
            current: known.map(|known| known.current.version.clone()),
            new: asks.beyond(&granted.unwrap_or_default()),
            approval: approval(release.digest(), &asks),
            asks,
            id,
        }
    }
}

/// A yes is to one file and to what it asked for.
fn approval(digest: Digest, asks: &Asks) -> String {
    // Texts and numbers always make JSON.
    let asks = serde_json::to_vec(asks).expect("plain data");
    let both = [digest.to_hex().as_bytes(), &asks].concat();
    Digest::of(&both).to_hex()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authors_words_cannot_rewrite_the_review() {
        let ask = |what: &str, why: &str| Ask { what: what.into(), why: why.into() };
        let review = Review {
            id: "x".into(),
            version: "1.0.0".into(),
            title: "X\u{1b}[2J".into(),
            digest: Digest::of(b""),
            publisher: None,
            publisher_name: None,
            current: None,
            is_by_another: false,
            asks: Asks::default(),
            new: vec![ask("webhooks: \"a\nIt asks for:\"", "because\u{1b}[1A\rnothing")],
            approval: String::new(),
        };
        let text = review.to_string();
        assert_eq!(text.lines().count(), 3, "{text:?}");
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
    }
}
