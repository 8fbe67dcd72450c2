//! Verdict: each create that was acknowledged, held against what the vendor has and what waits at
//! the repair desk.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use jackfield::{
    audit::{self, Filter, Word},
    flows::Effect,
    host::Rooms,
    queue::{DeadLetter, DeadLetters, Task},
};
use jackfield_tests::{
    house::House,
    twin::entries::{Entries, Way},
};

use super::{
    load::{KINDS, Sent},
    toll::Toll,
};

/// The most lines of the trail that are read at once.
const PAGE: usize = 1000;
/// The code of a dead letter for an outcome that nobody knows.
const UNKNOWN: &str = "unknown-outcome";

/// When a host was killed, in milliseconds since 1970: within this time.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    pub begin_ms: u64,
    pub end_ms: u64,
}

/// What waits at the repair desk for one create.
struct Letter {
    code: String,
    at_ms: u64,
    /// When its effect was last written down as intended.
    intended_ms: Option<u64>,
}

/// What became of everything, from a host that has nothing left to do.
pub fn pass(house: &House, vendor: &Entries, sent: &Sent, kills: &[Kill]) -> anyhow::Result<Toll> {
    let rooms = house.rooms();
    audit::verify(&rooms.store).context("the audit trail")?;
    let intended = intentions(rooms)?;
    let held = vendor.all();
    let mut toll = Toll { kills: kills.len(), ..Toll::default() };
    toll.unfinished = !house.is_idle();
    let acknowledged = sent.acknowledged().clone();
    toll.acknowledged = acknowledged.len();
    for way in KINDS.into_iter().chain([Way::Naive]) {
        let letters = letters(rooms, way, &intended)?;
        let wanted: BTreeSet<&String> = acknowledged
            .iter()
            .filter(|(one, _)| *one == way)
            .map(|(_, reference)| reference)
            .collect();
        for reference in &wanted {
            let entry = held.get(&(way, (*reference).clone())).cloned().unwrap_or_default();
            toll.requests += u64::from(entry.requests);
            toll.judge(way, reference, entry.written, letters.contains_key(*reference));
            if way == Way::None && entry.in_doubt && !letters.contains_key(*reference) {
                toll.strays.push(format!("{reference}: its answer was lost, and nobody is told"));
            }
        }
        for (reference, letter) in &letters {
            let in_doubt = held.get(&(way, reference.clone())).is_some_and(|entry| entry.in_doubt);
            if let Some(why) = stray(way, letter, in_doubt, kills) {
                toll.strays.push(format!("{reference}: {why}"));
            } else {
                toll.at_the_desk += 1;
                toll.killed_over += usize::from(!in_doubt);
            }
        }
    }
    Ok(toll)
}

/// Why a dead letter should not be there. One of `none` should if the vendor's answer was lost, or
/// if a host was killed between the intention and the verdict.
fn stray(way: Way, letter: &Letter, in_doubt: bool, kills: &[Kill]) -> Option<String> {
    if way != Way::None {
        return Some(format!("it stopped, which only `none` may: {}", letter.code));
    }
    if letter.code != UNKNOWN {
        return Some(format!("it stopped for `{}`", letter.code));
    }
    let killed_over = letter.intended_ms.is_some_and(|intended_ms| {
        kills.iter().any(|kill| intended_ms <= kill.end_ms && kill.begin_ms <= letter.at_ms)
    });
    let why = "its answer came, nobody was killed over it, and a person is asked";
    (!in_doubt && !killed_over).then(|| why.to_owned())
}

/// The dead letters of a connection, by the reference of their entry.
fn letters(
    rooms: &Rooms,
    way: Way,
    intended: &HashMap<String, u64>,
) -> anyhow::Result<BTreeMap<String, Letter>> {
    let desk = DeadLetters::of(rooms.queue.clone());
    let of = |letter: DeadLetter| {
        let Task::Step { run } = &letter.task else {
            anyhow::bail!("a delivery of `{}` stopped: {}", way.name(), letter.message);
        };
        let run = rooms.flows.run(run)?;
        let effects = rooms.flows.effects(&run)?;
        let when = |effect: &Effect| intended.get(&effect.key).copied();
        let intended_ms = effects.first().and_then(when);
        let reference = run.event["record"]["reference"].as_str().unwrap_or_default();
        let letter = Letter { code: letter.code, at_ms: letter.at_ms, intended_ms };
        Ok((reference.to_owned(), letter))
    };
    desk.of_connection(way.name())?.into_iter().map(of).collect()
}

/// When each effect was last written down as intended, from the audit trail.
fn intentions(rooms: &Rooms) -> anyhow::Result<HashMap<String, u64>> {
    let mut intended = HashMap::new();
    let mut filter = Filter::default();
    loop {
        let page = audit::list(&rooms.store, &filter, PAGE)?;
        let Some(oldest) = page.last() else { return Ok(intended) };
        filter.before = Some(oldest.sequence);
        for entry in page.into_iter().filter(|one| one.line.what == Word::EffectIntended) {
            // The newest lines come first.
            intended.entry(entry.line.subject).or_insert(entry.line.at_ms);
        }
    }
}
