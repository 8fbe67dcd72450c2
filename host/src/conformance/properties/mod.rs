//! What must hold of every connector, whatever its system does.
//!
//! Owns the list of properties, each with a stable name, and the ledger in which tries are kept. A
//! property is tried on the cases that went well, each with one thing changed. Promises that a
//! property which was not tried says why, and that the same seed tries the same things.

mod chance;
mod deliveries;
mod handshakes;
mod mutate;
mod outputs;
mod paging;
mod replies;
mod roles;
mod signature;
mod spec;
mod table;
mod writes;

use std::collections::BTreeMap;

pub(super) use outputs::Rules;

use super::{
    bench::{Bench, BenchError, Ran, Subject, Way},
    fixture::Case,
    report::{Finding, Verdict},
    trial::Plan,
};
use chance::Chance;

/// The most failures of a property that are told.
const FAILURES_MAX: usize = 3;
/// The most places at which one property is tried.
const TRIES_MAX: usize = 400;

/// A case that went well, and how it went.
struct Sample<'a> {
    case: &'a Case,
    ran: Ran,
}

/// A trial of properties under way.
struct Trying<'a> {
    bench: &'a Bench,
    subject: &'a Subject,
    samples: Vec<Sample<'a>>,
    rules: Rules,
    ledger: Ledger,
    seed: u64,
}

/// How often each property was tried, and where it did not hold.
#[derive(Default)]
struct Ledger(BTreeMap<&'static str, Entry>);

#[derive(Default)]
struct Entry {
    tries: usize,
    failures: Vec<String>,
}

impl Ledger {
    /// Whether a property may be tried once more.
    fn takes(&self, id: &str) -> bool {
        self.0.get(id).is_none_or(|entry| entry.tries < TRIES_MAX)
    }

    /// Keeps one try: where, and what did not hold, if anything.
    fn keep(&mut self, id: &'static str, place: &str, held: Result<(), String>) {
        let entry = self.0.entry(id).or_default();
        entry.tries += 1;
        if let Err(why) = held {
            entry.failures.push(format!("{place}: {why}"));
        }
    }
}

/// Tries every property on the cases that went well.
pub(super) async fn tried(
    bench: &Bench,
    subject: &Subject,
    good: Vec<(&Case, Ran)>,
    plan: &Plan,
) -> Result<Vec<Finding>, BenchError> {
    let samples = good.into_iter().map(|(case, ran)| Sample { case, ran }).collect();
    let rules = Rules::new(subject);
    let (seed, ledger) = (plan.seed, Ledger::default());
    let mut trying = Trying { bench, subject, samples, rules, ledger, seed };
    trying.signatures();
    trying.handshakes();
    trying.outputs();
    trying.roles();
    trying.described(plan.spec.as_deref());
    trying.deliveries().await?;
    trying.replies().await?;
    trying.writes().await?;
    trying.paging().await?;
    Ok(trying.findings())
}

impl Trying<'_> {
    /// Runs a changed case.
    async fn run(&self, case: &Case, way: Way) -> Result<Ran, BenchError> {
        self.bench.run(self.subject, case, way).await
    }

    /// Chance for one property, the same in each trial.
    fn chance(&self, salt: &str) -> Chance {
        Chance::new(self.seed, salt)
    }

    /// What was found, in the order of the table.
    fn findings(mut self) -> Vec<Finding> {
        let finding = |(id, about, without): &(&'static str, &str, &str)| {
            let verdict = match self.ledger.0.remove(id) {
                None => Verdict::Skipped { why: (*without).to_owned() },
                Some(Entry { tries, failures }) if failures.is_empty() => Verdict::Passed { tries },
                Some(Entry { tries, mut failures }) => {
                    let more = failures.len().saturating_sub(FAILURES_MAX);
                    failures.truncate(FAILURES_MAX);
                    let rest = format!("and at {more} more places, of {tries} tries");
                    failures.extend((more > 0).then_some(rest));
                    Verdict::Failed { why: failures }
                }
            };
            Finding { id: (*id).to_owned(), about: (*about).to_owned(), verdict }
        };
        let found = table::PROPERTIES.iter().map(finding).collect();
        debug_assert!(self.ledger.0.is_empty(), "a property that is in no table");
        found
    }
}

/// How often a number of things is named.
fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
