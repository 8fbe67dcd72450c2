//! What webhooks mean: the same each time, whatever comes with them, and nothing of nonsense.

use bytes::Bytes;
use jackfield_registry::manifest::webhook::Field;
use serde_json::{Value, json};

use super::{
    super::{
        bench::{BenchError, Ran, Way},
        diff,
        fixture::{Ask, Case, Delivery},
        outcome::{Happened, Outcome},
        script::Death,
        webhook::{Drawer, incoming},
    },
    Trying, mutate,
};
use crate::verify::{self, Incoming, Verdict, delivery_id};

/// How much later a delivery is parsed again: three days, in milliseconds.
const LATER_MS: u64 = 3 * 24 * 60 * 60 * 1000;
/// How many leaves of one body are changed by one property.
const LEAVES_MAX: usize = 16;
/// A body as large as a manifest may ask for, in bytes.
const LARGE_BYTES: usize = 8 << 20;

/// A delivery that meant something: its sample, what was sent, and the events.
type Meant<'a> = (&'a Case, Delivery, Vec<Happened>);

impl Trying<'_> {
    /// Tries each delivery again, and with one thing changed.
    pub(super) async fn deliveries(&mut self) -> Result<(), BenchError> {
        let meant: Vec<Meant<'_>> = self
            .samples
            .iter()
            .filter_map(|sample| {
                let Ask::Delivery(delivery) = &sample.case.ask else { return None };
                let Outcome::Events(events) = &sample.ran.outcome else { return None };
                Some((sample.case, delivery.clone(), events.clone()))
            })
            .collect();
        for (case, delivery, events) in &meant {
            self.again(case, delivery, events).await?;
            self.seen(case, delivery);
            let Ok(body) = serde_json::from_slice::<Value>(&delivery.body) else { continue };
            self.changed(case, delivery, events, &body).await?;
            self.disordered(case, delivery, events, &body).await?;
            self.values(case, delivery, &body).await?;
        }
        Ok(())
    }

    /// The same delivery: at once, and again after days as another try of the vendor's.
    async fn again(
        &mut self,
        case: &Case,
        delivery: &Delivery,
        events: &[Happened],
    ) -> Result<(), BenchError> {
        let place = place(case);
        let ran = self.run(case, Way::FREELY).await?;
        self.ledger.keep("delivery.twice", &place, same_events(events, &ran.outcome));
        let unsigned = parsed(case, delivery, delivery.body.clone());
        let later = Way { later_ms: LATER_MS, attempt: 5, ..Way::FREELY };
        let ran = self.run(&unsigned, later).await?;
        self.ledger.keep("delivery.later", &place, same_keys(events, &ran.outcome));
        let requests = (0..case.exchanges.len()).map(Death::After);
        for death in requests.chain((0..ran.writes).map(Death::Write)) {
            let home = Some(self.bench.home());
            self.run(&unsigned, Way { death: Some(death), home, ..Way::FREELY }).await?;
            let ran = self.run(&unsigned, Way { attempt: 2, home, ..Way::FREELY }).await?;
            let held = same_keys(events, &ran.outcome);
            let held = held.map_err(|why| format!("after a crash {death}: {why}"));
            self.ledger.keep("delivery.crash", &place, held);
        }
        let writes = ran_writes(&ran);
        self.ledger.keep("delivery.reads-only", &place, writes);
        Ok(())
    }

    /// What the connector sees of a delivery, and what the host knows it by.
    fn seen(&mut self, case: &Case, delivery: &Delivery) {
        let (Some(webhook), Some(secrets)) = (&self.subject.manifest.webhook, &delivery.secrets)
        else {
            return;
        };
        let Some(arrived) = incoming(delivery) else { return };
        if webhook.delivery_id.as_ref().is_some_and(|field| has_room(field, &arrived)) {
            let mut other = arrived.clone();
            other.body = Bytes::from_static(b"{\"another\":\"body\"}");
            // An id that stands in the body goes with it: then there is nothing to compare.
            let held = match delivery_id(Some(webhook), &arrived) == delivery_id(None, &arrived) {
                true => Err("`delivery_id` names a place where this delivery has nothing".into()),
                false => Ok(()),
            };
            self.ledger.keep("delivery.vendors-id", &place(case), held);
        }
        if let Verdict::Verified(verified) =
            verify::verify(webhook, arrived, &Drawer::of(delivery), delivery.at_ms)
        {
            let shown = verified.headers_for_connector();
            let told = secrets.values().any(|secret| {
                shown.iter().any(|(_, value)| !secret.is_empty() && value.contains(secret))
                    || verified.incoming().query.contains(secret.as_str())
            });
            let held = if told { Err("the connector is shown a secret".into()) } else { Ok(()) };
            self.ledger.keep("delivery.secret-unseen", &place(case), held);
        }
    }

    /// What must not change the meaning, and what has none.
    async fn changed(
        &mut self,
        case: &Case,
        delivery: &Delivery,
        events: &[Happened],
        body: &Value,
    ) -> Result<(), BenchError> {
        let changes: [(&str, mutate::Rewrite); 2] = [
            ("delivery.unknown-members", mutate::with_unknown_members),
            ("delivery.member-order", mutate::with_members_reversed),
        ];
        for (id, change) in changes {
            let said = std::str::from_utf8(&delivery.body).unwrap_or_default();
            let said = mutate::in_text(said, |value| change(value).to_string());
            let changed = parsed(case, delivery, said.unwrap_or_default().into());
            let ran = self.run(&changed, Way::FREELY).await?;
            self.ledger.keep(id, &place(case), same_keys(events, &ran.outcome));
        }
        let text = body.to_string();
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        let large = format!("{{\"unheard_of_7\":\"{}\"}}", "x".repeat(LARGE_BYTES - 32));
        for (id, nonsense) in [
            ("delivery.truncated", text[..half].to_owned()),
            ("delivery.empty", String::new()),
            ("delivery.html", "<html><body>hello</body></html>".to_owned()),
            ("delivery.null", "null".to_owned()),
            ("delivery.nothing-known", "{\"unheard_of_7\":true}".to_owned()),
            ("delivery.large", large),
        ] {
            if !self.ledger.takes(id) || (id == "delivery.large" && self.ledger.0.contains_key(id))
            {
                continue;
            }
            let ran = self.run(&parsed(case, delivery, nonsense.into()), Way::FREELY).await?;
            let held = match &ran.outcome {
                outcome if outcome.is_broken() => {
                    Err(format!("the connector broke: {}", outcome.shown()))
                }
                Outcome::Events(events) if !events.is_empty() => {
                    Err(format!("nonsense became {}", ran.outcome.shown()))
                }
                _ => Ok(()),
            };
            self.ledger.keep(id, &place(case), held);
        }
        Ok(())
    }

    /// Items in the other order, and each of them twice.
    async fn disordered(
        &mut self,
        case: &Case,
        delivery: &Delivery,
        events: &[Happened],
        body: &Value,
    ) -> Result<(), BenchError> {
        let Some(at) = mutate::list(body) else { return Ok(()) };
        let items = body.pointer(&at).and_then(Value::as_array).cloned().unwrap_or_default();
        let reversed: Vec<_> = items.iter().rev().cloned().collect();
        let twice: Vec<_> = items.iter().chain(&items).cloned().collect();
        // A list inside of a record is its own: only that of the events is tried.
        if events.len() < 2 && items.len() > 1 {
            return Ok(());
        }
        for (id, items) in [("delivery.disorder", reversed), ("delivery.duplicates", twice)] {
            let new = mutate::with(body, &at, json!(items));
            let ran =
                self.run(&parsed(case, delivery, new.to_string().into()), Way::FREELY).await?;
            self.ledger.keep(id, &place(case), same_set_of_keys(events, &ran.outcome));
        }
        Ok(())
    }

    /// One leaf of the body after the other.
    async fn values(
        &mut self,
        case: &Case,
        delivery: &Delivery,
        body: &Value,
    ) -> Result<(), BenchError> {
        let changes: [(&str, mutate::Change); 3] = [
            ("delivery.wrong-types", |leaf| Some(mutate::of_another_type(leaf))),
            ("delivery.nulls", |leaf| (!leaf.is_null()).then_some(Value::Null)),
            ("delivery.unicode", |leaf| leaf.is_string().then(|| json!(mutate::UNICODE))),
        ];
        for (id, make) in changes {
            let all = mutate::leaves(body);
            let fitting = all.into_iter().filter_map(|at| Some((make(body.pointer(&at)?)?, at)));
            let salt = format!("{id} {}", case.name);
            for (new, at) in self.chance(&salt).some(fitting.collect(), LEAVES_MAX) {
                if !self.ledger.takes(id) {
                    break;
                }
                let body = mutate::with(body, &at, new).to_string();
                let ran = self.run(&parsed(case, delivery, body.into()), Way::FREELY).await?;
                let held = match ran.outcome.is_broken() {
                    true => Err(format!("the connector broke: {}", ran.outcome.shown())),
                    false => bounded(&ran.outcome),
                };
                self.ledger.keep(id, &format!("{}, at `{at}`", place(case)), held);
            }
        }
        Ok(())
    }
}

