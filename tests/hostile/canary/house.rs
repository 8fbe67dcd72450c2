//! The house of the canaries: a host in a process of its own, whose log is kept as it would tell
//! everything, and vendors who repeat whatever they are sent.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use hmac::{Hmac, Mac as _};
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    browser,
    house::{House, pause_ms},
    releases,
    sender::{Delivery, Lane},
};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::process::{Child, Command};

use super::{
    echo::Echo,
    manifest::{KINDS, SECRETS, flow, manifest},
    search::{AWKWARD, PLAIN, canary},
};

/// How long anything may take, in milliseconds.
const PATIENCE_MS: u64 = 30_000;
/// How often it is looked whether something has come about, in milliseconds.
const GLANCE_MS: u64 = 20;

/// The vendors of one connection, its canaries, and what is no secret of it.
pub struct Bird {
    pub name: &'static str,
    pub marker: String,
    pub secrets: BTreeMap<String, String>,
    pub vendors: BTreeMap<&'static str, Echo>,
    endpoint: String,
}

impl Bird {
    /// A canary under a name.
    fn plant(&mut self, name: &str, between: &str) -> String {
        let secret = canary(between);
        self.secrets.insert(name.to_owned(), secret.clone());
        secret
    }

    /// Has the vendors give what they give, if they like it.
    fn stock(&mut self, is_liked: bool) {
        for name in SECRETS {
            // No colon is among them: a user-id ends at the first.
            self.plant(name, AWKWARD);
        }
        if is_liked {
            self.stock_code();
            self.stock_others();
        }
    }

    /// Has the vendor at whom a person signs in give what it gives.
    pub fn stock_code(&mut self) {
        for round in ["1", "2"] {
            let access = self.plant(&format!("access token {round}"), AWKWARD);
            let refresh = self.plant(&format!("refresh token {round}"), AWKWARD);
            let life_s = if round == "1" { 2 } else { 3600 };
            let grant = json!({ "access_token": access, "refresh_token": refresh,
                                "token_type": "bearer", "expires_in": life_s });
            self.vendors["code"].grants(grant);
        }
    }

    fn stock_others(&mut self) {
        let access = self.plant("own access token", AWKWARD);
        let grant = json!({ "access_token": access, "token_type": "bearer", "expires_in": 3600 });
        self.vendors["own"].grants(grant);
        let token = self.plant("session token", AWKWARD);
        self.vendors["session"].grants(json!({ "session": token }));
        let cookie = self.plant("session cookie", PLAIN);
        self.vendors["cookie"].grants(json!({}));
        self.vendors["cookie"].gives_cookie(&cookie);
    }
}

/// The host, and a directory for all of it.
pub struct Aviary {
    pub house: House,
    pub child: Child,
    pub log: PathBuf,
    ingress: String,
    /// What was printed by commands and answered by the ingress, by what it was.
    pub printed: Vec<(String, String)>,
}

impl Aviary {
    pub async fn open() -> Self {
        let mut house = House::open().await;
        house.stop().await;
        let ingress = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = house.dir().join("log");
        let program = std::env::current_exe().unwrap();
        let program = program.parent().unwrap().with_file_name("torture");
        let data = house.dir().join("data").display().to_string();
        let child = Command::new(program)
            .args(["host", "jackfield", "--data", &data, "--admin", "127.0.0.1:0", "serve"])
            .args(["--ingress", &ingress, "--master-key", &house.key_file()])
            .args(["--log-filter", "trace"])
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let aviary = Self { house, child, log, ingress, printed: Vec::new() };
        let door = format!("http://{}/door", aviary.ingress);
        let end_ms = SystemClock.now_ms() + PATIENCE_MS;
        while Lane::new(&door).unwrap().send(&Delivery::new("")).await.is_err() {
            assert!(SystemClock.now_ms() < end_ms, "the host does not open its door");
            pause_ms(GLANCE_MS).await;
        }
        aviary.install().await;
        aviary
    }

    async fn install(&self) {
        let release = releases::guest("canary", &manifest());
        let file = releases::written(self.house.dir(), "canary", &release).display().to_string();
        self.house.does(&["connector", "install", &file, "--unsigned", "--yes"]).await;
    }

