//! The host's log: one line an event, as text or as JSON, on standard error.
//!
//! Owns where lines go and which are let through. Never writes a credential: secrets print as
//! `[secret]`, and what guests say is scrubbed before it comes here.

use std::io::IsTerminal as _;

use serde::Deserialize;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// In which form lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one object a line.
    Json,
}

/// What is let through when nobody says otherwise.
pub const FILTER: &str = "info,hyper=warn,sled=warn";

/// Begins to write the log. `filter` is in the form of tracing's `EnvFilter`; one that is no
/// filter is answered with what is wrong with it.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second start, as in tests, changes nothing.
    let _ = match format {
        LogFormat::Text => {
            registry.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init()
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    Ok(())
}
