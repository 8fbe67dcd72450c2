//! What was measured, for a person and for a program.

use std::time::Duration;

use serde_json::{Value, json};

/// How the two sides take turns.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// Seconds for each side of each round.
    pub seconds: u64,
    /// Rounds.
    pub rounds: u32,
}

/// One side's figures.
#[derive(Debug, Default)]
pub struct Side {
    /// How long each thing took, in nanoseconds.
    latencies_ns: Vec<u64>,
    /// In how many seconds all of it was done.
    seconds: f64,
}

impl Side {
    /// Adds what one turn gave.
    pub fn add(&mut self, latencies_ns: Vec<u64>, took: Duration) {
        self.latencies_ns.extend(latencies_ns);
        self.seconds += took.as_secs_f64();
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.latencies_ns.len()
    }

    /// How many a second.
    pub fn per_second(&self) -> f64 {
        if self.seconds == 0.0 { 0.0 } else { self.latencies_ns.len() as f64 / self.seconds }
    }

    /// The latency below which `share` of all were, in microseconds.
    pub fn quantile_us(&self, share: f64) -> f64 {
        let mut sorted = self.latencies_ns.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or_default() as f64 / 1000.0
    }

    /// The side as JSON.
    pub fn json(&self) -> Value {
        json!({
            "count": self.latencies_ns.len(),
            "per_second": self.per_second().round(),
            "p50_us": self.quantile_us(0.5),
            "p99_us": self.quantile_us(0.99),
        })
    }
}

/// A measure's outcome.
#[derive(Debug)]
pub struct Report {
    /// What was measured.
    pub name: &'static str,
    /// The one figure that counts, and what it is.
    pub ratio: f64,
    /// In words for a person.
    pub lines: Vec<String>,
    /// Everything else, as members of the JSON object.
    pub more: Value,
}

impl Report {
    /// Prints it.
    pub fn print(&self, as_json: bool) {
        for line in &self.lines {
            eprintln!("{line}");
        }
        if as_json {
            let mut all = json!({ "measure": self.name, "ratio": round(self.ratio) });
            if let (Some(all), Some(more)) = (all.as_object_mut(), self.more.as_object()) {
                all.extend(more.clone());
            }
            println!("{all}");
        } else {
            println!("{}: ratio {:.3}", self.name, self.ratio);
        }
    }
}

/// Three digits are more than a noisy machine can say.
fn round(ratio: f64) -> f64 {
    (ratio * 1000.0).round() / 1000.0
}
