//! A whole small business on generic systems: its connections, and its flows from `tests/flows`.
//!
//! Owns the setting of the four patterns: customer lifecycle, financial, order to cash, project
//! delivery. Every system is the generic connector at one twin, told apart by its account.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use crate::{
    house::{House, until},
    releases,
    sender::Sender,
    twin::GenericTwin,
};

/// The manifest of the generic connector.
pub const MANIFEST: &str = include_str!("../guests/generic.toml");

/// What the business works with: the connections, and their accounts at the twin.
pub const CONNECTIONS: [&str; 9] =
    ["books", "chat", "crm", "files", "mail", "projects", "shop", "stock", "suppliers"];

/// A host, and the systems around it.
pub struct Patterns {
    /// The host.
    pub house: House,
    /// All systems.
    pub twin: GenericTwin,
    told: AtomicU64,
}

impl Patterns {
    /// Waits until one dead letter waits for a person: its id, and what the desk shows of it.
    pub async fn letter(&self) -> (String, Value) {
        until("a person is asked", || self.house.dead_letters() == 1).await;
        let listed = self.house.told(&["dead-letter", "list", "--all"]).await;
        let id = listed[0]["id"].as_str().expect("an id").to_owned();
        let shown = self.house.told(&["dead-letter", "show", &id]).await;
        (id, shown)
    }

    /// Installs the connector, adds every connection and applies these flows of `tests/flows`.
    pub async fn set_up(house: House, flows: &[&str]) -> Self {
        let twin = GenericTwin::start().await;
        house.install("generic", &releases::guest("generic", MANIFEST)).await;
        let origin = format!("https://api.generic.example={}", twin.origin());
        let key = house.file("signing-key", GenericTwin::signing_key());
        let key = format!("signing_key=@{key}");
        for name in CONNECTIONS {
            let token = house.file(&format!("token-{name}"), &GenericTwin::token(name));
            let token = format!("api_token=@{token}");
            let add = ["connection", "add", name, "--connector", "generic", "--origin", &origin];
            house.does(&[&add[..], &["--secret", &token, "--secret", &key]].concat()).await;
        }
        for flow in flows {
            let file = releases::root().join(format!("tests/flows/{flow}.toml"));
            house.does(&["flow", "apply", &file.display().to_string()]).await;
        }
        Self { house, twin, told: AtomicU64::new(0) }
    }

    /// Has a system tell the host of a change that nobody has told before.
    pub async fn tell(&self, connection: &str, kind: &str, record: &Value) {
        let number = self.told.fetch_add(1, Ordering::Relaxed);
        self.tell_again(connection, kind, &format!("change-{number}"), record).await;
    }

    /// Has a system tell the host of the change that `key` names, perhaps not for the first time.
    ///
    /// # Panics
    /// The host did not take it.
    pub async fn tell_again(&self, connection: &str, kind: &str, key: &str, record: &Value) {
        let webhook = GenericTwin::webhook(kind, key, record);
        let sender = Sender::new(&self.house.endpoint(connection), 1).expect("an endpoint");
        assert_eq!(sender.send(&webhook).await.expect("an answer").status, 200);
    }

    /// Waits until all that is due is done.
    pub async fn settle(&self) {
        until("all that is due is done", || self.house.is_settled()).await;
    }

    /// The same, or until the systems hang.
    pub async fn settle_or_hang(&self) {
        let over = || self.twin.is_hanging() || self.house.is_settled();
        until("all that is due is done, or a system hangs", over).await;
    }

    /// Ends the scene: everything went as it should, and nothing waits for a person.
    pub async fn strike(mut self) {
        assert_eq!(self.house.dead_letters(), 0);
        assert_eq!(self.twin.doubles(), []);
        self.house.stop().await;
        self.twin.assert_no_unexpected();
    }
}
