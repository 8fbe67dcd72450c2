//! Rotation: everything opens at every moment, and in the end nothing under the old key.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    super::{
        Home, KEYS, MasterKey, Sealed, Vault, VaultError, ring::data_key, seal::Key, seal::open,
    },
    set,
};
use crate::store::{
    Batch, CommitError, Committing, Engine, Pair, Store, StoreError, Tree, scratch, trees,
};

/// Connections in these tests: more than are sealed anew in one batch.
const CONNECTIONS: usize = 70;

fn home(key: &MasterKey) -> Home {
    Home { id: key.id(), place: "a.key".into(), at: "a.key.next".into(), beside: true }
}

fn name(number: usize) -> String {
    format!("c{number}")
}

/// A vault with two secrets in each of many connections.
async fn filled(store: &Store, key: &MasterKey) -> Vault {
    let vault = Vault::open(store.clone(), key.clone()).await.unwrap();
    let mut batch = Batch::new();
    for number in 0..CONNECTIONS {
        let value = format!("value {number}");
        let secrets = [("token", value.as_bytes()), ("key", b"another".as_slice())];
        vault.put(&mut batch, &name(number), secrets).unwrap();
    }
    store.commit(batch).await.unwrap();
    vault
}

/// Whether every secret is what it was.
fn all_open(vault: &Vault) {
    for number in 0..CONNECTIONS {
        let value = vault.get(&name(number), "token").unwrap().unwrap();
        assert!(value.matches(format!("value {number}").as_bytes()));
        assert!(vault.get(&name(number), "key").unwrap().unwrap().matches(b"another"));
    }
}

/// The whole of a rotation.
async fn rotate(vault: &Vault, next: &MasterKey) -> Result<Sealed, VaultError> {
    vault.begin(next.clone(), home(next)).await?;
    vault.reseal(|_| true).await?;
    vault.finish(|_, _| {}).await
}

/// The data keys that a master key opens.
fn data_keys(store: &Store, master: &MasterKey) -> Vec<Key> {
    let records = store.scan_prefix(trees::SECRETS, KEYS, None, usize::MAX).unwrap();
    records.iter().filter_map(|(place, sealed)| data_key(master, place, sealed)).collect()
}

/// Tries keys on everything that the store has of the vault; how much they open.
fn opened_by(store: &Store, master: &MasterKey, data_keys: &[Key]) -> usize {
    let mut entries = store.scan_prefix(trees::SECRETS, &[], None, usize::MAX).unwrap();
    let mark = store.get(trees::META, b"vault").unwrap().unwrap();
    entries.push((b"vault".to_vec(), mark[16..].to_vec()));
    let keys: Vec<&Key> = [master.key()].into_iter().chain(data_keys).collect();
    let opens = |pair: &&Pair| keys.iter().any(|key| open(key, &pair.0, &pair.1).is_some());
    entries.iter().filter(opens).count()
}

