//! A house in which runs sleep: one lies down by itself, the others are its copies, each with a
//! time of its own to get up and an event of its own that ends it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use jackfield::{
    flows::{Run, RunState},
    store::{Options, Store, Tree, open, trees},
};
use jackfield_tests::{
    house::{House, until},
    orders::{self, Till},
    sender::Lane,
    twin::Twin,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::copies::{Names, Pattern, only_row};

/// The length of a webhook's body, in bytes.
pub const BODY_BYTES: usize = 512;
/// What a sleeping run leaves behind, apart from its lines of the trail.
const TREES: [Tree; 9] = [
    trees::DELIVERIES,
    trees::DELIVERY_STATUS,
    trees::DEDUPE,
    trees::EVENTS,
    trees::RUNS,
    trees::WATCHES,
    trees::FENCES,
    trees::HEARD,
    trees::DUE,
];
/// An order is paid; months later a receipt is written, unless the order was paid once more.
const FLOW: &str = r#"
name = "receipt-in-time"

[on]
connection = "orders"
event = "order.paid"

[[step]]
id = "nap"
sleep = "180d"

[step.cancel_on]
connection = "orders"
event = "order.paid"
where = '.record.id == $run.event.record.id'

[[step]]
id = "receipt"
connection = "orders"
action = "receipt.create"
input = '{ order: .event.record.id, to: .event.record.email }'
"#;

/// A house with one run that sleeps of itself.
pub struct Bed {
    pub house: House,
    pub till: Twin<Till>,
    /// Where its webhooks arrive.
    pub endpoint: String,
    pattern: Pattern,
    next: u64,
}

/// A run that gets up.
#[derive(Debug)]
pub struct Woken {
    /// How late, in nanoseconds.
    pub up_ns: u64,
    /// How late its action was done, in nanoseconds.
    pub done_ns: u64,
}

impl Bed {
    pub async fn open() -> anyhow::Result<Self> {
        let (house, till) = orders::connected().await;
        let flow = house.file("flow.toml", FLOW);
        house.does(&["flow", "apply", &flow]).await;
        let endpoint = house.endpoint("orders");
        let answer = Lane::new(&endpoint)?.send(&orders::delivery(0, BODY_BYTES)).await?;
        ensure!(answer.status == 200, "answered {}", answer.status);
        until("a run sleeps", || {
            let runs = house.rooms().flows.runs(1);
            runs.is_ok_and(|runs| runs.iter().any(|run| run.state == RunState::Waiting))
        })
        .await;
        until("nothing is under way", || house.is_settled()).await;
        let store = &house.rooms().store;
        let pattern = Pattern::of(store, &TREES, &first(store)?)?;
        Ok(Self { house, till, endpoint, pattern, next: 1 })
    }

    /// Has so many more sleep, until the times that `due_ms` gives for each.
    pub async fn fill(&mut self, many: u64, due_ms: impl Fn(u64) -> u64) -> anyhow::Result<()> {
        let first = self.next;
        self.next += many;
        let store = self.house.rooms().store.clone();
        self.pattern.copy(&store, many, |n| Sleeper::new(first + n, due_ms(n)).names()).await
    }

    /// Has so many more sleep whose events nobody has seen yet: the numbers of their orders.
    pub async fn fill_unseen(&mut self, many: u64, due_ms: u64) -> anyhow::Result<Vec<u64>> {
        let numbers: Vec<u64> = (self.next..self.next + many).collect();
        self.next += many;
        let store = self.house.rooms().store.clone();
        let unseen = self.pattern.clone().without(trees::EVENTS).without(trees::DEDUPE);
        unseen.copy(&store, many, |n| Sleeper::new(numbers[n as usize], due_ms).names()).await?;
        Ok(numbers)
    }

    /// The store of the house, which is stopped.
    fn store(&self) -> anyhow::Result<Store> {
        let options = Options { reserve_bytes: 0, ..Options::default() };
        Ok(open(&self.house.dir().join("data"), options)?)
    }

    /// Has so many sleep in the stopped house: their ids, and when they are due.
    pub async fn fill_stopped(
        &mut self,
        many: u64,
        due_ms: impl Fn(u64) -> u64,
    ) -> anyhow::Result<BTreeMap<String, u64>> {
        let store = self.store()?;
        let first = self.next;
        self.next += many;
        let mut woken = BTreeMap::new();
        let names = |n| {
            let sleeper = Sleeper::new(first + n, due_ms(n));
            woken.insert(sleeper.run.clone(), sleeper.due_ms);
            sleeper.names()
        };
        self.pattern.copy(&store, many, names).await?;
        Ok(woken)
    }

    /// How late those were that were due, in the house that is stopped again.
    pub fn lateness(&self, due: &BTreeMap<String, u64>) -> anyhow::Result<Vec<Woken>> {
        let store = self.store()?;
        let woken = due.iter().map(|(id, due_ms)| {
            let run = store.get(trees::RUNS, id.as_bytes())?.context("a run")?;
            let run: Run = serde_json::from_slice(&run)?;
            ensure!(run.state == RunState::Done, "the run {id} is {:?}", run.state);
            let late_ns = |step: &str| {
                let at_ms = run.steps.get(step).context("a step")?.at_ms;
                ensure!(at_ms >= *due_ms, "the run {id} got up early");
                anyhow::Ok((at_ms - due_ms) * 1_000_000)
            };
            Ok(Woken { up_ns: late_ns("nap")?, done_ns: late_ns("receipt")? })
        });
        woken.collect()
    }
}

/// One copy.
struct Sleeper {
    delivery: String,
    run: String,
    digest: String,
    order: String,
    timer: Uuid,
    due_ms: u64,
}

impl Sleeper {
    fn new(number: u64, due_ms: u64) -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            delivery: Uuid::now_v7().simple().to_string(),
            run: Uuid::now_v7().simple().to_string(),
            digest: random() + &random(),
            order: orders::name(number),
            timer: Uuid::now_v7(),
            due_ms,
        }
    }

    /// Everything that names it. Where it watches is also kept as hexadecimal text in the run.
    fn names(&self) -> Names {
        let place = hex::encode(&Sha256::digest(Value::from(&*self.order).to_string())[..16]);
        // The first of the eight bytes is the priority's.
        let due = self.due_ms.to_be_bytes()[1..].to_vec();
        let names = [
            self.delivery.clone(),
            self.run.clone(),
            hex::encode(&self.run),
            self.digest.clone(),
            self.order.clone(),
            hex::encode(&place),
            place,
            self.timer.simple().to_string(),
            self.due_ms.to_string(),
        ];
        let names = names.into_iter().map(String::into_bytes);
        names.chain([self.timer.as_bytes().to_vec(), due]).collect()
    }
}

