//! What opens the vault, and what does not.

mod rotation;

use super::{MasterKey, Vault, VaultError};
use crate::{
    secret::Secret,
    store::{Batch, Store, scratch, trees},
};

async fn set(vault: &Vault, store: &Store, connection: &str, name: &str, value: &str) {
    let mut batch = Batch::new();
    vault.put(&mut batch, connection, [(name, value.as_bytes())]).unwrap();
    store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_secret_is_there_for_its_connection_alone() {
    let (_dir, store) = scratch();
    let key = MasterKey::generate();
    let vault = Vault::open(store.clone(), key.clone()).await.unwrap();
    set(&vault, &store, "books", "token", "s3cret-value").await;
    let vault = Vault::open(store.clone(), key).await.unwrap();
    let found = vault.get("books", "token").unwrap().unwrap();
    assert!(found.matches(b"s3cret-value"));
    assert!(vault.get("books", "other").unwrap().is_none());
    assert!(vault.get("crm", "token").unwrap().is_none());
}

#[tokio::test]
async fn the_disk_does_not_hold_the_value() {
    let (dir, store) = scratch();
    let vault = Vault::open(store.clone(), MasterKey::generate()).await.unwrap();
    set(&vault, &store, "books", "token", "s3cret-value").await;
    let log = std::fs::read(dir.path().join("sled/db")).unwrap();
    assert!(!log.windows(12).any(|bytes| bytes == b"s3cret-value"));
}

#[tokio::test]
async fn another_master_key_is_told_by_its_id() {
    let (_dir, store) = scratch();
    let first = MasterKey::generate();
    let id = first.id();
    Vault::open(store.clone(), first).await.unwrap();
    let error = Vault::open(store, MasterKey::generate()).await.unwrap_err();
    assert!(matches!(&error, VaultError::WrongKey { wanted, .. } if *wanted == id), "{error}");
}

#[tokio::test]
async fn a_sealed_value_that_was_moved_or_changed_does_not_open() {
    let (_dir, store) = scratch();
    let vault = Vault::open(store.clone(), MasterKey::generate()).await.unwrap();
    set(&vault, &store, "books", "token", "s3cret-value").await;
    set(&vault, &store, "books", "other", "something").await;
    let sealed = store.get(trees::SECRETS, b"value\0books\0token").unwrap().unwrap();
    let mut batch = Batch::new();
    batch.put(trees::SECRETS, b"value\0books\0other", sealed.clone());
    store.commit(batch).await.unwrap();
    assert!(matches!(vault.get("books", "other"), Err(VaultError::Damaged { .. })));
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        let mut batch = Batch::new();
        batch.put(trees::SECRETS, b"value\0books\0token", bent);
        store.commit(batch).await.unwrap();
        assert!(matches!(vault.get("books", "token"), Err(VaultError::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_cut_or_missing_mark_is_told_and_nothing_is_overwritten() {
    let (_dir, store) = scratch();
    let key = MasterKey::generate();
    let vault = Vault::open(store.clone(), key.clone()).await.unwrap();
    set(&vault, &store, "books", "token", "s3cret-value").await;
    let mark = store.get(trees::META, b"vault").unwrap().unwrap();
    for bytes in [0, 8, 16, 40, mark.len() - 1] {
        let mut batch = Batch::new();
        batch.put(trees::META, b"vault", &mark[..bytes]);
        store.commit(batch).await.unwrap();
        let error = Vault::open(store.clone(), key.clone()).await.unwrap_err();
        assert!(matches!(error, VaultError::DamagedMark), "{bytes}: {error}");
        assert_eq!(store.get(trees::META, b"vault").unwrap().unwrap(), &mark[..bytes]);
    }
    let mut batch = Batch::new();
    batch.delete(trees::META, b"vault");
    store.commit(batch).await.unwrap();
    let error = Vault::open(store.clone(), key).await.unwrap_err();
    assert!(error.to_string().contains("restore the data directory from a backup"), "{error}");
    assert!(store.get(trees::META, b"vault").unwrap().is_none());
}

#[tokio::test]
async fn a_secret_of_the_hosts_own_stays_and_gives_way_when_damaged() {
    let (_dir, store) = scratch();
    let key = MasterKey::generate();
    let vault = Vault::open(store.clone(), key.clone()).await.unwrap();
    let own = vault.own("cache").await.unwrap();
    let vault = Vault::open(store.clone(), key).await.unwrap();
    assert_eq!(vault.own("cache").await.unwrap(), own);
    let mut batch = Batch::new();
    batch.put(trees::SECRETS, b"key\0@host", b"cut".to_vec());
    store.commit(batch).await.unwrap();
    let another = vault.own("cache").await.unwrap();
    assert_ne!(another, own);
    assert_eq!(vault.own("cache").await.unwrap(), another);
}

#[test]
fn what_is_no_master_key_is_refused() {
    for text in
        ["", "jackfield-master-1:", "jackfield-master-1:AAAA", "hello", "jackfield-master-1:§"]
    {
        let read = MasterKey::from_text(&Secret::new(text.into()));
        assert!(matches!(read, Err(VaultError::Malformed)), "{text}");
    }
}
