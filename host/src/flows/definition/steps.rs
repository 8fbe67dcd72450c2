//! The steps of a file: each does one thing, and its words belong to that.

use std::ops::Range;

use toml::Spanned;

use super::{
    AfterError, Awaited, Each, ITEMS, ITEMS_MAX, Kind, OnTimeout, Step, Text,
    raw::{RawAwaited, RawStep},
    read::{ID_BYTES_MAX, Reader},
};
use crate::flows::fields::equality;

/// What a step can do, as its words say it.
const KINDS: &str = "write one of: `connection`, `action` and `input`; `sleep`; `until`; \
                     `wait_for`; `approve`; `flow` and `input`; `set`";

impl Reader<'_> {
    /// The steps of a flow or of an error branch; `ids` has those that came before.
    pub(super) fn steps(&mut self, raw: Vec<RawStep>, ids: &mut Vec<String>) -> Vec<Step> {
        raw.into_iter().filter_map(|raw| self.step(raw, ids)).collect()
    }

    fn step(&mut self, raw: RawStep, ids: &mut Vec<String>) -> Option<Step> {
        self.id(&raw.id, ids);
        ids.push(raw.id.get_ref().clone());
        self.belongs(&raw);
        let ways = [("end", AfterError::End), ("go-on", AfterError::GoOn)];
        let after_error = raw.after_error.as_ref().and_then(|text| self.one_of(text, &ways));
        let after_error = after_error.or((!raw.on_error.is_empty()).then_some(AfterError::End));
        let for_each = raw.for_each.clone().map(|list| {
            let most = i64::from(ITEMS_MAX);
            let at_most = raw.at_most.as_ref().and_then(|count| self.count(count, most));
            Each { list, at_most: at_most.unwrap_or(ITEMS) }
        });
        let kind = self.kind(&raw);
        let cancel_on = raw.cancel_on.as_ref().map(|awaited| awaited_event(awaited.get_ref()));
        let on_error = self.steps(raw.on_error, ids);
        let (id, when) = (raw.id, raw.when);
        Some(Step { id, when, for_each, kind: kind?, cancel_on, on_error, after_error })
    }

    fn id(&mut self, id: &Text, ids: &[String]) {
        let text = id.get_ref();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || text.len() > ID_BYTES_MAX || !text.chars().all(word) {
            let what = format!("`{text}` is no id for a step");
            let hint = "begin with a letter, and use letters, digits and `_`: later steps write \
                        `.steps.ID`";
            self.mistake(id, what, hint);
        }
        if ids.contains(text) {
            self.mistake(id, format!("there are two steps `{text}`"), "give each its own id");
        }
    }

    /// Whether the words of a step belong to what it does.
    fn belongs(&mut self, raw: &RawStep) {
        let span = |text: &Option<Text>| text.as_ref().map(Spanned::span);
        let acts = raw.connection.is_some() || raw.action.is_some();
        let repeats = acts || raw.flow.is_some() || raw.set.is_some();
        let (waits, asks) = (raw.wait_for.is_some(), raw.approve.is_some());
        let rests = waits || asks || raw.sleep.is_some() || raw.until.is_some();
        let count = raw.at_most.as_ref().map(Spanned::span);
        let cancel = raw.cancel_on.as_ref().map(Spanned::span);
        let words: [(&str, Option<Range<usize>>, bool, &str); 7] = [
            ("input", span(&raw.input), acts || raw.flow.is_some(), "`action` and `flow`"),
            ("timeout", span(&raw.timeout), waits || asks, "`wait_for` and `approve`"),
            ("on_timeout", span(&raw.on_timeout), raw.timeout.is_some(), "`timeout`"),
            ("on_reject", span(&raw.on_reject), asks, "`approve`"),
            ("cancel_on", cancel, rests, "`sleep`, `until`, `wait_for` and `approve`"),
            ("for_each", span(&raw.for_each), repeats, "`action`, `flow` and `set`"),
            ("at_most", count, raw.for_each.is_some(), "`for_each`"),
        ];
        for (word, span, fits, to) in words {
            if let Some(span) = span.filter(|_| !fits) {
                let what = format!("`{word}` belongs to {to}");
                self.at(span.start, what, "take it out, or make it a step of its own");
            }
        }
    }

    fn kind(&mut self, raw: &RawStep) -> Option<Kind> {
        let acts = raw.connection.is_some() || raw.action.is_some();
        let ways = [
            ("action", acts),
            ("sleep", raw.sleep.is_some()),
            ("until", raw.until.is_some()),
            ("wait_for", raw.wait_for.is_some()),
            ("approve", raw.approve.is_some()),
            ("flow", raw.flow.is_some()),
            ("set", raw.set.is_some()),
        ];
        let said: Vec<&str> = ways.iter().filter(|(_, is)| *is).map(|(word, _)| *word).collect();
        let id = raw.id.get_ref();
        match said[..] {
            [] => {
                self.mistake(&raw.id, format!("the step `{id}` does nothing"), KINDS);
                return None;
            }
            [_] => {}
            _ => {
                let said: Vec<String> = said.iter().map(|word| format!("`{word}`")).collect();
                let what = format!("the step `{id}` does several things: {}", said.join(", "));
                self.mistake(&raw.id, what, "make a step of each");
                return None;
            }
        }
        if acts {
            return self.act(raw);
        }
        if let Some(sleep) = &raw.sleep {
            return self.duration(sleep).map(Kind::Sleep);
        }
        if let Some(flow) = &raw.flow {
            let input = self.needed(raw, raw.input.as_ref(), "input", "input = '{ … }'")?;
            return Some(Kind::Flow { flow: flow.clone(), input });
        }
        if let Some(awaited) = &raw.wait_for {
            return self.wait_for(raw, awaited);
        }
        if let Some(ask) = &raw.approve {
            return self.approve(raw, ask);
        }
        raw.until.clone().map(Kind::Until).or_else(|| raw.set.clone().map(Kind::Set))
    }

    fn act(&mut self, raw: &RawStep) -> Option<Kind> {
        let connection =
            self.needed(raw, raw.connection.as_ref(), "connection", "connection = \"books\"");
        let action = self.needed(raw, raw.action.as_ref(), "action", "action = \"invoice.create\"");
        let input = self.needed(raw, raw.input.as_ref(), "input", "input = '{ … }'");
        Some(Kind::Act { connection: connection?, action: action?, input: input? })
    }

    fn needed(
        &mut self,
        raw: &RawStep,
        text: Option<&Text>,
        word: &str,
        such: &str,
    ) -> Option<Text> {
        if text.is_none() {
            let what = format!("the step `{}` has no `{word}`", raw.id.get_ref());
            self.mistake(&raw.id, what, &format!("add `{such}`"));
        }
        text.cloned()
    }

    fn wait_for(&mut self, raw: &RawStep, awaited: &Spanned<RawAwaited>) -> Option<Kind> {
        let timeout = raw.timeout.as_ref();
        let timeout = self.needed(raw, timeout, "timeout", "timeout = \"30d\"")?;
        let on_timeout = self.on_timeout(raw);
        let timeout_ms = self.duration(&timeout)?;
        let event = awaited_event(awaited.get_ref());
        Some(Kind::WaitFor { event, timeout_ms, on_timeout: on_timeout? })
    }

    fn approve(&mut self, raw: &RawStep, ask: &Text) -> Option<Kind> {
        let timeout_ms = raw.timeout.as_ref().and_then(|text| self.duration(text));
        let on_timeout = self.on_timeout(raw)?;
        let ways = [("end", false), ("go-on", true)];
        let go_on = match &raw.on_reject {
            Some(text) => self.one_of(text, &ways)?,
            None => false,
        };
        let ask = ask.clone();
        Some(Kind::Approve { ask, timeout_ms, on_timeout, go_on_when_rejected: go_on })
    }

    fn on_timeout(&mut self, raw: &RawStep) -> Option<OnTimeout> {
        let ways = [("fail", OnTimeout::Fail), ("go-on", OnTimeout::GoOn), ("end", OnTimeout::End)];
        match &raw.on_timeout {
            Some(text) => self.one_of(text, &ways),
            None => Some(OnTimeout::Fail),
        }
    }
}

fn awaited_event(raw: &RawAwaited) -> Awaited {
    let RawAwaited { connection, event, filter } = raw.clone();
    let equality = filter.as_ref().and_then(|filter| equality(filter.get_ref()));
    Awaited { connection, event, filter, equality }
}
