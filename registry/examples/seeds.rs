//! Writes the seeds of the fuzz targets anew, for when the form of a release has changed.
//!
//! The manifests `good-plain` and `bad-connector` are kept as they are; all other seeds are made
//! of the former, of manifests elsewhere in the repository, and of the components below.

use std::{error::Error, fs, path::PathBuf};

use jackfield_registry::package::{SigningKey, embed, sign};

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

/// What its manifest says besides.
const ACTION: &str =
    "[actions.\"thing.make\"]\ntitle = \"Make\"\nidempotency = { kind = \"none\" }\n";

/// Who signs: any 32 bytes are the seed of a key, and these are the same each time.
const KEY: &str = "jackfield-signing-key:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How many bytes `bad-cut` lacks: a part of its signature.
const CUT_BYTES: usize = 30;

/// The file of a seed.
fn seed(target: &str, name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", target, name].iter().collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    manifests()?;
    releases()
}

/// The manifests that are also elsewhere.
fn manifests() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::copy(root.join("src/manifest/tests/full.toml"), seed("manifest", "good-full"))?;
    for connector in ["pipedrive", "xero"] {
        let manifest = root.join("../plugins").join(connector).join("connector.toml");
        fs::copy(manifest, seed("manifest", &format!("good-{connector}")))?;
    }
    Ok(())
}

fn releases() -> Result<(), Box<dyn Error>> {
    let manifest = fs::read_to_string(seed("manifest", "good-plain"))?;
    let key = SigningKey::from_text(KEY)?;
    let empty = wat::parse_str("(component)")?;
    let plain = embed(&empty, &manifest)?;
    let rich = embed(&wat::parse_str(PARTS)?, &(manifest + ACTION))?;
    let signed = sign(&rich, &key)?;
    // The signature stands at the end.
    let (_, signature) = signed.split_at(rich.len());
    let write = |name: &str, bytes: &[u8]| fs::write(seed("release", name), bytes);
    write("bare-component", &empty)?;
    write("bare-module", &wat::parse_str("(module)")?)?;
    write("good-plain", &plain)?;
    write("good-plain-signed", &sign(&plain, &key)?)?;
    write("good-parts", &rich)?;
    write("good-parts-signed", &signed)?;
    write("bad-signed-twice", &[&signed, signature].concat())?;
    write("bad-cut", &signed[..signed.len() - CUT_BYTES])?;
    Ok(())
}