    /// Connects it to vendors of its own, by canaries of its own, and signs it in.
    pub async fn connect(&mut self, name: &'static str, is_liked: bool) -> Bird {
        let mut vendors = BTreeMap::new();
        for (vendor, _) in KINDS.iter().chain(&[("plain", "")]) {
            vendors.insert(*vendor, Echo::start().await);
        }
        let marker = format!("marker-{}", canary(""));
        let (secrets, endpoint) = (BTreeMap::new(), String::new());
        let mut bird = Bird { name, marker, secrets, vendors, endpoint };
        bird.stock(is_liked);
        let mut words: Vec<String> =
            ["connection", "add", name, "--connector", "canary"].map(str::to_owned).to_vec();
        words.extend(["--set".into(), format!("marker={}", bird.marker)]);
        for secret in SECRETS {
            // Beside the data directory: a test types it as a person would.
            let file = self.house.file(&format!("secret-{secret}"), &bird.secrets[secret]);
            words.extend(["--secret".into(), format!("{secret}=@{file}")]);
        }
        for (vendor, echo) in &bird.vendors {
            let origin = format!("https://{vendor}.example={}", echo.origin());
            words.extend(["--origin".into(), origin]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let added = self.told(&words).await;
        bird.endpoint = added["endpoint"].as_str().unwrap().to_owned();
        let file = self.house.file("flow.toml", &flow(name));
        self.told(&["flow", "apply", &file]).await;
        bird
    }

    /// A person signs in, and comes back with a code that is a canary. The status of the page on
    /// which they end.
    pub async fn sign_in(&mut self, bird: &mut Bird) -> u16 {
        let begun = self.told(&["connection", "authorize", bird.name, "--no-wait"]).await;
        let url: url::Url = begun["url"].as_str().unwrap().parse().unwrap();
        let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        let code = bird.plant("authorization code", AWKWARD);
        let base = format!("http://{}/oauth/callback", self.ingress);
        let pairs = [("state", &*state), ("code", &code)];
        let back = url::Url::parse_with_params(&base, pairs).unwrap();
        let page = browser::open(back.as_str()).await;
        self.printed.push(("the page after the sign-in".into(), page.text));
        page.status.as_u16()
    }

    /// The vendor brings a secret for webhooks.
    pub async fn shake_hands(&mut self, bird: &mut Bird) {
        let secret = bird.plant("handshake", "+/=\"&<'% ");
        let delivery = Delivery::new("").with_text("x-hook-secret", &secret);
        let answer = Lane::new(&bird.endpoint).unwrap().send(&delivery).await.unwrap();
        assert_eq!(answer.headers["x-hook-secret"], secret.as_str());
    }

    /// Sends a signed webhook, and waits until all that follows from it has ended.
    pub async fn sings(&mut self, bird: &Bird, body: &Value) {
        let body = body.to_string();
        let mac = Hmac::<Sha256>::new_from_slice(bird.secrets["webhook_key"].as_bytes()).unwrap();
        let mac = hex::encode(mac.chain_update(&body).finalize().into_bytes());
        let delivery = Delivery::new(body).with_text("x-signature", &mac);
        let answer = Lane::new(&bird.endpoint).unwrap().send(&delivery).await.unwrap();
        assert_eq!(answer.status, 200);
        let answer = format!("{answer:?}");
        self.printed.push(("the answer to a webhook".into(), answer));
        self.settles().await;
    }

    /// Waits until nothing is under way.
    pub async fn settles(&self) {
        let end_ms = SystemClock.now_ms() + PATIENCE_MS;
        loop {
            let work = self.house.told(&["status"]).await["work"].clone();
            if work == json!({ "in_progress": 0, "waiting": 0 }) {
                return;
            }
            assert!(SystemClock.now_ms() < end_ms, "it does not end: {work}");
            pause_ms(GLANCE_MS).await;
        }
    }

    /// Types a command with and without `--json`, whatever comes of it; keeps all that it prints.
    pub async fn types(&mut self, words: &[&str]) {
        for words in [words.to_vec(), [words, &["--json"]].concat()] {
            let (_, out, err) = self.house.types(&words).await;
            self.printed.push((words.join(" "), format!("{out}\n{err}")));
        }
    }

    /// Types a command that must work; keeps and hands back what it prints.
    pub async fn told(&mut self, words: &[&str]) -> Value {
        let told = self.house.told(words).await;
        self.printed.push((words[..2.min(words.len())].join(" "), told.to_string()));
        told
    }

    /// Stops the host as a service manager does, and waits until it is gone.
    pub async fn close(&mut self) {
        let pid = self.child.id().unwrap().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(told.success());
        assert!(self.child.wait().await.unwrap().success());
    }

    /// Every file below the data directory, by its path there.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let root = self.house.dir().join("data");
        let mut files = Vec::new();
        gather(&root, &root, &mut files);
        files
    }
}

fn gather(root: &Path, dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.push((name, fs::read(path).unwrap()));
        }
    }
}
