//! What came of a call, and whether that is what a case expects.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    diff,
    fixture::{Expect, Refusal, Told},
};
use crate::{
    contract::Event,
    fault::{Fault, Retry},
};

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A value: an action's output, records, subscriptions, organisations.
    Output(Value),
    /// It is known that there is none.
    None,
    /// The account's name.
    Label(String),
    /// Records, and where the list goes on.
    Page {
        /// All of them.
        records: Vec<Value>,
        /// Where it goes on.
        cursor: Option<String>,
        /// Whether there is more at once.
        more: bool,
    },
    /// What a delivery means.
    Events(Vec<Happened>),
    /// The answer of a handshake.
    Handshake {
        /// The status.
        status: u16,
        /// The headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// A webhook that is not believed, and why.
    Refused(String),
    /// Why nothing came of it.
    Problem {
        /// One of the contract's, or `trap`, `limit`, `cpu-budget`, `wall-limit`.
        code: String,
        /// In words.
        message: String,
        /// When it may be tried again.
        retry_after_ms: Option<u64>,
    },
    /// The process died.
    Died,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Its record; a text where it is not JSON.
    pub record: Value,
    /// When it happened, in milliseconds since 1970.
    pub at_ms: Option<u64>,
}

impl Outcome {
    /// Text that should be JSON: an output, or the problem that it is none.
    pub(super) fn of_json(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(value) => Self::Output(value),
            Err(error) => Self::nonsense(&format!("the output is no JSON: {error}")),
        }
    }

    /// Texts that should be JSON, each.
    pub(super) fn records(texts: &[String]) -> Result<Vec<Value>, Self> {
        let read = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| Self::nonsense(&format!("a record is no JSON: {error}")))
        };
        texts.iter().map(read).collect()
    }

    pub(super) fn of_events(events: Vec<Event>) -> Self {
        let happened = |event: Event| Happened {
            record: serde_json::from_str(&event.record)
                .unwrap_or_else(|_| Value::String(event.record.clone())),
            kind: event.kind,
            key: event.key,
            at_ms: event.occurred_at_ms,
        };
        Self::Events(events.into_iter().map(happened).collect())
    }

    /// A guest that answers what it must not.
    fn nonsense(message: &str) -> Self {
        Self::Problem { code: "nonsense".into(), message: message.into(), retry_after_ms: None }
    }

    /// The code of a problem; none for anything else.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the connector broke, or its answer cannot be read.
    pub fn is_broken(&self) -> bool {
        let broken = ["trap", "cpu-budget", "wall-limit", "nonsense", "not-loadable", "no-role"];
        self.code().is_some_and(|code| broken.contains(&code))
    }

    /// Every record in it, with its kind of event where it has one.
    pub fn values(&self) -> Vec<(Option<&str>, &Value)> {
        match self {
            Self::Output(value) => vec![(None, value)],
            Self::Page { records, .. } => records.iter().map(|record| (None, record)).collect(),
            Self::Events(events) => {
                events.iter().map(|event| (Some(event.kind.as_str()), &event.record)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// In a few words.
    pub fn shown(&self) -> String {
        match self {
            Self::Output(value) => format!("the output {}", diff::short(&value.to_string())),
            Self::None => "none".into(),
            Self::Label(label) => format!("the label `{label}`"),
            Self::Page { records, more, .. } => format!("{} records, more: {more}", records.len()),
            Self::Events(events) => {
                let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
                format!("{} events [{}]", events.len(), kinds.join(", "))
            }
            Self::Handshake { status, body, .. } => format!("a handshake: {status} `{body}`"),
            Self::Refused(why) => format!("not believed: {why}"),
            Self::Problem { code, message, retry_after_ms } => {
                let after = retry_after_ms.map(|ms| format!(" (after {ms} ms)"));
                format!("{code}{}: {}", after.unwrap_or_default(), diff::short(message))
            }
            Self::Died => "nothing: the process died".into(),
        }
    }

    /// Where it is not what is expected, a line each.
    pub fn mistakes(&self, expect: &Expect) -> Vec<String> {
        let wanted = |what: &str| vec![format!("expected {what}, got {}", self.shown())];
        let mut wrong = match (self, expect) {
            (Self::Output(got), Expect { output: Some(output), .. }) => {
                diff::between("output", output, got)
            }
            (Self::Page { records, .. }, Expect { output: Some(output), .. }) => {
                diff::between("output", output, &Value::from(records.clone()))
            }
            (_, Expect { output: Some(_), .. }) => wanted("an output"),
            (Self::None, Expect { none: true, .. }) => Vec::new(),
            (_, Expect { none: true, .. }) => wanted("none"),
            (Self::Label(got), Expect { label: Some(label), .. }) if got == label => Vec::new(),
            (_, Expect { label: Some(label), .. }) => wanted(&format!("the label `{label}`")),
            (Self::Events(got), Expect { events: Some(told), .. }) => events(told, got),
            (_, Expect { events: Some(told), .. }) => wanted(&format!("{} events", told.len())),
            (_, Expect { problem: Some(problem), .. }) => self.refusal(problem),
            (Self::Handshake { status, headers, body }, Expect { handshake: Some(one), .. }) => {
                let lower = one.headers.iter().map(|(name, v)| (name.to_ascii_lowercase(), v));
                let all = lower
                    .into_iter()
                    .all(|(name, value)| headers.iter().any(|(n, v)| *n == name && v == value));
                let same = (*status, body) == (one.status, &one.body) && all;
                if same { Vec::new() } else { wanted(&format!("{one:?}")) }
            }
            (_, Expect { handshake: Some(_), .. }) => wanted("a handshake"),
            (Self::Refused(why), Expect { refused: Some(part), .. }) if why.contains(part) => {
                Vec::new()
            }
            (_, Expect { refused: Some(_), .. }) => wanted("that it is not believed"),
            _ => Vec::new(),
        };
        if expect.cursor.is_some() || expect.more.is_some() {
            wrong.extend(self.going_on(expect));
        }
        wrong
    }

    fn refusal(&self, wanted: &Refusal) -> Vec<String> {
        let Self::Problem { code, message, retry_after_ms } = self else {
            return vec![format!("expected the problem `{}`, got {}", wanted.code, self.shown())];
        };
        let mut wrong = Vec::new();
        if *code != wanted.code {
            wrong
                .push(format!("problem/code: expected `{}`, got `{code}`: {message}", wanted.code));
        }
        if let Some(part) = wanted.message.as_ref().filter(|part| !message.contains(*part)) {
            wrong.push(format!("problem/message: expected `{part}` in it, got `{message}`"));
        }
        if wanted.retry_after_ms.is_some() && wanted.retry_after_ms != *retry_after_ms {
            let (wanted, got) = (wanted.retry_after_ms, retry_after_ms);
            wrong.push(format!("problem/retry_after_ms: expected {wanted:?}, got {got:?}"));
        }
        wrong
    }

    fn going_on(&self, expect: &Expect) -> Vec<String> {
        let Self::Page { cursor, more, .. } = self else {
            return vec![format!("expected a page of a list, got {}", self.shown())];
        };
        let mut wrong = Vec::new();
        if expect.cursor.is_some() && expect.cursor != *cursor {
            wrong.push(format!("cursor: expected {:?}, got {cursor:?}", expect.cursor));
        }
        if expect.more.is_some_and(|wanted| wanted != *more) {
            wrong.push(format!("more: expected {}, got {more}", !more));
        }
        wrong
    }
}

fn events(told: &[Told], got: &[Happened]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, (told, got)) in told.iter().zip(got).enumerate() {
        let place = format!("events/{index}");
        let (mut expected, mut seen) = (json!({"kind": told.kind}), json!({"kind": got.kind}));
        if let Some(key) = &told.key {
            (expected["key"], seen["key"]) = (key.as_str().into(), got.key.as_str().into());
        }
        if let Some(record) = &told.record {
            (expected["record"], seen["record"]) = (record.clone(), got.record.clone());
        }
        if let Some(at) = &told.at {
            (expected["at"], seen["at"]) = (at.as_str().into(), time(got.at_ms));
            // Two ways to write one time.
            if super::written::moment(at).ok() == got.at_ms {
                seen["at"] = expected["at"].clone();
            }
        }
        wrong.extend(diff::between(&place, &expected, &seen));
    }
    if told.len() != got.len() {
        let kinds: Vec<_> = got.iter().map(|event| event.kind.as_str()).collect();
        let (told, got) = (told.len(), kinds.join(", "));
        wrong.push(format!("events: expected {told}, got {} [{got}]", kinds.len()));
    }
    wrong
}

fn time(ms: Option<u64>) -> Value {
    let time = ms.and_then(|ms| i64::try_from(ms).ok());
    let time = time.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or(Value::Null, |time| time.to_string().into())
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        let retry_after_ms = match fault.retry {
            Retry::After(after) => u64::try_from(after.as_millis()).ok(),
            Retry::Never | Retry::Backoff => None,
        };
        Self::Problem { code: fault.code.into_owned(), message: fault.message, retry_after_ms }
    }
}
