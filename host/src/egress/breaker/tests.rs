//! A breaker opens after failures in a row, lets one request find out, and closes when it is well.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{
    Breakers, Breaking, EgressError, Pass, Stage, Turns,
    state::{Breaker, Ended, Turn},
};
use crate::backoff::Backoff;

const ORIGIN: &str = "https://api.example.com";
const SECOND_MS: u64 = 1_000;

/// Three failures within ten seconds; rests of one, two and four seconds.
fn breaking() -> Breaking {
    let second = Duration::from_secs(1);
    Breaking { failures: 3, within: 10 * second, first: second, longest: 4 * second }
}

fn breakers() -> (Arc<Breakers>, Arc<Turns>) {
    let turns = Arc::new(Turns::default());
    (Arc::new(Breakers::new("books", breaking(), turns.clone())), turns)
}

fn go(breakers: &Arc<Breakers>, now_ms: u64) -> Pass {
    breakers.admit(ORIGIN, now_ms).unwrap()
}

/// Fails three times in a row at `now_ms`.
fn break_at(breakers: &Arc<Breakers>, now_ms: u64) {
    (0..3).for_each(|_| go(breakers, now_ms).end(Ok(503), now_ms));
}

#[test]
fn failures_in_a_row_open_it_and_it_is_told_once() {
    let (breakers, turns) = breakers();
    go(&breakers, 0).end(Ok(500), 0);
    go(&breakers, 0).end(Ok(500), 0);
    go(&breakers, 0).end(Ok(404), 0);
    assert!(breakers.rests().is_empty(), "a system that says no is there");
    break_at(&breakers, 100);
    let [rest] = &breakers.rests()[..] else { panic!("one rest") };
    assert_eq!((rest.since_ms, rest.until_ms, rest.failures), (100, 1_100, 3));
    let [told] = &turns.take()[..] else { panic!("told once") };
    assert!(told.opened && told.connection == "books" && told.rest == *rest);
    let error = breakers.admit(ORIGIN, 600).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://api.example.com` failed 3 times in a row (last: status 503) and is left alone; \
         hint: try again in 500 ms"
    );
    assert!(breakers.admit("https://files.example.com", 600).is_ok(), "another origin goes on");
}

#[test]
fn failures_far_apart_do_not_open_it() {
    let (breakers, turns) = breakers();
    for at in 0..20 {
        go(&breakers, at * 6 * SECOND_MS).end(Ok(502), at * 6 * SECOND_MS);
    }
    assert!(breakers.rests().is_empty() && turns.take().is_empty());
}

#[test]
fn one_request_finds_out_and_the_rests_grow_up_to_the_longest() {
    let (breakers, turns) = breakers();
    break_at(&breakers, 0);
    let mut now_ms = 0;
    for span_s in [1, 2, 4, 4, 4] {
        now_ms += span_s * SECOND_MS;
        assert!(breakers.admit(ORIGIN, now_ms - 1).is_err());
        let probe = go(&breakers, now_ms);
        assert!(breakers.admit(ORIGIN, now_ms).is_err(), "one at a time");
        probe.end(Ok(500), now_ms);
    }
    let probe = go(&breakers, now_ms + 4 * SECOND_MS);
    probe.end(Ok(200), now_ms + 4 * SECOND_MS);
    assert!(breakers.rests().is_empty());
    let told: Vec<bool> = turns.take().iter().map(|turn| turn.opened).collect();
    assert_eq!(told, [true, false]);
    // And the next rest is a short one again.
    break_at(&breakers, 100_000);
    assert_eq!(breakers.rests()[0].until_ms, 101_000);
}

#[test]
fn what_was_under_way_before_it_opened_says_nothing() {
    let (breakers, _) = breakers();
    let slow = go(&breakers, 0);
    let slower = go(&breakers, 0);
    break_at(&breakers, 0);
    slow.end(Ok(200), 10);
    assert_eq!(breakers.rests().len(), 1);
    let probe = go(&breakers, 1_000);
    slower.end(Ok(500), 1_001);
    probe.end(Ok(200), 1_002);
    assert!(breakers.rests().is_empty());
}

#[test]
fn a_probe_that_is_given_up_makes_room_for_another() {
    let (breakers, _) = breakers();
    break_at(&breakers, 0);
    drop(go(&breakers, 1_000));
    go(&breakers, 1_000).end(Ok(200), 1_001);
    assert!(breakers.rests().is_empty());
}

