//! Claims are exclusive, lanes take turns, and what is not settled is there again.

use std::{sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{CLAIMS, CLAIMS_PER_LANE, Claim, DeadLetter, DeadLetters, Queue, Task, Work, lanes};
use crate::{
    audit::Actor,
    clock::{Clock as _, VirtualClock},
    fault::Fault,
    priority::Priority::{self, Backfill, Live, Reconciliation},
    store::{Batch, Store, scratch, trees},
};

/// A queue by a clock that stands still, and the directory beneath it.
struct Room {
    queue: Queue,
    store: Store,
    clock: VirtualClock,
    _dir: TempDir,
}

impl Room {
    fn new() -> Self {
        let (dir, store) = scratch();
        let clock = VirtualClock::at(1_000_000);
        let queue = Queue::open(store.clone(), Arc::new(clock.clone())).unwrap();
        Self { queue, store, clock, _dir: dir }
    }

    async fn put(&self, lane: &str, run: &str, in_ms: u64) {
        let mut work = Work::new(lane, Task::Step { run: run.into() }, self.clock.now_ms());
        work.due_ms += in_ms;
        self.put_all(vec![work]).await;
    }

    /// So much due work at a priority.
    async fn put_many(&self, lane: &str, count: usize, priority: Priority) {
        let work = |number| {
            let task = Task::Step { run: format!("{priority:?} {number}") };
            Work::new(lane, task, self.clock.now_ms()).at(priority)
        };
        self.put_all((0..count).map(work).collect()).await;
    }

    async fn put_all(&self, all: Vec<Work>) {
        for some in all.chunks(500) {
            let mut batch = Batch::new();
            some.iter().for_each(|work| Queue::enqueue(&mut batch, work));
            self.store.commit(batch).await.unwrap();
            some.iter().for_each(|work| self.queue.announce(work));
        }
    }

    /// All claims that there are without waiting, as many as there are workers at most.
    async fn claim_all(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        while claims.len() < CLAIMS {
            let Some(claim) = self.claim().await else { break };
            claims.push(claim);
        }
        claims
    }

    /// Claims and settles so much, and tells at which priority each was.
    async fn work_off(&self, count: usize) -> Vec<Priority> {
        let mut done = Vec::new();
        for _ in 0..count {
            let claim = self.claim().await.unwrap();
            claim.settle(Batch::new(), Vec::new()).await.unwrap();
            done.push(claim.work.priority);
        }
        done
    }

    /// Fifty pieces of a lane are claimed and settled, each as soon as it is there.
    async fn serves_at_once(&self, lane: &str) {
        for number in 0..50 {
            self.put(lane, &format!("q{number}"), 0).await;
            let claim = self.claim().await.expect("a place at once");
            assert_eq!(claim.work.lane, lane);
            claim.settle(Batch::new(), Vec::new()).await.unwrap();
        }
    }

    /// The next claim, if there is one without waiting.
    async fn claim(&self) -> Option<Claim> {
        let soon = Duration::from_millis(50);
        tokio::time::timeout(soon, self.queue.claim()).await.ok().map(Result::unwrap)
    }
}

fn run(claim: &Claim) -> &str {
    claim.work.task.subject()
}

#[tokio::test]
async fn work_is_claimed_once_and_gone_when_settled() {
    let room = Room::new();
    room.put("books", "a", 0).await;
    let claim = room.claim().await.unwrap();
    assert!(room.claim().await.is_none());
    claim.settle(Batch::new(), Vec::new()).await.unwrap();
    assert!(room.claim().await.is_none());
    assert_eq!(room.queue.waiting(10).unwrap(), []);
}

#[tokio::test]
async fn a_claim_that_is_dropped_can_be_claimed_again() {
    let room = Room::new();
    room.put("books", "a", 0).await;
    drop(room.claim().await.unwrap());
    assert!(room.claim().await.is_some());
}

#[tokio::test]
async fn work_waits_for_its_time() {
    let room = Room::new();
    room.put("books", "later", 5_000).await;
    assert!(room.claim().await.is_none());
    room.clock.advance(Duration::from_secs(5));
    assert_eq!(run(&room.claim().await.unwrap()), "later");
}

#[tokio::test]
async fn a_noisy_lane_does_not_keep_the_others_waiting() {
    let room = Room::new();
    for number in 0..100 {
        room.put("noisy", &format!("{number}"), 0).await;
    }
    room.put("quiet", "q", 0).await;
    let mut claims = vec![room.claim().await.unwrap(), room.claim().await.unwrap()];
    assert!(claims.iter().any(|claim| run(claim) == "q"));
    while let Some(claim) = room.claim().await {
        claims.push(claim);
    }
    assert_eq!(claims.len(), CLAIMS_PER_LANE + 1);
}

#[tokio::test]
async fn a_paused_lane_waits_and_then_goes_on() {
    let room = Room::new();
    room.queue.pause("books", true);
    room.put("books", "a", 0).await;
    assert!(room.claim().await.is_none());
    room.queue.pause("books", false);
    assert!(room.claim().await.is_some());
}

#[tokio::test]
async fn a_restart_finds_what_was_waiting() {
    let room = Room::new();
    room.put("books", "a", 0).await;
    room.put("crm", "b", 0).await;
    let clock = Arc::new(room.clock.clone());
    let again = Queue::open(room.store.clone(), clock).unwrap();
    let (first, second) = (again.claim().await.unwrap(), again.claim().await.unwrap());
    let mut found = [run(&first).to_owned(), run(&second).to_owned()];
    found.sort();
    assert_eq!(found, ["a", "b"]);
}

/// A dead letter of a run, with a message.
async fn stops(room: &Room, run: &str, message: &str) -> DeadLetter {
    room.put("books", run, 0).await;
    let claim = room.claim().await.unwrap();
    let letter = DeadLetter::of(&claim.work, &Fault::operator("bad-input", message), None, 1);
    let mut batch = Batch::new();
    room.queue.bury(&mut batch, &letter);
    claim.settle(batch, Vec::new()).await.unwrap();
    letter
}

fn ann() -> Actor {
    Actor::Operator("ann".into())
}

#[tokio::test]
async fn a_dead_letter_is_taken_off_the_desk_by_one_person() {
    let room = Room::new();
    let letters = [stops(&room, "a", "no").await];
    let desk = DeadLetters::of(room.queue.clone());
    assert_eq!(desk.list(None, 9).unwrap(), letters);
    desk.retry(&letters, &ann(), Batch::new()).await.unwrap();
    assert!(desk.discard(&letters, &ann(), Batch::new()).await.is_err());
    assert_eq!(run(&room.claim().await.unwrap()), "a");
    assert_eq!(desk.count(), 0);
}

#[tokio::test]
async fn letters_of_one_cause_stand_in_one_group_after_a_start_too() {
    let room = Room::new();
    for (run, message) in [("a", "`/lines/0`: no"), ("b", "`/lines/7`: no"), ("c", "gone")] {
        stops(&room, run, message).await;
    }
    let again = Queue::open(room.store.clone(), Arc::new(room.clock.clone())).unwrap();
    for queue in [&room.queue, &again] {
        let desk = DeadLetters::of(queue.clone());
        let groups = desk.groups(None, 9).unwrap();
        let mut counts: Vec<_> = groups.iter().map(|one| (one.count, &*one.message)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(1, "gone"), (2, "`/lines/7`: no")]);
        assert_eq!((desk.count(), desk.groups(Some("crm"), 9).unwrap().len()), (3, 0));
    }
}

