//! From TOML to a flow: whether each word stands where it belongs and is what it may be.

use jackfield_registry::manifest::units::parse_ms;
use toml::Spanned;

use super::{
    Ended, FILE_BYTES_MAX, Flow, On, Runs, STEPS_MAX, Text, Throttle, Trigger,
    raw::{RawFlow, RawOn, RawRuns},
};
use crate::{
    flows::{Mistake, schedule::Schedule},
    text::nearest,
};

/// The longest name of a flow or id of a step, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The longest description, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 500;
/// The largest number that `at_once` and `throttle` may have.
const COUNT_MAX: i64 = 10_000;

/// Reads one file and gathers what is wrong with it.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    found: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, file: &'a str) -> Self {
        Self { text, file, found: Vec::new() }
    }

    /// The flow; or every mistake that can be seen without knowing what is connected.
    pub(super) fn flow(mut self) -> Result<Flow, Vec<Mistake>> {
        if self.text.len() > FILE_BYTES_MAX {
            let what = format!("a flow file has at most {} KiB", FILE_BYTES_MAX >> 10);
            self.whole(what, "split it into several flows");
            return Err(self.found);
        }
        let raw: RawFlow = match toml::from_str(self.text) {
            Ok(raw) => raw,
            Err(error) => {
                self.misread(&error);
                return Err(self.found);
            }
        };
        self.name(&raw.name);
        if raw.description.as_ref().is_some_and(|text| text.len() > DESCRIPTION_BYTES_MAX) {
            self.whole(
                format!("`description` has at most {DESCRIPTION_BYTES_MAX} bytes"),
                "say more in a comment: a line that begins with `#`",
            );
        }
        let on = self.trigger(raw.on);
        let runs = raw.runs.map(|runs| self.runs(runs)).unwrap_or_default();
        if raw.steps.is_empty() {
            self.whole("the flow has no steps".into(), "each step begins with `[[step]]`");
        }
        let mut ids = Vec::new();
        let steps = self.steps(raw.steps, &mut ids);
        if ids.len() > STEPS_MAX {
            let what = format!("the flow has {} steps; the most is {STEPS_MAX}", ids.len());
            self.whole(what, "move some of them into a flow of their own: `flow = \"NAME\"`");
        }
        let name = raw.name.into_inner();
        match on.filter(|_| self.found.is_empty()) {
            Some(on) => Ok(Flow { name, description: raw.description, on, runs, steps }),
            None => Err(self.found),
        }
    }

    fn name(&mut self, name: &Text) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let text = name.get_ref();
        if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.chars().all(good) {
            let what = format!("`{text}` is no name for a flow");
            self.mistake(name, what, "use a-z, 0-9 and `-`, up to 64 of them");
        }
    }

    fn trigger(&mut self, raw: Spanned<RawOn>) -> Option<Trigger> {
        const HINT: &str = "write one of: `connection` and `event`; `schedule`, such as \
                            \"0 8 * * 1-5\", and `zone`; `manual = true`; `flow`";
        let span = raw.span();
        let on = raw.into_inner();
        let events = on.connection.is_some() || on.event.is_some();
        let ways = [events, on.schedule.is_some(), on.manual.is_some(), on.flow.is_some()];
        match ways.iter().filter(|way| **way).count() {
            1 => {}
            0 => {
                self.at(span.start, "`[on]` does not say what starts the flow".into(), HINT);
                return None;
            }
            _ => {
                self.at(span.start, "`[on]` names several things that start the flow".into(), HINT);
                return None;
            }
        }
        let belongs = [
            ("when", on.when.as_ref().map(Spanned::span), events, "an event"),
            ("echoes", on.echoes.as_ref().map(Spanned::span), events, "an event"),
            ("zone", on.zone.as_ref().map(Spanned::span), on.schedule.is_some(), "`schedule`"),
            ("ended", on.ended.as_ref().map(Spanned::span), on.flow.is_some(), "`flow`"),
        ];
        for (word, span, fits, to) in belongs {
            if let Some(span) = span.filter(|_| !fits) {
                self.at(span.start, format!("`{word}` belongs to {to}"), "take it out");
            }
        }
        if events {
            return self.event_trigger(on, span.start);
        }
        if let Some(pattern) = &on.schedule {
            return self
                .schedule(pattern, on.zone.as_ref())
                .map(|schedule| Trigger::Schedule(Box::new(schedule)));
        }
        if let Some(flow) = on.flow {
            let ended = on.ended.map_or(Some(Ended::Done), |ended| {
                let ways = [("done", Ended::Done), ("cancelled", Ended::Cancelled)];
                self.one_of(&ended, &ways)
            })?;
            return Some(Trigger::Flow { flow, ended });
        }
        if let Some(manual) = on.manual.filter(|manual| !manual.get_ref()) {
            let what = "`manual` is `true` or is left out".to_owned();
            self.at(manual.span().start, what, HINT);
        }
        Some(Trigger::Manual)
    }

    fn event_trigger(&mut self, on: RawOn, at: usize) -> Option<Trigger> {
        let echoes = on.echoes.is_some_and(Spanned::into_inner);
        match (on.connection, on.event) {
            (Some(connection), Some(event)) => {
                Some(Trigger::Event(On { connection, event, when: on.when, echoes }))
            }
            (Some(_), None) => {
                let hint = "add its kind, such as `event = \"deal.won\"`";
                self.at(at, "`[on]` says from where the event comes, but not which".into(), hint);
                None
            }
            _ => {
                let hint = "add the connection from which it comes: `connection = \"crm\"`";
                self.at(at, "`[on]` says which event, but not from where it comes".into(), hint);
                None
            }
        }
    }

    fn schedule(&mut self, pattern: &Text, zone: Option<&Text>) -> Option<Schedule> {
        let Some(zone) = zone else {
            let what = "`schedule` does not say in which time zone".to_owned();
            self.mistake(pattern, what, "add `zone`, such as `zone = \"Europe/London\"`");
            return None;
        };
        let Ok(tz) = jiff::tz::TimeZone::get(zone.get_ref()) else {
            let what = format!("`{}` is no time zone", zone.get_ref());
            let zones: Vec<String> =
                jiff::tz::db().available().map(|name| name.to_string()).collect();
            let near = nearest(zone.get_ref(), zones.iter().map(String::as_str));
            let hint = near.map_or_else(
                || "write it as continent and city, such as `Europe/London`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.mistake(zone, what, &hint);
            return None;
        };
        match Schedule::new(pattern.get_ref(), tz) {
            Ok(schedule) => Some(schedule),
            Err(why) => {
                let what = format!("`{}` is no schedule: {why}", pattern.get_ref());
                let hint = "write minute, hour, day of the month, month and day of the week: \
                            \"0 8 * * 1-5\" is eight in the morning from Monday to Friday";
                self.mistake(pattern, what, hint);
                None
            }
        }
    }

    fn runs(&mut self, raw: RawRuns) -> Runs {
        let debounce_ms = raw.debounce.as_ref().and_then(|text| self.duration(text));
        let throttle = raw.throttle.and_then(|throttle| {
            let runs = self.count(&throttle.runs, COUNT_MAX);
            let per_ms = self.duration(&throttle.per);
            runs.zip(per_ms).map(|(runs, per_ms)| Throttle { runs, per_ms })
        });
        let at_once = raw.at_once.as_ref().and_then(|count| self.count(count, COUNT_MAX));
        Runs { key: raw.key, at_once, debounce_ms, throttle }
    }

    /// A whole number from 1.
    pub(super) fn count(&mut self, number: &Spanned<i64>, most: i64) -> Option<u32> {
        let count = *number.get_ref();
        if (1..=most).contains(&count) {
            return u32::try_from(count).ok();
        }
        let hint = format!("write a whole number from 1 to {most}");
        self.at(number.span().start, format!("`{count}` is out of range"), &hint);
        None
    }

    /// A duration, in milliseconds.
    pub(super) fn duration(&mut self, text: &Text) -> Option<u64> {
        let ms = parse_ms(text.get_ref());
        if ms.is_none() {
            let what = format!("`{}` is no duration", text.get_ref());
            let hint = "write a whole number and `s`, `m`, `h` or `d`, such as `7d`; up to 366d";
            self.mistake(text, what, hint);
        }
        ms
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&mut self, text: &Text, words: &[(&str, T)]) -> Option<T> {
        let word = text.get_ref().as_str();
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            return Some(*value);
        }
        let known: Vec<String> = words.iter().map(|(known, _)| format!("`{known}`")).collect();
        let hint = format!("write {}", known.join(" or "));
        self.mistake(text, format!("`{word}` is not known here"), &hint);
        None
    }

    pub(super) fn mistake(&mut self, word: &Text, what: String, hint: &str) {
        self.at(word.span().start, what, hint);
    }

    pub(super) fn at(&mut self, at: usize, what: String, hint: &str) {
        self.found.push(Mistake::at(self.file, self.text, Some(at), what, hint));
    }

    fn whole(&mut self, what: String, hint: &str) {
        self.found.push(Mistake::at(self.file, self.text, None, what, hint));
    }

    /// The words for what TOML or its shape did not allow.
    fn misread(&mut self, error: &toml::de::Error) {
        let at = error.span().map(|span| span.start);
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let (what, hint) = match quoted.split_first() {
            Some((word, known)) if message.starts_with("unknown field") => {
                let hint = match nearest(word, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", known.join(", ")),
                };
                (format!("the word `{word}` is not known here"), hint)
            }
            Some((word, _)) if message.starts_with("missing field") => {
                let hint = match *word {
                    "where" => "say which event is meant",
                    "step" => "each step begins with `[[step]]`",
                    "on" => "add `[on]`: what starts the flow",
                    "name" => "begin the file with `name = \"…\"`",
                    "id" => "give the step a name: `id = \"…\"`",
                    "per" => "say in how long: `per = \"1m\"`",
                    "runs" => "say how many: `runs = 10`",
                    _ => "an event has a `connection` and an `event`",
                };
                (format!("`{word}` is missing"), hint.to_owned())
            }
            _ if message.starts_with("invalid type: ") => mistyped(message),
            _ if message.starts_with("duplicate key") => {
                ("the same word stands here twice".into(), "take one of the two out".into())
            }
            _ if message.starts_with("key with no value") => {
                let what = "a word stands here without a value".to_owned();
                (what, "write it as `word = \"value\"`".to_owned())
            }
            _ if message.starts_with("unexpected key or value") => {
                let what = "the line does not end where its value does".to_owned();
                let hint = "a text with an apostrophe stands in three: '''it's'''";
                (what, hint.to_owned())
            }
            _ => {
                let hint = "texts stand in \"quotes\", expressions best in 'single' ones, and \
                            each table begins with its name in brackets";
                (message.lines().next().unwrap_or_default().to_owned(), hint.to_owned())
            }
        };
        self.found.push(Mistake::at(self.file, self.text, at, what, hint));
    }
}

