//! What systems answer when they are not well: each reply of each case is replaced, one at a time.

use serde_json::{Value, json};

use super::{
    super::{
        bench::{BenchError, Way},
        diff,
        fixture::{Case, Exchange, Fault, Said},
        outcome::Outcome,
    },
    Trying, mutate,
};

/// How many leaves of one reply are changed by one property.
const LEAVES_MAX: usize = 12;
/// The large body, in bytes: as much as the host lets through.
const LARGE_BYTES: usize = 10 << 20;
/// How long the system asks to be left alone, in seconds.
const WAIT_S: u64 = 7;

/// What must come of it.
#[derive(Clone, Copy)]
enum Must {
    /// A problem of one of these codes.
    Be(&'static [&'static str]),
    /// The same, with the wait that the system asked for.
    Wait(&'static str),
    /// Some problem, and not that the connector broke.
    Fail,
    /// What came of the reply as it was.
    Same,
    /// The same, but for more of the system's own in `ext`.
    SameButExt,
    /// Anything but that the connector broke.
    Live,
    /// The same, or that it reached its limit of memory.
    LiveOrLimit,
}

/// A way of being unwell: its property, what is answered instead, and what must come of it.
type Ill = (&'static str, fn(&Exchange) -> Option<Exchange>, Must);

/// Those that are tried once for each reply.
const ILLS: [Ill; 28] = [
    ("reply.401", |one| Some(status(one, 401)), Must::Be(&["unauthorized"])),
    ("reply.403", |one| Some(status(one, 403)), Must::Be(&["forbidden"])),
    ("reply.400", |one| Some(status(one, 400)), Must::Be(&["rejected", "invalid"])),
    ("reply.409", |one| Some(status(one, 409)), Must::Fail),
    ("reply.429", |one| Some(status(one, 429)), Must::Be(&["rate-limited"])),
    ("reply.429-wait", |one| Some(waiting(one, 429)), Must::Wait("rate-limited")),
    ("reply.500", |one| Some(status(one, 500)), Must::Be(&["unavailable"])),
    ("reply.502-html", |one| Some(html(one, 502)), Must::Be(&["unavailable"])),
    ("reply.503-wait", |one| Some(waiting(one, 503)), Must::Wait("unavailable")),
    ("reply.504", |one| Some(status(one, 504)), Must::Be(&["unavailable"])),
    ("reply.302", |one| Some(moved(one)), Must::Fail),
    ("reply.timeout", |one| Some(silent(one, Fault::Timeout)), Must::Be(&["unavailable"])),
    ("reply.reset", |one| Some(silent(one, Fault::Reset)), Must::Be(&["unavailable"])),
    ("reply.refused", |one| Some(silent(one, Fault::Refused)), Must::Be(&["unavailable"])),
    ("reply.cut-off", |one| Some(silent(one, Fault::CutOff)), Must::Be(&["unavailable"])),
    ("reply.truncated", truncated, Must::Be(&["unavailable"])),
    ("reply.html", |one| good(one).then(|| html(one, 200)), Must::Be(&["unavailable"])),
    ("reply.binary", |one| good(one).then(|| binary(one)), Must::Fail),
    ("reply.empty", |one| good(one).then(|| body(one, "")), Must::Live),
    ("reply.null", |one| instead(one, json!(null)), Must::Live),
    ("reply.list", |one| instead(one, json!([])), Must::Live),
    ("reply.text", |one| instead(one, json!("ok")), Must::Live),
    ("reply.deep", |one| good(one).then(|| body(one, &deep())), Must::Live),
    ("reply.unknown-members", |one| changed(one, mutate::with_unknown_members), Must::SameButExt),
    ("reply.member-order", |one| changed(one, mutate::with_members_reversed), Must::Same),
    ("reply.spaces", spaced, Must::Same),
    ("reply.header-case", shouted, Must::Same),
    ("reply.10mb", large, Must::LiveOrLimit),
];

/// Those that are tried for each leaf of a reply.
const LEAVES: [(&str, mutate::Change); 5] = [
    ("reply.wrong-types", |leaf| Some(mutate::of_another_type(leaf))),
    ("reply.nulls", |leaf| (!leaf.is_null()).then_some(Value::Null)),
    ("reply.unicode", |leaf| leaf.is_string().then(|| json!(mutate::UNICODE))),
    ("reply.dates", |leaf| {
        let is_time = leaf.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok());
        is_time.then(|| json!("2026-03-29T02:30:00+01:00"))
    }),
    ("reply.long-numbers", |leaf| leaf.is_i64().then(|| json!(9_007_199_254_740_993_i64))),
];

