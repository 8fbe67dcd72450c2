//! Sealed lines are read, paged and proven like those that stand alone.

use tempfile::TempDir;

use super::{
    super::{
        AuditError, Entry, Filter, list,
        seal::{NEWEST, is_due, next, seal},
        segment::{LINES, Segment},
        verify,
    },
    write,
};
use crate::store::{Batch, CHAIN_BYTES, Options, Store, open, scratch, trees};

const SEALED: u64 = 2 * LINES as u64;
const ALL: u64 = SEALED + NEWEST + 10;

/// A trail of which two segments can be made.
async fn long() -> (TempDir, Store) {
    let (dir, store) = scratch();
    write(&store, 1..=ALL).await;
    (dir, store)
}

/// The same with the segments made.
async fn sealed() -> (TempDir, Store) {
    let (dir, store) = long().await;
    seal_all(&store).await;
    assert_eq!(segments(&store), [1, 1 + LINES as u64]);
    (dir, store)
}

async fn seal_all(store: &Store) {
    while seal(store).await.unwrap() {}
}

/// The numbers with which the segments begin.
fn segments(store: &Store) -> Vec<u64> {
    let found = store.scan_prefix(trees::SEGMENTS, &[], None, 10).unwrap();
    found.iter().map(|(key, _)| u64::from_be_bytes(key.as_slice().try_into().unwrap())).collect()
}

/// The whole trail, newest first, in pages of so many lines.
fn all(store: &Store, filter: &Filter, page: usize) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    loop {
        let before = found.last().map(|entry| entry.sequence);
        let more = list(store, &Filter { before, ..filter.clone() }, page).unwrap();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Puts another value in the place of a segment, or none, and asks whether the trail is whole.
async fn with(store: &Store, first: u64, value: Option<Vec<u8>>) -> Result<u64, AuditError> {
    let key = first.to_be_bytes();
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(trees::SEGMENTS, &key, value),
        None => batch.delete(trees::SEGMENTS, &key),
    };
    store.commit(batch).await.unwrap();
    verify(store).map(|verified| verified.lines)
}

/// The first segment, made anew of the lines that `keep` lets through.
fn anew(store: &Store, mut keep: impl FnMut(u64, &mut Vec<u8>) -> bool) -> Vec<u8> {
    let kept = store.get(trees::SEGMENTS, &1u64.to_be_bytes()).unwrap().unwrap();
    let mut segment = Segment::new(1, [0; CHAIN_BYTES]);
    for ((_, mut line), number) in Segment::open(1, &kept).unwrap().lines.into_iter().zip(1..) {
        if keep(number, &mut line) {
            segment.push(line);
        }
    }
    segment.packed()
}