#[tokio::test]
async fn letters_from_before_there_were_causes_are_put_under_theirs() {
    let room = Room::new();
    let letter = stops(&room, "a", "no").await;
    let mut old: serde_json::Value = serde_json::to_value(&letter).unwrap();
    old.as_object_mut().unwrap().remove("cause");
    let mut batch = Batch::new();
    batch.put(trees::DEAD_LETTERS, letter.id.as_bytes(), old.to_string());
    batch.delete(trees::CAUSES, format!("{}/{}", letter.cause, letter.id).as_bytes());
    room.store.commit(batch).await.unwrap();
    let again = Queue::open(room.store.clone(), Arc::new(room.clock.clone())).unwrap();
    let desk = DeadLetters::of(again.clone());
    assert_eq!(desk.count(), 0);
    again.index_letters().await.unwrap();
    assert_eq!(desk.count(), 1);
    assert_eq!(desk.group(&letter.cause).unwrap().count, 1);
    desk.discard(&[letter], &ann(), Batch::new()).await.unwrap();
    assert_eq!(desk.groups(None, 9).unwrap(), []);
}

#[tokio::test]
async fn what_waited_for_a_pause_to_end_is_done_one_by_one_in_order() {
    let room = Room::new();
    room.queue.pause("books", true);
    for run in ["a", "b", "c"] {
        room.put("books", run, 0).await;
        room.clock.advance(Duration::from_millis(1));
    }
    assert!(room.claim().await.is_none(), "nothing begins during a pause");
    room.queue.pause("books", false);
    for wanted in ["a", "b", "c"] {
        let claim = room.claim().await.unwrap();
        assert_eq!(run(&claim), wanted);
        assert!(room.claim().await.is_none(), "one at a time");
        claim.settle(Batch::new(), Vec::new()).await.unwrap();
    }
    assert!(room.claim().await.is_none());
    // From then on side by side, as ever.
    room.put("books", "d", 0).await;
    room.put("books", "e", 0).await;
    let (_first, second) = (room.claim().await.unwrap(), room.claim().await);
    assert!(second.is_some());
}

