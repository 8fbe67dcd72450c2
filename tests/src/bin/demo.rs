//! `cargo demo`: a deal that is won in Pipedrive becomes an invoice in Xero, on this machine.
//!
//! Both vendors are twins, little servers that answer as the vendors do; everything between
//! them is the real host with the real connectors. `--once` ends when the invoice is there.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, ensure};
use clap::Parser;
use jackfield::{
    audit::{self, Filter},
    clock::{Clock as _, SystemClock},
    dispatch::Backoff,
    flows::RunState,
    telemetry::{self, LogFormat},
};
use jackfield_tests::{house::House, won_deal::WonDealScene};
use serde_json::Value;

/// How long the invoice may take.
const PATIENCE_MS: u64 = 30_000;
/// How often the trail is read.
const GLANCE_MS: u64 = 5;

/// Shows the main job: a signed webhook from one system becomes an invoice in another.
#[derive(Debug, Parser)]
#[command(name = "cargo demo --")]
struct Demo {
    /// End as soon as the invoice is there, instead of serving until Ctrl-C.
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    if let Some(code) = jackfield_tests::releases::compile_if_asked() {
        return code;
    }
    let demo = Demo::parse();
    // Warnings alone: what happens is shown from the audit trail.
    if let Err(why) = telemetry::start(LogFormat::Text, "warn") {
        eprintln!("error: {why}");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the workers cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(show(&demo)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn show(demo: &Demo) -> anyhow::Result<()> {
    println!("building the connectors, starting the host and both twins …");
    let house = House::with(Arc::new(SystemClock), Backoff::default()).await;
    let scene = WonDealScene::bare(house).await;
    println!("  Pipedrive's twin   {}", scene.crm.origin());
    println!("  Xero's twin        {}", scene.books.origin());
    println!("  jackfield          {}", scene.house.rooms().public_url);
    scene.install().await;
    scene.connect().await;
    scene.apply_flow().await;
    let mut trail = Trail::default();
    trail.print_new(&scene)?;

    println!("\na deal is won; Pipedrive sends its webhook");
    let answer = scene.send(&scene.win("Oven for the bakery")).await;
    println!("  answered {} after {} µs", answer.status, answer.latency_us);
    ensure!(answer.status == 200, "the webhook was not taken");
    follow(&scene, &mut trail).await?;

    let invoices = scene.books.invoices();
    let invoice = invoices.first().context("Xero's twin holds no invoice")?;
    println!("\nthe invoice, as Xero's twin holds it:");
    println!("{invoice:#}");
    print_whole(&scene).await?;
    if demo.once {
        scene.strike().await;
        return Ok(());
    }
    println!(
        "\nserving until Ctrl-C; the webhooks of `crm` arrive at {}",
        scene.house.endpoint("crm")
    );
    println!(
        "look around: cargo run -p jackfield -- --data {}/data delivery list",
        scene.house.dir().display()
    );
    tokio::signal::ctrl_c().await.context("Ctrl-C cannot be waited for")?;
    scene.strike().await;
    Ok(())
}

/// Prints what happens until the run is done.
async fn follow(scene: &WonDealScene, trail: &mut Trail) -> anyhow::Result<()> {
    let end_ms = SystemClock.now_ms() + PATIENCE_MS;
    loop {
        trail.print_new(scene)?;
        let runs = scene.house.rooms().flows.runs(1)?;
        match runs.first().map(|run| run.state) {
            Some(RunState::Done) => return trail.print_new(scene),
            Some(RunState::Dead) => anyhow::bail!("the run has stopped; the trail above says why"),
            _ => {}
        }
        let now_ms = SystemClock.now_ms();
        ensure!(now_ms < end_ms, "the invoice did not come in {} s", PATIENCE_MS / 1000);
        SystemClock.sleep_until(now_ms + GLANCE_MS).await;
    }
}

/// The audit trail, as far as it has been printed.
#[derive(Debug, Default)]
struct Trail {
    printed: u64,
    began_ms: Option<u64>,
}

impl Trail {
    fn print_new(&mut self, scene: &WonDealScene) -> anyhow::Result<()> {
        let lines = audit::list(&scene.house.rooms().store, &Filter::default(), 200)?;
        let printed = self.printed;
        for entry in lines.iter().rev().filter(|entry| entry.sequence > printed) {
            let line = &entry.line;
            let since_ms = line.at_ms - *self.began_ms.get_or_insert(line.at_ms);
            let connection = line.connection.as_deref().unwrap_or("-");
            let details = line.details.iter().map(|(name, value)| format!("{name}={value}"));
            let details: Vec<String> = details.collect();
            println!(
                "  {since_ms:>6} ms  {:<20} {connection:<6} {} {}",
                line.what.text(),
                short(&line.subject),
                details.join(" ")
            );
            self.printed = entry.sequence;
        }
        Ok(())
    }
}

/// The beginning of an id; names are shorter than that.
fn short(subject: &str) -> &str {
    subject.get(..13).unwrap_or(subject)
}

async fn print_whole(scene: &WonDealScene) -> anyhow::Result<()> {
    let whole: Value = scene.house.told(&["audit", "verify"]).await;
    println!("\nthe audit trail of {} lines is whole", whole["lines"]);
    Ok(())
}
