//! Toll: what a torture of effects came to.

use jackfield_tests::twin::entries::Way;
use serde_json::json;

/// What it came to.
#[derive(Debug, Default)]
pub struct Toll {
    pub seed: u64,
    /// How many creates were wanted, the naive ones apart.
    pub creates: u32,
    /// How many webhooks were answered 200, the naive ones among them.
    pub acknowledged: usize,
    /// How often the host was killed.
    pub kills: usize,
    /// How many requests the vendor had for them.
    pub requests: u64,
    /// Creates that were acknowledged and are nowhere: neither written nor at the repair desk.
    pub lost: Vec<String>,
    /// Creates that were written twice.
    pub doubled: Vec<String>,
    /// Naive creates that were written twice.
    pub naive_doubled: usize,
    /// Creates of `none` that wait at the repair desk, as they should.
    pub at_the_desk: usize,
    /// Those of them whose host was killed over them, while the vendor's answer was definite.
    pub killed_over: usize,
    /// Dead letters that should not be there, and some that should.
    pub strays: Vec<String>,
    /// Work was left when time was up.
    pub unfinished: bool,
    pub seconds: f64,
}

impl Toll {
    pub fn is_clean(&self) -> bool {
        let nothing_wrong =
            self.lost.is_empty() && self.doubled.is_empty() && self.strays.is_empty();
        nothing_wrong && self.naive_doubled > 0 && !self.unfinished
    }

    /// Counts one create that was acknowledged.
    pub fn judge(&mut self, way: Way, reference: &str, written: u32, at_the_desk: bool) {
        match (way, written) {
            (Way::Naive, 2..) => self.naive_doubled += 1,
            (_, 2..) => self.doubled.push(reference.to_owned()),
            (Way::None, 0) if at_the_desk => {}
            (_, 0) => self.lost.push(reference.to_owned()),
            (_, 1) => {}
        }
    }

    pub fn print(&self, as_json: bool) {
        let told = [
            ("acknowledged and lost", &self.lost),
            ("written twice", &self.doubled),
            ("astray", &self.strays),
        ];
        for (what, which) in told {
            for one in which.iter().take(10) {
                eprintln!("{what}: {one}");
            }
        }
        if self.naive_doubled == 0 {
            eprintln!("no naive create was written twice: the torture does not bite");
        }
        if self.unfinished {
            eprintln!("work was left when time was up");
        }
        let told = json!({
            "torture": "effects",
            "seed": self.seed,
            "creates": self.creates,
            "lost": self.lost.len(),
            "doubled": self.doubled.len(),
            "naive_doubled": self.naive_doubled,
            "strays": self.strays.len(),
            "unfinished": self.unfinished,
            "at_the_desk": self.at_the_desk,
            "killed_over": self.killed_over,
            "acknowledged": self.acknowledged,
            "requests": self.requests,
            "kills": self.kills,
            "seconds": self.seconds.round(),
        });
        if as_json {
            println!("{told}");
        } else {
            println!(
                "{} creates (seed {}), {} kills: {} lost, {} doubled, {} at the repair desk; \
                 naively {} doubled",
                self.creates,
                self.seed,
                self.kills,
                self.lost.len(),
                self.doubled.len(),
                self.at_the_desk,
                self.naive_doubled
            );
        }
    }
}
