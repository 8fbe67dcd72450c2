//! Components made by hand, for what no compiler would write: a core module in WebAssembly text,
//! wrapped for the role `actions` by the tools that compilers use.

use jackfield_registry::package::embed;
use jackfield_tests::releases;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What it offers, and its limits.
const ACTIONS: &str = r#"
[actions."attack.act"]
title = "Attack"
mutates = false

[limits]
cpu_ms = 500
wall_ms = 5000
memory_mib = 64
why = "it is to be stopped, not starved"
"#;

/// A core module: `body` is what `invoke` does (its answer is the address of the result), and
/// `more` stands beside it. The first 64 KiB of memory are free but for 8 bytes; input lies above.
pub fn core(body: &str, more: &str) -> String {
    format!(
        r#"(module
  (type $write (func (param i32 i32 i32 i32 i32)))
  (import "jackfield:connector/log@0.1.0" "write" (func $log (type $write)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "jackfield:connector/actions@0.1.0#invoke")
    (param i32 i32 i32 i32 i32 i32) (result i32) (local $i i32)
    {body})
  (func (export "jackfield:connector/actions@0.1.0#recall")
    (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable)
  {more})"#
    )
}

/// What `invoke` does to answer `ok` with `bytes` bytes at an address.
pub fn answers(address: u32, bytes: u32) -> String {
    format!(
        "(i32.store8 (i32.const 16) (i32.const 0))
         (i32.store (i32.const 24) (i32.const {address}))
         (i32.store (i32.const 28) (i32.const {bytes}))
         (i32.const 16)"
    )
}

/// A core module as a component with the role `actions`.
pub fn component(core: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(releases::root().join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some("actions-role")).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// The same as a release.
pub fn release(name: &str, core: &str) -> Vec<u8> {
    embed(&component(core), &(head(name) + ACTIONS)).unwrap()
}

/// Any component as a release without a role of its own.
pub fn bare_release(name: &str, component: &[u8]) -> Vec<u8> {
    embed(component, &head(name)).unwrap()
}

/// How its manifest begins; the name is its id.
fn head(name: &str) -> String {
    releases::head(name, "Made by hand")
}
