//! What is wrong with a manifest: each mistake with its place and the way to mend it.
//!
//! Promises that a mistake prints as `file:line:column: what is wrong` and, below it, a hint.
//! Never holds a value of a connection; a manifest has none.

use std::fmt;

use thiserror::Error;

/// The most mistakes that are looked for; more would not help a person, and each takes time.
pub const MISTAKES_MAX: usize = 30;

/// Everything that is wrong with one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", Lines(.file, .mistakes))]
pub struct ManifestError {
    /// The file's name, as it was given.
    pub file: String,
    /// One or more, in the order of the text; at most [`MISTAKES_MAX`].
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong: one lower-case line, names in backticks.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// The mistakes of a file in the order of its text, each once, and no more than anybody reads.
pub(super) fn sorted(file: &str, mut mistakes: Vec<Mistake>) -> ManifestError {
    mistakes.sort();
    mistakes.dedup();
    mistakes.truncate(MISTAKES_MAX);
    ManifestError { file: file.into(), mistakes }
}

struct Lines<'a>(&'a str, &'a [Mistake]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(file, mistakes) = self;
        for (index, mistake) in mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Mistake { line, column, message, hint } = mistake;
            write!(f, "{file}:{line}:{column}: {message}")?;
            if !hint.is_empty() {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}
