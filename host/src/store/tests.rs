//! The store against a model of it, and against bad days.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Batch, CommitError, Expect, Options, Store, StoreError, chain, open, trees};

fn dir() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn store(dir: &TempDir) -> Store {
    open(dir.path(), Options { reserve_bytes: 0, ..Options::default() }).expect("a store")
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = dir();
    let long = vec![7; 100_000];
    {
        let store = store(&dir);
        let mut batch = Batch::new();
        batch.put(trees::RUNS, b"short", b"value").put(trees::RUNS, b"long", long.clone());
        store.commit(batch).await.unwrap();
    }
    let store = store(&dir);
    assert_eq!(store.get(trees::RUNS, b"short").unwrap().unwrap(), b"value");
    assert_eq!(store.get(trees::RUNS, b"long").unwrap().unwrap(), long);
    assert_eq!(store.get(trees::EFFECTS, b"short").unwrap(), None);
}

#[tokio::test]
async fn a_batch_whose_precondition_fails_changes_nothing() {
    let dir = dir();
    let store = store(&dir);
    let mut batch = Batch::new();
    batch.require(trees::META, b"k", Expect::Absent).put(trees::META, b"k", b"1");
    store.commit(batch.clone()).await.unwrap();
    batch.put(trees::META, b"other", b"2");
    let answer = store.commit(batch).await;
    assert!(matches!(answer, Err(CommitError::Conflict { tree: "meta" })), "{answer:?}");
    assert_eq!(store.get(trees::META, b"other").unwrap(), None);
    let mut batch = Batch::new();
    batch.require(trees::META, b"k", Expect::Is(b"1".to_vec())).delete(trees::META, b"k");
    store.commit(batch).await.unwrap();
    assert_eq!(store.get(trees::META, b"k").unwrap(), None);
}

#[tokio::test]
async fn of_many_who_want_to_be_the_first_one_is() {
    let dir = dir();
    let store = store(&dir);
    let tries = (0..50u8).map(|who| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut batch = Batch::new();
            batch.require(trees::DEDUPE, b"it", Expect::Absent).put(trees::DEDUPE, b"it", [who]);
            store.commit(batch).await.is_ok()
        })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += u32::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_log_is_numbered_and_chained_across_restarts() {
    let dir = dir();
    let mut hash = [0; 32];
    for round in 0..3u64 {
        let store = store(&dir);
        for entry in 0..10u64 {
            let payload = format!("{round}/{entry}").into_bytes();
            let mut batch = Batch::new();
            batch.append(trees::AUDIT, payload.clone());
            let sequence = round * 10 + entry + 1;
            assert_eq!(store.commit(batch).await.unwrap().sequences, [sequence]);
            hash = chain(&hash, sequence, &payload);
            let kept = store.get(trees::AUDIT, &sequence.to_be_bytes()).unwrap().unwrap();
            assert_eq!(kept, [&hash[..], &payload].concat());
        }
    }
}

#[tokio::test]
async fn a_directory_in_use_is_told_with_its_process() {
    let dir = dir();
    let _first = store(&dir);
    let error = open(dir.path(), Options::default()).unwrap_err();
    let own = std::process::id().to_string();
    assert!(matches!(&error, StoreError::InUse { pid: Some(pid), .. } if *pid == own));
    assert!(error.to_string().contains("hint: "), "{error}");
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let dir = dir();
    {
        let store = store(&dir);
        let mut batch = Batch::new();
        batch.put(trees::META, b"before", b"1");
        store.commit(batch).await.unwrap();
    }
    let full = Options { reserve_bytes: u64::MAX, ..Options::default() };
    let store = open(dir.path(), full).unwrap();
    let mut batch = Batch::new();
    batch.put(trees::META, b"after", b"1");
    let answer = store.commit(batch).await;
    assert!(matches!(answer, Err(CommitError::Store(StoreError::Full { .. }))), "{answer:?}");
    assert_eq!(store.get(trees::META, b"after").unwrap(), None);
    assert_eq!(store.get(trees::META, b"before").unwrap().unwrap(), b"1");
}

#[tokio::test]
async fn a_value_too_big_for_its_tree_is_refused() {
    let dir = dir();
    let store = store(&dir);
    let mut batch = Batch::new();
    batch.put(trees::COUNTERS, b"k", vec![0; 6 << 10]);
    let answer = store.commit(batch).await;
    assert!(matches!(answer, Err(CommitError::Store(StoreError::TooBig { .. }))), "{answer:?}");
}

#[tokio::test]
async fn an_overwritten_long_value_leaves_no_pieces() {
    let dir = dir();
    let store = store(&dir);
    for length in [50_000, 20_000, 10, 30_000] {
        let mut batch = Batch::new();
        batch.put(trees::RUNS, b"k", vec![1; length]);
        store.commit(batch).await.unwrap();
        assert_eq!(store.get(trees::RUNS, b"k").unwrap().unwrap().len(), length);
    }
    let mut batch = Batch::new();
    batch.delete(trees::RUNS, b"k");
    store.commit(batch).await.unwrap();
    assert_eq!(store.scan_prefix(trees::PIECES, &[], None, 10).unwrap(), []);
}

#[derive(Debug, Clone)]
enum Op {
    Put(u8, Vec<u8>),
    Delete(u8),
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..12u8, prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            (0..3usize).prop_map(|n| vec![9; n * 6_000]),
        ]).prop_map(|(key, value)| Op::Put(key, value)),
        3 => (0..12u8).prop_map(Op::Delete),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_is_an_ordered_map(ops in proptest::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = dir();
        let mut store = store(&dir);
        let mut model = BTreeMap::new();
        for op in ops {
            let mut batch = Batch::new();
            match op {
                Op::Put(key, value) => {
                    batch.put(trees::STORAGE, &[key], value.clone());
                    model.insert(vec![key], value);
                }
                Op::Delete(key) => {
                    batch.delete(trees::STORAGE, &[key]);
                    model.remove(&vec![key]);
                }
                Op::Reopen => {
                    drop(store);
                    store = self::store(&dir);
                }
            }
            runtime.block_on(store.commit(batch)).unwrap();
            let all: Vec<_> = model.clone().into_iter().collect();
            prop_assert_eq!(&store.scan_prefix(trees::STORAGE, &[], None, 100).unwrap(), &all);
            let after = store.scan_prefix(trees::STORAGE, &[], Some(&[5]), 2).unwrap();
            let wanted = all.iter().filter(|(key, _)| key[0] > 5).take(2).cloned();
            prop_assert_eq!(after, wanted.collect::<Vec<_>>());
            let last = store.scan_last(trees::STORAGE, None, 3).unwrap();
            prop_assert_eq!(last, all.iter().rev().take(3).cloned().collect::<Vec<_>>());
        }
    }
}
