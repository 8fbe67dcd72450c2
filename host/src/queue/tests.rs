//! Claims are exclusive, lanes take turns, and what is not settled is there again.

use std::{sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{CLAIMS_PER_LANE, Claim, DeadLetter, DeadLetters, Queue, Task, Work};
use crate::{
    audit::Actor,
    clock::{Clock as _, VirtualClock},
    fault::Fault,
    store::{Batch, Store, scratch},
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
        let mut batch = Batch::new();
        Queue::enqueue(&mut batch, &work);
        self.store.commit(batch).await.unwrap();
        self.queue.announce(&work);
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

#[tokio::test]
async fn a_dead_letter_is_taken_off_the_desk_by_one_person() {
    let room = Room::new();
    room.put("books", "a", 0).await;
    let claim = room.claim().await.unwrap();
    let letter = DeadLetter::of(&claim.work, &Fault::operator("bad-input", "no"), 1);
    let mut batch = Batch::new();
    letter.put(&mut batch);
    claim.settle(batch, Vec::new()).await.unwrap();
    let desk = DeadLetters::of(room.queue.clone());
    assert_eq!(desk.list().unwrap(), std::slice::from_ref(&letter));
    let actor = || Actor::Operator("ann".into());
    desk.retry(&letter.id, actor(), Batch::new()).await.unwrap();
    assert!(desk.discard(&letter.id, actor()).await.is_err());
    assert_eq!(run(&room.claim().await.unwrap()), "a");
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