/// The words for a value that is of another kind than belongs there.
fn mistyped(message: &str) -> (String, String) {
    let line = message.lines().next().unwrap_or_default().trim_start_matches("invalid type: ");
    let (found, wanted) = line.split_once(", expected ").unwrap_or((line, ""));
    let found = match found.split_once(' ') {
        Some((_, value)) => format!("`{}`", value.trim_matches('`')),
        None => "a table".to_owned(),
    };
    let belongs = [
        ("bool", "`true` or `false`", "write it without quotes"),
        ("i64", "a whole number", "write it without quotes, such as `10`"),
        ("string", "a text", "write it in \"quotes\""),
        ("sequence", "a list", "write two pairs of brackets: each step begins with `[[step]]`"),
        ("RawAwaited", "an event", "write `{ connection = \"books\", event = \"invoice.paid\" }`"),
        ("RawThrottle", "a number of runs in a time", "write `{ runs = 10, per = \"1m\" }`"),
    ];
    let known = belongs.into_iter().find(|(kind, ..)| wanted.contains(kind));
    let (_, what, hint) =
        known.unwrap_or(("", "a table", "begin it with its name in brackets, such as `[on]`"));
    (format!("{found} stands where {what} belongs"), hint.to_owned())
}

pub(super) const ID_BYTES_MAX: usize = NAME_BYTES_MAX;
