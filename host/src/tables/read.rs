//! The text of a table, read: CSV by RFC 4180 with a row of headings, or a JSON object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// The most rows of a table.
pub const ROWS_MAX: usize = 20_000;
/// The most columns of a CSV file.
const COLUMNS_MAX: usize = 100;

/// In which form a table is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A row of headings, then a row for each key, which is the first column.
    Csv,
    /// An object: each member is a key and what it stands for.
    Json,
}

/// Why a text is no table.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unfit {
    /// Not text at all.
    #[error("it is not text in UTF-8\n  hint: save it as \"CSV UTF-8\"")]
    NotText,
    /// Nothing there.
    #[error(
        "it is empty\n  hint: the first row names the columns, and the first column is the key"
    )]
    Empty,
    /// A row is not like the others.
    #[error("line {line}: {why}")]
    Row {
        /// From 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// Not a JSON object.
    #[error(
        "{0}\n  hint: a table in JSON is one object, such as {{\"travel\": {{\"code\": \"493\"}}}}"
    )]
    NotObject(String),
    /// Too much of it.
    #[error("it has {count} {what} and may have {most}")]
    TooMany {
        /// `rows` or `columns`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

/// A table in memory.
#[derive(Debug)]
pub struct Table {
    columns: Vec<String>,
    rows: BTreeMap<Box<str>, Row>,
}

#[derive(Debug)]
enum Row {
    /// The cells after the key.
    Cells(Box<[Box<str>]>),
    /// JSON, as text.
    Json(Box<str>),
}

impl Table {
    /// Reads a text.
    pub fn read(form: Form, text: &[u8]) -> Result<Self, Unfit> {
        let text = std::str::from_utf8(text).map_err(|_| Unfit::NotText)?;
        // Spreadsheets write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table = match form {
            Form::Csv => Self::csv(text)?,
            Form::Json => Self::json(text)?,
        };
        let count = table.rows.len();
        let most = ROWS_MAX;
        if count > most { Err(Unfit::TooMany { what: "rows", count, most }) } else { Ok(table) }
    }

    fn csv(text: &str) -> Result<Self, Unfit> {
        let mut lines = Lines { rest: text, line: 0 };
        let (head, columns) = lines.next_row()?.ok_or(Unfit::Empty)?;
        let (count, most) = (columns.len(), COLUMNS_MAX);
        if count > most {
            return Err(Unfit::TooMany { what: "columns", count, most });
        }
        let unfit = |line: usize, why: String| Err(Unfit::Row { line, why });
        for (place, column) in columns.iter().enumerate() {
            if column.is_empty() || columns[..place].contains(column) {
                return unfit(
                    head,
                    format!("the heading of column {} is empty or taken", place + 1),
                );
            }
        }
        let mut rows = BTreeMap::new();
        while let Some((line, cells)) = lines.next_row()? {
            if cells.len() != count {
                return unfit(
                    line,
                    format!("{} cells where the headings are {count}", cells.len()),
                );
            }
            let mut cells = cells.into_iter().map(String::into_boxed_str);
            let key = cells.next().filter(|key| !key.is_empty());
            let Some(key) = key else { return unfit(line, "the key is empty".into()) };
            if rows.contains_key(&key) {
                return unfit(line, format!("the key `{key}` is there already"));
            }
            rows.insert(key, Row::Cells(cells.collect()));
        }
        Ok(Self { columns, rows })
    }

    fn json(text: &str) -> Result<Self, Unfit> {
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| Unfit::NotObject(error.to_string()))?;
        let row = |(key, value): (String, Value)| {
            (key.into_boxed_str(), Row::Json(value.to_string().into_boxed_str()))
        };
        Ok(Self { columns: Vec::new(), rows: members.into_iter().map(row).collect() })
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The headings of a CSV file.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(|key| &**key)
    }

    /// What it has for a key: of a CSV file an object of the other columns, in which an empty
    /// cell is null.
    pub fn row(&self, key: &str) -> Option<Value> {
        Some(match self.rows.get(key)? {
            // It was written from a value that had been read.
            Row::Json(text) => serde_json::from_str(text).unwrap_or_default(),
            Row::Cells(cells) => {
                let cell = |cell: &str| match cell {
                    "" => Value::Null,
                    text => Value::from(text),
                };
                let names = self.columns.iter().skip(1).cloned();
                let cells = cells.iter().map(|text| cell(text));
                Value::Object(names.zip(cells).collect())
            }
        })
    }
}

/// The rows of a CSV file.
struct Lines<'a> {
    rest: &'a str,
    /// How many lines were read.
    line: usize,
}

impl Lines<'_> {
    /// The next row that is not empty: its line, from 1, and its cells, without the space around
    /// them; what stands between quotes is kept as it is.
    fn next_row(&mut self) -> Result<Option<(usize, Vec<String>)>, Unfit> {
        while let Some(rest) = self.rest.strip_prefix("\r\n").or(self.rest.strip_prefix('\n')) {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (line, mut cells) = (self.line + 1, Vec::new());
        loop {
            cells.push(self.cell()?);
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            let after = self.rest.strip_prefix("\r\n").or(self.rest.strip_prefix('\n'));
            self.rest = after.unwrap_or_default();
            self.line += 1;
            return Ok(Some((line, cells)));
        }
    }

    /// The next cell; what is left begins with a comma or a line break, or is nothing.
    fn cell(&mut self) -> Result<String, Unfit> {
        let wrong = |line: usize, why: &str| Unfit::Row { line: line + 1, why: why.to_owned() };
        let begin = self.rest.trim_start_matches([' ', '\t']);
        let Some(quoted) = begin.strip_prefix('"') else {
            let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
            let (cell, rest) = self.rest.split_at(end);
            // The carriage return belongs to the line break.
            let broken = cell.strip_suffix('\r').filter(|_| rest.starts_with('\n'));
            self.rest = broken.map_or(rest, |cell| &self.rest[cell.len()..]);
            let cell = broken.unwrap_or(cell);
            if cell.contains('"') {
                return Err(wrong(self.line, "a quote within a cell that does not begin with one"));
            }
            return Ok(cell.trim().to_owned());
        };
        let mut text = String::new();
        let mut rest = quoted;
        loop {
            let Some(end) = rest.find('"') else {
                return Err(wrong(self.line, "a quote that is not closed"));
            };
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    text.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        let after = rest.trim_start_matches([' ', '\t']);
        let ends = after.is_empty() || after.starts_with([',', '\n']) || after.starts_with("\r\n");
        if !ends {
            return Err(wrong(self.line, "something follows a closing quote"));
        }
        self.line += text.matches('\n').count();
        self.rest = after;
        Ok(text)
    }
}
