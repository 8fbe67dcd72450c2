//! Windows, shares, and what the system tells.

use proptest::prelude::*;

use super::*;
use Priority::{Backfill, Live, Reconciliation};

const MINUTE_MS: u64 = 60_000;

fn budget(rates: &[(u32, u64)]) -> Budget {
    let rates = rates.iter().map(|&(requests, per_ms)| Rate { requests, per_ms });
    Budget::new(rates.collect(), None)
}

#[test]
fn a_shortage_is_honest_about_when_there_is_room() {
    let budget = budget(&[(2, MINUTE_MS)]);
    assert_eq!(budget.take(0, Live), Ok(()));
    assert_eq!(budget.take(10_000, Live), Ok(()));
    let shortage = budget.take(20_000, Live).unwrap_err();
    let later_ms = 20_000 + u64::try_from(shortage.after.as_millis()).unwrap();
    assert!(budget.take(later_ms - 1, Live).is_err());
    assert_eq!(budget.take(later_ms, Live), Ok(()));
    assert!(budget.take(later_ms, Live).is_err());
}

#[test]
fn the_tightest_of_several_windows_decides_and_a_refusal_costs_nothing() {
    let budget = budget(&[(1, 1_000), (3, MINUTE_MS)]);
    assert_eq!(budget.take(0, Live), Ok(()));
    assert!(budget.take(500, Live).is_err());
    assert_eq!(budget.take(2_000, Live), Ok(()));
    assert_eq!(budget.take(4_000, Live), Ok(()));
    let shortage = budget.take(6_000, Live).unwrap_err();
    assert!(shortage.after > Duration::from_secs(50), "{shortage:?}");
}

#[test]
fn a_system_that_asks_for_peace_gets_it() {
    let budget = budget(&[]);
    assert_eq!(budget.take(1_000, Live), Ok(()));
    budget.hold(1_000, Duration::from_secs(5));
    budget.hold(1_000, Duration::from_secs(2));
    assert_eq!(budget.take(2_000, Live), Err(Shortage { after: Duration::from_secs(4) }));
    assert_eq!(budget.take(6_000, Live), Ok(()));
}

#[tokio::test]
async fn only_so_many_are_under_way_at_once() {
    let budget = Budget::new(Vec::new(), Some(2));
    let first = budget.turn().await;
    let _second = budget.turn().await;
    let third = tokio::time::timeout(Duration::from_millis(20), budget.turn()).await;
    assert!(third.is_err());
    drop(first);
    assert!(budget.turn().await.is_some());
}

proptest! {
    #[test]
    fn no_window_sees_more_than_was_granted(
        requests in 1_u32..8,
        per_ms in 1_u64..500,
        gaps in proptest::collection::vec(0_u64..100, 1..200),
    ) {
        let budget = budget(&[(requests, per_ms)]);
        let mut now_ms = 0;
        let mut taken: Vec<u64> = Vec::new();
        for gap_ms in gaps {
            now_ms += gap_ms;
            if budget.take(now_ms, Live).is_ok() {
                taken.push(now_ms);
            }
        }
        for (at, start_ms) in taken.iter().enumerate() {
            let within = taken[at..].iter().filter(|t| **t < start_ms + per_ms).count();
            prop_assert!(within <= requests as usize);
        }
    }

    #[test]
    fn no_window_sees_more_than_the_share_of_a_priority_leaves(
        requests in 1_u32..12,
        per_ms in 1_u64..500,
        story in proptest::collection::vec((0_u64..60, 0_usize..3), 1..300),
    ) {
        let budget = budget(&[(requests, per_ms)]);
        let mut now_ms = 0;
        let mut taken: Vec<(u64, Priority)> = Vec::new();
        for (gap_ms, at) in story {
            now_ms += gap_ms;
            let priority = Priority::ALL[at];
            match budget.take(now_ms, priority) {
                Ok(()) => taken.push((now_ms, priority)),
                // A shortage is honest: there is room then, and for whom goes before it too.
                Err(shortage) => {
                    let later_ms = now_ms + u64::try_from(shortage.after.as_millis()).unwrap();
                    prop_assert!(later_ms > now_ms);
                    let fits = |priority| {
                        let mut state = budget.state.lock().unwrap();
                        let used = state.windows[0].used.clone();
                        let wait_ms = state.windows[0].wait_ms(later_ms, priority);
                        state.windows[0].used = used;
                        wait_ms == 0
                    };
                    prop_assert!(fits(priority) && fits(Live));
                }
            }
        }
        for (end, (end_ms, priority)) in taken.iter().enumerate() {
            // Whoever was let in made the window that ends with it no fuller than its share.
            let before = taken[..=end].iter().filter(|(at_ms, _)| at_ms + per_ms > *end_ms);
            prop_assert!(before.count() <= priority.share(requests) as usize);
        }
    }

    #[test]
    fn what_a_system_tells_never_widens_what_was_granted(
        requests in 1_u32..12,
        story in proptest::collection::vec((0_u64..60, 0_u32..20, 0_u32..20, 0_u64..900), 1..200),
    ) {
        let budget = budget(&[(requests, 500)]);
        let mut now_ms = 0;
        let mut taken: Vec<u64> = Vec::new();
        for (gap_ms, remaining, limit, reset_ms) in story {
            now_ms += gap_ms;
            if budget.take(now_ms, Live).is_ok() {
                taken.push(now_ms);
            }
            let reset = (reset_ms % 3 != 0).then(|| Duration::from_millis(reset_ms));
            let news = News { remaining, reset, limit: (limit > 0).then_some(limit) };
            budget.hear(0, news, now_ms);
            if remaining == 0 {
                prop_assert!(budget.take(now_ms, Live).is_err() || reset == Some(Duration::ZERO));
            }
        }
        for (at, start_ms) in taken.iter().enumerate() {
            let within = taken[at..].iter().filter(|t| **t < start_ms + 500).count();
            prop_assert!(within <= requests as usize);
        }
    }
}

