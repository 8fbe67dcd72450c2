//! Chance that is the same each time: a number from a seed and a word.
//!
//! For choosing what to try, never for anything that must not be guessed.

use sha2::{Digest as _, Sha256};

/// A row of numbers.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The row of a seed for one purpose.
    pub(super) fn new(seed: u64, salt: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(salt).finalize();
        // A digest has 32 bytes.
        let first = digest.first_chunk().copied().unwrap_or_default();
        Self(u64::from_be_bytes(first))
    }

    /// The next number (SplitMix64; Steele, Lea and Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At most `most` of the items, each as likely as the others, in their order.
    pub(super) fn some<T>(&mut self, items: Vec<T>, most: usize) -> Vec<T> {
        let (mut left, mut wanted) = (items.len() as u64, most as u64);
        let mut chosen = Vec::new();
        for item in items {
            if self.next() % left.max(1) < wanted {
                chosen.push(item);
                wanted -= 1;
            }
            left -= 1;
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_chooses_the_same() {
        let some = |seed, salt| Chance::new(seed, salt).some((0..100).collect::<Vec<_>>(), 10);
        assert_eq!(some(1, "x"), some(1, "x"));
        assert_eq!(some(1, "x").len(), 10);
        assert_ne!(some(1, "x"), some(2, "x"));
        assert_ne!(some(1, "x"), some(1, "y"));
        assert_eq!(Chance::new(1, "x").some(vec![1, 2], 10), [1, 2]);
    }
}