fn broken_at(found: &Result<u64, AuditError>) -> u64 {
    match found {
        Err(AuditError::Broken { sequence, .. }) => *sequence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sealing_changes_nothing_that_is_read() {
    let (_dir, store) = long().await;
    let of_books = Filter { connection: Some("books".into()), ..Filter::default() };
    let read = || {
        let everything = all(&store, &Filter::default(), 1000);
        (verify(&store).unwrap(), everything, all(&store, &of_books, 7))
    };
    let before = read();
    assert_eq!(before.1.len() as u64, ALL);
    seal_all(&store).await;
    assert_eq!(read(), before);
    let alone = store.scan_prefix(trees::AUDIT, &[], None, 1000).unwrap();
    assert_eq!(alone.len() as u64, ALL - SEALED);
    write(&store, ALL + 1..=ALL + 1).await;
    assert_eq!(verify(&store).unwrap().lines, ALL + 1);
}

#[tokio::test]
async fn pages_go_on_across_the_border() {
    let (_dir, store) = sealed().await;
    for page in [1, 100, LINES, 1000] {
        let numbers = all(&store, &Filter::default(), page);
        assert!(numbers.iter().map(|entry| entry.sequence).eq((1..=ALL).rev()), "{page}");
    }
    let filter = Filter { subject: Some("run-5".into()), ..Filter::default() };
    assert_eq!(list(&store, &filter, 3).unwrap()[0].sequence, 5);
}

#[tokio::test]
async fn a_changed_byte_of_a_segment_is_found() {
    let (_dir, store) = sealed().await;
    let first = 1 + LINES as u64;
    let kept = store.get(trees::SEGMENTS, &first.to_be_bytes()).unwrap().unwrap();
    // All that stands before the lines, and some bytes of these.
    for at in (0..80).chain((80..kept.len()).step_by(61)) {
        let mut bent = kept.clone();
        bent[at] ^= 4;
        let found = with(&store, first, Some(bent)).await;
        assert_eq!(broken_at(&found), first, "byte {at}");
    }
    assert_eq!(with(&store, first, Some(kept)).await.unwrap(), ALL);
}

#[tokio::test]
async fn a_line_changed_or_removed_within_a_segment_is_found() {
    let (_dir, store) = sealed().await;
    let whole = anew(&store, |_, _| true);
    let less = anew(&store, |number, _| number != LINES as u64);
    // Packed with care, so that the segment by itself is sound: the line behind it tells.
    let changed = anew(&store, |number, line| {
        line[10] ^= u8::from(number == 7);
        true
    });
    assert_eq!(broken_at(&with(&store, 1, Some(changed)).await), 1 + LINES as u64);
    assert_eq!(broken_at(&with(&store, 1, Some(less)).await), LINES as u64);
    assert_eq!(broken_at(&with(&store, 1, None).await), 1);
    assert_eq!(with(&store, 1, Some(whole)).await.unwrap(), ALL);
}

#[tokio::test]
async fn a_segment_that_is_gone_is_found() {
    let (_dir, store) = sealed().await;
    let first = 1 + LINES as u64;
    assert_eq!(broken_at(&with(&store, first, None).await), first);
}

#[tokio::test]
async fn a_line_beside_its_segment_is_found() {
    let (_dir, store) = sealed().await;
    let mut batch = Batch::new();
    batch.put(trees::AUDIT, &7u64.to_be_bytes(), b"another story");
    store.commit(batch).await.unwrap();
    assert!(matches!(verify(&store), Err(AuditError::Broken { sequence: 7, .. })));
}

#[tokio::test]
async fn a_trail_that_is_not_whole_is_not_sealed() {
    let (_dir, store) = long().await;
    let mut batch = Batch::new();
    batch.delete(trees::AUDIT, &7u64.to_be_bytes());
    store.commit(batch).await.unwrap();
    let refused = seal(&store).await;
    assert!(matches!(refused, Err(AuditError::Broken { sequence: 7, .. })), "{refused:?}");
    assert!(segments(&store).is_empty());
    assert!(matches!(verify(&store), Err(AuditError::Broken { sequence: 7, .. })));
}

#[tokio::test]
async fn a_kill_before_or_after_a_segment_leaves_the_trail_whole() {
    let (dir, store) = long().await;
    let head = verify(&store).unwrap();
    let mut open_again = store;
    for made in 0..3 {
        drop(open_again);
        let options = Options { reserve_bytes: 0, ..Options::default() };
        open_again = open(dir.path(), options).unwrap();
        assert_eq!(segments(&open_again).len(), made);
        assert_eq!(verify(&open_again).unwrap(), head);
        // A batch that was made and never reached the store is as if it had not been made.
        if is_due(&open_again).unwrap() {
            let batch = next(&open_again).unwrap();
            drop(batch.clone());
            assert_eq!(verify(&open_again).unwrap(), head);
            open_again.commit(batch).await.unwrap();
        }
    }
    write(&open_again, ALL + 1..=ALL + 1).await;
    assert_eq!(verify(&open_again).unwrap().lines, ALL + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_while_lines_are_sealed_sees_every_line() {
    let (_dir, store) = scratch();
    let reading = store.clone();
    let reader = tokio::task::spawn_blocking(move || {
        let mut newest = 0;
        while newest < 20 * ALL {
            let lines = verify(&reading).unwrap().lines;
            assert!(lines >= newest, "{lines} after {newest}");
            let seen = all(&reading, &Filter::default(), 300);
            let mut numbers = seen.iter().map(|entry| entry.sequence);
            newest = numbers.next().unwrap_or(0);
            assert!(numbers.eq((1..newest).rev()));
        }
    });
    for round in 0..20 {
        write(&store, round * ALL + 1..=(round + 1) * ALL).await;
        seal_all(&store).await;
    }
    reader.await.unwrap();
    assert!(!segments(&store).is_empty());
}

#[tokio::test]
async fn a_turn_makes_one_segment_until_the_newest_lines_are_all_that_stand_alone() {
    let (_dir, store) = long().await;
    assert!(seal(&store).await.unwrap());
    assert_eq!(segments(&store), [1]);
    seal_all(&store).await;
    assert_eq!(segments(&store).len() as u64, (ALL - NEWEST) / LINES as u64);
    assert_eq!(verify(&store).unwrap().lines, ALL);
}
