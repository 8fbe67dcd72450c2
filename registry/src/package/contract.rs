//! The contract as a component's names show it: what it may import, and what it exports.
//!
//! Owns the list of what the host offers. Promises that what is not on it is not offered.

use std::{collections::BTreeSet, fmt};

use semver::Version;

use super::{
    PackageError,
    error::Unfilled,
    sections::{Item, Kind},
};
use crate::manifest::{Manifest, webhook::Verify};

/// The version of `jackfield:connector` that this host speaks.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// The longest contract version that is shown in a message, in bytes.
const SHOWN_BYTES_MAX: usize = 40;

const CONNECTOR: &str = "jackfield:connector";

/// What a component may import: a package, the minor version of its 0.x, and its interfaces.
///
/// A Rust component imports `environment` through its C library; what it finds there is empty.
const OFFERED: [(&str, u64, &[&str]); 6] = [
    (CONNECTOR, 1, &["types", "http", "secrets", "storage", "context", "log", "manifest"]),
    (
        "wasi:cli",
        2,
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:io", 2, &["error", "poll", "streams"]),
    ("wasi:clocks", 2, &["wall-clock", "monotonic-clock"]),
    ("wasi:random", 2, &["random", "insecure", "insecure-seed"]),
    ("wasi:http", 2, &["types", "outgoing-handler"]),
];

/// An interface of the contract that a component exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Understands webhooks.
    Webhooks,
    /// Verifies deliveries where `[webhook.verify]` cannot say how.
    Authenticator,
    /// Does things at its system.
    Actions,
    /// Reads its system's records.
    Records,
    /// Registers webhooks at its system.
    Subscriptions,
    /// Tells whose account it is connected to.
    Account,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Webhooks,
        Self::Authenticator,
        Self::Actions,
        Self::Records,
        Self::Subscriptions,
        Self::Account,
    ];

    /// The interface's name in `jackfield:connector`.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Authenticator => "authenticator",
            Self::Actions => "actions",
            Self::Records => "records",
            Self::Subscriptions => "subscriptions",
            Self::Account => "account",
        }
    }
}

/// As an export: `jackfield:connector/actions@0.1.0`.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CONNECTOR}/{}@{CONTRACT_VERSION}", self.interface())
    }
}

/// Whether the host offers what is imported.
pub(super) fn is_offered(import: &Item) -> bool {
    import.kind == Kind::Instance
        && OFFERED.iter().any(|(package, minor, interfaces)| {
            interface(&import.name, package, *minor).is_some_and(|name| interfaces.contains(&name))
        })
}

/// The roles among the exports.
pub(super) fn roles(exports: &[Item]) -> BTreeSet<Role> {
    let instances = exports.iter().filter(|export| export.kind == Kind::Instance);
    let names = instances.filter_map(|export| interface(&export.name, CONNECTOR, 1));
    names.filter_map(|name| Role::ALL.into_iter().find(|role| role.interface() == name)).collect()
}

/// Checks what a release says of the contract that it is made for.
pub(super) fn expect_version(section: Option<&[u8]>) -> Result<(), PackageError> {
    let section = section.ok_or(PackageError::NoContract)?;
    let shown = String::from_utf8_lossy(&section[..section.len().min(SHOWN_BYTES_MAX)]);
    let fits = section.len() <= SHOWN_BYTES_MAX && is_compatible(&shown, 1);
    if fits {
        Ok(())
    } else {
        Err(PackageError::Contract { found: shown.escape_debug().to_string() })
    }
}

/// Checks that the component has code for what its manifest declares.
pub(super) fn expect_roles(
    manifest: &Manifest,
    roles: &BTreeSet<Role>,
) -> Result<(), PackageError> {
    let webhook = manifest.webhook.as_ref();
    let judges = webhook.is_some_and(|webhook| matches!(webhook.verify, Verify::Component(_)));
    let declared: [(bool, &'static str, &'static [Role]); 4] = [
        (!manifest.actions.is_empty(), "`[actions]`", &[Role::Actions]),
        (webhook.is_some(), "`[webhook]`", &[Role::Webhooks]),
        (judges, "`kind = \"component\"` in `[webhook.verify]`", &[Role::Authenticator]),
        (!manifest.events.is_empty(), "`[events]`", &[Role::Webhooks, Role::Records]),
    ];
    let unfilled: Vec<_> = declared
        .into_iter()
        .filter(|(is_declared, _, wanted)| {
            *is_declared && !wanted.iter().any(|role| roles.contains(role))
        })
        .map(|(_, declared, wanted)| Unfilled { declared, wanted })
        .collect();
    if unfilled.is_empty() { Ok(()) } else { Err(PackageError::Unfilled(unfilled)) }
}

/// The interface's name, if `text` names one of `package` in a version 0.`minor`.x.
fn interface<'a>(text: &'a str, package: &str, minor: u64) -> Option<&'a str> {
    let (name, version) = text.strip_prefix(package)?.strip_prefix('/')?.split_once('@')?;
    is_compatible(version, minor).then_some(name)
}

fn is_compatible(version: &str, minor: u64) -> bool {
    Version::parse(version)
        .is_ok_and(|v| v.major == 0 && v.minor == minor && v.pre.is_empty() && v.build.is_empty())
}