#[test]
fn only_the_system_and_the_way_to_it_count() {
    let connect = EgressError::Connect { host: "x".into(), why: "refused".into() };
    let late = |stage| EgressError::Timeout { stage, timeout_ms: 1 };
    for (result, opens) in [
        (Ok(500), true),
        (Ok(599), true),
        (Ok(429), false),
        (Ok(401), false),
        (Err(connect), true),
        (Err(late(Stage::Headers)), true),
        (Err(late(Stage::Queue)), false),
        (Err(EgressError::TooLarge { bytes_max: 1 }), false),
        (Err(EgressError::RateLimited { after: Duration::ZERO }), false),
    ] {
        let (breakers, _) = breakers();
        (0..5).filter_map(|_| breakers.admit(ORIGIN, 0).ok()).for_each(|pass| {
            pass.end(result.as_ref().copied(), 0);
        });
        assert_eq!(!breakers.rests().is_empty(), opens, "{result:?}");
    }
}

#[test]
fn the_spans_shrink_with_the_retries_of_the_host() {
    let usual = Breaking::default();
    assert_eq!((usual.first.as_secs(), usual.longest.as_secs()), (10, 300));
    let quick = Duration::from_millis(40);
    let quick = Breaking::beside(Backoff { first: quick, longest: 5 * quick, tries: 5 });
    assert_eq!((quick.first.as_millis(), quick.longest.as_millis()), (200, 200));
}

/// What happens to a breaker in the law below.
#[derive(Debug, Clone)]
enum Happens {
    Time(u64),
    Begin,
    End { which: usize, ended: Ended },
}

fn happens() -> impl Strategy<Value = Happens> {
    let ended = prop_oneof![
        2 => Just(Ended::Failed("down".into())),
        1 => Just(Ended::Well),
        1 => Just(Ended::Neither),
    ];
    prop_oneof![
        (0_u64..3_000).prop_map(Happens::Time),
        Just(Happens::Begin),
        (any::<usize>(), ended).prop_map(|(which, ended)| Happens::End { which, ended }),
    ]
}

proptest! {
    #[test]
    fn no_request_goes_while_it_is_open_but_one_after_each_span(
        story in proptest::collection::vec(happens(), 1..300),
    ) {
        let breaking = breaking();
        let (mut breaker, mut now_ms, mut under_way) = (Breaker::default(), 0, Vec::new());
        let (mut in_a_row, mut opened) = (0, false);
        for one in story {
            let before = breaker.rest("");
            match one {
                Happens::Time(ms) => now_ms += ms,
                Happens::Begin => {
                    let let_go = breaker.admit(&breaking, now_ms);
                    if opened {
                        let probing = under_way.iter().any(|(_, probe)| *probe);
                        let due = before.until_ms <= now_ms && !probing;
                        prop_assert_eq!(let_go.is_ok(), due, "{:?}", breaker);
                    } else {
                        prop_assert!(let_go.is_ok());
                    }
                    under_way.extend(let_go.ok().map(|ticket| (ticket, opened)));
                }
                Happens::End { which, ended } if !under_way.is_empty() => {
                    let (ticket, probe) = under_way.remove(which % under_way.len());
                    let turn = breaker.end(&breaking, ticket, ended.clone(), now_ms);
                    match (turn, &ended) {
                        (Some(Turn::Opened), Ended::Failed(_)) => {
                            prop_assert!(!opened && in_a_row + 1 >= breaking.failures);
                            let until_ms = now_ms + SECOND_MS;
                            prop_assert_eq!(breaker.rest("").until_ms, until_ms);
                            opened = true;
                        }
                        (Some(Turn::Closed), Ended::Well) => {
                            prop_assert!(opened && probe);
                            opened = false;
                            in_a_row = 0;
                        }
                        (Some(turn), ended) => prop_assert!(false, "{turn:?} after {ended:?}"),
                        (None, Ended::Failed(_)) if !opened => in_a_row += 1,
                        (None, Ended::Well) if !opened && breaker.rest("").failures == 0 => {
                            in_a_row = 0;
                        }
                        (None, _) => {}
                    }
                    let span_ms = breaker.rest("").until_ms.saturating_sub(now_ms);
                    prop_assert!(!opened || span_ms <= 4 * SECOND_MS);
                }
                Happens::End { .. } => {}
            }
            prop_assert_eq!(breaker.is_closed(), !opened);
        }
    }
}
