//! `cargo measure NAME [--json]`: what Jackfield costs, against a yardstick in the same run.
//!
//! Machines differ and are noisy, so every figure stands beside one that was measured in turns
//! with it, in the same process, and the ratio of the two is what counts.

mod call;
mod copies;
mod cycles;
mod declarative;
mod density;
mod expression;
mod growth;
mod ingest;
mod install;
mod journal;
mod kill;
mod load;
mod pipeline;
mod report;
mod rotate;
mod sleepers;
mod swap;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Report;

/// Measures what Jackfield costs.
#[derive(Debug, Parser)]
#[command(name = "cargo measure")]
struct Measure {
    #[command(subcommand)]
    what: What,
    /// Print one JSON object, as the last thing on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// Seconds for each side of each round.
    #[arg(long, global = true, default_value_t = 3, value_name = "S")]
    seconds: u64,
    /// Rounds, in each of which both sides have their turn.
    #[arg(long, global = true, default_value_t = 5, value_name = "N")]
    rounds: u32,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Verified, durable webhooks a second, against a bare server with a bare journal.
    Ingest,
    /// One call of a connector in a fresh sandbox, against the same code called natively.
    Call,
    /// A mapping of ten fields that is compiled once, against the same compiled each time.
    Expression,
    /// Webhook, parse, map, action: whole ways a second, against as many bare durable appends.
    Pipeline,
    /// Releases that change places under signed load, once a second; no webhook may notice.
    Swap,
    /// The master key is rotated under load; no call may notice.
    Rotate {
        /// How many secrets there are.
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        secrets: usize,
    },
    /// How soon a guest that spins is stopped.
    Kill,
    /// Memory for each of 100 installed connectors.
    Density,
    /// Memory of 100 connectors without code, and how long one takes to install.
    Declarative,
    /// How soon a host with 140 connectors serves.
    Start,
    /// What a delivery costs where many are kept, against a host that keeps a thousand.
    Growth {
        /// How many are kept.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        kept: u64,
    },
    /// What runs cost that are asleep, and how late ten thousand get up that are due in a minute.
    Sleepers {
        /// How many sleep.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        runs: u64,
    },
    /// Memory after many installs and removals of a connector.
    Cycles {
        /// How many.
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        cycles: u32,
    },
    /// Be a host that is measured from outside: everything after this is the `jackfield` command's.
    #[command(hide = true)]
    Host {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

fn main() -> ExitCode {
    if let Some(code) = jackfield_tests::releases::compile_if_asked() {
        return code;
    }
    let measure = Measure::parse();
    if let What::Host { args } = measure.what {
        return jackfield::cli::main(args);
    }
    jackfield::memory::settle();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let turns = report::Turns { seconds: measure.seconds, rounds: measure.rounds };
    let measured: anyhow::Result<Report> = runtime.block_on(async {
        match measure.what {
            What::Ingest => ingest::measure(turns).await,
            What::Call => call::measure(turns).await,
            What::Expression => expression::measure(turns).await,
            What::Pipeline => pipeline::measure(turns).await,
            What::Swap => swap::measure(turns).await,
            What::Rotate { secrets } => rotate::measure(secrets, turns).await,
            What::Kill => kill::measure(turns).await,
            What::Density => density::density().await,
            What::Start => density::start().await,
            What::Declarative => declarative::measure().await,
            What::Growth { kept } => growth::measure(kept, turns).await,
            What::Sleepers { runs } => sleepers::measure(runs, turns).await,
            What::Host { .. } => anyhow::bail!("a host measures nothing"),
            What::Cycles { cycles } => cycles::measure(cycles).await,
        }
    });
    match measured {
        Ok(report) => {
            report.print(measure.json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
