//! A host with a hostile connection, `bad`, beside two well-behaved ones, `one` and `two`.

use jackfield::{
    capabilities::{Means, Particulars, Window},
    connections::Live,
    contract::{Call, Delivery},
    fault::{Blame, Fault, Retry},
    runtime::{Called, Limits},
};
use jackfield_tests::releases;
use serde_json::{Value, json};

use super::{
    probe::{Scene, TOKEN},
    raw,
};

/// What the hostile connector asks for: as much as any, and small limits so that it ends soon.
const MANIFEST: &str = r#"
[connector]
id = "hostile"
version = "0.1.0"
title = "Hostile"
vendor = "Nobody"
category = "other"
roles = []
docs = "https://example.com"
licence = "Apache-2.0"

[[param]]
name = "attack"
title = "What the account does"
required = false
default = "none"

[[secret]]
name = "token"
title = "A token"

[[secret]]
name = "signing"
title = "A signing key"
guest = ["mac"]

[[secret]]
name = "pin"
title = "A number"
guest = ["matches"]

[auth.token]
kind = "bearer"
secret = "token"

[[egress]]
origin = "https://api.example.com"
methods = ["GET", "POST"]
paths = ["/v1/"]
auth = "token"
why = "is attacked"

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
        stage.scene.house.install("hostile", &releases::guest("hostile", MANIFEST)).await;
        stage.connect("bad", &[]).await;
        stage
    }

    /// Adds a connection through the hostile connector.
    pub async fn connect(&self, name: &str, more: &[&str]) {
        let house = &self.scene.house;
        let token = format!("token=@{}", house.file("token", TOKEN));
        let signing = format!("signing=@{}", house.file("signing", "key"));
        let pin = format!("pin=@{}", house.file("pin", "4711"));
        let origin = format!("https://api.example.com={}", self.scene.mirror.origin());
        let add = ["connection", "add", name, "--connector", "hostile", "--origin", &origin];
        let secrets = ["--secret", &token, "--secret", &signing, "--secret", &pin];
        house.does(&[&add[..], &secrets, more].concat()).await;
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

    pub fn live(&self, connection: &str) -> std::sync::Arc<Live> {
        self.scene.house.rooms().connections.get(connection).unwrap()
    }

    /// Has the action of a connection do something within limits, with given means.
    pub async fn act(
        &self,
        live: &Live,
        means: &Means,
        limits: Limits,
        ask: &Value,
    ) -> Called<String> {
        let window = Window::open(means, &first());
        let call = Call { action: "attack.act".into(), input: ask.to_string(), ext: Vec::new() };
        let runtime = &self.scene.house.rooms().runtime;
        runtime.invoke(&live.connector.package, window, limits, &call).await
    }

    /// The same for `connection`, with what it has.
    pub async fn called(&self, connection: &str, ask: Value) -> Called<String> {
        let live = self.live(connection);
        self.act(&live, &live.means, live.connector.limits, &ask).await
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

/// The first try of a call without an intention.
pub fn first() -> Particulars {
    Particulars { attempt: 1, ..Particulars::default() }
}

/// A webhook as the contract has it.
pub fn delivery(body: &Value) -> Delivery {
    Delivery {
        id: "d-1".into(),
        received_at_ms: 0,
        method: "POST".into(),
        path: String::new(),
        query: String::new(),
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
        ext: Vec::new(),
    }
}
