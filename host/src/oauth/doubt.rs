//! Whether a token that a system turned away is renewed before its time.
//!
//! It may have been revoked, so it is, however young it is. Where the system minds something
//! else it turns the next one away too: then not again and again.

use std::sync::{Mutex, PoisonError};

/// How long a token that replaced one which was turned away is trusted, in milliseconds: a system
/// that turns it away as well does not mind the token.
const TRUSTED_MS: u64 = 10_000;

/// The token that was turned away last, by its number, and when that was heard first.
#[derive(Debug, Default)]
pub(super) struct Doubt(Mutex<Option<(u64, u64)>>);

impl Doubt {
    /// Whether another token may help, now that this one was turned away.
    pub(super) fn may_help(&self, number: u64, now_ms: u64) -> bool {
        // It is written once, as a whole.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            // Heard by another caller too: they all wait for the same one.
            Some((same, _)) if same == number => true,
            Some((_, at_ms)) if now_ms.saturating_sub(at_ms) < TRUSTED_MS => false,
            _ => {
                *last = Some((number, now_ms));
                true
            }
        }
    }

    /// Whether this token was turned away lately as well.
    pub(super) fn is_repeated(&self, number: u64, now_ms: u64) -> bool {
        let before =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).replace((number, now_ms));
        before.is_some_and(|(same, at_ms)| same == number && now_ms < at_ms + TRUSTED_MS)
    }

    /// A person has signed in: what was turned away before says nothing any more.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_hear_that_a_token_was_turned_away_may_have_the_next() {
        let doubt = Doubt::default();
        assert!((0..20).all(|caller| doubt.may_help(1, 1_000 + caller)));
    }

    #[test]
    fn a_system_that_turns_every_token_away_gets_a_new_one_only_now_and_then() {
        let doubt = Doubt::default();
        let mut number = 1;
        for now_ms in (0..60_000).step_by(10) {
            if doubt.may_help(number, now_ms) {
                number += 1;
            }
        }
        assert_eq!(number, 1 + 6, "one in ten seconds");
    }
}
