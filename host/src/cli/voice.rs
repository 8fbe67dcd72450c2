//! What is said on the terminal: text in columns, or JSON; colours only where somebody sees them.

use std::io::{self, IsTerminal as _, Write};

use serde_json::Value;

/// The two streams of a command, and how to speak on them.
pub(super) struct Voice {
    out: Stream,
    err: Stream,
    json: bool,
    colour: bool,
}

enum Stream {
    Terminal(Box<dyn Write>),
    Captured(Vec<u8>),
}

impl Stream {
    fn write(&mut self, text: &str) {
        // Whoever closed the stream does not want to read on.
        let _ = match self {
            Self::Terminal(stream) => stream.write_all(text.as_bytes()),
            Self::Captured(text_so_far) => text_so_far.write_all(text.as_bytes()),
        };
    }

    fn captured(self) -> String {
        match self {
            Self::Terminal(_) => String::new(),
            Self::Captured(text) => String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

impl Voice {
    pub(super) fn terminal() -> Self {
        let colour = io::stdout().is_terminal() && crate::config::wants_colour();
        let (out, err) = (Box::new(io::stdout()), Box::new(io::stderr()));
        Self { out: Stream::Terminal(out), err: Stream::Terminal(err), json: false, colour }
    }

    pub(super) fn captured() -> Self {
        let (out, err) = (Stream::Captured(Vec::new()), Stream::Captured(Vec::new()));
        Self { out, err, json: false, colour: false }
    }

    pub(super) fn said(self) -> (String, String) {
        (self.out.captured(), self.err.captured())
    }

    pub(super) fn set_json(&mut self, json: bool) {
        self.json = json;
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Data: as JSON where that was asked for, else as `text` shows it.
    pub(super) fn data(&mut self, data: &Value, text: impl FnOnce(&mut Self, &Value)) {
        if self.json {
            self.line(&format!("{data:#}"));
        } else {
            text(self, data);
        }
    }

    /// Something beside the data, which `--json` keeps out of it.
    pub(super) fn aside(&mut self, text: impl FnOnce(&mut Self)) {
        if !self.json {
            return text(self);
        }
        std::mem::swap(&mut self.out, &mut self.err);
        text(self);
        std::mem::swap(&mut self.out, &mut self.err);
    }

    pub(super) fn line(&mut self, line: &str) {
        self.out.write(&format!("{line}\n"));
    }

    /// A reason on the stream for complaints, as it is.
    pub(super) fn complain(&mut self, why: &str) {
        self.err.write(&format!("{why}\n"));
    }

    /// How far something is, in the place of what was said so before; on a terminal only.
    pub(super) fn progress(&mut self, line: &str) {
        if matches!(self.err, Stream::Terminal(_)) && io::stderr().is_terminal() {
            self.err.write(&format!("\r{line}\u{1b}[K"));
        }
    }

    /// Rows in columns under a head.
    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).chain([head[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> =
                cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            padded.join("  ").trim_end().to_owned()
        };
        let head = line(&mut head.iter().copied());
        self.line(&if self.colour { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head });
        for row in rows {
            self.line(&line(&mut row.iter().map(String::as_str)));
        }
    }

    /// An error: one line in lower case, with its hint.
    pub(super) fn error(&mut self, error: &anyhow::Error) {
        let word = if self.colour { "\u{1b}[31merror\u{1b}[0m" } else { "error" };
        self.err.write(&format!("{word}: {}\n", told(error)));
    }

    /// What the argument parser has to say.
    pub(super) fn usage(&mut self, error: &clap::Error) {
        let text = error.render();
        let text = if self.colour { text.ansi().to_string() } else { text.to_string() };
        if error.use_stderr() { self.err.write(&text) } else { self.out.write(&text) }
    }
}

/// An error with what lay beneath it, each thing said once, and the hint at the end.
fn told(error: &anyhow::Error) -> String {
    let (mut line, mut hint) = (String::new(), None);
    for cause in error.chain().map(ToString::to_string) {
        let (said, way_out) = match cause.split_once(HINT) {
            Some((said, way_out)) => (said.to_owned(), Some(way_out.to_owned())),
            None => (cause, None),
        };
        if line.is_empty() {
            line = said;
        } else if !line.contains(&said) {
            line = format!("{line}: {said}");
        }
        hint = hint.or(way_out);
    }
    hint.map_or(line.clone(), |hint| format!("{line}{HINT}{hint}"))
}

/// What stands between an error and the way out of it.
const HINT: &str = "\n  hint: ";

/// A time as people write it, in UTC.
pub(super) fn time(ms: &Value) -> String {
    let time = ms.as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| "-".into(), |time| format!("{time:.0}"))
}

/// A text of the data; `-` where there is none.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The items of a list.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::told;

    #[test]
    fn an_error_says_each_thing_once_and_the_hint_last() {
        let beneath = std::io::Error::other("no such file");
        let error = Err::<(), _>(beneath).context("`x` cannot be read\n  hint: look elsewhere");
        let error = error.context("it failed").unwrap_err();
        assert_eq!(
            told(&error),
            "it failed: `x` cannot be read: no such file\n  hint: look elsewhere"
        );
        assert_eq!(told(&anyhow!("a: b").context("c: a: b")), "c: a: b");
    }
}
