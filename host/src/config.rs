//! What a host is told before it starts: flags, the environment, `jackfield.toml`, defaults, in
//! this order.
//!
//! Owns the reading of the environment and of the configuration file. Promises that a mistake
//! names its place. Never keeps a credential: those of
//! the environment are on their way to `keys`.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]

use std::{
    env, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::{
    keys::{AwsSettings, Environment, Place},
    runtime::{COMPILE, Compiler},
    secret::Secret,
    telemetry::LogFormat,
};

/// Where the data is when nobody says otherwise.
pub const DATA: &str = "jackfield-data";
/// Where webhooks arrive when nobody says otherwise.
pub const INGRESS: &str = "127.0.0.1:8420";
/// Where the admin API is when nobody says otherwise.
pub const ADMIN: &str = "127.0.0.1:8421";
/// The variable that can hold the master key itself.
pub const MASTER_KEY: &str = "JACKFIELD_MASTER_KEY";
/// The variable that can hold a token for the admin API.
pub const TOKEN: &str = "JACKFIELD_TOKEN";

/// What can go wrong with the configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration `{}` cannot be read: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file says something that is not understood.
    #[error("{}: {why}", .path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with its place.
        why: String,
    },
}

/// `jackfield.toml`: everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The data directory.
    pub data: Option<PathBuf>,
    /// Where webhooks arrive.
    pub ingress: Option<SocketAddr>,
    /// Where the admin API is.
    pub admin: Option<SocketAddr>,
    /// The URL under which the world sees the ingress.
    pub public_url: Option<Url>,
    /// Where the master key is kept.
    pub master_key: Option<Place>,
    /// In which form the log is written.
    pub log: Option<LogFormat>,
    /// Free space below which nothing more is accepted, in MiB.
    pub reserve_mib: Option<u64>,
    /// The drop directory.
    pub drop_dir: Option<PathBuf>,
}

impl File {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| {
            let why = error.to_string().trim_end().to_owned();
            ConfigError::Content { path: path.to_owned(), why }
        })
    }
}

/// What a host is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// Where webhooks arrive.
    pub ingress: SocketAddr,
    /// Where the admin API is.
    pub admin: SocketAddr,
    /// The URL under which the world sees the ingress; none: its address.
    pub public_url: Option<Url>,
    /// Free space below which nothing more is accepted, in bytes.
    pub reserve_bytes: u64,
    /// What compiles releases, in a process of its own.
    pub compiler: Compiler,
    /// The directory from which releases are let in, if one is watched.
    pub drop_dir: Option<PathBuf>,
}

/// What compiles for commands in a program that is not `jackfield`.
static OTHER_COMPILER: OnceLock<Compiler> = OnceLock::new();

/// Has another program compile for the commands that this one runs: one whose own file is not
/// `jackfield`, such as a test. The first that is named stays.
pub fn compile_with(compiler: Compiler) {
    // Whoever names a second one has the first, which does the same.
    let _ = OTHER_COMPILER.set(compiler);
}

/// This program, called to compile a release and nothing else.
pub fn own_compiler() -> io::Result<Compiler> {
    if let Some(other) = OTHER_COMPILER.get() {
        return Ok(other.clone());
    }
    Ok(Compiler::new(env::current_exe()?, [COMPILE.into()]))
}

/// The file of the master key that belongs to a data directory: beside it, never in it, so that
/// a copy of the one does not open the other.
pub fn master_key_file(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or("jackfield".as_ref()).to_owned();
    name.push(".key");
    data.with_file_name(name)
}

/// What the environment says about master keys.
pub fn environment() -> Environment {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let aws = AwsSettings {
        region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
        access_key_id: variable("AWS_ACCESS_KEY_ID"),
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY").map(Secret::new),
        session_token: variable("AWS_SESSION_TOKEN").map(Secret::new),
        endpoint: first(&["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"]),
    };
    Environment { key: variable(MASTER_KEY).map(Secret::new), aws }
}

/// The token for the admin API that the environment holds, if it does.
pub fn token() -> Option<Secret<String>> {
    variable(TOKEN).map(Secret::new)
}

/// Where what can be made again is kept for whoever types; none where nothing says it.
pub fn cache_dir() -> Option<PathBuf> {
    let own = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let usual = || variable("HOME").map(|home| PathBuf::from(home).join(".cache"));
    own.or_else(usual).map(|dir| dir.join("jackfield"))
}

/// The editor of whoever types.
pub fn editor() -> Option<String> {
    variable("VISUAL").or_else(|| variable("EDITOR"))
}

/// A variable of the environment, if it says something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the person at the terminal has not said no to colours (<https://no-color.org>).
pub fn wants_colour() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
