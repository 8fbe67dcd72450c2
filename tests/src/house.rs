//! A whole host in a directory of its own, on ports of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jackfield::{
    cli,
    clock::{Clock as _, SharedClock, SystemClock},
    config::{self, Config},
    dispatch::Backoff,
    egress::EgressConfig,
    host::{Host, HostError, Rooms},
    keys::{Environment, Keys, Place},
    queue::Work,
    store::StoreError,
};
use jackfield_registry::package::{Release, SigningKey};
use serde_json::Value;
use tempfile::TempDir;

/// How long a test waits for what must happen.
const PATIENCE_MS: u64 = 30_000;
/// How often it looks.
const GLANCE_MS: u64 = 10;

/// Retries that do not make a test wait: five of them within a second.
pub const QUICK: Backoff =
    Backoff { first: Duration::from_millis(40), longest: Duration::from_millis(200), tries: 5 };

/// A host that a test owns. It can be stopped and started again on the same data.
pub struct House {
    host: Option<Host>,
    dir: TempDir,
    keys: Keys,
    clock: SharedClock,
    backoff: Backoff,
    reserve_bytes: u64,
}

impl House {
    /// A host on a fresh data directory, by the machine's clock.
    pub async fn open() -> Self {
        Self::with(Arc::new(SystemClock), QUICK).await
    }

