//! Components that nobody would write, let in through the whole command: what they do as they
//! begin is as arbitrary as they are.

use std::{collections::BTreeMap, time::Duration};

use arbitrary::Unstructured;
use jackfield_registry::package::{Digest, embed};
use jackfield_tests::releases;
use serde_json::json;
use tokio::time::Instant;
use wasm_encoder::{Component, ComponentSectionId, InstanceSection, RawSection};
use wasm_smith::Config;
use wasmparser::{Parser, Payload};

use super::probe::Scene;

/// How many are made.
const COMPONENTS: u32 = 60;
/// One in so many is a component of the generator's own; the others are wrapped core modules.
const RAW_EVERY: u32 = 6;
/// What each is made of, in bytes; the generator turns them into decisions.
const ENTROPY_BYTES: usize = 8192;
/// How many tries one has to come out as it is wanted.
const TRIES: u32 = 200;
/// The longest that one may take: without optimisation and on a busy machine it is a hundredth.
const ONE_MAX: Duration = Duration::from_secs(20);

/// Small limits, so that what spins ends soon.
const LIMITS: &str = r#"
[limits]
cpu_ms = 50
wall_ms = 2000
memory_mib = 16
"#;

/// The same bytes for the same number, always.
fn entropy(number: u32, attempt: u32) -> Vec<u8> {
    let block =
        |index: u32| *Digest::of(format!("{number} {attempt} {index}").as_bytes()).as_bytes();
    (0..).flat_map(block).take(ENTROPY_BYTES).collect()
}

/// A component as the generator makes it: imports, exports, types and all.
fn raw(u: &mut Unstructured<'_>) -> Option<Vec<u8>> {
    Some(wasm_smith::Component::new(Config::default(), u).ok()?.to_bytes())
}

/// What the engine has, within what a slot of its pool holds. Code that may not trap goes on, and
/// some of it for ever; code that may ends soon, in any way there is.
fn config(may_trap: bool) -> Config {
    Config {
        max_imports: 0,
        max_types: 10,
        min_funcs: 1,
        max_instructions: 400,
        max_memory32_bytes: 8 << 20,
        max_table_elements: 1_000,
        disallow_traps: !may_trap,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        // References to what is outside take a collector, which the engine does not have.
        reference_types_enabled: false,
        threads_enabled: false,
        ..Config::default()
    }
}

/// A component that instantiates a generated module, which runs a function as it begins.
fn wrapped(u: &mut Unstructured<'_>, may_trap: bool) -> Option<Vec<u8>> {
    let module = wasm_smith::Module::new(config(may_trap), u).ok()?.to_bytes();
    let mut payloads = Parser::new(0).parse_all(&module);
    if !payloads.any(|payload| matches!(payload, Ok(Payload::StartSection { .. }))) {
        return None;
    }
    let mut component = Component::new();
    component.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data: &module });
    let mut instances = InstanceSection::new();
    instances.instantiate::<[(&str, _); 0], _>(0, []);
    component.section(&instances);
    Some(component.finish())
}

/// The component of a number: the first try that comes out.
fn component(number: u32) -> Vec<u8> {
    let made = (0..TRIES).find_map(|attempt| {
        let decisions = entropy(number, attempt);
        let mut u = Unstructured::new(&decisions);
        if number.is_multiple_of(RAW_EVERY) {
            raw(&mut u)
        } else {
            wrapped(&mut u, number.is_multiple_of(2))
        }
    });
    made.expect("one of many tries comes out")
}

/// One line, and hints below it.
fn is_one_line(said: &str) -> bool {
    let mut lines = said.lines();
    lines.next().is_some_and(|line| line.starts_with("error: "))
        && lines.all(|line| line.starts_with("  hint: "))
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_generated_components_are_let_in_or_refused_in_a_line() {
    let scene = Scene::set_up().await;
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    for number in 0..COMPONENTS {
        let manifest = releases::head(&format!("made-{number}"), "Generated") + LIMITS;
        let release = embed(&component(number), &manifest).unwrap();
        let begin = Instant::now();
        let (code, _, err) =
            scene.house.lets_in("install", &release, &["--unsigned", "--yes"]).await;
        let took = begin.elapsed();
        assert!(took < ONE_MAX, "component {number} took {took:?}");
        if code != 0 {
            assert_eq!(code, 1, "component {number}: {err}");
            assert!(is_one_line(&err), "component {number}: {err}");
            assert!(!err.contains("please report it"), "component {number}: {err}");
            assert!(err.matches("does not compile").count() <= 1, "component {number}: {err}");
        }
        let end = match &err {
            _ if code == 0 => "let in",
            _ if err.contains("trap: ") => "trapped",
            _ if err.contains("CPU budget") => "spun",
            _ => "refused",
        };
        *ends.entry(end).or_default() += 1;
        let settings = scene.ask("two", json!({ "ask": "settings" })).await.unwrap();
        assert_eq!(settings["word"], "lantern");
    }
    eprintln!("{ends:?}");
    for end in ["let in", "trapped", "spun", "refused"] {
        assert!(ends.contains_key(end), "none of them {end}: {ends:?}");
    }
}