impl Trying<'_> {
    /// Replaces each reply of each case by something worse.
    pub(super) async fn replies(&mut self) -> Result<(), BenchError> {
        for index in 0..self.samples.len() {
            let case = self.samples[index].case;
            for number in 0..case.exchanges.len() {
                for (id, make, must) in ILLS {
                    let Some(ill) = make(&case.exchanges[number]) else { continue };
                    if !self.ledger.takes(id) || (id == "reply.10mb" && !self.is_first(id)) {
                        continue;
                    }
                    let changed = replaced(case, number, ill);
                    let ran = self.run(&changed, Way::FREELY).await?;
                    let held = self.judged(index, must, &ran.outcome);
                    self.ledger.keep(id, &place(case, number), held);
                }
                self.leaves(index, number).await?;
            }
        }
        Ok(())
    }

    /// Whether a property, which is slow, was not tried more than a few times.
    fn is_first(&self, id: &str) -> bool {
        const SLOW_MAX: usize = 3;
        self.ledger.0.get(id).is_none_or(|entry| entry.tries < SLOW_MAX)
    }

    /// Changes one leaf of a reply after the other.
    async fn leaves(&mut self, index: usize, number: usize) -> Result<(), BenchError> {
        let case = self.samples[index].case;
        let exchange = &case.exchanges[number];
        let Some(said) = exchange.reply.as_json().filter(|_| good(exchange)) else { return Ok(()) };
        for (id, make) in LEAVES {
            let all = mutate::leaves(&said);
            let fitting = all.into_iter().filter_map(|at| Some((make(said.pointer(&at)?)?, at)));
            let salt = format!("{id} {} {number}", case.name);
            let chosen = self.chance(&salt).some(fitting.collect(), LEAVES_MAX);
            for (new, at) in chosen {
                if !self.ledger.takes(id) {
                    break;
                }
                let reply = exchange.reply.with_json(&mutate::with(&said, &at, new));
                let changed = replaced(case, number, Exchange { reply, ..exchange.clone() });
                let ran = self.run(&changed, Way::FREELY).await?;
                let mut held = self.judged(index, Must::Live, &ran.outcome);
                if held.is_ok() && id == "reply.long-numbers" {
                    held = digits_kept(&ran.outcome);
                }
                self.ledger.keep(id, &format!("{}, at `{at}`", place(case, number)), held);
            }
        }
        Ok(())
    }

    fn judged(&self, index: usize, must: Must, outcome: &Outcome) -> Result<(), String> {
        let got = || outcome.shown();
        if outcome.is_broken() {
            return Err(format!("the connector broke: {}", got()));
        }
        if outcome.code() == Some("limit") && !matches!(must, Must::LiveOrLimit) {
            return Err(format!("it reached a limit: {}", got()));
        }
        // A vendor may say with a 400, a 403 or a 409 what others say otherwise, and the manifest
        // then says what it means.
        let declared = || self.subject.declared_codes();
        match must {
            Must::Live | Must::LiveOrLimit => Ok(()),
            Must::Fail if outcome.code().is_some() => Ok(()),
            Must::Fail => Err(format!("expected a problem, got {}", got())),
            Must::Be(codes) => match outcome.code() {
                Some(code) if codes.contains(&code) => Ok(()),
                Some(code) if is_loose(codes) && declared().contains(code) => Ok(()),
                _ => Err(format!("expected the problem {}, got {}", codes.join(" or "), got())),
            },
            Must::Wait(wanted) => match outcome {
                Outcome::Problem { retry_after_ms: Some(ms), .. } if *ms == WAIT_S * 1000 => Ok(()),
                _ => Err(format!("expected `{wanted}` after {WAIT_S} s, got {}", got())),
            },
            Must::Same if *outcome == self.samples[index].ran.outcome => Ok(()),
            Must::SameButExt if known(outcome) == known(&self.samples[index].ran.outcome) => Ok(()),
            Must::Same | Must::SameButExt => {
                let before = self.samples[index].ran.outcome.shown();
                Err(format!("expected {before}, got {}", got()))
            }
        }
    }
}

/// What came of a reply, without what a system may have added in `ext`.
fn known(outcome: &Outcome) -> Option<Value> {
    serde_json::to_value(outcome).ok().map(|outcome| mutate::without_unknown_in_ext(&outcome))
}

/// Whether a status means different things at different vendors.
fn is_loose(codes: &[&str]) -> bool {
    codes.contains(&"forbidden") || codes.contains(&"rejected")
}

/// Numbers beyond 2⁵³ must not have been through a float.
fn digits_kept(outcome: &Outcome) -> Result<(), String> {
    let rounded = |value: &Value| value.to_string().contains("9007199254740992");
    match outcome.values().iter().any(|(_, value)| rounded(value)) {
        true => {
            Err("9007199254740993 became 9007199254740992: a number went through a float".into())
        }
        false => Ok(()),
    }
}

