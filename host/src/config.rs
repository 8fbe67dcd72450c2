//! What a host is told before it starts: flags, the environment, `jackfield.toml`, defaults, in
//! this order.
//!
//! Owns the reading of the environment and of the configuration file. Promises that a mistake
//! names its place. Never holds a credential but the master key, on its way to the vault.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]

use std::{
    env, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::{
    runtime::{COMPILE, Compiler},
    secret::Secret,
    telemetry::LogFormat,
    vault::{MasterKey, VaultError},
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
    /// There is no master key.
    #[error(
        "there is no master key at `{}`: {source}\n  hint: `jackfield init` writes one; an \
         existing one is given by --master-key FILE or in JACKFIELD_MASTER_KEY", .path.display()
    )]
    NoMasterKey {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is there is no master key.
    #[error(transparent)]
    MasterKey(#[from] VaultError),
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
    /// The file of the master key.
    pub master_key: Option<PathBuf>,
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

/// This program, called to compile a release and nothing else.
pub fn own_compiler() -> io::Result<Compiler> {
    Ok(Compiler::new(env::current_exe()?, [COMPILE.into()]))
}

/// The file of the master key that belongs to a data directory: beside it, never in it, so that
/// a copy of the one does not open the other.
pub fn master_key_file(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or("jackfield".as_ref()).to_owned();
    name.push(".key");
    data.with_file_name(name)
}

/// The master key: from the environment, else from its file.
pub fn master_key(path: &Path) -> Result<MasterKey, ConfigError> {
    let text = match env::var(MASTER_KEY) {
        Ok(text) => Secret::new(text),
        Err(_) => Secret::new(
            fs::read_to_string(path)
                .map_err(|source| ConfigError::NoMasterKey { path: path.to_owned(), source })?,
        ),
    };
    Ok(MasterKey::from_text(&text)?)
}

/// The token for the admin API that the environment holds, if it does.
pub fn token() -> Option<Secret<String>> {
    env::var(TOKEN).ok().filter(|token| !token.is_empty()).map(Secret::new)
}

/// Whether the person at the terminal has not said no to colours (<https://no-color.org>).
pub fn wants_colour() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
