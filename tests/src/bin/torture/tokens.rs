//! Tokens: a host is killed while it renews a token that rotates, and answers get lost.
//!
//! Fifty callers use one connection all the while, whose tokens live for a second. The vendor
//! lives on in this process, and ends everything if a refresh token comes again after its grace.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jackfield::{
    admin::TOKEN_FILE,
    clock::{Clock as _, SystemClock},
    host::ADDRESS_FILE,
};
use jackfield_tests::{
    house::House,
    signed::{self, AUTH},
    twin::{
        Twin,
        identity::{Habits, Identity, Moment},
    },
    victim::Victim,
};
use serde_json::json;
use tokio::task::JoinSet;

use super::chance::Chance;

/// Who uses the connection at the same time.
const CALLERS: usize = 50;
/// How long an access token lives, in milliseconds.
const LIFE_MS: u64 = 1_000;
/// How long a replaced refresh token is still taken, in milliseconds: longer than a host takes to
/// come back, and short enough that one which was not written down is found out.
const GRACE_MS: u64 = 20_000;
/// How long the vendor takes to answer, in milliseconds, so that there is a time in between.
const ANSWER_MS: u64 = 15;
/// How long one round may take.
const ROUND: Duration = Duration::from_secs(30);
/// How long after the vendor's answer the host lives, in microseconds, at most: it reads, writes
/// down and hands out within that.
const AFTER_US_MAX: u64 = 8_000;
/// How long a caller rests between two calls, in milliseconds.
const REST_MS: u64 = 10;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// When the host is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// At any time.
    Anywhere,
    /// Its request for a token has arrived.
    Asked,
    /// The vendor has done it, and answers.
    Answered,
    /// The answer is on its way, being read, being written down, or handed out.
    After,
    /// Not at all: it goes on, and answers get lost.
    Never,
}

const STAGES: [Stage; 5] =
    [Stage::Anywhere, Stage::Asked, Stage::Answered, Stage::After, Stage::Never];

/// What it came to.
#[derive(Debug, Default)]
pub struct Toll {
    rounds: u32,
    calls: u64,
    renewed: u64,
    violations: Vec<String>,
    stages: BTreeMap<String, u32>,
    seconds: f64,
}

impl Toll {
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    pub fn print(&self, as_json: bool) {
        for violation in self.violations.iter().take(10) {
            eprintln!("violation: {violation}");
        }
        let told = json!({
            "torture": "tokens",
            "rounds": self.rounds,
            "violations": self.violations.len(),
            "calls": self.calls,
            "renewed": self.renewed,
            "killed_when": self.stages,
            "seconds": self.seconds.round(),
        });
        if as_json {
            println!("{told}");
        } else {
            println!(
                "{} rounds, {} calls, {} tokens: {} violations",
                self.rounds,
                self.calls,
                self.renewed,
                self.violations.len()
            );
        }
    }
}

pub async fn torture(rounds: u32, seed: Option<u64>) -> anyhow::Result<Toll> {
    let begin_ms = SystemClock.now_ms();
    let seed = seed.unwrap_or_else(Chance::any_seed);
    eprintln!("seed {seed}");
    let mut chance = Chance::from_seed(seed);
    let habits = Habits { life_ms: LIFE_MS, grace_ms: GRACE_MS, ..Habits::default() };
    let vendor = Arc::new(Twin::launch(Identity::with(habits), 0).await?);
    let mut house = House::open().await;
    signed::add(&house, &vendor, AUTH).await;
    let page = signed::signs_in(&house).await;
    ensure!(page.status == 200, "nobody could sign in: {}", page.text);
    let endpoint = house.endpoint("orders");
    house.stop().await;
    let victim = Victim::of(&house, &endpoint)?;
    calm(&vendor);
    let callers = Callers::begin(&house);
    let mut toll = Toll { rounds, ..Toll::default() };
    let mut host = victim.open().await?;
    for round in 1..=rounds {
        let stage = *chance.one_of(&STAGES);
        disturb(&vendor, &mut chance);
        let round_ended = tokio::time::timeout(ROUND, reach(stage, &vendor, &mut chance)).await;
        if round_ended.is_err() {
            toll.violations.push(format!("round {round}: no token was asked for ({stage:?})"));
            // Nor will one be in the rounds to come.
            break;
        }
        if stage != Stage::Never {
            host.kill().await.context("the host cannot be killed")?;
            calm(&vendor);
            host = victim.open().await?;
        }
        *toll.stages.entry(format!("{stage:?}").to_lowercase()).or_default() += 1;
        if round % 10 == 0 || round == rounds {
            eprintln!("round {round} of {rounds}: {} calls", callers.made());
        }
    }
    calm(&vendor);
    // What is under way at the end is waited for, so that it is judged too.
    SystemClock.sleep_until(SystemClock.now_ms() + 2 * LIFE_MS).await;
    toll.calls = callers.made();
    toll.violations.extend(callers.end().await?);
    host.kill().await.context("the host cannot be killed")?;
    let tally = vendor.vendor().authority.tally();
    toll.renewed = tally.renewed;
    if tally.revoked > 0 {
        toll.violations.push(format!("{} families were revoked", tally.revoked));
    }
    if tally.at_once_max > 1 {
        toll.violations.push(format!("{} renewals were under way at once", tally.at_once_max));
    }
    house.start().await;
    let standing = signed::standing(&house).await;
    if standing["state"] != "healthy" {
        toll.violations.push(format!("at the end the sign-in stands so: {standing}"));
    }
    house.stop().await;
    toll.seconds = (SystemClock.now_ms() - begin_ms) as f64 / 1000.0;
    Ok(toll)
}

