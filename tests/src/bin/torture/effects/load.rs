//! Load: a webhook for each entry, sent until it is answered 200.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::Context as _;
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    entries,
    house::House,
    sender::Lane,
    twin::entries::{Entries, Way},
};
use tokio::task::JoinSet;

/// Senders that press on the host.
const LANES: usize = 8;
/// How long a sender waits before it tries a host that does not answer again, in milliseconds.
const PAUSE_MS: u64 = 5;
/// The kinds among which the creates are spread.
pub const KINDS: [Way; 5] = [Way::Header, Way::Field, Way::NaturalKey, Way::SearchFirst, Way::None];
/// The connection at whose endpoint a host is asked whether it is up.
pub const FIRST: Way = Way::Header;

/// The path of each connection's endpoint.
pub fn paths(house: &House) -> anyhow::Result<BTreeMap<Way, String>> {
    let path = |way: Way| {
        let endpoint = house.endpoint(way.name());
        let id = endpoint.split_once("/in/").context("an endpoint")?.1;
        Ok((way, format!("/in/{id}")))
    };
    Way::ALL.into_iter().map(path).collect()
}

/// The senders, and what they have sent.
#[derive(Debug)]
pub struct Load {
    sent: Sent,
    /// How many webhooks there are.
    all: u32,
    senders: JoinSet<anyhow::Result<()>>,
}

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    next: Arc<AtomicU32>,
    acknowledged: Arc<Mutex<BTreeSet<(Way, String)>>>,
}

impl Sent {
    /// What was answered with a 200.
    pub fn acknowledged(&self) -> MutexGuard<'_, BTreeSet<(Way, String)>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way and the reference of a webhook by its number: of six, the last goes the naive way.
fn wanted(number: u32) -> (Way, String) {
    let kinds = KINDS.len() as u32;
    let way = KINDS.get((number % (kinds + 1)) as usize).copied().unwrap_or(Way::Naive);
    (way, format!("{}-{number}", way.name()))
}

impl Load {
    /// Begins to send: so many creates, and the naive ones beside them.
    pub fn begin(creates: u32, url: &str, paths: &BTreeMap<Way, String>) -> anyhow::Result<Self> {
        let kinds = KINDS.len() as u32;
        let all = creates + creates.div_ceil(kinds);
        let mut load = Self { sent: Sent::default(), all, senders: JoinSet::new() };
        for _ in 0..LANES {
            let lane = Lane::new(url)?;
            load.senders.spawn(press(lane, load.sent.clone(), all, paths.clone()));
        }
        Ok(load)
    }

    /// How many are not acknowledged or not written yet. Of those that go the way of `none` some
    /// never will be, so only their acknowledgement counts.
    pub fn missing(&self, vendor: &Entries) -> usize {
        let acknowledged = self.sent.acknowledged();
        let counted = || acknowledged.iter().filter(|(way, _)| *way != Way::None);
        let unwritten = counted().count() - vendor.written_among(counted());
        self.all as usize - acknowledged.len() + unwritten
    }

    /// How far it is, for a person.
    pub fn told(&self) -> String {
        format!("{} of {} acknowledged", self.sent.acknowledged().len(), self.all)
    }

    /// Waits for the senders.
    pub async fn end(mut self) -> anyhow::Result<Sent> {
        // Where time was up a host is gone and will not answer any more.
        self.sent.next.store(self.all, Ordering::Relaxed);
        if self.sent.acknowledged().len() < self.all as usize {
            self.senders.shutdown().await;
        }
        while let Some(ended) = self.senders.join_next().await {
            ended.context("a sender panicked")??;
        }
        Ok(self.sent)
    }
}

/// Sends one webhook after the other; one that was not answered is sent again, as vendors do.
async fn press(
    mut lane: Lane,
    sent: Sent,
    all: u32,
    paths: BTreeMap<Way, String>,
) -> anyhow::Result<()> {
    loop {
        let number = sent.next.fetch_add(1, Ordering::Relaxed);
        if number >= all {
            return Ok(());
        }
        let (way, reference) = wanted(number);
        lane.set_path(&paths[&way]);
        let webhook = entries::delivery(&reference);
        while !lane.send(&webhook).await.is_ok_and(|answer| answer.status == 200) {
            SystemClock.sleep_until(SystemClock.now_ms() + PAUSE_MS).await;
        }
        sent.acknowledged().insert((way, reference));
    }
}
