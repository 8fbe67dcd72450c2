//! What a release may do, for a person who has not let it in yet.

use std::path::Path;

use anyhow::Context as _;
use jackfield_registry::package::Release;
use serde_json::{Value, json};

use super::{
    Voice, file,
    voice::{items, text},
};

/// Reads a release.
pub(super) fn read(path: &Path) -> anyhow::Result<Release> {
    Release::read(file::read(path)?).with_context(|| format!("`{}` is no release", path.display()))
}

/// What a release says of itself.
pub(super) fn about(release: &Release) -> Value {
    let manifest = release.manifest();
    let connector = &manifest.connector;
    json!({
        "id": connector.id,
        "version": connector.version,
        "title": connector.title,
        "vendor": connector.vendor,
        "digest": release.digest(),
        "publisher": release.publisher(),
        "egress": manifest.egress.iter().map(|rule| json!({
            "origin": rule.origin,
            "methods": rule.methods,
            "paths": rule.paths,
            "auth": rule.auth,
            "why": rule.why,
        })).collect::<Vec<_>>(),
        "params": manifest.params.iter().map(|param| &param.name).collect::<Vec<_>>(),
        "secrets": manifest.secrets.iter().map(|secret| &secret.name).collect::<Vec<_>>(),
        "webhook": manifest.webhook.as_ref().map(|webhook| json!({
            "verify": webhook.verify.kind(),
            "secrets": webhook.secret_names(),
        })),
        "events": manifest.events.keys().collect::<Vec<_>>(),
        "actions": manifest.actions.iter().map(|(name, action)| json!({
            "name": name,
            "title": action.title,
            "mutates": action.mutates,
        })).collect::<Vec<_>>(),
        "limits": {
            "cpu_ms": manifest.limits.cpu_ms,
            "wall_ms": manifest.limits.wall_ms,
            "memory_mib": manifest.limits.memory_mib,
            "storage_kib": manifest.limits.storage_kib,
        },
        "imports_beyond_contract": release.imports_beyond_contract(),
    })
}

/// The same for a person: what this connector may do, in about ten lines.
pub(super) fn inspect(voice: &mut Voice, about: &Value) {
    let list = |value: &Value| match items(value) {
        [] => "none".to_owned(),
        some => some.iter().map(text).collect::<Vec<_>>().join(", "),
    };
    voice.line(&format!(
        "{} {} — {}",
        text(&about["id"]),
        text(&about["version"]),
        text(&about["title"])
    ));
    voice.line(&format!("digest    {}", text(&about["digest"])));
    let publisher = about["publisher"].as_str().unwrap_or("nobody: it is not signed");
    voice.line(&format!("signed by {publisher}"));
    for rule in items(&about["egress"]) {
        let auth =
            rule["auth"].as_str().map_or("no credential".into(), |auth| format!("with `{auth}`"));
        voice.line(&format!(
            "may send  {} to {}{} ({auth}): {}",
            list(&rule["methods"]),
            text(&rule["origin"]),
            list(&rule["paths"]),
            text(&rule["why"])
        ));
    }
    voice.line(&format!("settings  {}", list(&about["params"])));
    voice.line(&format!("secrets   {} (it sees none of them)", list(&about["secrets"])));
    let webhook = &about["webhook"];
    let webhooks = match webhook["verify"].as_str() {
        None => "takes none".to_owned(),
        Some("none") => "are believed: NOBODY verifies them".to_owned(),
        Some("component") => "are verified by the component itself".to_owned(),
        Some(kind) => {
            format!("are verified by the host: {kind} with {}", list(&webhook["secrets"]))
        }
    };
    voice.line(&format!("webhooks  {webhooks}"));
    voice.line(&format!("events    {}", list(&about["events"])));
    let actions = items(&about["actions"]).iter().map(|action| {
        let reads = if action["mutates"] == true { "" } else { " (reads)" };
        format!("{}{reads}", text(&action["name"]))
    });
    let actions: Vec<String> = actions.collect();
    let actions = if actions.is_empty() { "none".into() } else { actions.join(", ") };
    voice.line(&format!("actions   {actions}"));
    let limits = &about["limits"];
    voice.line(&format!(
        "per call  {} ms CPU, {} ms in all, {} MiB memory; keeps up to {} KiB",
        limits["cpu_ms"], limits["wall_ms"], limits["memory_mib"], limits["storage_kib"]
    ));
    let beyond = items(&about["imports_beyond_contract"]);
    if !beyond.is_empty() {
        voice.line(&format!("REFUSED   it imports {}", list(&about["imports_beyond_contract"])));
    }
}
