//! One direction: a room imports only what stands below it.

use std::collections::BTreeSet;

use crate::source::{Source, below};

/// The rooms from the top of the house to its ground, with what each may import of the rooms
/// below it. Whatever is not listed here is an arrow that somebody should think about.
const ROOMS: [(&str, &[&str]); 40] = [
    ("main", &["cli"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "admin",
            "clock",
            "config",
            "conformance",
            "dispatch",
            "draft",
            "egress",
            "flows",
            "host",
            "inbox",
            "keys",
            "memory",
            "queue",
            "runtime",
            "secret",
            "store",
            "telemetry",
            "vault",
        ],
    ),
    (
        "admin",
        &[
            "audit",
            "capabilities",
            "clock",
            "connections",
            "connectors",
            "contract",
            "desk",
            "fault",
            "flows",
            "host",
            "inbox",
            "keys",
            "oauth",
            "octets",
            "queue",
            "secret",
            "store",
            "tables",
            "vault",
        ],
    ),
    (
        "conformance",
        &[
            "capabilities",
            "clock",
            "connections",
            "connectors",
            "contract",
            "egress",
            "fault",
            "inbox",
            "runtime",
            "secret",
            "store",
            "vault",
            "verify",
        ],
    ),
    ("draft", &[]),
    ("drop_dir", &["audit", "connectors", "host"]),
    (
        "host",
        &[
            "admin",
            "audit",
            "capabilities",
            "clock",
            "config",
            "connections",
            "connectors",
            "contract",
            "desk",
            "dispatch",
            "drop_dir",
            "egress",
            "fault",
            "flows",
            "inbox",
            "ingress",
            "keys",
            "memory",
            "queue",
            "runtime",
            "store",
            "tables",
            "vault",
        ],
    ),
    (
        "ingress",
        &[
            "audit",
            "capabilities",
            "clock",
            "connections",
            "contract",
            "inbox",
            "oauth",
            "runtime",
            "store",
            "verify",
        ],
    ),
    (
        "desk",
        &[
            "audit",
            "capabilities",
            "clock",
            "connections",
            "contract",
            "dispatch",
            "egress",
            "fault",
            "flows",
            "inbox",
            "mac",
            "queue",
            "runtime",
            "secret",
            "store",
            "text",
            "vault",
        ],
    ),
    (
        "dispatch",
        &[
            "audit",
            "backoff",
            "capabilities",
            "clock",
            "connections",
            "contract",
            "fault",
            "flows",
            "inbox",
            "octets",
            "queue",
            "runtime",
            "store",
        ],
    ),
    (
        "inbox",
        &[
            "audit",
            "capabilities",
            "clock",
            "connections",
            "contract",
            "fault",
            "octets",
            "queue",
            "store",
            "verify",
        ],
    ),
    (
        "flows",
        &[
            "audit",
            "capabilities",
            "clock",
            "connections",
            "connectors",
            "contract",
            "fault",
            "priority",
            "queue",
            "runtime",
            "store",
            "tables",
            "text",
        ],
    ),
    (
        "connections",
        &[
            "audit",
            "backoff",
            "capabilities",
            "clock",
            "connectors",
            "egress",
            "oauth",
            "secret",
            "store",
            "text",
            "vault",
            "verify",
        ],
    ),
    ("oauth", &["audit", "clock", "egress", "secret", "store", "text", "vault"]),
    ("connectors", &["audit", "clock", "runtime", "store", "sweep", "text"]),
    ("config", &["keys", "runtime", "secret", "telemetry"]),
    ("runtime", &["backoff", "capabilities", "clock", "contract", "fault", "sweep", "text"]),
    (
        "capabilities",
        &[
            "backoff", "clock", "contract", "egress", "mac", "octets", "priority", "problem",
            "secret", "store", "text", "vault",
        ],
    ),
    ("verify", &["secret"]),
    ("queue", &["audit", "clock", "fault", "priority", "store", "text"]),
    ("tables", &["audit", "clock", "store", "text"]),
    ("audit", &["store", "text"]),
    ("keys", &["clock", "egress", "secret", "vault"]),
    ("vault", &["secret", "store"]),
    ("egress", &["backoff", "clock", "contract", "mac", "priority", "problem", "secret"]),
    ("problem", &["contract"]),
    ("store", &[]),
    ("contract", &[]),
    ("fault", &["backoff"]),
    ("backoff", &[]),
    ("priority", &[]),
    ("clock", &[]),
    ("mac", &[]),
    ("memory", &[]),
    ("octets", &[]),
    ("secret", &[]),
    ("telemetry", &[]),
    ("text", &[]),
    ("sweep", &[]),
];

/// Whose rooms a crate imports.
fn imported(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code: Vec<&str> =
        source.text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            // A group: the names at its own level.
            Some(group) => found.extend(names(group)),
            None => drop(found.insert(word(rest))),
        }
    }
    found
}

/// The first word of a path.
fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of the members of a `{…}` group.
fn names(group: &str) -> Vec<String> {
    let (mut depth, mut found, mut fresh) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && c.is_alphabetic() => {
                found.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

/// The room of a file: the first part of its path below `host/src`.
fn room(source: &Source) -> &str {
    let inside = source.path.strip_prefix("host/src/").unwrap_or(&source.path);
    inside.split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn a_room_imports_only_what_is_below_it() {
    let rooms: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    let mut strange = Vec::new();
    for source in below("host/src", ".rs") {
        let own = room(&source);
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == own).unwrap_or_else(|| {
            panic!("{} is in no room that this test knows", source.path);
        });
        // Tests may look at whatever they need.
        if source.path.ends_with("tests.rs") || source.path.contains("/tests/") {
            continue;
        }
        for name in imported(&source) {
            let is_room = rooms.contains(&name.as_str());
            if is_room && name != own && !allowed.contains(&name.as_str()) {
                strange.push(format!("{}: `{own}` imports `{name}`", source.path));
            }
        }
    }
    assert!(strange.is_empty(), "arrows that point the wrong way:\n{}", strange.join("\n"));
}

#[test]
fn the_table_itself_points_downwards() {
    for (at, (room, imports)) in ROOMS.iter().enumerate() {
        for import in *imports {
            // `admin` is served by the host that it shows: the one arrow in both directions.
            if (*room, *import) == ("admin", "host") {
                continue;
            }
            let below = ROOMS[at..].iter().any(|(name, _)| name == import);
            assert!(below || *room == "host", "`{room}` stands below `{import}`");
        }
    }
}

#[test]
fn only_the_owners_know_their_crates() {
    for (krate, owner) in [
        ("sled", "store"),
        ("wasmtime", "runtime"),
        ("wasmtime_wasi_http", "runtime"),
        ("hyper_rustls", "egress"),
        ("chacha20poly1305", "vault"),
        ("aws_sdk_secretsmanager", "keys"),
    ] {
        for source in below("host/src", ".rs") {
            let uses = source.text.lines().any(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("use {krate}::")) || line.contains(&format!(" {krate}::"))
            });
            // The windows implement wasmtime's traits, the contract is generated by it, and
            // tokens take their random numbers from the cipher's crate.
            let excused = match krate {
                "wasmtime" => ["capabilities", "contract"].contains(&room(&source)),
                "wasmtime_wasi_http" => room(&source) == "capabilities",
                "chacha20poly1305" => room(&source) == "admin",
                _ => false,
            };
            assert!(!uses || excused || room(&source) == owner, "{} uses {krate}", source.path);
        }
    }
}
