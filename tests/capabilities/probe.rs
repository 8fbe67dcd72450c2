//! A guest that asks what it is told to, on connections of its own.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use jackfield::{
    capabilities::{Particulars, Window},
    connections::Live,
    fault::Fault,
    runtime::Limits,
};
use jackfield_tests::{
    house::House,
    releases,
    twin::{Ask, Reply, Twin, Vendor},
};
use serde_json::{Value, json};

/// What the manifest of a guest asks for that looks through every window: its secrets, and the
/// vendor to whom one of them opens.
pub const ASKS: &str = r#"
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
why = "is asked questions"
"#;

/// What the probe has of its own: a setting, its action and its limits.
pub const OWN: &str = r#"
[[param]]
name = "word"
title = "A word"
required = false
default = "lantern"

[actions."probe.ask"]
title = "Look through a window"
mutates = false

[limits]
cpu_ms = 100
wall_ms = 5000
memory_mib = 16
storage_kib = 64
"#;

/// The secret that egress attaches.
pub const TOKEN: &str = "token-9f3b1c77";

/// What a sign-in at the mirror gives.
pub const SESSION: &str = "session-5d0e6f21";

/// A vendor that says what it was asked, credential and all.
#[derive(Debug)]
pub struct Mirror;

impl Vendor for Mirror {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        if ask.path == "/sign-in" {
            let answer = json!({ "session": { "token": SESSION }, "access_token": SESSION });
            let cookie = HeaderValue::try_from(format!("sid={SESSION}; Path=/; HttpOnly"));
            let cookie = cookie.expect("plain text");
            return Some(Reply::json(StatusCode::OK, &answer).with("set-cookie", cookie));
        }
        let header = |name: &str| ask.header(name).unwrap_or_default().to_owned();
        let seen = json!({
            "authorization": header("authorization"),
            "host": header("host"),
            "path": ask.path,
        });
        Some(Reply::json(StatusCode::OK, &seen))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::empty(status)
    }
}

/// A host with the probe installed and connected twice: as `one` and as `two`.
pub struct Scene {
    pub house: House,
    pub mirror: Twin<Mirror>,
}

impl Scene {
    pub async fn set_up() -> Self {
        let house = House::open().await;
        let mirror = Twin::launch(Mirror, 0).await.unwrap();
        let manifest = releases::head("probe", "A probe") + ASKS + OWN;
        house.install("probe", &releases::guest("probe", &manifest)).await;
        let scene = Self { house, mirror };
        for name in ["one", "two"] {
            scene.connect(name, "probe", &[]).await;
        }
        scene
    }

    /// Adds a connection through a connector that asks for [`ASKS`].
    pub async fn connect(&self, name: &str, connector: &str, more: &[&str]) {
        let house = &self.house;
        let token = format!("token=@{}", house.file("token", TOKEN));
        let signing = format!("signing=@{}", house.file("signing", "key"));
        let pin = format!("pin=@{}", house.file("pin", "4711"));
        let origin = format!("https://api.example.com={}", self.mirror.origin());
        let add = ["connection", "add", name, "--connector", connector, "--origin", &origin];
        let secrets = ["--secret", &token, "--secret", &signing, "--secret", &pin];
        house.does(&[&add[..], &secrets, more].concat()).await;
    }

    pub fn live(&self, connection: &str) -> Arc<Live> {
        self.house.rooms().connections.get(connection).unwrap()
    }

    /// Has the probe of a connection ask something: what it answers, or how it failed.
    pub async fn ask(&self, connection: &str, ask: Value) -> Result<Value, Fault> {
        let live = self.live(connection);
        let window = Window::open(&live.means, &first());
        self.ask_through(&live, window, live.connector.limits, ask).await
    }

    /// The same through a given window, within given limits.
    pub async fn ask_through(
        &self,
        live: &Live,
        window: Window,
        limits: Limits,
        ask: Value,
    ) -> Result<Value, Fault> {
        let called = self.house.invoke(live, window, limits, "probe.ask", &ask).await;
        called.result.map(|text| serde_json::from_str(&text).unwrap())
    }
}

/// The first try of a call without an intention.
pub fn first() -> Particulars {
    Particulars { attempt: 1, ..Particulars::default() }
}