fn place(case: &Case) -> String {
    format!("`{}`", diff::short(&case.name))
}

/// The case with another body, which is parsed without being verified.
fn parsed(case: &Case, delivery: &Delivery, body: Bytes) -> Case {
    let ask = Ask::Delivery(Delivery { body, secrets: None, ..delivery.clone() });
    Case { ask, ..case.clone() }
}

/// Whether a delivery is of the kind that can have such a field: a form has none of JSON.
fn has_room(field: &Field, arrived: &Incoming) -> bool {
    let is_json = || serde_json::from_slice::<Value>(&arrived.body).is_ok();
    match field {
        Field::Json(_) => is_json(),
        Field::Form(_) => !is_json(),
        Field::Header(_) | Field::Query(_) => true,
    }
}

/// Understanding a webhook may read and must not write: it is done again and again.
fn ran_writes(ran: &Ran) -> Result<(), String> {
    let write = ran.asked.iter().find(|asked| asked.mutates);
    write.map_or(Ok(()), |one| Err(format!("`{} {}` may change something", one.method, one.url)))
}

fn same_events(events: &[Happened], outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Events(again) if again == events => Ok(()),
        Outcome::Events(_) => same_keys(events, outcome)
            .and_then(|()| Err("the second time a record or a time is another".into())),
        other => Err(format!("the second time it is {}", other.shown())),
    }
}

