//! A system of entries, for the torture of effects: each webhook asks for one entry, and a
//! connection for each kind of idempotency has it written in its own way.

use serde_json::json;

use crate::{
    house::House,
    releases,
    sender::Delivery,
    twin::{
        Twin,
        entries::{Entries, Way},
    },
};

/// The connector's manifest. `naive` claims what its system does not do.
pub const MANIFEST: &str = r#"
[connector]
id = "entries"
version = "0.1.0"
title = "Entries"
vendor = "Jackfield"
category = "other"
roles = []
docs = "https://example.com"
licence = "Apache-2.0"

[[egress]]
origin = "https://api.entries.example"
methods = ["GET", "POST", "PUT"]
paths = ["/v1/"]
why = "writes entries, and looks for them"

[webhook.verify]
kind = "none"
why = "what is tortured is what comes after"

[events."entry.wanted"]
title = "An entry is wanted"

[actions."header.create"]
title = "Write an entry whose repeat is known by a header"
idempotency = { kind = "header", name = "idempotency-key" }

[actions."field.create"]
title = "Write an entry whose repeat is known by a field"
idempotency = { kind = "field" }

[actions."natural_key.create"]
title = "Write an entry under its own name"
idempotency = { kind = "natural-key" }

[actions."search_first.create"]
title = "Write an entry that can be searched for"
idempotency = { kind = "search-first" }

[actions."none.create"]
title = "Write an entry of which no repeat is known"
idempotency = { kind = "none" }

[actions."naive.create"]
title = "Write an entry of which no repeat is known, and claim otherwise"
idempotency = { kind = "natural-key" }
"#;

/// Installs the connector, connects it once for each way, under the way's name, and applies a
/// flow for each: an event becomes an entry.
pub async fn connect(house: &House, vendor: &Twin<Entries>) {
    house.install("entries", &releases::guest("entries", MANIFEST)).await;
    let origin = format!("https://api.entries.example={}", vendor.origin());
    for way in Way::ALL {
        let name = way.name();
        let add = ["connection", "add", name, "--connector", "entries", "--origin", &origin];
        house.does(&add).await;
        let flow = house.file(&format!("{name}.toml"), &flow(name));
        house.does(&["flow", "apply", &flow]).await;
    }
}

fn flow(name: &str) -> String {
    let action = name.replace('-', "_") + ".create";
    format!(
        r#"
name = "{name}"

[on]
connection = "{name}"
event = "entry.wanted"

[[step]]
id = "entry"
connection = "{name}"
action = "{action}"
input = '{{ reference: .event.record.reference }}'
"#
    )
}

/// The webhook that asks for an entry.
pub fn delivery(reference: &str) -> Delivery {
    Delivery::new(json!({ "reference": reference }).to_string())
}