/// The names of the only run that sleeps, of the order 0.
fn first(store: &Store) -> anyhow::Result<Names> {
    let (delivery, _) = only_row(store, trees::DELIVERIES)?;
    let (seen, _) = only_row(store, trees::DEDUPE)?;
    let (_, run) = only_row(store, trees::RUNS)?;
    let run: Value = serde_json::from_slice(&run)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("a name in the run");
    // After the connection, a zero and what kind of delivery it is.
    let zero = seen.iter().position(|byte| *byte == 0).context("a connection")?;
    let digest = seen.get(zero + 2..).context("the delivery's name")?.to_vec();
    let waiting = &run["waiting"];
    let sleeper = Sleeper {
        delivery: String::from_utf8(delivery)?,
        run: text(&run["id"])?,
        digest: String::from_utf8(digest)?,
        order: orders::name(0),
        timer: text(&waiting["timer"])?.parse()?,
        due_ms: waiting["until_ms"].as_u64().context("a time in the run")?,
    };
    let names = sleeper.names();
    let lengths = names.iter().zip(Sleeper::new(0, sleeper.due_ms).names());
    for (which, (name, other)) in lengths.enumerate() {
        ensure!(name.len() == other.len(), "the name {which} has {} bytes", name.len());
    }
    // What is copied must be found: each name where the rooms write it.
    let (watch, _) = only_row(store, trees::WATCHES)?;
    let (due, _) = only_row(store, trees::DUE)?;
    let stands = |text: &[u8], name: usize| {
        text.windows(names[name].len()).any(|window| window == names[name])
    };
    let in_run = run.to_string();
    let all = [1, 2, 4, 5, 7, 8].into_iter().all(|name| stands(in_run.as_bytes(), name))
        && [1, 6].into_iter().all(|name| stands(&watch, name))
        && [9, 10].into_iter().all(|name| stands(&due, name));
    ensure!(all, "a sleeping run does not stand on disk as this measure has it");
    Ok(names)
}
