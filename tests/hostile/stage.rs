//! A host with a hostile connection, `bad`, beside two well-behaved ones, `one` and `two`.

use jackfield::{
    capabilities::Window,
    fault::{Blame, Fault, Retry},
    runtime::Called,
};
use jackfield_tests::releases;
use serde_json::{Value, json};

use super::{
    probe::{ASKS, Scene, TOKEN, first},
    raw,
};

/// What the hostile connector has of its own: every export, and small limits so that it ends soon.
const OWN: &str = r#"
[[param]]
name = "attack"
title = "What the account does"
required = false
default = "none"

[webhook.verify]
kind = "component"

[events."attack.wanted"]
title = "An attack is wanted"

[actions."attack.act"]
title = "Attack"
mutates = false

[limits]
cpu_ms = 100
wall_ms = 2000
memory_mib = 32
storage_kib = 64
"#;

/// What an event of the hostile connection starts.
const FLOW: &str = r#"
name = "attack"

[on]
connection = "bad"
event = "attack.wanted"

[[step]]
id = "act"
connection = "CONNECTION"
action = "ACTION"
input = '.event.record'
"#;

/// The scene of the capability tests with the hostile connection in it.
pub struct Stage {
    pub scene: Scene,
}

impl Stage {
    pub async fn set_up() -> Self {
        let stage = Self { scene: Scene::set_up().await };
        let manifest = releases::head("hostile", "Hostile") + ASKS + OWN;
        stage.scene.house.install("hostile", &releases::guest("hostile", &manifest)).await;
        stage.connect("bad", &[]).await;
        stage
    }

    /// Adds a connection through the hostile connector.
    pub async fn connect(&self, name: &str, more: &[&str]) {
        self.scene.connect(name, "hostile", more).await;
    }

    /// Installs a component made by hand, and connects it under its name.
    pub async fn connect_raw(&self, name: &str, core: &str) {
        self.scene.house.install(name, &raw::release(name, core)).await;
        self.scene.house.does(&["connection", "add", name, "--connector", name]).await;
    }

    /// Has the events of `bad` acted on by an action.
    pub async fn apply_flow(&self, connection: &str, action: &str) {
        let flow = FLOW.replace("CONNECTION", connection).replace("ACTION", action);
        let file = self.scene.house.file("attack.toml", &flow);
        self.scene.house.does(&["flow", "apply", &file]).await;
    }

    /// Has the action of a connection do something, with what it has.
    pub async fn called(&self, connection: &str, ask: Value) -> Called<String> {
        let live = self.scene.live(connection);
        let window = Window::open(&live.means, &first());
        self.scene.house.invoke(&live, window, live.connector.limits, "attack.act", &ask).await
    }

    /// An attack by `bad` that must fail: with this blame and code, and without harm.
    pub async fn fails(&self, ask: Value, blame: Blame, code: &str) -> Fault {
        let fault = self.called("bad", ask.clone()).await.result.expect_err("it must fail");
        assert_eq!((fault.blame, fault.code.as_ref()), (blame, code), "{ask}: {fault}");
        assert_eq!(fault.retry, Retry::Never, "{ask}: {fault}");
        assert!(!fault.message.contains(TOKEN), "{ask}: {fault}");
        self.stands().await;
        fault
    }

    /// The host lives: a well-behaved connection answers.
    pub async fn stands(&self) {
        let settings = self.scene.ask("two", json!({ "ask": "settings" })).await.unwrap();
        assert_eq!(settings["word"], "lantern");
    }
}
