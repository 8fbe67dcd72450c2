//! Actions that change something: once, whatever happens in between.
//!
//! What the host does after a lost answer hangs on what the manifest promises as `idempotency`. So
//! each promise is tried here: the same intention gives the same requests and the same key, a
//! lookup that failed is never taken for "there is none", and nothing is sent twice in one call.

use jackfield_registry::manifest::Idempotency;
use serde_json::{Value, json};

use super::{
    super::{
        bench::{BenchError, Ran, Way},
        diff,
        fixture::{Ask, Case, Exchange, Fault, Said, Wanted},
        outcome::Outcome,
        script::Death,
    },
    Trying, mutate,
    replies::{place, replaced, silent, status},
};
use crate::egress::Asked;

/// The key of the kit's own intentions; there is always one in a host.
const KEY: &str = "kit-intent-1";
/// Another intention.
const OTHER_KEY: &str = "kit-intent-2";
/// How much later an intention is tried again: an hour, in milliseconds.
const LATER_MS: u64 = 60 * 60 * 1000;
/// How many texts of one input are changed.
const LEAVES_MAX: usize = 8;

impl Trying<'_> {
    /// Tries each action that was done.
    pub(super) async fn writes(&mut self) -> Result<(), BenchError> {
        for index in 0..self.samples.len() {
            let case = self.samples[index].case;
            let Ask::Action(name, input) = &case.ask else { continue };
            let case = &Case { key: Some(KEY.into()), ..case.clone() };
            self.hostile_input(case, name, input).await?;
            let Some(action) = self.subject.manifest.actions.get(name).cloned() else { continue };
            if !action.mutates {
                continue;
            }
            let first = self.run(case, Way::FREELY).await?;
            self.repeated(case, &first).await?;
            if let Some(promise) = &action.idempotency {
                self.promised(case, promise, &first).await?;
                self.recalled(case, promise).await?;
            }
            self.failed_lookups(case, &first).await?;
            self.blind_retries(case, &first).await?;
            self.deaths(case, &first).await?;
        }
        Ok(())
    }

    /// The same intention again, later and at another try: the same requests.
    async fn repeated(&mut self, case: &Case, first: &Ran) -> Result<(), BenchError> {
        let later = Way { attempt: 3, later_ms: LATER_MS, ..Way::FREELY };
        let again = self.run(case, later).await?;
        let held = same_writes(&first.asked, &again.asked);
        self.ledger.keep("action.same-requests", &short(case), held);
        Ok(())
    }

    /// What the manifest promises of a second try.
    async fn promised(
        &mut self,
        case: &Case,
        promise: &Idempotency,
        first: &Ran,
    ) -> Result<(), BenchError> {
        let writes: Vec<&Asked> = first.asked.iter().filter(|asked| asked.mutates).collect();
        if writes.is_empty() {
            return Ok(());
        }
        match promise {
            Idempotency::Header { name } => {
                let header = |asked: &&Asked| {
                    let name = name.to_ascii_lowercase();
                    asked.headers.iter().find(|(given, _)| *given == name).map(|(_, v)| v.clone())
                };
                let keys: Vec<_> = writes.iter().map(header).collect();
                let mut different = keys.clone();
                different.sort();
                different.dedup();
                let held = match keys.iter().all(Option::is_some) && different.len() == keys.len() {
                    true => Ok(()),
                    false => Err(format!("the keys in `{name}` are {keys:?}")),
                };
                self.ledger.keep("action.key-header", &short(case), held);
            }
            Idempotency::Field => {
                let has = |asked: &&Asked| {
                    asked.url.contains(KEY) || String::from_utf8_lossy(&asked.body).contains(KEY)
                };
                let without = writes.iter().find(|asked| !has(asked));
                let held = without.map_or(Ok(()), |one| {
                    let line = format!("`{} {}`", one.method, one.url);
                    Err(format!("{line} does not have the key in it; `$key` is its name"))
                });
                self.ledger.keep("action.key-field", &short(case), held);
                let other = Case { key: Some(OTHER_KEY.into()), ..case.clone() };
                let other = self.run(&other, Way::FREELY).await?;
                let held = match same_writes(&first.asked, &other.asked) {
                    Ok(()) => Err("another intention sends the same requests".into()),
                    Err(_) => Ok(()),
                };
                self.ledger.keep("action.other-key", &short(case), held);
            }
            Idempotency::SearchFirst => {
                // What is recalled need not be looked for by the action too; where it is, it must
                // be before. What was written may be read again.
                let look = self.recall_of(case, case.exchanges.clone()).await?;
                let is_look = |asked: &Asked| look.asked.first().is_some_and(|l| same(l, asked));
                let looked = first.asked.iter().position(is_look);
                let wrote = first.asked.iter().position(|asked| asked.mutates);
                let held = match (looked, wrote) {
                    (Some(looked), Some(wrote)) if looked > wrote => {
                        Err("it looks only after it has written".into())
                    }
                    _ => Ok(()),
                };
                self.ledger.keep("action.looks-first", &short(case), held);
            }
            Idempotency::NaturalKey | Idempotency::None => {}
        }
        Ok(())
    }

    /// Whether `recall` can be asked, where the host will ask it.
    async fn recalled(&mut self, case: &Case, promise: &Idempotency) -> Result<(), BenchError> {
        if *promise != Idempotency::SearchFirst {
            return Ok(());
        }
        // With no exchange that fits, a place is answered as empty: recall must still be there.
        let ran = self.recall_of(case, case.exchanges.clone()).await?;
        let held = match &ran.outcome {
            Outcome::Output(_) | Outcome::None => Ok(()),
            other => Err(format!("`recall` answers {}", other.shown())),
        };
        self.ledger.keep("action.recall", &short(case), held);
        let wrote = ran.asked.iter().find(|asked| asked.mutates);
        let held =
            wrote.map_or(Ok(()), |one| Err(format!("`recall` sends `{} {}`", one.method, one.url)));
        self.ledger.keep("action.recall-reads-only", &short(case), held);
        for look in ran.asked.iter().filter(|asked| !asked.mutates) {
            // Just what is asked fails, whatever the exchanges are about.
            let text = (!look.body.is_empty()).then(|| String::from_utf8_lossy(&look.body).into());
            let (method, url) = (look.method.clone(), look.url.clone());
            let request = Wanted { method, url, text, ..Wanted::default() };
            let (reply, fault) = (Said::default(), None);
            let mut exchanges = case.exchanges.clone();
            exchanges.insert(0, status(&Exchange { request, reply, fault }, 503));
            let ran = self.recall_of(case, exchanges).await?;
            let held = match &ran.outcome {
                Outcome::None => Err(format!(
                    "`{} {}` failed, and that is taken for `there is none`",
                    look.method, look.url
                )),
                _ => Ok(()),
            };
            self.ledger.keep("action.recall-doubt", &short(case), held);
        }
        Ok(())
    }

    /// Asks whether the action of a case already took effect.
    async fn recall_of(&self, case: &Case, exchanges: Vec<Exchange>) -> Result<Ran, BenchError> {
        let mut case = Case { exchanges, ..case.clone() };
        if let Ask::Action(name, input) = case.ask {
            case.ask = Ask::Recall(name, input);
        }
        self.run(&case, Way::FREELY).await
    }

    /// A read before the write fails: nothing may be written.
    async fn failed_lookups(&mut self, case: &Case, first: &Ran) -> Result<(), BenchError> {
        let wrote = first.asked.iter().position(|asked| asked.mutates).unwrap_or_default();
        for number in 0..wrote.min(case.exchanges.len()) {
            let one = &case.exchanges[number];
            for ill in [
                status(one, 500),
                status(one, 401),
                status(one, 429),
                silent(one, Fault::Timeout),
                silent(one, Fault::CutOff),
            ] {
                let ran = self.run(&replaced(case, number, ill), Way::FREELY).await?;
                let wrote = ran.asked.iter().find(|asked| asked.mutates);
                let held = wrote.map_or(Ok(()), |one| {
                    Err(format!("it failed, and `{} {}` is sent", one.method, one.url))
                });
                self.ledger.keep("action.failed-lookup", &place(case, number), held);
            }
        }
        Ok(())
    }

    /// A write whose outcome nobody knows: the call ends, the host decides.
    async fn blind_retries(&mut self, case: &Case, first: &Ran) -> Result<(), BenchError> {
        for number in 0..case.exchanges.len().min(first.asked.len()) {
            if !first.asked[number].mutates {
                continue;
            }
            let one = &case.exchanges[number];
            for ill in [silent(one, Fault::Timeout), silent(one, Fault::Reset), status(one, 503)] {
                let ran = self.run(&replaced(case, number, ill), Way::FREELY).await?;
                let line = |asked: &Asked| (asked.method.clone(), asked.url.clone());
                let wrote: Vec<_> = ran.asked.iter().filter(|one| one.mutates).map(line).collect();
                let allowed = first.asked[..=number].iter().filter(|one| one.mutates).count();
                let held = match wrote.len() > allowed {
                    true => Err(format!("after a write with an unknown outcome: {wrote:?}")),
                    false => Ok(()),
                };
                self.ledger.keep("action.no-blind-retry", &place(case, number), held);
                let told = match ran.outcome.code() {
                    Some("unavailable") => Ok(()),
                    _ => Err(format!("expected `unavailable`, got {}", ran.outcome.shown())),
                };
                self.ledger.keep("action.unknown-outcome", &place(case, number), told);
            }
        }
        Ok(())
    }

    /// The process dies at each request, and between any two writes to the storage; the call is made
    /// again with the storage that is left.
    async fn deaths(&mut self, case: &Case, first: &Ran) -> Result<(), BenchError> {
        let requests = 0..first.asked.len();
        let requests = requests.flat_map(|at| [Death::Before(at), Death::After(at)]);
        for death in requests.chain((0..first.writes).map(Death::Write)) {
            let home = Some(self.bench.home());
            let died = Way { death: Some(death), home, ..Way::FREELY };
            self.run(case, died).await?;
            let ran = self.run(case, Way { attempt: 2, home, ..Way::FREELY }).await?;
            let held = same_writes(&first.asked, &ran.asked)
                .map_err(|why| format!("after a crash {death}: {why}"));
            self.ledger.keep("action.crash", &short(case), held);
        }
        Ok(())
    }

    /// Texts of an input that would break out of where they are put.
    async fn hostile_input(
        &mut self,
        case: &Case,
        name: &str,
        input: &Value,
    ) -> Result<(), BenchError> {
        let is_text = |at: &String| input.pointer(at).is_some_and(Value::is_string);
        let texts: Vec<_> = mutate::leaves(input).into_iter().filter(is_text).collect();
        let salt = format!("input {}", case.name);
        let before = self.run(case, Way::FREELY).await?;
        let Some(first) = before.asked.first().map(segments) else { return Ok(()) };
        for at in self.chance(&salt).some(texts, LEAVES_MAX) {
            for text in [mutate::UNICODE, "../../admin?x=1#y", "a\r\nx-injected: 1"] {
                let ask = Ask::Action(name.to_owned(), mutate::with(input, &at, json!(text)));
                let ran = self.run(&Case { ask, ..case.clone() }, Way::FREELY).await?;
                let place = format!("{}, at `{at}` of the input", short(case));
                let broken = ran.outcome.is_broken();
                let held = match broken {
                    true => Err(format!("the connector broke: {}", ran.outcome.shown())),
                    false => Ok(()),
                };
                self.ledger.keep("input.unicode", &place, held);
                let Some(asked) = ran.asked.first() else { continue };
                let injected = asked.headers.iter().any(|(name, _)| name == "x-injected");
                let held = match injected || segments(asked) != first {
                    true => Err(format!("`{text:?}` makes `{} {}`", asked.method, asked.url)),
                    false => Ok(()),
                };
                self.ledger.keep("input.injection", &place, held);
            }
        }
        Ok(())
    }
}