/// A case with one exchange replaced.
pub(super) fn replaced(case: &Case, number: usize, exchange: Exchange) -> Case {
    let mut case = case.clone();
    case.exchanges[number] = exchange;
    case
}

/// Where in a case.
pub(super) fn place(case: &Case, number: usize) -> String {
    format!("`{}`, reply {}", diff::short(&case.name), number + 1)
}

/// Whether a reply says that all went well.
pub(super) fn good(exchange: &Exchange) -> bool {
    exchange.fault.is_none() && (200..300).contains(&exchange.reply.status)
}

/// The exchange with another reply.
fn reply(one: &Exchange, reply: Said) -> Exchange {
    Exchange { request: one.request.clone(), reply, fault: None }
}

pub(super) fn status(one: &Exchange, status: u16) -> Exchange {
    let json = Some(json!({"error": {"code": status, "message": "made up by the kit"}}));
    reply(one, Said { status, json, ..Said::default() })
}

fn waiting(one: &Exchange, code: u16) -> Exchange {
    let mut ill = status(one, code);
    ill.reply.headers.insert("retry-after".into(), WAIT_S.to_string());
    ill
}

fn html(one: &Exchange, status: u16) -> Exchange {
    let headers = [("content-type".to_owned(), "text/html; charset=utf-8".to_owned())].into();
    let text = Some("<!doctype html><html><body>We are busy &amp; sorry</body></html>".into());
    reply(one, Said { status, headers, text, ..Said::default() })
}

fn moved(one: &Exchange) -> Exchange {
    let headers = [("location".to_owned(), "https://elsewhere.example/".to_owned())].into();
    reply(one, Said { status: 302, headers, ..Said::default() })
}

pub(super) fn silent(one: &Exchange, fault: Fault) -> Exchange {
    Exchange { fault: Some(fault), ..one.clone() }
}

/// Half of the JSON that was said.
fn truncated(one: &Exchange) -> Option<Exchange> {
    let text = one.reply.as_json().filter(|said| good(one) && said.is_object())?.to_string();
    let half = text.char_indices().nth(text.chars().count() / 2)?.0;
    Some(reply(one, one.reply.with_text(text[..half].to_owned())))
}

fn binary(one: &Exchange) -> Exchange {
    let body_base64 = Some("iVBORw0KGgoAAAANSUhEUv///w==".to_owned());
    let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
    reply(one, Said { headers, body_base64, ..Said::default() })
}

fn body(one: &Exchange, text: &str) -> Exchange {
    reply(one, one.reply.with_text(text.to_owned()))
}

fn instead(one: &Exchange, json: Value) -> Option<Exchange> {
    one.reply.as_json().filter(|_| good(one))?;
    Some(reply(one, one.reply.with_json(&json)))
}

fn changed(one: &Exchange, change: mutate::Rewrite) -> Option<Exchange> {
    written(one, |said| change(said).to_string())
}

/// The same JSON with as many spaces as it can have.
fn spaced(one: &Exchange) -> Option<Exchange> {
    written(one, |said| format!("\r\n {said:#}\n"))
}

/// Its JSON written otherwise, with the numbers as they are.
fn written(one: &Exchange, write: impl Fn(&Value) -> String) -> Option<Exchange> {
    let body = one.reply.body();
    let text = std::str::from_utf8(&body).ok().filter(|_| good(one))?;
    Some(reply(one, one.reply.with_text(mutate::in_text(text, write)?)))
}

/// The same with a type that is written otherwise.
fn shouted(one: &Exchange) -> Option<Exchange> {
    let mut said =
        one.reply.as_json().map(|said| one.reply.with_json(&said)).filter(|_| good(one))?;
    let kind = said.headers().into_iter().find(|(name, _)| name == "content-type")?.1;
    if !kind.eq_ignore_ascii_case("application/json") {
        return None;
    }
    said.headers.retain(|name, _| !name.eq_ignore_ascii_case("content-type"));
    said.headers.insert("content-type".into(), "Application/JSON;Charset=UTF-8".into());
    Some(reply(one, said))
}

/// Lists in lists, deeper than anybody nests and not so deep that no parser takes them.
fn deep() -> String {
    const DEPTH: usize = 100;
    format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH))
}

/// A reply with one member that is as long as replies may be.
fn large(one: &Exchange) -> Option<Exchange> {
    let mut said = one.reply.as_json().filter(|said| good(one) && said.is_object())?;
    let length = LARGE_BYTES.saturating_sub(said.to_string().len() + 32);
    said["unheard_of_7"] = "x".repeat(length).into();
    Some(reply(one, one.reply.with_json(&said)))
}
