//! What the requests of one call may have changed, whichever window they went through.
//!
//! Owns the count of what is under way and the memory of what took effect. Promises to err in one
//! direction only: a request that is never told to have ended may have taken effect. Never lets
//! one begin after the call has ended, so that what is read then stays true.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{contract::Problem, egress::Sent};

/// What the mutating requests of a call may have done at the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Left {
    /// Nothing: none left the host, or each was refused with a definite answer.
    #[default]
    Nothing,
    /// Something took effect, for all that the host knows.
    Something,
}

/// The ledger of one call. Clones share everything: requests of `wasi:http` go out in tasks of
/// their own.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    /// Mutating requests that have begun and of whose end nothing is known.
    under_way: u32,
    /// Whether one took effect, or may have.
    took_effect: bool,
    /// Whether the call has ended.
    closed: bool,
    /// Why the last request of `wasi:http` that failed did so.
    failure: Option<Problem>,
}

/// A request that has begun. Dropped without a word it counts as under way for ever.
#[derive(Debug)]
#[must_use = "a request that is not ended may have taken effect"]
pub(super) struct UnderWay {
    ledger: Ledger,
    mutates: bool,
}

impl Ledger {
    /// A request begins; none if the call has ended.
    pub(super) fn begin(&self, mutates: bool) -> Option<UnderWay> {
        let mut account = self.account();
        if account.closed {
            return None;
        }
        account.under_way += u32::from(mutates);
        Some(UnderWay { ledger: self.clone(), mutates })
    }

    /// What the call may have changed until now.
    pub(super) fn left(&self) -> Left {
        let account = self.account();
        if account.took_effect || account.under_way > 0 { Left::Something } else { Left::Nothing }
    }

    /// The call has ended: nothing begins any more.
    pub(super) fn close(&self) {
        self.account().closed = true;
    }

    /// Remembers why a request has no answer.
    pub(super) fn failed(&self, problem: Problem) {
        self.account().failure = Some(problem);
    }

    /// Why the last that failed did so.
    pub(super) fn failure(&self) -> Option<Problem> {
        self.account().failure.clone()
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // A panic while the lock is held leaves it whole: each change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// It has ended, and this is what it did.
    pub(super) fn end(self, sent: Sent) {
        let mut account = self.ledger.account();
        account.under_way -= u32::from(self.mutates);
        account.took_effect |= sent != Sent::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_may_have_taken_effect() {
        let ledger = Ledger::default();
        drop(ledger.begin(false));
        assert_eq!(ledger.left(), Left::Nothing, "it reads");
        drop(ledger.begin(true));
        assert_eq!(ledger.left(), Left::Something);
    }

    #[test]
    fn what_was_refused_left_nothing_and_what_was_done_something() {
        let ledger = Ledger::default();
        let [first, second] = [ledger.begin(true).unwrap(), ledger.begin(true).unwrap()];
        assert_eq!(ledger.left(), Left::Something, "both are under way");
        first.end(Sent::Nothing);
        assert_eq!(ledger.left(), Left::Something, "the second is");
        second.end(Sent::Nothing);
        assert_eq!(ledger.left(), Left::Nothing);
        ledger.begin(true).unwrap().end(Sent::Unknown);
        assert_eq!(ledger.left(), Left::Something);
    }

    #[test]
    fn nothing_begins_after_the_end() {
        let ledger = Ledger::default();
        ledger.close();
        assert!(ledger.begin(true).is_none());
        assert_eq!(ledger.left(), Left::Nothing);
    }
}