#[tokio::test]
async fn afterwards_all_opens_with_the_new_key_and_nothing_with_the_old() {
    let (_dir, store) = scratch();
    let (old, new) = (MasterKey::generate(), MasterKey::generate());
    let vault = filled(&store, &old).await;
    let old_data_keys = data_keys(&store, &old);
    let entries = CONNECTIONS * 3 + 1;
    assert_eq!(opened_by(&store, &old, &old_data_keys), entries);
    let sealed = rotate(&vault, &new).await.unwrap();
    assert_eq!(sealed, Sealed { data_keys: CONNECTIONS, secrets: CONNECTIONS * 2 });
    all_open(&vault);
    assert_eq!(opened_by(&store, &old, &old_data_keys), 0);
    assert_eq!(opened_by(&store, &new, &data_keys(&store, &new)), entries);
    assert_eq!((vault.key_id(), vault.next_key_id()), (new.id(), None));
    let error = Vault::open(store.clone(), old).await.unwrap_err();
    assert!(matches!(&error, VaultError::WrongKey { wanted, .. } if *wanted == new.id()));
    all_open(&Vault::open(store, new).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn secrets_are_read_and_set_meanwhile() {
    let (_dir, store) = scratch();
    let vault = filled(&store, &MasterKey::generate()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut others = tokio::task::JoinSet::new();
    for lane in 0..3 {
        let (vault, store, stop) = (vault.clone(), store.clone(), stop.clone());
        others.spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                let connection = name((turn * 7 + lane) % CONNECTIONS);
                let (own, value) = (format!("set{lane}"), turn.to_string());
                set(&vault, &store, &connection, &own, &value).await;
                assert!(vault.get(&connection, &own).unwrap().unwrap().matches(value.as_bytes()));
                assert!(vault.get(&connection, "key").unwrap().unwrap().matches(b"another"));
                // New ones come, and some go.
                let new = format!("new{lane}-{turn}");
                set(&vault, &store, &new, "token", &value).await;
                if turn % 2 == 0 {
                    let mut batch = Batch::new();
                    vault.remove(&mut batch, &new).unwrap();
                    store.commit(batch).await.unwrap();
                    assert_eq!(vault.count(&new).unwrap(), 0);
                } else {
                    assert!(vault.get(&new, "token").unwrap().unwrap().matches(value.as_bytes()));
                }
                turn += 1;
            }
            turn
        });
    }
    let mut last = MasterKey::generate();
    for _ in 0..10 {
        last = MasterKey::generate();
        rotate(&vault, &last).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let turns: usize = others.join_all().await.into_iter().sum();
    assert!(turns > 0);
    all_open(&Vault::open(store, last).await.unwrap());
}

#[tokio::test]
async fn a_change_that_was_begun_before_is_waited_for() {
    let (_dir, store) = scratch();
    let new = MasterKey::generate();
    let vault = filled(&store, &MasterKey::generate()).await;
    let mut batch = Batch::new();
    vault.put(&mut batch, "c3", [("late", b"late".as_slice())]).unwrap();
    vault.put(&mut batch, "first", [("late", b"late".as_slice())]).unwrap();
    let (whole, key) = (vault.clone(), new.clone());
    let rotating = tokio::spawn(async move { rotate(&whole, &key).await });
    while vault.next_key_id().is_none() {
        tokio::task::yield_now().await;
    }
    assert!(!rotating.is_finished());
    store.commit(batch).await.unwrap();
    rotating.await.unwrap().unwrap();
    let vault = Vault::open(store, new).await.unwrap();
    for connection in ["c3", "first"] {
        assert!(vault.get(connection, "late").unwrap().unwrap().matches(b"late"));
    }
}

/// A store whose host is killed at a commit: before it is written, or just after.
#[derive(Debug)]
struct Mortal {
    store: Store,
    left: AtomicUsize,
    written: bool,
}

impl Engine for Mortal {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(tree, key)
    }

    fn scan_prefix(
        &self,
        tree: Tree,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.store.scan_prefix(tree, prefix, after, limit)
    }

    fn scan_last(
        &self,
        tree: Tree,
        before: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.store.scan_last(tree, before, limit)
    }

    fn commit(&self, batch: Batch) -> Committing<'_> {
        Box::pin(async move {
            let killed = || CommitError::Store(StoreError::Engine("killed".into()));
            match self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            {
                Ok(_) => self.store.commit(batch).await,
                Err(_) if self.written => {
                    self.store.commit(batch).await?;
                    Err(killed())
                }
                Err(_) => Err(killed()),
            }
        })
    }

    fn disk_bytes(&self) -> u64 {
        self.store.disk_bytes()
    }
}