fn keys(events: &[Happened]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.kind.as_str(), event.key.as_str())).collect()
}

fn same_keys(events: &[Happened], outcome: &Outcome) -> Result<(), String> {
    let Outcome::Events(again) = outcome else {
        return Err(format!("expected {} events, got {}", events.len(), outcome.shown()));
    };
    let (before, after) = (keys(events), keys(again));
    if before == after { Ok(()) } else { Err(format!("expected {before:?}, got {after:?}")) }
}

fn same_set_of_keys(events: &[Happened], outcome: &Outcome) -> Result<(), String> {
    let Outcome::Events(again) = outcome else {
        return Err(format!("expected {} events, got {}", events.len(), outcome.shown()));
    };
    let (mut before, mut after) = (keys(events), keys(again));
    for keys in [&mut before, &mut after] {
        keys.sort_unstable();
        keys.dedup();
    }
    if before == after { Ok(()) } else { Err(format!("expected {before:?}, got {after:?}")) }
}

/// Keys that are none, whatever was in the body.
fn bounded(outcome: &Outcome) -> Result<(), String> {
    let Outcome::Events(events) = outcome else { return Ok(()) };
    let wrong = events.iter().find(|event| !(1..=256).contains(&event.key.len()));
    wrong.map_or(Ok(()), |one| Err(format!("a key has {} bytes", one.key.len())))
}