/// Whether two requests ask the same of the same place.
fn same(one: &Asked, other: &Asked) -> bool {
    (&one.method, &one.url, &one.body) == (&other.method, &other.url, &other.body)
}

fn short(case: &Case) -> String {
    format!("`{}`", diff::short(&case.name))
}

/// How many parts the path of a request has, and the names in its query.
fn segments(asked: &Asked) -> (usize, Vec<String>) {
    let Ok(url) = url::Url::parse(&asked.url) else { return (0, Vec::new()) };
    let names = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    (url.path().split('/').count(), names)
}

/// Whether what changes something is the same, byte for byte and in order.
fn same_writes(before: &[Asked], after: &[Asked]) -> Result<(), String> {
    let writes = |all: &[Asked]| all.iter().filter(|one| one.mutates).cloned().collect::<Vec<_>>();
    let (before, after) = (writes(before), writes(after));
    if before.len() != after.len() {
        return Err(format!("{} requests that write became {}", before.len(), after.len()));
    }
    for (one, other) in before.iter().zip(&after) {
        if one == other {
            continue;
        }
        let body = |asked: &Asked| diff::short(&String::from_utf8_lossy(&asked.body));
        let text = |asked: &Asked| format!("{} {} {}", asked.method, asked.url, body(asked));
        return Err(format!("`{}` became `{}`", text(one), text(other)));
    }
    Ok(())
}
