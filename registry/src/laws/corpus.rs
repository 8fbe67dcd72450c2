//! The kept corpus: what the fuzz targets begin with, and what they once found.
//!
//! Promises that a crash that was found and kept stays found, with the stable toolchain.

use std::{fs, path::PathBuf};

use super::*;

/// What the name of a seed begins with that is a manifest, or a release.
const GOOD: &str = "good-";

fn folder(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", target].iter().collect()
}

/// The seeds of a target with their names.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).unwrap().map(Result::unwrap);
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_laws_hold_for_every_kept_manifest() {
    let mut good = 0;
    for (name, bytes) in kept("manifest") {
        let text = String::from_utf8(bytes).unwrap();
        manifest(&text);
        if name.starts_with(GOOD) {
            Manifest::parse(&text, &name).unwrap();
            good += 1;
        }
    }
    assert!(good >= 3, "the fuzzer begins with good manifests");
}

#[test]
fn the_laws_hold_for_every_kept_release() {
    let mut good = 0;
    for (name, bytes) in kept("release") {
        release(&bytes);
        if name.starts_with(GOOD) {
            Release::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            good += 1;
        }
    }
    assert!(good >= 4, "the fuzzer begins with good releases");
}

/// A component of so many parts as a release can be looked at by.
const PARTS: &str = r#"(component
    (import "jackfield:connector/log@0.1.0" (instance $log (export "write" (func (param "text" string)))))
    (import "wasi:io/error@0.2.0" (instance))
    (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 7))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (component $inner)
    (instance $actions (export "run" (func $f)))
    (export "jackfield:connector/actions@0.1.0" (instance $actions)))"#;

/// Run with `--ignored` when the form of a release has changed.
#[test]
#[ignore = "writes the seeds of the fuzz targets anew"]
fn write_the_seeds() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::write(folder(target).join(name), bytes).unwrap();
    };
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let full = fs::read(root.join("src/manifest/tests/full.toml")).unwrap();
    write("manifest", "good-plain", PLAIN_MANIFEST.as_bytes());
    write("manifest", "good-full", &full);
    for connector in ["pipedrive", "xero"] {
        let path = root.join("../plugins").join(connector).join("connector.toml");
        write("manifest", &format!("good-{connector}"), &fs::read(path).unwrap());
    }
    write("manifest", "bad-connector", b"[connector]\nid = \"A\"\n[[param]]\nname = 1\n[x]\n");

    let key = SigningKey::from_text(KEY).unwrap();
    let empty = wat::parse_str("(component)").unwrap();
    let parts = wat::parse_str(PARTS).unwrap();
    let plain = embed(&empty, PLAIN_MANIFEST).unwrap();
    let action = "[actions.\"thing.make\"]\ntitle = \"Make\"\nidempotency = { kind = \"none\" }\n";
    let rich = embed(&parts, &format!("{PLAIN_MANIFEST}{action}")).unwrap();
    let signed = sign(&rich, &key).unwrap();
    write("release", "bare-component", &empty);
    write("release", "bare-module", &wat::parse_str("(module)").unwrap());
    write("release", "good-plain", &plain);
    write("release", "good-plain-signed", &sign(&plain, &key).unwrap());
    write("release", "good-parts", &rich);
    write("release", "good-parts-signed", &signed);
    write("release", "bad-signed-twice", &[&signed[..], &signed[signed.len() - 118..]].concat());
    write("release", "bad-cut", &signed[..signed.len() - 30]);
}
