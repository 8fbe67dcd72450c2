//! Crash: a host in a process of its own is killed under load, again and again.
//!
//! The vendors live on in this process. Every webhook is a deal of its own with a title of its
//! own, which the invoice carries as its reference; so what the host acknowledged and what Xero's
//! twin holds can be compared one by one.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::Context as _;
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    house::House,
    sender::{Delivery, Lane},
    twin::{PipedriveTwin, WonDeal},
    victim::Victim,
    won_deal::WonDealScene,
};
use serde_json::json;
use tokio::task::JoinSet;

use super::chance::Chance;

/// Senders that press on the host.
const LANES: usize = 8;
/// Customers among whom the deals are spread.
const CUSTOMERS: u64 = 20;
/// How long a host lives, in milliseconds: from the one to the other.
const LIFE_MS: (u64, u64) = (30, 700);
/// How long the last host may take to work everything off.
const LAST_MS: u64 = 600_000;
/// How long a sender waits before it tries a host that does not answer again.
const PAUSE_MS: u64 = 5;

/// What it came to.
#[derive(Debug)]
pub struct Toll {
    rounds: u32,
    sent: u64,
    acknowledged: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
    /// Contacts that exist twice.
    doubled_contacts: usize,
    seconds: f64,
}

impl Toll {
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.doubled_contacts == 0
    }

    pub fn print(&self, as_json: bool) {
        for title in self.lost.iter().take(10) {
            eprintln!("acknowledged and lost: {title}");
        }
        for title in self.doubled.iter().take(10) {
            eprintln!("written twice: {title}");
        }
        let told = json!({
            "torture": "crash",
            "rounds": self.rounds,
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "lost": self.lost.len(),
            "doubled": self.doubled.len(),
            "doubled_contacts": self.doubled_contacts,
            "seconds": self.seconds.round(),
        });
        if as_json {
            println!("{told}");
        } else {
            println!(
                "{} rounds, {} acknowledged: {} lost, {} doubled",
                self.rounds,
                self.acknowledged,
                self.lost.len(),
                self.doubled.len()
            );
        }
    }
}

pub async fn torture(rounds: u32) -> anyhow::Result<Toll> {
    let begin_ms = SystemClock.now_ms();
    let mut scene = WonDealScene::bare(House::open().await).await;
    scene.install_without_budgets().await;
    scene.connect().await;
    scene.apply_flow().await;
    let endpoint = scene.house.endpoint("crm");
    scene.house.stop().await;
    let victim = Victim::of(&scene.house, &endpoint)?;
    let load = Load::default();
    let mut chance = Chance::from_seed(Chance::any_seed());
    let scene = Arc::new(scene);
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        lanes.spawn(press(lane, load.clone(), scene.clone(), victim.url.clone()));
    }
    for round in 1..=rounds {
        let mut host = victim.open().await?;
        let life_ms = LIFE_MS.0 + chance.below(LIFE_MS.1 - LIFE_MS.0);
        SystemClock.sleep_until(SystemClock.now_ms() + life_ms).await;
        host.kill().await.context("the host cannot be killed")?;
        if round % 10 == 0 || round == rounds {
            eprintln!("round {round} of {rounds}: {} acknowledged", load.acknowledged().len());
        }
    }
    load.stop.store(true, Ordering::Relaxed);
    while let Some(lane) = lanes.join_next().await {
        lane.context("a sender panicked")??;
    }
    let mut host = victim.open().await?;
    work_off(&scene, &load).await?;
    host.kill().await.context("the host cannot be killed")?;
    Ok(count(&scene, &load, rounds, begin_ms))
}

/// What the senders have done.
#[derive(Debug, Clone, Default)]
struct Load {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
}

impl Load {
    fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Sends one deal after the other; one that was not answered is sent again, as vendors do.
async fn press(
    lane: usize,
    load: Load,
    scene: Arc<WonDealScene>,
    url: String,
) -> anyhow::Result<()> {
    let mut wire = Lane::new(&url)?;
    let mut number = 0u64;
    while !load.stop.load(Ordering::Relaxed) {
        number += 1;
        let title = format!("deal {lane}-{number}");
        let webhook = win(&scene.crm, &title, number % CUSTOMERS);
        while !load.stop.load(Ordering::Relaxed) {
            load.sent.fetch_add(1, Ordering::Relaxed);
            if wire.send(&webhook).await.is_ok_and(|answer| answer.status == 200) {
                let mut all = load.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(title);
                break;
            }
            SystemClock.sleep_until(SystemClock.now_ms() + PAUSE_MS).await;
        }
    }
    Ok(())
}

fn win(crm: &PipedriveTwin, title: &str, customer: u64) -> Delivery {
    let deal = WonDeal::new(title)
        .worth("100", "GBP")
        .with_organisation(&format!("Customer {customer}"))
        .with_person("Ada Mills", &format!("ada@customer-{customer}.example"));
    crm.won_deal(&deal).delivery(1)
}

/// Waits until everything that was acknowledged is an invoice.
async fn work_off(scene: &WonDealScene, load: &Load) -> anyhow::Result<()> {
    let wanted = load.acknowledged();
    let end_ms = SystemClock.now_ms() + LAST_MS;
    let mut last = (usize::MAX, SystemClock.now_ms());
    loop {
        let there = scene.books.invoice_counts_by_reference();
        let missing = wanted.iter().filter(|title| !there.contains_key(*title)).count();
        let now_ms = SystemClock.now_ms();
        if missing != last.0 {
            last = (missing, now_ms);
        }
        // Work of the last crash may still wait for its retry, for up to some minutes.
        if missing == 0 || now_ms > end_ms || now_ms > last.1 + LAST_MS / 4 {
            // A doubled invoice would be written by a retry, so those are given their time.
            SystemClock.sleep_until(now_ms + 5_000).await;
            return Ok(());
        }
        SystemClock.sleep_until(now_ms + 100).await;
    }
}

fn count(scene: &WonDealScene, load: &Load, rounds: u32, begin_ms: u64) -> Toll {
    let acknowledged = load.acknowledged();
    let there = scene.books.invoice_counts_by_reference();
    let lost = acknowledged.iter().filter(|title| !there.contains_key(*title)).cloned();
    let doubled = there.iter().filter(|(_, times)| **times > 1).map(|(title, _)| title.clone());
    let contacts = scene.books.contacts();
    let names: BTreeSet<_> = contacts.iter().map(|contact| contact["Name"].to_string()).collect();
    Toll {
        rounds,
        sent: load.sent.load(Ordering::Relaxed),
        lost: lost.collect(),
        doubled: doubled.collect(),
        doubled_contacts: contacts.len() - names.len(),
        acknowledged: acknowledged.len(),
        seconds: (SystemClock.now_ms() - begin_ms) as f64 / 1000.0,
    }
}
