//! Whether what a person gave fits what a connector asks for.

use std::collections::BTreeMap;

use jackfield_registry::manifest::{self, Auth, Manifest, Param};
use url::Url;

use super::{Change, Live, NewConnection};
use crate::{secret::Secret, text::nearest};

/// The longest name of a connection, in bytes.
const NAME_BYTES_MAX: usize = 48;
/// The longest value of a parameter, in bytes.
const VALUE_BYTES_MAX: usize = 4 << 10;
/// The most settings, and the most secrets, that are kept ahead of a release that knows them.
const AHEAD_MAX: usize = 64;

/// Everything that does not fit, a line each.
pub(super) fn mistakes(new: &NewConnection, manifest: &Manifest) -> Vec<String> {
    let mut found = Vec::new();
    name(new, &mut found);
    settings(new, manifest, &mut found);
    secrets(new, manifest, &mut found);
    origins(new, manifest, &mut found);
    found
}

fn name(new: &NewConnection, found: &mut Vec<String>) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = new.name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || new.name.len() > NAME_BYTES_MAX || !new.name.chars().all(good) {
        found.push(format!(
            "`{}` is no name for a connection\n  hint: begin with a letter, and use a-z, 0-9 and \
             `-`, up to {NAME_BYTES_MAX} of them, such as `books`",
            new.name
        ));
    }
}

fn settings(new: &NewConnection, manifest: &Manifest, found: &mut Vec<String>) {
    for param in missing_params(manifest, &new.settings) {
        found.push(format!(
            "the parameter `{0}` is missing: {1}\n  hint: --set {0}=…",
            param.name, param.title
        ));
    }
    known_settings(&new.settings, manifest, found);
    values(&new.settings, found);
}

fn known_settings(
    settings: &BTreeMap<String, String>,
    manifest: &Manifest,
    found: &mut Vec<String>,
) {
    for name in settings.keys() {
        if !manifest.params.iter().any(|param| param.name == *name) {
            let known = manifest.params.iter().map(|param| param.name.as_str());
            found.push(unknown("parameter", name, &manifest.connector.id, known));
        }
    }
}

fn values(settings: &BTreeMap<String, String>, found: &mut Vec<String>) {
    for (name, value) in settings {
        if value.len() > VALUE_BYTES_MAX || value.chars().any(char::is_control) {
            found.push(format!("the value of `{name}` is too long or has control characters"));
        }
    }
}

/// Everything in a change that does not fit; `kept` counts the settings and secrets that are set.
pub(super) fn change(change: &Change, manifest: &Manifest, kept: (usize, usize)) -> Vec<String> {
    let mut found = Vec::new();
    values(&change.settings, &mut found);
    if !change.ahead {
        known_settings(&change.settings, manifest, &mut found);
        found.extend(unknown_secrets(&change.secrets, manifest));
        return found;
    }
    let plain = |name: &&String| {
        name.len() <= NAME_BYTES_MAX
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let names = || change.settings.keys().chain(change.secrets.keys());
    let strange = names().filter(|name| !plain(name));
    found.extend(strange.map(|name| format!("`{}` is no name", name.escape_debug())));
    let most = (kept.0 + change.settings.len()).max(kept.1 + change.secrets.len());
    if most > AHEAD_MAX {
        found.push(format!("no release has more than {AHEAD_MAX} settings or secrets"));
    }
    found
}

/// What a connection still lacks for another release of its connector.
pub(super) fn gaps(after: &Live) -> Vec<String> {
    let name = &after.connection.name;
    let manifest = &after.connector.manifest;
    let lacks = |what: &str, key: &str, title: &str, given: &str| {
        format!(
            "`{name}` lacks the {what} `{key}`: {title}\n  hint: `jackfield connection set {name} \
             --ahead {given}`, and then again"
        )
    };
    let params = missing_params(manifest, &after.connection.settings);
    let params = params.map(|param| {
        lacks("parameter", &param.name, &param.title, &format!("--set {}=…", param.name))
    });
    let unset = after.missing_secrets();
    let secrets = missing_secrets(manifest, |name| !unset.iter().any(|one| one == name));
    let secrets = secrets.map(|secret| {
        lacks("secret", &secret.name, &secret.title, &format!("--secret {}=@FILE", secret.name))
    });
    params.chain(secrets).collect()
}

/// The parameters without which a connection cannot be.
fn missing_params<'a>(
    manifest: &'a Manifest,
    settings: &BTreeMap<String, String>,
) -> impl Iterator<Item = &'a Param> {
    manifest.params.iter().filter(|param| {
        param.required
            && param.default.is_none()
            && !settings.contains_key(&param.name)
            && !manifest.is_captured(&param.name)
            && !manifest.is_chosen(&param.name)
    })
}

/// The secrets without which it cannot be.
fn missing_secrets(
    manifest: &Manifest,
    is_set: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &manifest::Secret> {
    manifest.secrets.iter().filter(move |secret| secret.required && !is_set(&secret.name))
}

fn secrets(new: &NewConnection, manifest: &Manifest, found: &mut Vec<String>) {
    for secret in missing_secrets(manifest, |name| new.secrets.contains_key(name)) {
        found.push(format!(
            "the secret `{0}` is missing: {1}\n  hint: --secret {0}=@FILE, or \
             --secret {0}=- to type it",
            secret.name, secret.title
        ));
    }
    found.extend(unknown_secrets(&new.secrets, manifest));
}

/// A line for each secret that the connector does not have.
pub(super) fn unknown_secrets(
    secrets: &BTreeMap<String, Secret<String>>,
    manifest: &Manifest,
) -> Vec<String> {
    let known = || manifest.secrets.iter().map(|secret| secret.name.as_str());
    let strange = secrets.keys().filter(|name| !known().any(|one| one == *name));
    strange.map(|name| unknown("secret", name, &manifest.connector.id, known())).collect()
}

fn origins(new: &NewConnection, manifest: &Manifest, found: &mut Vec<String>) {
    let values = super::live::values(manifest, &new.settings);
    let fill = |template: &str| super::live::fill(template, &values);
    let mut asked: Vec<String> = manifest.egress.iter().map(|rule| fill(&rule.origin)).collect();
    for url in manifest.auth.values().flat_map(Auth::urls) {
        asked.extend(Url::parse(&fill(url)).map(|url| url.origin().ascii_serialization()));
    }
    for (from, to) in &new.origins {
        if !asked.contains(from) {
            found.push(unknown("origin", from, &manifest.connector.id, asked.iter().map(|o| &**o)));
        }
        let origin = Url::parse(to).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none()
        });
        if !origin {
            found.push(format!("`{to}` is not an origin\n  hint: such as http://127.0.0.1:9000"));
        }
    }
}

fn unknown<'a>(
    what: &str,
    name: &str,
    connector: &str,
    known: impl Iterator<Item = &'a str>,
) -> String {
    let known: Vec<&str> = known.collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(best) => format!("did you mean `{best}`?"),
        None if known.is_empty() => format!("it has no {what}s"),
        None => format!("it has {}", known.join(", ")),
    };
    format!("the connector `{connector}` has no {what} `{name}`\n  hint: {hint}")
}