#[test]
fn what_is_not_live_leaves_its_reserve_to_what_is() {
    let budget = budget(&[(10, MINUTE_MS)]);
    let taken = |priority| (0..10).filter(|_| budget.take(0, priority).is_ok()).count();
    assert_eq!((taken(Reconciliation), taken(Backfill), taken(Live)), (5, 2, 3));
    assert!(budget.take(0, Live).is_err());
}

#[test]
fn a_backfill_that_is_short_knows_when_enough_has_passed() {
    let budget = budget(&[(10, MINUTE_MS)]);
    (0..9).for_each(|second| assert_eq!(budget.take(second * 1_000, Live), Ok(())));
    let after = budget.take(9_000, Backfill).unwrap_err().after;
    // Three must have passed, so that six are left: those at 0, 1 and 2 s.
    assert_eq!(after, Duration::from_secs(54));
}

#[test]
fn what_others_used_is_counted_until_the_window_is_renewed() {
    let budget = budget(&[(10, MINUTE_MS)]);
    assert_eq!(budget.take(0, Live), Ok(()));
    let reset = Some(Duration::from_secs(5));
    budget.hear(0, News { remaining: 2, reset, limit: None }, 0);
    assert_eq!([budget.take(1, Live), budget.take(2, Live)], [Ok(()), Ok(())]);
    assert!(budget.take(3, Live).is_err(), "the system knows of seven others");
    assert_eq!(budget.take(5_000, Live), Ok(()));
    // What it does not know yet, we do.
    budget.hear(0, News { remaining: 10, reset, limit: None }, 5_000);
    let left = (0..10).filter(|_| budget.take(5_001, Live).is_ok()).count();
    assert_eq!(left, 6);
}

#[test]
fn with_nothing_left_the_system_is_left_alone_until_it_renews() {
    let budget = budget(&[(10, MINUTE_MS), (100, 60 * MINUTE_MS)]);
    assert_eq!(budget.take(0, Live), Ok(()));
    let reset = Some(Duration::from_secs(90));
    budget.hear(1, News { remaining: 0, reset, limit: None }, 0);
    let shortage = budget.take(1_000, Live).unwrap_err();
    assert_eq!(shortage.after, Duration::from_secs(89));
    assert_eq!(budget.take(90_000, Live), Ok(()));
}

#[test]
fn a_lower_limit_that_is_told_holds() {
    let budget = budget(&[(10, MINUTE_MS)]);
    assert_eq!(budget.take(0, Live), Ok(()));
    budget.hear(0, News { remaining: 3, reset: None, limit: Some(4) }, 0);
    let left = (0..10).filter(|_| budget.take(1, Live).is_ok()).count();
    assert_eq!(left, 3);
}