#[tokio::test]
async fn live_work_goes_before_backfill_and_backfill_before_reconciliation() {
    let room = Room::new();
    for priority in [Reconciliation, Backfill, Live] {
        room.put_many("books", 2, priority).await;
        room.clock.advance(Duration::from_millis(1));
    }
    let expected = [Live, Live, Backfill, Backfill, Reconciliation, Reconciliation];
    assert_eq!(room.work_off(6).await, expected);
}

#[tokio::test]
async fn what_is_not_live_waits_and_does_not_starve() {
    let room = Room::new();
    let turns = 4 * lanes::ONE_IN as usize;
    for priority in Priority::ALL {
        room.put_many("books", turns, priority).await;
    }
    let done = room.work_off(turns).await;
    let count = |of: Priority| done.iter().filter(|one| **one == of).count();
    assert_eq!((count(Backfill), count(Reconciliation)), (2, 2), "{done:?}");
    for eight in done.chunks(lanes::ONE_IN as usize) {
        assert_eq!(eight.iter().filter(|one| **one != Live).count(), 1, "{done:?}");
    }
}

#[tokio::test]
async fn backfill_leaves_places_open_for_what_comes_live() {
    let room = Room::new();
    room.put_many("books", 100, Backfill).await;
    let held = room.claim_all().await;
    assert_eq!(held.len(), Backfill.share(16) as usize);
    room.put("books", "live", 0).await;
    assert_eq!(run(&room.claim().await.unwrap()), "live");
}

#[tokio::test]
async fn a_priority_lasts_over_retries_dead_letters_and_restarts() {
    let room = Room::new();
    room.put_many("books", 1, Backfill).await;
    let claim = room.claim().await.unwrap();
    let again = claim.work.again(room.clock.now_ms());
    claim.settle(Batch::new(), vec![again]).await.unwrap();
    drop(claim);
    let clock = Arc::new(room.clock.clone());
    let queue = Queue::open(room.store.clone(), clock).unwrap();
    let claim = queue.claim().await.unwrap();
    assert_eq!((claim.work.priority, claim.work.attempts), (Backfill, 1));
    let letter = DeadLetter::of(&claim.work, &Fault::operator("bad-input", "no"), None, 1);
    let mut batch = Batch::new();
    queue.bury(&mut batch, &letter);
    claim.settle(batch, Vec::new()).await.unwrap();
    drop(claim);
    let desk = DeadLetters::of(queue.clone());
    desk.retry(&[letter], &ann(), Batch::new()).await.unwrap();
    assert_eq!(queue.claim().await.unwrap().work.priority, Backfill);
}

