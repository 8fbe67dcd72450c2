//! Fixtures: what was really said between a connector and its system, in `fixtures/*.toml`.
//!
//! Owns the form, which `sdk/FIXTURES.md` tells. Promises that a case that was read is complete:
//! exactly one thing is asked, and something is expected of it. Never calls anything.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use toml::Spanned;

use crate::egress::Silence;

/// The largest file of fixtures, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The most files of one connector.
const FILES_MAX: usize = 1000;
/// When a case happens that does not say it: 2026-01-01T00:00:00Z.
pub const NOW: &str = "2026-01-01T00:00:00Z";
/// Where a webhook arrives that does not say it.
pub const ENDPOINT: &str = "https://jackfield.example/in/1";

/// Why fixtures cannot be used.
#[derive(Debug, Error)]
pub enum FixtureError {
    /// A file or the folder cannot be read.
    #[error("`{}` cannot be read: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a file of fixtures.
    #[error("{}: {why}\n  hint: sdk/FIXTURES.md tells the form", .path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong, with its place.
        why: String,
    },
}

/// One case: what is asked, what the system says meanwhile, and what comes of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file and the line, for whoever mends it.
    pub place: String,
    /// What it tells, as a story.
    pub name: String,
    /// The values of params.
    pub settings: BTreeMap<String, String>,
    /// The host's time.
    pub now_ms: u64,
    /// The intention, where it is an action.
    pub key: Option<String>,
    /// What is asked.
    pub ask: Ask,
    /// What the system says, in order.
    pub exchanges: Vec<Exchange>,
    /// What comes of it.
    pub expect: Expect,
}

/// What a connector is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// To do an action.
    Action(String, Value),
    /// Whether an action already took effect.
    Recall(String, Value),
    /// What changed, from a cursor on, so many pages of it.
    Changes {
        /// Of which entity.
        entity: String,
        /// Where to begin.
        cursor: Option<String>,
        /// How many pages.
        pages: u32,
    },
    /// For the records that have these keys.
    Find(String, BTreeMap<String, String>),
    /// Whether the connection works.
    Check,
    /// Which organisations there are.
    Tenants,
    /// To have webhooks sent to a URL.
    Ensure(String, Vec<String>),
    /// What a webhook means.
    Delivery(Delivery),
}

/// A webhook as it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The method.
    pub method: String,
    /// The public URL that was called, without its query.
    pub url: String,
    /// What followed the endpoint in the path.
    pub path: String,
    /// The query, without its `?`.
    pub query: String,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Bytes,
    /// What the vendor and the host both know, by name; none for one that is not verified.
    pub secrets: Option<BTreeMap<String, String>>,
    /// When it arrived.
    pub at_ms: u64,
}

/// A request and what it is answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What must be asked.
    pub request: Wanted,
    /// What is answered, unless `fault` says otherwise.
    #[serde(default)]
    pub reply: Said,
    /// Why there is no answer.
    pub fault: Option<Fault>,
}

/// A request as it must be.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers that must be there.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as JSON.
    pub json: Option<Value>,
    /// The body as a form.
    pub form: Option<BTreeMap<String, String>>,
    /// The body as text.
    pub text: Option<String>,
    /// Whether this very POST changes nothing at the system, where nothing else shows it.
    #[serde(default)]
    pub reads: bool,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Said {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body as JSON; a text is taken for the text of JSON.
    pub json: Option<Value>,
    /// The body as text.
    pub text: Option<String>,
    /// The body as Base64.
    pub body_base64: Option<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { status: 200, headers: BTreeMap::new(), json: None, text: None, body_base64: None }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing came in time.
    Timeout,
    /// The socket broke.
    Reset,
    /// There was no socket.
    Refused,
    /// The body broke off.
    CutOff,
}

/// What must come of a case; one of the members up to `refused`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The output; the records; the subscriptions; the organisations.
    pub output: Option<Value>,
    /// That there is none.
    pub none: bool,
    /// The account's name.
    pub label: Option<String>,
    /// The events.
    pub events: Option<Vec<Told>>,
    /// The problem.
    pub problem: Option<Refusal>,
    /// The answer of a handshake.
    pub handshake: Option<Answered>,
    /// A part of the reason for which a webhook is not believed.
    pub refused: Option<String>,
    /// Where the list goes on.
    pub cursor: Option<String>,
    /// Whether there is more at once.
    pub more: Option<bool>,
}