/// Lets up to two answers be lost, fail or be nonsense: fewer in a row than a host tries.
fn disturb(vendor: &Twin<Identity>, chance: &mut Chance) {
    vendor.delay(ANSWER_MS);
    let times = chance.below(3) as u32;
    match chance.below(4) {
        0 => vendor.drop_answers(times),
        1 => vendor.fail_next(times, 503),
        2 => vendor.garbage(times),
        _ => {}
    }
}

/// Ends what was still to come; what comes next hits requests for tokens alone.
fn calm(vendor: &Twin<Identity>) {
    vendor.calm();
    vendor.aim(Method::POST, "/token");
}

/// Waits until the host has come so far.
async fn reach(stage: Stage, vendor: &Twin<Identity>, chance: &mut Chance) {
    let mut moments = vendor.vendor().authority.moments();
    let wanted = match stage {
        Stage::Anywhere => {
            let wait_ms = chance.below(2 * LIFE_MS);
            return SystemClock.sleep_until(SystemClock.now_ms() + wait_ms).await;
        }
        Stage::Asked => Moment::Asked,
        Stage::Answered | Stage::After | Stage::Never => Moment::Answered,
    };
    // A sender that is gone, or a moment that was missed, ends the wait as well.
    while let Ok(moment) = moments.recv().await {
        if moment == wanted {
            break;
        }
    }
    if stage == Stage::After {
        tokio::time::timeout(
            Duration::from_micros(chance.below(AFTER_US_MAX)),
            std::future::pending::<()>(),
        )
        .await
        .ok();
    }
}

/// Those who use the connection.
struct Callers {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    failed: Arc<Mutex<Vec<String>>>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Callers {
    fn begin(house: &House) -> Self {
        let mut callers = Self {
            stop: Arc::default(),
            made: Arc::default(),
            failed: Arc::default(),
            tasks: JoinSet::new(),
        };
        let data = house.dir().join("data");
        for _ in 0..CALLERS {
            let (stop, made, failed) =
                (callers.stop.clone(), callers.made.clone(), callers.failed.clone());
            let data = data.clone();
            callers.tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    match call(&data).await {
                        Ok(()) => drop(made.fetch_add(1, Ordering::Relaxed)),
                        Err(Missed::Down) => {}
                        Err(Missed::Failed(why)) => {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                        }
                    }
                    SystemClock.sleep_until(SystemClock.now_ms() + REST_MS).await;
                }
                Ok(())
            });
        }
        callers
    }

    fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Ends the calls; those that failed.
    async fn end(mut self) -> anyhow::Result<Vec<String>> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a caller panicked")??;
        }
        Ok(std::mem::take(&mut *self.failed.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Why a call came to nothing.
enum Missed {
    /// The host was not there, or was killed over it.
    Down,
    /// The host answered that it failed.
    Failed(String),
}

/// Has the host prove that the connection works, which is one request with its token.
async fn call(data: &Path) -> Result<(), Missed> {
    let read = |name: &str| fs::read_to_string(data.join(name)).map_err(|_| Missed::Down);
    let (address, token) = (read(ADDRESS_FILE)?, read(TOKEN_FILE)?);
    let request = Request::post(format!("http://{}/v1/connections/orders/test", address.trim()))
        .header("authorization", format!("Bearer {}", token.trim()))
        .body(Full::<Bytes>::default())
        .map_err(|_| Missed::Down)?;
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let answer = client.request(request).await.map_err(|_| Missed::Down)?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|_| Missed::Down)?.to_bytes();
    match status.is_success() {
        true => Ok(()),
        false => Err(Missed::Failed(format!("{status}: {}", String::from_utf8_lossy(&body)))),
    }
}