#[tokio::test]
async fn a_kill_at_any_commit_leaves_a_vault_that_opens_and_goes_on() {
    for written in [false, true] {
        // The new key is noted, three batches of connections, the mark.
        for commits in 0..5 {
            let (_dir, store) = scratch();
            let (old, new) = (MasterKey::generate(), MasterKey::generate());
            drop(filled(&store, &old).await);
            let old_data_keys = data_keys(&store, &old);
            let left = AtomicUsize::new(commits);
            let mortal: Store = Arc::new(Mortal { store: store.clone(), left, written });
            let vault = Vault::open(mortal, old.clone()).await.unwrap();
            rotate(&vault, &new).await.unwrap_err();
            // What still runs in the moment of the kill reads on.
            all_open(&vault);
            drop(vault);

            let noted = Vault::needs(&store, &old.id()).unwrap();
            let done = commits + usize::from(written);
            assert_eq!(noted.is_some(), done > 0, "after {done} commits");
            match Vault::open(store.clone(), old.clone()).await {
                Ok(vault) => {
                    assert!(done < 2, "after {done} commits");
                    all_open(&vault);
                }
                Err(VaultError::NextKeyMissing { id, .. }) => {
                    assert!((2..5).contains(&done), "after {done} commits");
                    assert_eq!(id, new.id());
                }
                Err(VaultError::WrongKey { wanted, .. }) => {
                    assert_eq!((done, wanted), (5, new.id()));
                }
                Err(error) => panic!("after {done} commits: {error}"),
            }
            let next = noted.map(|_| new.clone());
            let vault = Vault::open_with(store.clone(), old.clone(), next).await.unwrap();
            all_open(&vault);
            if vault.key_id() != new.id() {
                rotate(&vault, &new).await.unwrap();
            }
            all_open(&Vault::open(store.clone(), new).await.unwrap());
            assert_eq!(opened_by(&store, &old, &old_data_keys), 0);
        }
    }
}

#[tokio::test]
async fn a_host_that_stops_in_the_middle_goes_on_later() {
    let (_dir, store) = scratch();
    let (old, new) = (MasterKey::generate(), MasterKey::generate());
    let vault = filled(&store, &old).await;
    vault.begin(new.clone(), home(&new)).await.unwrap();
    let stopped = vault.reseal(|done| done.data_keys < 40).await;
    assert!(matches!(stopped, Err(VaultError::Stopped)));
    all_open(&vault);
    let other = MasterKey::generate();
    let refused = vault.begin(other.clone(), home(&other)).await;
    assert!(matches!(refused, Err(VaultError::UnderWay(id)) if id == new.id()));
    rotate(&vault, &new).await.unwrap();
    all_open(&vault);
}

#[tokio::test]
async fn a_damaged_entry_keeps_the_old_key_and_is_named() {
    for (place, what) in
        [("value\0c5\0token", "`token` of `c5`"), ("key\0c5", "the data key of `c5`")]
    {
        let (_dir, store) = scratch();
        let (old, new) = (MasterKey::generate(), MasterKey::generate());
        let vault = filled(&store, &old).await;
        let mut cut = store.get(trees::SECRETS, place.as_bytes()).unwrap().unwrap();
        cut.truncate(30);
        let mut batch = Batch::new();
        batch.put(trees::SECRETS, place.as_bytes(), cut);
        store.commit(batch).await.unwrap();
        let error = rotate(&vault, &new).await.unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("goes on"), "{error}");
        assert_eq!((vault.key_id(), vault.next_key_id()), (old.id(), Some(new.id())));
        assert!(vault.get("c5", "token").is_err());
        for others in ["c4", "c6"] {
            assert!(vault.get(others, "key").unwrap().is_some());
        }
        // What the message says to do: set it again, or remove the connection.
        if place.starts_with("value") {
            set(&vault, &store, "c5", "token", "value 5").await;
        } else {
            let mut batch = Batch::new();
            vault.remove(&mut batch, "c5").unwrap();
            store.commit(batch).await.unwrap();
            set(&vault, &store, "c5", "token", "value 5").await;
            set(&vault, &store, "c5", "key", "another").await;
        }
        rotate(&vault, &new).await.unwrap();
        all_open(&vault);
    }
}