/// An event that must come of a delivery.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: Option<String>,
    /// Its record.
    pub record: Option<Value>,
    /// When it happened, as RFC 3339.
    pub at: Option<String>,
}

/// A problem that must come of a call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Its code.
    pub code: String,
    /// A part of its message.
    pub message: Option<String>,
    /// When it may be tried again.
    pub retry_after_ms: Option<u64>,
}

/// The answer of a handshake.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// Headers that must be there.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

fn ok() -> u16 {
    200
}

impl Said {
    /// The bytes of the body.
    pub fn body(&self) -> Bytes {
        match (&self.json, &self.text, &self.body_base64) {
            (Some(Value::String(text)), ..) => text.clone().into(),
            (Some(json), ..) => json.to_string().into(),
            (_, Some(text), _) => text.clone().into(),
            (.., Some(encoded)) => STANDARD.decode(encoded).unwrap_or_default().into(),
            (None, None, None) => Bytes::new(),
        }
    }

    /// The headers, with the type of a body that is JSON.
    pub fn headers(&self) -> Vec<(String, String)> {
        let lower = |(name, value): (&String, &String)| (name.to_ascii_lowercase(), value.clone());
        let mut headers: Vec<_> = self.headers.iter().map(lower).collect();
        let named = headers.iter().any(|(name, _)| name == "content-type");
        if self.json.is_some() && !named {
            headers.push(("content-type".into(), "application/json".into()));
        }
        headers
    }

    /// The body as JSON, where it is.
    pub fn as_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body()).ok()
    }

    /// The same with another body of JSON.
    #[must_use]
    pub fn with_json(&self, json: &Value) -> Self {
        let (json, text) = (Some(Value::String(json.to_string())), None);
        Self { json, text, body_base64: None, ..self.clone() }
    }

    /// The same with another body of text, of the same type.
    #[must_use]
    pub fn with_text(&self, text: String) -> Self {
        let headers = self.headers().into_iter().collect();
        Self { headers, json: None, text: Some(text), body_base64: None, ..self.clone() }
    }
}

impl From<Fault> for Silence {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Timeout => Self::Timeout,
            Fault::Reset => Self::Reset,
            Fault::Refused => Self::Refused,
            Fault::CutOff => Self::CutOff { status: 200 },
        }
    }
}

/// The cases of all files in a folder, in the order of the files' names; none where there is no
/// such folder.
pub fn in_folder(dir: &Path) -> Result<Vec<Case>, FixtureError> {
    let unread = |source| FixtureError::Read { path: dir.to_owned(), source };
    let files = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(unread)?,
    };
    let mut paths = Vec::new();
    for file in files.take(FILES_MAX) {
        let path = file.map_err(unread)?.path();
        paths.extend(Some(path).filter(|path| path.extension().is_some_and(|end| end == "toml")));
    }
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        cases.extend(in_file(&path)?);
    }
    Ok(cases)
}

/// The cases of one file.
pub fn in_file(path: &Path) -> Result<Vec<Case>, FixtureError> {
    let unread = |source| FixtureError::Read { path: path.to_owned(), source };
    let wrong = |why: String| FixtureError::Form { path: path.to_owned(), why };
    if fs::metadata(path).map_err(unread)?.len() > FILE_BYTES_MAX {
        return Err(wrong(format!("more than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    read(&fs::read_to_string(path).map_err(unread)?, &path.display().to_string()).map_err(wrong)
}

/// The cases in a text; `file` is what their places begin with.
pub fn read(text: &str, file: &str) -> Result<Vec<Case>, String> {
    let written: super::written::File =
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let line = |name: &Spanned<String>| text[..name.span().start].matches('\n').count() + 1;
    let cases = written.case.into_iter().map(|case| {
        let place = format!("{file}:{}", line(&case.name));
        let name = case.name.get_ref().clone();
        case.complete(place).map_err(|why| format!("the case `{name}`: {why}"))
    });
    cases.collect()
}
