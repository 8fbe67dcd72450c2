//! The templates of `sdk/templates`, made, built and tested as the guide says, with the tools of
//! their languages, and Acme, the system that all are for.
//!
//! The tools come from npm and PyPI, once, into `target`. Where they cannot be had, who asks is
//! told so in one line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::id,
};

use anyhow::Context as _;
use http::{Method, StatusCode};
use jackfield_registry::package::{Digest, Release};
use serde_json::{Value, json};

use crate::{
    guide,
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

/// TypeScript's tools, among which are those of JavaScript.
const NPM: Wanted = Wanted {
    name: "javascript",
    package: include_str!("../../sdk/templates/ts/package.json"),
    lock: include_str!("../../sdk/templates/ts/package-lock.json"),
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
    /// `sdk/templates/ts`, with what it shares with `js`.
    Ts,
    /// `sdk/templates/python`.
    Python,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Js, Self::Ts, Self::Python];

    /// What `connector new --lang` calls it, and a fence of the guide.
    pub fn name(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Ts => "ts",
            Self::Python => "python",
        }
    }

    /// The folders of the repository that it is made of.
    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Js => &["sdk/templates/js", "sdk/js"],
            Self::Ts => &["sdk/templates/ts", "sdk/templates/js", "sdk/js"],
            Self::Python => &["sdk/templates/python", "sdk/python"],
        }
    }

    /// The template as a connector, made, built and tested as the guide says; if its tools cannot
    /// be had, says why in one line.
    ///
    /// # Panics
    /// The tools are there and a command of the guide fails.
    pub async fn release(self) -> Option<Release> {
        let _one = BUILDING.lock().await;
        let tools = match self {
            Self::Js | Self::Ts => npm::installed(&NPM).await,
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
            Ok(tools) => Some(self.built(&tools).await.expect("a guide that can be followed")),
        }
    }

    /// Follows the guide beside the tools, unless what came of it stands there, of the same files.
    async fn built(self, tools: &Path) -> anyhow::Result<Release> {
        let recipe = guide::recipe(self.name());
        let mut sources = recipe.join("\n").into_bytes();
        for folder in ["wit", "host/src/cli/build", "host/src/cli/new"].iter().chain(self.sources())
        {
            read(&root().join(folder), &mut sources)?;
        }
        let kept = tools.join(format!("{}.wasm", Digest::of(&sources).to_hex()));
        if let Ok(bytes) = fs::read(&kept) {
            return Ok(Release::read(bytes)?);
        }
        let dir = tools.join(format!("{}-{}", self.name(), id()));
        // What an earlier process of the same number left when it failed.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir)?;
        guide::follow(&recipe, &dir).await?;
        let made = files(&dir)?.into_iter().find(|file| {
            file.parent() == Some(&dir) && file.extension().is_some_and(|end| end == "wasm")
        });
        let release = Release::read(fs::read(made.context("the guide makes no release")?)?)?;
        fs::remove_dir_all(&dir)?;
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
