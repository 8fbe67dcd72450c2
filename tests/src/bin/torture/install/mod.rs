//! Install: a host is killed while releases come, change places and go.
//!
//! Webhooks keep arriving all the while. After each kill the host must serve, list what was there
//! before or what was wished for and nothing else, and have on disk what it needs for that and
//! nothing else.

mod disk;
mod load;
mod moment;
mod scene;
mod toll;
mod wish;

use anyhow::Context as _;
use jackfield::clock::{Clock as _, SystemClock};

use super::chance::Chance;
use load::Load;
use scene::Scene;
pub use toll::Toll;

pub async fn torture(rounds: u32, seed: Option<u64>) -> anyhow::Result<Toll> {
    let begin_ms = SystemClock.now_ms();
    let seed = seed.unwrap_or_else(Chance::any_seed);
    let mut chance = Chance::from_seed(seed);
    let mut toll = Toll { seed, rounds, ..Toll::default() };
    let (mut scene, mut host) = Scene::set_up().await?;
    let (load, sending) = Load::begin(&scene.victim.url)?;
    let measured = scene.measure(&load).await?;
    toll.whole_ms = measured.letting_us / 1000;
    for round in 1..=rounds {
        let kind = scene.choose(&mut chance);
        let moment = measured.moment(kind, &mut chance);
        let (stage, mistakes) = scene.round(kind, moment, &mut host, &load).await?;
        *toll.kinds.entry(kind).or_default() += 1;
        *toll.stages.entry(stage).or_default() += 1;
        for mistake in &mistakes {
            eprintln!("round {round}, {} killed when {stage:?}: {mistake}", kind.name());
        }
        if !mistakes.is_empty() {
            toll.broken.insert(round, mistakes);
        }
        if round % 10 == 0 || round == rounds {
            eprintln!("round {round} of {rounds}: {} broken", toll.broken.len());
        }
    }
    load.stop();
    sending.await.context("the sender panicked")?;
    toll.acknowledged = load.acknowledged().len();
    toll.lost = scene.lost(&load).await?;
    host.kill().await.context("the host cannot be killed")?;
    toll.seconds = (SystemClock.now_ms() - begin_ms) as f64 / 1000.0;
    Ok(toll)
}