    /// The same by another clock, with other retries.
    pub async fn with(clock: SharedClock, backoff: Backoff) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let keys = keys(dir.path().join("master.key").into(), Environment::default());
        Self::keyed(dir, keys, clock, backoff).await
    }

    /// One whose master key is elsewhere, and is made there.
    pub async fn with_key_at(place: Place, environment: Environment) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self::keyed(dir, keys(place, environment), Arc::new(SystemClock), QUICK).await
    }

    async fn keyed(dir: TempDir, keys: Keys, clock: SharedClock, backoff: Backoff) -> Self {
        std::fs::create_dir(dir.path().join("data")).expect("a data directory");
        keys.create().await.expect("a master key");
        let mut house = Self { host: None, dir, keys, clock, backoff, reserve_bytes: 0 };
        house.start().await;
        house
    }

    /// Starts it, where it was stopped. What was killed may have the directory for a moment more.
    pub async fn start(&mut self) {
        let end_ms = SystemClock.now_ms() + PATIENCE_MS;
        loop {
            match self.try_start().await {
                Err(HostError::Store(StoreError::InUse { .. }))
                    if SystemClock.now_ms() < end_ms =>
                {
                    pause_ms(GLANCE_MS).await;
                }
                started => return started.expect("a host that starts"),
            }
        }
    }

    /// Starts it, if it does.
    pub async fn try_start(&mut self) -> Result<(), HostError> {
        let config = Config {
            data: self.dir.path().join("data"),
            ingress: "127.0.0.1:0".parse().expect("an address"),
            admin: "127.0.0.1:0".parse().expect("an address"),
            public_url: None,
            reserve_bytes: self.reserve_bytes,
            compiler: crate::releases::compiler(),
            drop_dir: Some(self.drop_dir()),
        };
        let (keys, clock) = (self.keys.clone(), self.clock.clone());
        self.host = Some(Host::start(&config, keys, clock, self.backoff).await?);
        Ok(())
    }

    /// Stops it and starts it again on a disk of which so much must stay free.
    pub async fn restart_with_reserve(&mut self, reserve_bytes: u64) {
        self.stop().await;
        self.reserve_bytes = reserve_bytes;
        self.start().await;
    }

    /// Stops it; what is under way ends first.
    pub async fn stop(&mut self) {
        if let Some(host) = self.host.take() {
            host.stop().await;
        }
    }

    /// Ends it as a kill would: what is under way is dropped where it stands, and nothing is told.
    pub fn kill(&mut self) {
        drop(self.host.take());
    }

    /// The file of the master key.
    pub fn key_file(&self) -> String {
        self.dir.path().join("master.key").display().to_string()
    }

    /// The keeper of its master key, as of the last start.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Has the master key looked for elsewhere at the next start.
    pub fn keep_key_at(&mut self, place: Place, environment: Environment) {
        self.keys = keys(place, environment);
    }

    /// Its rooms.
    ///
    /// # Panics
    /// It is stopped.
    pub fn rooms(&self) -> &Rooms {
        &self.host.as_ref().expect("a running host").rooms
    }

    /// The directory from which it lets releases in.
    pub fn drop_dir(&self) -> PathBuf {
        self.dir.path().join("drop")
    }

    /// A directory for files of the test.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The endpoint of a connection, at the address where the host listens now.
    pub fn endpoint(&self, connection: &str) -> String {
        let live = self.rooms().connections.get(connection).expect("a connection");
        self.rooms().endpoint(&live)
    }

    /// Types a command: exit code, standard output, standard error.
    pub async fn types(&self, args: &[&str]) -> (u8, String, String) {
        let data = self.dir.path().join("data").display().to_string();
        let words = [&["jackfield", "--data", &data], args].concat();
        typed(words.iter().map(ToString::to_string).collect()).await
    }

    /// Types a command that must work, and hands back what it printed.
    ///
    /// # Panics
    /// It failed.
    pub async fn does(&self, args: &[&str]) -> String {
        let (code, out, err) = self.types(args).await;
        assert_eq!(code, 0, "jackfield {}: {err}", args.join(" "));
        out
    }

    /// The same with `--json`.
    pub async fn told(&self, args: &[&str]) -> Value {
        let mut words = args.to_vec();
        words.push("--json");
        serde_json::from_str(&self.does(&words).await).expect("JSON")
    }

    /// A file with a text, for `--secret name=@FILE`.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("a file in a temporary directory");
        path.display().to_string()
    }

    /// Types a command that lets a release in: exit code, standard output, standard error.
    pub async fn lets_in(&self, word: &str, release: &[u8], more: &[&str]) -> (u8, String, String) {
        let file = crate::releases::written(self.dir(), "release", release).display().to_string();
        self.types(&[&["connector", word, &file], more].concat()).await
    }

    /// Types one that must be refused, and hands back what it says.
    ///
    /// # Panics
    /// It worked.
    pub async fn refuses(&self, word: &str, release: &[u8], more: &[&str]) -> String {
        let (code, out, err) = self.lets_in(word, release, more).await;
        assert_eq!(code, 1, "{out}");
        err
    }

    /// Types one that must work.
    ///
    /// # Panics
    /// It failed.
    pub async fn takes(&self, word: &str, release: &[u8], more: &[&str]) {
        let (code, _, err) = self.lets_in(word, release, more).await;
        assert_eq!(code, 0, "{err}");
    }

    /// Installs a release through the command, or puts it in the place of another; whoever
    /// made it.
    pub async fn install(&self, name: &str, release: &[u8]) {
        let file = crate::releases::written(self.dir(), name, release);
        let file = file.display().to_string();
        let id = Release::read(release).expect("a release").manifest().connector.id.clone();
        let is_there = self.rooms().connectors.record(&id).is_some();
        let word = if is_there { "upgrade" } else { "install" };
        self.does(&["connector", word, &file, "--unsigned", "--yes"]).await;
    }

    /// Trusts a publisher under a name.
    pub async fn trusts(&self, name: &str, key: &SigningKey) {
        self.does(&["publisher", "trust", name, &key.publisher().to_string()]).await;
    }

    /// Damages every file of a release, as a bad disk would.
    pub fn damage_releases(&self) {
        let files = fs::read_dir(self.dir().join("data/releases")).expect("the releases");
        for file in files {
            fs::write(file.expect("a file").path(), b"damaged").expect("it can be written");
        }
    }

    /// Whether nothing is queued and nothing under way.
    pub fn is_idle(&self) -> bool {
        let queue = &self.rooms().queue;
        queue.claimed() == 0 && queue.waiting(1).is_ok_and(|work| work.is_empty())
    }

    /// Whether nothing is under way, and what is queued waits for a later time.
    pub fn is_settled(&self) -> bool {
        let (queue, now_ms) = (&self.rooms().queue, self.clock.now_ms());
        // Nobody waits for more than this in a test.
        let later = |work: Vec<Work>| work.iter().all(|work| work.due_ms > now_ms);
        queue.claimed() == 0 && queue.waiting(1000).is_ok_and(later)
    }

    /// How many dead letters wait for a person.
    pub fn dead_letters(&self) -> usize {
        self.rooms().desk.letters().count()
    }
}

/// Types a command, with its first word: exit code, standard output, standard error.
pub async fn typed(words: Vec<String>) -> (u8, String, String) {
    config::compile_with(crate::releases::compiler());
    let typed = tokio::task::spawn_blocking(move || cli::captured(words));
    typed.await.expect("a command that does not panic")
}

fn keys(place: Place, environment: Environment) -> Keys {
    Keys::new(place, environment, EgressConfig::default())
}

/// Waits until something is so.
///
/// # Panics
/// It does not come about in time.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end_ms = SystemClock.now_ms() + PATIENCE_MS;
    while !is_so() {
        let now_ms = SystemClock.now_ms();
        assert!(now_ms < end_ms, "waited in vain until {what}");
        SystemClock.sleep_until(now_ms + GLANCE_MS).await;
    }
}

/// Waits, where what matters is that time has passed.
pub async fn pause_ms(ms: u64) {
    SystemClock.sleep_until(SystemClock.now_ms() + ms).await;
}
