//! What goes before what: live work, then backfill, then reconciliation.
//!
//! Owns the three words and the share that each may take of what is scarce. A priority goes along
//! with all that is done in its name, so that the door out knows it without being told at every
//! call on the way. Never orders anything itself: `queue` and `egress` do.

use std::future::Future;

use serde::{Deserialize, Serialize};

/// How pressing something is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Somebody waits for it: a webhook and what follows from it.
    #[default]
    Live,
    /// It fills what was missed or was there before.
    Backfill,
    /// It compares what is there on both sides; nobody waits.
    Reconciliation,
}

tokio::task_local! {
    /// In whose name the present task works.
    static CURRENT: Priority;
}

impl Priority {
    /// All of them, the most pressing first.
    pub const ALL: [Self; 3] = [Self::Live, Self::Backfill, Self::Reconciliation];

    /// The byte that stands for it on disk, and its place in [`Priority::ALL`].
    pub const fn byte(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Backfill => 1,
            Self::Reconciliation => 2,
        }
    }

    /// What it may take of what all priorities share, in percent; the rest is kept for those
    /// before it.
    pub const fn share_percent(self) -> u32 {
        match self {
            Self::Live => 100,
            Self::Backfill => 70,
            Self::Reconciliation => 50,
        }
    }

    /// Its share of a number of things, at least one.
    pub fn share(self, of: u32) -> u32 {
        let share = u64::from(of) * u64::from(self.share_percent()) / 100;
        u32::try_from(share).unwrap_or(of).max(1)
    }

    /// Does something in the name of this priority. A task that is spawned on the way does not
    /// know it.
    pub async fn carry<F: Future>(self, doing: F) -> F::Output {
        CURRENT.scope(self, doing).await
    }

    /// In whose name the present task works: live, where nobody said otherwise.
    pub fn current() -> Self {
        CURRENT.try_with(|priority| *priority).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Priority::{self, Backfill, Live, Reconciliation};

    #[test]
    fn every_share_is_one_at_least_and_leaves_more_for_what_goes_before() {
        for of in [1, 2, 3, 10, 60, u32::MAX] {
            let [live, backfill, reconciliation] = Priority::ALL.map(|one| one.share(of));
            assert_eq!(live, of);
            assert!(1 <= reconciliation && reconciliation <= backfill && backfill <= live, "{of}");
        }
        assert_eq!((Backfill.share(60), Reconciliation.share(60)), (42, 30));
    }

    #[tokio::test]
    async fn what_is_done_in_the_name_of_a_priority_knows_it() {
        assert_eq!(Priority::current(), Live);
        let within = Backfill.carry(async {
            let deeper = Reconciliation.carry(async { Priority::current() }).await;
            (Priority::current(), deeper)
        });
        assert_eq!(within.await, (Backfill, Reconciliation));
        assert_eq!(Priority::current(), Live);
    }

    #[test]
    fn its_byte_is_its_place() {
        for (at, priority) in Priority::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(priority.byte()), at);
        }
    }
}
