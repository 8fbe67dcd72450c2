//! What is refused at the door, what compiles to too much, and compiled code that is forged.

use std::{fs, path::PathBuf};

use jackfield_tests::{house::House, releases};
use serde_json::json;

use super::{probe::Scene, raw, stage::Stage};

/// Types the command that installs a release: exit code and what it said.
async fn install(house: &House, release: &[u8]) -> (u8, String) {
    let (code, _, err) = house.lets_in("install", release, &["--unsigned", "--yes"]).await;
    (code, err)
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_beyond_the_contract_are_refused_by_name() {
    let scene = Scene::set_up().await;
    for (name, import) in [("files", "wasi:filesystem"), ("sockets", "wasi:sockets")] {
        let release = raw::bare_release(name, &releases::component(name));
        let (code, err) = install(&scene.house, &release).await;
        assert_eq!(code, 1, "{name}");
        assert!(err.contains(import), "{name}: {err}");
    }
    for import in [
        "wasi:filesystem/types@0.2.6",
        "wasi:filesystem/preopens@0.2.6",
        "wasi:sockets/tcp@0.2.6",
        "wasi:sockets/udp@0.2.6",
        "wasi:sockets/ip-name-lookup@0.2.6",
        "wasi:http/incoming-handler@0.2.6",
        "wasi:http/outgoing-handler@0.3.0",
        "wasi:keyvalue/store@0.2.0",
        "jackfield:connector/vault@0.1.0",
        "jackfield:connector/http@9.0.0",
        "evil:door/back@1.0.0",
    ] {
        let component = wat::parse_str(format!(
            "(component (import \"{import}\" (instance (export \"f\" (func)))))"
        ));
        let (code, err) =
            install(&scene.house, &raw::bare_release("door", &component.unwrap())).await;
        assert_eq!(code, 1, "{import}");
        assert!(err.contains(import), "{import}: {err}");
    }
    assert_eq!(scene.house.told(&["connector", "list"]).await.as_array().unwrap().len(), 1);
    scene.ask("two", json!({ "ask": "settings" })).await.unwrap();
}

/// A component whose types, instances or memories are far more than its bytes.
fn swollen() -> Vec<(&'static str, String)> {
    let pairs: String =
        (1..60).map(|n| format!("(type $t{n} (tuple $t{0} $t{0}))", n - 1)).collect();
    let types = format!("(component (type $t0 (tuple u64 u64)) {pairs})");
    let copies = "(core instance (instantiate $m))".repeat(64);
    let many = format!("(component (core module $m (memory 1)) {copies})");
    let memory = "(component (core module $m (memory 65536)) (core instance (instantiate $m)))";
    let table =
        "(component (core module $m (table 4000000000 funcref)) (core instance (instantiate $m)))";
    let nested = format!("{}{}", "(component ".repeat(200), ")".repeat(200));
    vec![
        ("types", types),
        ("instances", many),
        ("memory", memory.to_owned()),
        ("table", table.to_owned()),
        ("nested", nested),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_small_and_becomes_huge_is_refused_or_held_to_its_limits() {
    let scene = Scene::set_up().await;
    for (name, text) in swollen() {
        // What does not even assemble was refused by the same validator that the host uses.
        let Ok(component) = wat::parse_str(&text) else { continue };
        // Without a role of its own it is refused in any case; the reason shows by whom.
        let (code, err) = install(&scene.house, &raw::bare_release(name, &component)).await;
        assert_eq!(code, 1, "{name}");
        assert!(err.starts_with("error: the "), "{name}: {err}");
        scene.ask("two", json!({ "ask": "settings" })).await.unwrap();
    }
}

/// A memory or a table that is too large from the beginning, in a component that has its role.
#[tokio::test(flavor = "multi_thread")]
async fn what_begins_too_large_never_begins() {
    let stage = Stage::set_up().await;
    for (name, core) in [
        (
            "vast-memory",
            raw::core("unreachable", "")
                .replace("(memory (export \"memory\") 2)", "(memory (export \"memory\") 16384)"),
        ),
        ("vast-table", raw::core("unreachable", "(table 200000 funcref)")),
    ] {
        let release = raw::release(name, &core);
        let (code, err) = install(&stage.scene.house, &release).await;
        if code == 0 {
            stage.scene.house.does(&["connection", "add", name, "--connector", name]).await;
            let fault = stage.called(name, json!({})).await.result.expect_err(name);
            assert_eq!(fault.blame, jackfield::fault::Blame::Guest, "{name}: {fault}");
            assert_eq!(fault.code, "limit", "{name}: {fault}");
        } else {
            assert!(err.contains("limit"), "{name}: {err}");
        }
        stage.stands().await;
    }
}

/// Functions of the bomb below.
const FUNCTIONS: usize = 200;
/// Arms of each of their branch tables.
const ARMS: usize = 600;
/// How long the host may take over it, however slow the machine: what matters is that it ends.
const COMPILE_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// Hundreds of thousands of branches in a file of some hundred KiB.
fn compile_bomb() -> String {
    let blocks = "(block ".repeat(ARMS);
    let labels: String = (0..ARMS).map(|n| format!("{n} ")).collect();
    let ends = "nop)".repeat(ARMS);
    let body = format!("{blocks} (br_table {labels} (local.get 0)) {ends}");
    let functions: String =
        (0..FUNCTIONS).map(|n| format!("(func (export \"f{n}\") (param i32) {body})")).collect();
    raw::core(&raw::answers(4096, 2), &format!("(data (i32.const 4096) \"42\") {functions}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_bomb_compiles_the_others_go_on() {
    let stage = Stage::set_up().await;
    let release = raw::release("bomb", &compile_bomb());
    let begin = tokio::time::Instant::now();
    let installing = install(&stage.scene.house, &release);
    tokio::pin!(installing);
    let mut answered = 0;
    let (code, err) = loop {
        tokio::select! {
            ended = &mut installing => break ended,
            () = stage.stands() => answered += 1,
        }
    };
    assert!(begin.elapsed() < COMPILE_MAX, "{:?}", begin.elapsed());
    assert!(answered > 0, "nobody was answered while it compiled");
    // It may be refused for what it takes; if it was taken, it is as good as any.
    if code == 0 {
        stage.scene.house.does(&["connection", "add", "bomb", "--connector", "bomb"]).await;
        assert_eq!(stage.called("bomb", json!({})).await.result.unwrap(), "42");
    } else {
        assert!(err.contains("does not compile"), "{err}");
    }
    stage.stands().await;
}

/// The largest file of compiled code that is forged below, in bytes: more would take long.
const SMALL_BYTES: u64 = 256 << 10;

/// The files of compiled code.
fn compiled(house: &House) -> Vec<PathBuf> {
    let dir = fs::read_dir(house.dir().join("data/compiled")).unwrap();
    dir.map(|entry| entry.unwrap().path()).collect()
}

/// Ways to change a file of compiled code: its last, its middle and its first byte, its end, and
/// all of it.
const FORGERIES: [fn(&mut Vec<u8>); 5] = [
    |code| *code.last_mut().unwrap() ^= 1,
    |code| {
        let middle = code.len() / 2;
        code[middle] ^= 0x80;
    },
    |code| code[0] ^= 1,
    |code| code.truncate(31),
    Vec::clear,
];

#[tokio::test(flavor = "multi_thread")]
async fn forged_compiled_code_is_never_loaded() {
    let mut scene = Scene::set_up().await;
    // Small ones, so that each way to forge has a file of its own.
    for n in 0..FORGERIES.len() {
        let name = format!("small-{n}");
        let core = raw::core("unreachable", &format!("(func (export \"f{n}\"))"));
        scene.house.install(&name, &raw::release(&name, &core)).await;
    }
    let before = compiled(&scene.house);
    let small = |file: &&PathBuf| fs::metadata(file).unwrap().len() < SMALL_BYTES;
    scene.house.stop().await;
    let files: Vec<&PathBuf> = before.iter().filter(small).collect();
    assert!(files.len() >= FORGERIES.len(), "{before:?}");
    let genuine: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for (n, file) in files.iter().enumerate() {
        let mut code = genuine[n].clone();
        FORGERIES[n % FORGERIES.len()](&mut code);
        fs::write(file, code).unwrap();
    }
    scene.house.start().await;
    for (file, code) in files.iter().zip(&genuine) {
        assert_eq!(fs::read(file).unwrap()[32..], code[32..], "it is compiled again");
    }
    scene.house.stop().await;
    // Genuine code in another's place.
    for (n, file) in files.iter().enumerate() {
        fs::write(file, &genuine[(n + 1) % genuine.len()]).unwrap();
    }
    scene.house.start().await;
    for (file, code) in files.iter().zip(&genuine) {
        assert_eq!(fs::read(file).unwrap()[32..], code[32..], "it is compiled again");
    }
    assert_eq!(scene.house.rooms().connectors.list().len(), FORGERIES.len() + 1);
    scene.ask("two", json!({ "ask": "settings" })).await.unwrap();
}
