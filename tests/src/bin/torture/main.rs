//! `cargo torture NAME --rounds N [--json]`: what must hold when the worst happens.

mod chance;
mod crash;
mod effects;
mod install;
mod tokens;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tortures a host, and counts what it lost.
#[derive(Debug, Parser)]
#[command(name = "cargo torture")]
struct Torture {
    #[command(subcommand)]
    what: What,
    /// Print one JSON object, as the last thing on standard output.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Kill the host with SIGKILL at random moments, under load; nothing acknowledged may be
    /// lost, and no invoice may be written twice.
    Crash {
        /// How often it is killed.
        #[arg(long, default_value_t = 20, value_name = "N")]
        rounds: u32,
    },
    /// Kill the host with SIGKILL at random moments while releases come, change places and go;
    /// it must be as it was before, or as it was wished to be.
    Install {
        /// How often it is killed.
        #[arg(long, default_value_t = 20, value_name = "N")]
        rounds: u32,
        /// Draw the same wishes and moments again, as far as the machine keeps time.
        #[arg(long, value_name = "S")]
        seed: Option<u64>,
    },
    /// Kill the host with SIGKILL while it renews a token that rotates, lose the vendor's
    /// answers, under fifty callers; no family may be revoked, no two renewals be under way, and
    /// no call fail.
    Tokens {
        /// How many renewals are disturbed.
        #[arg(long, default_value_t = 20, value_name = "N")]
        rounds: u32,
        /// Draw the same moments again, as far as the machine keeps time.
        #[arg(long, value_name = "S")]
        seed: Option<u64>,
    },
    /// Create entries at a vendor whose answers get lost, through a host that is killed with
    /// SIGKILL at random moments; for each kind of idempotency none may be lost or written twice,
    /// and where nothing tells a repeat a person must be asked.
    Effects {
        /// How many are created, the naive ones apart, of which some must be written twice.
        #[arg(long, default_value_t = 500, value_name = "N")]
        rounds: u32,
        /// Draw the same mishaps again, and the same moments as far as the machine keeps time.
        #[arg(long, value_name = "S")]
        seed: Option<u64>,
    },
    /// Be the host that is killed: everything after this is the `jackfield` command's.
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
    let torture = Torture::parse();
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let is_clean = match torture.what {
        What::Host { args } => return jackfield::cli::main(args),
        What::Crash { rounds } => runtime().block_on(crash::torture(rounds)).map(|toll| {
            toll.print(torture.json);
            toll.is_clean()
        }),
        What::Install { rounds, seed } => {
            runtime().block_on(install::torture(rounds, seed)).map(|toll| {
                toll.print(torture.json);
                toll.is_clean()
            })
        }
        What::Tokens { rounds, seed } => {
            runtime().block_on(tokens::torture(rounds, seed)).map(|toll| {
                toll.print(torture.json);
                toll.is_clean()
            })
        }
        What::Effects { rounds, seed } => {
            runtime().block_on(effects::torture(rounds, seed)).map(|toll| {
                toll.print(torture.json);
                toll.is_clean()
            })
        }
    };
    match is_clean {
        Ok(is_clean) => ExitCode::from(u8::from(!is_clean)),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
