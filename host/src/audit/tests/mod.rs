//! The trail is whole, or the first wrong line is found.

mod sealed;

use std::ops::RangeInclusive;

use tempfile::TempDir;

use super::{Actor, AuditError, Filter, Line, Word, list, verify};
use crate::store::{Batch, Store, scratch, trees};

const LINES: u64 = 20;

async fn trail() -> (TempDir, Store) {
    let (dir, store) = scratch();
    write(&store, 1..=LINES).await;
    (dir, store)
}

/// Writes lines that say their numbers.
async fn write(store: &Store, numbers: RangeInclusive<u64>) {
    let mut batch = Batch::new();
    for number in numbers {
        let connection = if number % 2 == 0 { "books" } else { "crm" };
        Line::new(number, Actor::Host, Word::RunStarted, format!("run-{number}"))
            .connection(connection)
            .detail("flow", "won-deal")
            .record(&mut batch);
    }
    store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_trail_nobody_touched_is_whole() {
    let (_dir, store) = trail().await;
    assert_eq!(verify(&store).unwrap().lines, LINES);
}

#[tokio::test]
async fn any_changed_byte_is_found() {
    let (_dir, store) = trail().await;
    let key = 7u64.to_be_bytes();
    let line = store.get(trees::AUDIT, &key).unwrap().unwrap();
    for at in 0..line.len() {
        let mut bent = line.clone();
        bent[at] ^= 4;
        let mut batch = Batch::new();
        batch.put(trees::AUDIT, &key, bent);
        store.commit(batch).await.unwrap();
        let found = verify(&store);
        assert!(
            matches!(found, Err(AuditError::Broken { sequence: 7, .. })),
            "byte {at}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_removed_line_is_found() {
    let (_dir, store) = trail().await;
    let mut batch = Batch::new();
    batch.delete(trees::AUDIT, &7u64.to_be_bytes());
    store.commit(batch).await.unwrap();
    assert!(matches!(verify(&store), Err(AuditError::Broken { sequence: 7, .. })));
}

#[tokio::test]
async fn the_newest_lines_of_a_connection_come_first() {
    let (_dir, store) = trail().await;
    let filter = Filter { connection: Some("books".into()), ..Filter::default() };
    let found = list(&store, &filter, 3).unwrap();
    assert_eq!(found.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [20, 18, 16]);
    let filter = Filter { subject: Some("run-5".into()), ..Filter::default() };
    assert_eq!(list(&store, &filter, 3).unwrap()[0].line.subject, "run-5");
}

#[test]
fn a_detail_is_cut_at_a_character() {
    let line =
        Line::new(1, Actor::Vendor, Word::WorkStopped, "x").detail("message", "é".repeat(600));
    assert!(line.details["message"].ends_with('…'));
    assert!(line.details["message"].len() < 520);
}
