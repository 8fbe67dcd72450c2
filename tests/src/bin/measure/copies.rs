//! Copies: a store is filled with what a webhook leaves behind, without sending as many.
//!
//! One webhook goes its whole way; what it left in each tree, and its lines of the audit trail,
//! are then written again and again under other names, in batches of the store. So the bytes are
//! those that the rooms write, whatever they come to write.

use anyhow::{Context as _, ensure};
use jackfield::{
    flows::Run,
    host::Rooms,
    store::{Batch, CHAIN_BYTES, Store, Tree, trees},
};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Ways in one batch.
const BATCH: u64 = 100;
/// Batches that are under way at the same time.
const AT_ONCE: usize = 4;
/// After so many copies a line tells how far it is.
const PROGRESS: u64 = 50_000;
/// What a way leaves behind, apart from its lines of the trail.
const TREES: [Tree; 6] = [
    trees::DELIVERIES,
    trees::DELIVERY_STATUS,
    trees::DEDUPE,
    trees::EVENTS,
    trees::RUNS,
    trees::EFFECTS,
];
/// The most lines of the trail that are read.
const LINES_MAX: usize = 1_000;

/// What stands for one thing in all that a way left, and has another name in each copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// The delivery's id, the run's: 32 hexadecimal digits that sort by time.
    Delivery,
    Run,
    /// The effect's key, the digest of the body: hexadecimal digits in no order.
    Effect,
    Digest,
    /// The order's number.
    Number,
}

/// Bytes with the places where names stand in them.
#[derive(Debug, Clone)]
struct Text {
    bytes: Vec<u8>,
    places: Vec<(usize, usize, Name)>,
}

impl Text {
    fn of(bytes: Vec<u8>, names: &[(Name, Vec<u8>)]) -> Self {
        let mut places = Vec::new();
        for (name, text) in names {
            let found = bytes.windows(text.len()).enumerate();
            let found = found.filter(|(_, window)| window == text);
            places.extend(found.map(|(at, _)| (at, text.len(), *name)));
        }
        Self { bytes, places }
    }

    fn under(&self, names: &Names) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (at, length, name) in &self.places {
            bytes[*at..at + length].copy_from_slice(&names.get(*name)[..*length]);
        }
        bytes
    }
}

/// The names of one copy.
struct Names {
    delivery: String,
    run: String,
    effect: String,
    digest: String,
    number: String,
}

impl Names {
    fn new(number: u64) -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            delivery: Uuid::now_v7().simple().to_string(),
            run: Uuid::now_v7().simple().to_string(),
            effect: random(),
            digest: random() + &random(),
            number: order(number),
        }
    }

    fn get(&self, name: Name) -> &[u8] {
        match name {
            Name::Delivery => self.delivery.as_bytes(),
            Name::Run => self.run.as_bytes(),
            Name::Effect => self.effect.as_bytes(),
            Name::Digest => self.digest.as_bytes(),
            Name::Number => self.number.as_bytes(),
        }
    }
}

/// The name of an order, as `jackfield_tests::orders` writes it.
fn order(number: u64) -> String {
    format!("order-{number:010}")
}

/// What one way left behind.
#[derive(Debug, Clone)]
pub struct Pattern {
    rows: Vec<(Tree, Text, Text)>,
    lines: Vec<Text>,
}

impl Pattern {
    /// What the only webhook that ever came left behind, the order 0.
    pub fn of_the_only_way(rooms: &Rooms) -> anyhow::Result<Self> {
        let store = &rooms.store;
        let mut found = Vec::new();
        for tree in TREES {
            let pairs = store.scan_prefix(tree, &[], None, 2)?;
            let [(key, value)] = pairs.as_slice() else {
                anyhow::bail!("the tree `{}` has {} keys and not one", tree.name, pairs.len());
            };
            found.push((tree, key.clone(), value.clone()));
        }
        let key_in = |tree: Tree| found.iter().find(|(one, ..)| *one == tree).map(|row| &row.1);
        let delivery = key_in(trees::DELIVERIES).context("a delivery")?.clone();
        let run = key_in(trees::RUNS).context("a run")?.clone();
        let seen = key_in(trees::DEDUPE).context("a place in the dedupe index")?;
        // After the connection, a zero and what kind of delivery it is.
        let zero = seen.iter().position(|byte| *byte == 0).context("a connection")?;
        let digest = seen.get(zero + 2..).context("the delivery's name")?.to_vec();
        let of_run: Run = rooms.flows.run(std::str::from_utf8(&run)?)?;
        let effect = rooms.flows.effects(&of_run)?.pop().context("an effect")?.key;
        let names = [
            (Name::Delivery, delivery),
            (Name::Run, run),
            (Name::Effect, effect.into_bytes()),
            (Name::Digest, digest),
            (Name::Number, order(0).into_bytes()),
        ];
        let longest = Names::new(0);
        for (name, text) in &names {
            let most = longest.get(*name).len();
            ensure!((1..=most).contains(&text.len()), "{name:?} has {} bytes", text.len());
        }
        let lines = store.scan_prefix(trees::AUDIT, &[], None, LINES_MAX)?;
        let lines = lines.into_iter().map(|(_, entry)| entry[CHAIN_BYTES..].to_vec());
        let lines = lines.map(|line| Text::of(line, &names)).filter(|line| !line.places.is_empty());
        let rows = found
            .into_iter()
            .map(|(tree, key, value)| (tree, Text::of(key, &names), Text::of(value, &names)));
        Ok(Self { rows: rows.collect(), lines: lines.collect() })
    }

    /// Writes it so many times, for orders from the number `first` on.
    pub async fn copy(self, store: &Store, first: u64, copies: u64) -> anyhow::Result<()> {
        let mut under_way = JoinSet::new();
        let (mut begun, mut told) = (0, 0);
        while begun < copies {
            let many = BATCH.min(copies - begun);
            let (writer, batch) = (store.clone(), self.batch(first + begun, many));
            under_way.spawn(async move { writer.commit(batch).await });
            begun += many;
            if under_way.len() >= AT_ONCE {
                let ended = under_way.join_next().await.context("a commit")?;
                ended.context("a commit panicked")??;
            }
            if begun / PROGRESS > told {
                told = begun / PROGRESS;
                let mib = store.disk_bytes() >> 20;
                eprintln!("{begun} of {copies} kept, {mib} MiB …");
            }
        }
        while let Some(ended) = under_way.join_next().await {
            ended.context("a commit panicked")??;
        }
        Ok(())
    }

    fn batch(&self, first: u64, copies: u64) -> Batch {
        let mut batch = Batch::new();
        for number in first..first + copies {
            let names = Names::new(number);
            for (tree, key, value) in &self.rows {
                batch.put(*tree, &key.under(&names), value.under(&names));
            }
            for line in &self.lines {
                batch.append(trees::AUDIT, line.under(&names));
            }
        }
        batch
    }
}
