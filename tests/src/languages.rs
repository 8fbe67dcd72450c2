//! The templates of `sdk/templates`, built with the tools of their languages, and Acme, the
//! system that both are for.
//!
//! The tools come from npm and PyPI, once, into `target`. Where they cannot be had, who asks is
//! told so in one line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::id,
};

use anyhow::{Context as _, ensure};
use http::{Method, StatusCode};
use jackfield::cli::build;
use jackfield_registry::package::{Digest, Release};
use serde_json::{Value, json};

use crate::{
    npm::{self, Wanted},
    pip,
    releases::root,
    sender::{Delivery, hmac_sha256},
    twin::{Ask, Reply, Vendor},
};

/// The token that the host attaches.
pub const TOKEN: &str = "acme-token-71c0d2";
/// The key under which webhooks are signed.
pub const KEY: &str = "acme-webhook-key";

const JS: Wanted = Wanted {
    name: "javascript",
    package: include_str!("../../sdk/templates/js/package.json"),
    lock: include_str!("../../sdk/templates/js/package-lock.json"),
};
/// What Python is built with.
const PYTHON: &str = include_str!("../../sdk/templates/python/requirements.txt");

/// One test of a process installs and builds; what it makes has the process's number in its name.
static BUILDING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The language of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// `sdk/templates/js`.
    Js,
    /// `sdk/templates/python`.
    Python,
}

impl Template {
    fn name(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Python => "python",
        }
    }

    /// The template built as a connector; if its tools cannot be had, says why in one line.
    ///
    /// # Panics
    /// The tools are there and it does not build.
    pub async fn release(self) -> Option<Release> {
        let _one = BUILDING.lock().await;
        let tools = match self {
            Self::Js => npm::installed(&JS).await,
            Self::Python => {
                let packages = PYTHON.lines().filter(|line| !line.starts_with('#')).collect();
                pip::installed("python", packages).await
            }
        };
        match tools {
            Err(why) => {
                eprintln!("not tested, the tools of `{}` are not to be had: {why}", self.name());
                None
            }
            Ok(tools) => {
                let built = tokio::task::spawn_blocking(move || self.built(&tools)).await;
                Some(built.expect("no panic").expect("a template that builds"))
            }
        }
    }

    /// Builds it beside its tools, unless it stands there built from the same files.
    fn built(self, tools: &Path) -> anyhow::Result<Release> {
        let mut sources = Vec::new();
        for folder in ["wit", "host/src/cli/build", &format!("sdk/{}", self.name())] {
            read(&root().join(folder), &mut sources)?;
        }
        let template = root().join("sdk/templates").join(self.name());
        read(&template, &mut sources)?;
        let kept = tools.join(format!("{}.wasm", Digest::of(&sources).to_hex()));
        if let Ok(bytes) = fs::read(&kept) {
            return Ok(Release::read(bytes)?);
        }
        let dir = tools.join(format!("acme-{}", id()));
        copy(&template, &dir)?;
        let release = build::connector(&dir);
        fs::remove_dir_all(&dir)?;
        let release = release?;
        let part = kept.with_extension(id().to_string());
        fs::write(&part, release.bytes())?;
        fs::rename(part, kept)?;
        Ok(release)
    }
}

/// The files below a folder, in the order of their names.
fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(dir).with_context(|| format!("`{}`", dir.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn read(dir: &Path, into: &mut Vec<u8>) -> anyhow::Result<()> {
    for file in files(dir)? {
        into.extend_from_slice(&fs::read(file)?);
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for file in files(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        ensure!(copy.starts_with(to), "a template stays in its folder");
        fs::create_dir_all(copy.parent().unwrap_or(to))?;
        fs::copy(&file, copy)?;
    }
    Ok(())
}

/// The system: an account that tells what it was asked, and receipts.
#[derive(Debug, Default)]
pub struct Acme;

impl Vendor for Acme {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let known = ask.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        if !known {
            return Some(Reply::empty(StatusCode::UNAUTHORIZED));
        }
        match (&ask.method, ask.path.as_str()) {
            // It says back what it was told, as careless systems do.
            (&Method::GET, "/v1/me") => {
                let name = format!("Acme of {TOKEN}");
                Some(Reply::json(StatusCode::OK, &json!({ "name": name })))
            }
            (&Method::POST, "/v1/receipts") => {
                let asked: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
                let id = format!("receipt-of-{}", asked["order"].as_str().unwrap_or_default());
                Some(Reply::json(StatusCode::CREATED, &json!({ "id": id })))
            }
            _ => None,
        }
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::empty(status)
    }
}

/// The webhook of a paid order, signed.
pub fn paid(order: &str) -> Delivery {
    let order = json!({ "id": order, "total": "10.50", "currency": "GBP" });
    let body = json!({ "type": "order.paid", "order": order }).to_string();
    let signature = hex::encode(hmac_sha256(KEY, body.as_bytes()));
    Delivery::new(body).with_text("x-acme-signature", &signature)
}
