//! What a good manifest becomes, and what is said of bad ones.

mod auth;
mod bad;
mod laws;

use super::*;

/// A manifest with every block.
pub(super) const FULL: &str = include_str!("full.toml");

#[test]
fn a_full_manifest_becomes_what_it_says() {
    let manifest = Manifest::parse(FULL, "connector.toml").unwrap();
    assert_eq!(manifest.connector.id, "xero");
    assert_eq!(manifest.connector.roles, ["accounting"]);
    let names: Vec<_> = manifest.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["tenant_id", "region"], "in the order of the form");
    assert_eq!(manifest.params[1].default.as_deref(), Some("api"));
    assert_eq!(manifest.secrets[1].guest, [SecretUse::Mac, SecretUse::Matches]);
    assert_eq!(manifest.http.headers["xero-tenant-id"], "{param:tenant_id}");
    assert_eq!(manifest.http.timeout_ms, 20_000);
    assert_eq!(manifest.egress[0].safe_posts, ["/api.xro/2.0/search"]);
    assert_eq!((manifest.budgets[0].per_ms, manifest.budgets[1].per_ms), (60_000, 86_400_000));
    let webhook = manifest.webhook.unwrap();
    assert_eq!(webhook.secret_names().into_iter().collect::<Vec<_>>(), ["webhook_key"]);
    assert_eq!(manifest.events["invoice.updated"].entity.as_deref(), Some("invoice"));
    assert_eq!(manifest.entities["contact"].match_keys, ["email", "name"]);
    assert_eq!(manifest.health.unwrap().path.as_deref(), Some("/status"));
    let why = "long lists of invoices are sorted in memory".into();
    let expected = Limits { memory_mib: 128, why, ..Limits::default() };
    assert_eq!(manifest.limits, expected, "what is not asked for is the default");
}

#[test]
fn every_kind_of_auth_is_read() {
    let manifest = Manifest::parse(FULL, "connector.toml").unwrap();
    let token = || "access_token".to_owned();
    assert_eq!(manifest.auth["token"], Auth::Bearer { secret: token() });
    assert_eq!(
        manifest.auth["key"],
        Auth::ApiKey {
            placement: Placement::Header,
            name: "x-api-key".into(),
            secret: token(),
            prefix: "Token ".into(),
        }
    );
    assert_eq!(
        manifest.auth["login"],
        Auth::Basic {
            username: Username::Param("tenant_id".into()),
            password: Password::Secret(token()),
        }
    );
    assert_eq!(
        manifest.auth["key_as_user"],
        Auth::Basic {
            username: Username::Secret(token()),
            password: Password::Literal("x".into()),
        }
    );
    assert_eq!(manifest.auth["login"].secret_names(), ["access_token"]);
}

#[test]
fn an_action_has_its_schemas_and_its_idempotency() {
    let manifest = Manifest::parse(FULL, "connector.toml").unwrap();
    let create = &manifest.actions["invoice.create"];
    assert_eq!(create.input, Some(SchemaRef::Model("invoice".into())));
    let output = serde_json::json!({
        "type": "object",
        "properties": { "contact": { "$ref": "model:contact" } },
    });
    assert_eq!(create.output, Some(SchemaRef::Inline(output)));
    assert!(create.mutates);
    let header = Idempotency::Header { name: "Idempotency-Key".into() };
    assert_eq!(create.idempotency, Some(header));
    let get = &manifest.actions["invoice.get"];
    assert_eq!((get.mutates, &get.idempotency), (false, &None));
    assert_eq!(manifest.actions["contact.upsert"].idempotency, Some(Idempotency::NaturalKey));
    for (kind, expected) in [
        ("field", Idempotency::Field),
        ("search-first", Idempotency::SearchFirst),
        ("none", Idempotency::None),
    ] {
        let manifest = Manifest::parse(&FULL.replace("natural-key", kind), "x").unwrap();
        assert_eq!(manifest.actions["contact.upsert"].idempotency, Some(expected));
    }
}

#[test]
fn a_budget_says_which_headers_tell_of_it_and_how() {
    let left = "remaining_header = \"x-minlimit-remaining\"";
    let plain = Manifest::parse(FULL, "connector.toml").unwrap();
    assert_eq!((&plain.budgets[0].reset_header, plain.budgets[0].reset), (&None, None));
    for (written, reset) in [
        ("seconds", Reset::Seconds),
        ("epoch-seconds", Reset::EpochSeconds),
        ("epoch-milliseconds", Reset::EpochMilliseconds),
        ("rfc3339", Reset::Rfc3339),
        ("http-date", Reset::HttpDate),
    ] {
        let more = format!(
            "{left}\nreset_header = \"x-reset\"\nreset = \"{written}\"\nlimit_header = \"x-limit\""
        );
        let manifest = Manifest::parse(&FULL.replace(left, &more), "x").unwrap();
        let budget = &manifest.budgets[0];
        assert_eq!((budget.reset_header.as_deref(), budget.reset), (Some("x-reset"), Some(reset)));
        assert_eq!(budget.limit_header.as_deref(), Some("x-limit"));
    }
}

#[test]
fn a_manifest_of_one_block_is_enough() {
    let text = "[connector]\nid = \"a\"\nversion = \"1.0.0\"\ntitle = \"A\"\nvendor = \"A\"\n\
                category = \"other\"\n";
    let manifest = Manifest::parse(text, "connector.toml").unwrap();
    assert_eq!(manifest.limits, Limits::default());
    assert_eq!(manifest.http, Http::default());
    assert!(manifest.egress.is_empty(), "without `[[egress]]` it reaches nothing");
    assert!(manifest.webhook.is_none());
}

#[test]
fn an_egress_without_particulars_asks_for_every_method_and_path() {
    let manifest = Manifest::parse(FULL, "connector.toml").unwrap();
    let files = &manifest.egress[1];
    assert_eq!(files.methods, METHODS);
    assert_eq!(files.paths, ["/"]);
    assert_eq!(files.auth, None, "no credential goes where none is named");
    assert!(files.safe_posts.is_empty());
}

#[test]
fn the_manifests_of_our_own_connectors_are_read() {
    let plugins = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");
    let mut read = 0;
    for plugin in std::fs::read_dir(plugins).unwrap() {
        let file = plugin.unwrap().path().join("connector.toml");
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        Manifest::parse(&text, &file.display().to_string()).unwrap_or_else(|e| panic!("{e}"));
        read += 1;
    }
    assert!(read > 0, "there are connectors in `plugins`");
}
