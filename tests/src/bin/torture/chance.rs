//! Chance: numbers that nobody foresees, and that a seed brings back.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A row of random numbers, the same for the same seed.
#[derive(Debug)]
pub struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    pub fn from_seed(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A row of its own for each name, the same for the same seed, whoever draws first.
    pub fn of(seed: u64, name: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
        // A digest has 32 bytes.
        Self::from_seed(u64::from_le_bytes(digest[..8].try_into().expect("eight bytes")))
    }

    /// A seed that was not used before. It is short enough to be typed again.
    pub fn any_seed() -> u64 {
        u64::from(Uuid::new_v4().as_fields().0)
    }

    /// The next number, below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        let digest = Sha256::digest([self.seed.to_le_bytes(), self.drawn.to_le_bytes()].concat());
        // A digest has 32 bytes.
        u64::from_le_bytes(digest[..8].try_into().expect("eight bytes")) % end
    }

    /// One of several, of which there is at least one.
    pub fn one_of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len() as u64) as usize]
    }
}
