//! A club of members whose connector is one TOML file, and the club itself.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    house::House,
    releases,
    sender::{Delivery, hmac_sha256},
    twin::{Ask, Reply, Twin, Vendor},
};

/// The token with which the club is asked.
const TOKEN: &str = "club-token";
/// The key under which its webhooks are signed.
const KEY: &str = "club-signing-key";

/// The club's side: members and webhooks, by chapter.
#[derive(Debug, Default)]
pub struct Club {
    state: Mutex<BTreeMap<String, Chapter>>,
}

/// What one chapter holds.
#[derive(Debug, Default, Clone)]
pub struct Chapter {
    /// Its members, by number.
    pub members: BTreeMap<u64, Value>,
    /// The webhooks that are registered, by number.
    pub hooks: BTreeMap<u64, Value>,
    last: u64,
}

impl Club {
    /// What a chapter holds now.
    pub fn chapter(&self, name: &str) -> Chapter {
        self.state().get(name).cloned().unwrap_or_default()
    }

    /// Enters a member by hand and answers the number.
    pub fn enter(&self, chapter: &str, name: &str) -> u64 {
        let mut state = self.state();
        let chapter = state.entry(chapter.to_owned()).or_default();
        chapter.add(|chapter| &mut chapter.members, json!({ "name": name }))
    }

    /// Loses the webhooks of a chapter, as vendors do.
    pub fn lose_hooks(&self, chapter: &str) {
        self.state().entry(chapter.to_owned()).or_default().hooks.clear();
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<String, Chapter>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chapter {
    fn add(&mut self, shelf: fn(&mut Self) -> &mut BTreeMap<u64, Value>, mut what: Value) -> u64 {
        self.last += 1;
        let number = self.last;
        what["id"] = number.into();
        shelf(self).insert(number, what);
        number
    }

    fn answer(&mut self, name: &str, thing: &[&str], ask: &Ask) -> Option<Reply> {
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let ok = |value: &Value| Some(Reply::json(StatusCode::OK, value));
        let gone = || Some(Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "gone" })));
        let number = thing.get(1).and_then(|number| number.parse::<u64>().ok());
        match (&ask.method, thing[0], number) {
            (&Method::GET, "chapter", None) => ok(&json!({ "name": format!("Chapter {name}") })),
            (&Method::GET, "members", Some(number)) => {
                self.members.get(&number).map_or_else(gone, ok)
            }
            (&Method::GET, "members", None) => {
                let mail = ask.param("mail");
                let has = |one: &&Value| mail.is_none_or(|mail| one["mail"] == mail);
                ok(&self.members.values().filter(has).cloned().collect())
            }
            (&Method::POST, "members", None) => {
                let number = self.add(|chapter| &mut chapter.members, body);
                ok(&self.members[&number])
            }
            (&Method::PATCH, "members", Some(number)) => {
                let member = self.members.get_mut(&number)?;
                for (name, value) in body.as_object()? {
                    member[name] = value.clone();
                }
                ok(member)
            }
            (&Method::GET, "hooks", None) => ok(&self.hooks.values().cloned().collect()),
            (&Method::POST, "hooks", None) => {
                let number = self.add(|chapter| &mut chapter.hooks, body);
                ok(&self.hooks[&number])
            }
            (&Method::DELETE, "hooks", Some(number)) => match self.hooks.remove(&number) {
                Some(hook) => ok(&hook),
                None => gone(),
            },
            _ => None,
        }
    }
}

impl Vendor for Club {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        if ask.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return Some(self.refuse(StatusCode::UNAUTHORIZED));
        }
        let parts: Vec<&str> = ask.path.trim_matches('/').split('/').collect();
        let (chapter, thing) = parts.split_first()?;
        thing.first()?;
        self.state().entry((*chapter).to_owned()).or_default().answer(chapter, thing, ask)
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::json(status, &json!({ "error": status.canonical_reason() }))
    }
}

/// The folder of its connector.
pub fn folder() -> PathBuf {
    releases::root().join("tests/src/club")
}

/// A webhook of the club: these members joined, each at a chapter.
pub fn joined(members: &[(&str, u64)]) -> Delivery {
    let item = |(chapter, member): &(&str, u64)| json!({ "type": "joined", "chapter": chapter, "member": member, "at": 1_767_225_600 });
    let body = members.iter().map(item).collect::<Value>().to_string().into_bytes();
    let signature = hex::encode(hmac_sha256(KEY, &body));
    Delivery::new(body).with_text("x-club-signature", &signature)
}

/// Builds the connector by the command and installs it, as an operator would.
pub async fn install(house: &House) {
    let file = house.dir().join("club.wasm").display().to_string();
    let folder = folder().display().to_string();
    house.does(&["connector", "build", &folder, "--output", &file]).await;
    house.does(&["connector", "install", &file, "--unsigned", "--yes"]).await;
}

/// Adds the connection of a chapter, under the chapter's name.
pub async fn connect(house: &House, club: &Twin<Club>, chapter: &str) {
    let token = format!("token=@{}", house.file("club-token", TOKEN));
    let key = format!("signing_key=@{}", house.file("club-key", KEY));
    let origin = format!("https://api.club.example={}", club.origin());
    let set = format!("chapter={chapter}");
    let add = ["connection", "add", chapter, "--connector", "club", "--set", &set];
    let secrets = ["--secret", &token, "--secret", &key, "--origin", &origin];
    house.does(&[&add[..], &secrets].concat()).await;
}

/// A host with the connector and a club.
pub async fn set_up(house: House) -> (House, Twin<Club>) {
    let club = Twin::launch(Club::default(), 0).await.expect("a free port");
    install(&house).await;
    (house, club)
}
