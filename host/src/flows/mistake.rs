//! One mistake in a flow file, with its place and what was probably meant.

use std::fmt;

/// One mistake in a flow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    file: String,
    /// Line and column, from 1; none if it concerns the whole file.
    place: Option<(usize, usize)>,
    what: String,
    hint: String,
}

impl Mistake {
    /// A mistake at a byte of a text.
    pub(super) fn at(
        file: &str,
        text: &str,
        at: Option<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let place = at.and_then(|at| text.get(..at)).map(|before| {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            (line, column)
        });
        Self { file: file.into(), place, what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}\n  hint: {}", self.what, self.hint)
    }
}