#[tokio::test]
async fn work_of_a_host_that_knew_no_priorities_is_live() {
    let room = Room::new();
    // Lane, a zero byte, eight bytes of time, sixteen of id: as such a host wrote it.
    let key = [b"books\0".as_slice(), &5_000_u64.to_be_bytes(), &[7; 16]].concat();
    let value = br#"{"task":"step","run":"old","attempts":3,"since_ms":4000}"#;
    let mut batch = Batch::new();
    batch.put(trees::DUE, &key, value.to_vec());
    room.store.commit(batch).await.unwrap();
    let queue = Queue::open(room.store.clone(), Arc::new(room.clock.clone())).unwrap();
    let claim = queue.claim().await.unwrap();
    assert_eq!((run(&claim), claim.work.priority, claim.work.due_ms), ("old", Live, 5_000));
    assert_eq!((claim.work.attempts, claim.work.since_ms), (3, 4_000));
    claim.settle(Batch::new(), Vec::new()).await.unwrap();
    assert_eq!(queue.waiting(10).unwrap(), []);
}

#[tokio::test]
async fn a_lane_whose_system_failed_rests_and_then_goes_on_one_by_one() {
    let room = Room::new();
    room.put_many("books", 5, Live).await;
    room.put("crm", "other", 0).await;
    room.queue.probe("books", || Some(room.clock.now_ms() + 10_000));
    let other = room.claim().await.unwrap();
    assert_eq!(run(&other), "other", "others go on");
    assert!(room.claim().await.is_none());
    room.clock.advance(Duration::from_secs(10));
    let probe = room.claim().await.unwrap();
    assert!(room.claim().await.is_none(), "one at a time");
    probe.settle(Batch::new(), Vec::new()).await.unwrap();
    room.queue.probe("books", || None);
    drop(probe);
    assert_eq!(room.claim_all().await.len(), 4);
}

#[tokio::test]
async fn ten_thousand_slow_pieces_of_one_connection_keep_no_other_waiting() {
    let room = Room::new();
    room.put_many("slow", 10_000, Live).await;
    // Slow: what is claimed is never settled.
    let _held = room.claim_all().await;
    room.serves_at_once("quick").await;
}

#[tokio::test]
async fn fifty_slow_connections_leave_places_for_the_fifty_first() {
    let room = Room::new();
    for lane in 0..50 {
        room.put_many(&format!("slow-{lane}"), 200, Live).await;
    }
    let held = room.claim_all().await;
    assert!(held.len() < CLAIMS, "{} of {CLAIMS} are taken", held.len());
    for lane in 0..50 {
        let lane = format!("slow-{lane}");
        let of = held.iter().filter(|claim| claim.work.lane == lane).count();
        assert!((1..=CLAIMS_PER_LANE).contains(&of), "{lane} has {of}");
    }
    room.serves_at_once("quick").await;
}

#[tokio::test]
async fn more_slow_connections_than_workers_take_turns() {
    let room = Room::new();
    for lane in 0..CLAIMS + 20 {
        room.put_many(&format!("slow-{lane:03}"), 2, Live).await;
    }
    let mut held = room.claim_all().await;
    assert_eq!(held.len(), CLAIMS);
    let mut lanes = std::collections::HashSet::new();
    for _ in 0..40 {
        held.remove(0).settle(Batch::new(), Vec::new()).await.unwrap();
        let claim = room.claim().await.unwrap();
        lanes.insert(claim.work.lane.clone());
        held.push(claim);
    }
    assert!(lanes.len() >= 20, "only {} lanes had a turn", lanes.len());
}
