//! A short round of each heavy command, so that none of them rots.
#![expect(clippy::unwrap_used, reason = "a test: what is not there is the failure")]

use std::process::Command;

use serde_json::Value;

/// Runs a command of this package; the JSON object that ends its standard output.
fn run(command: &str, args: &[&str]) -> Value {
    let output = Command::new(command).args(args).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command} {args:?}: {said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

#[test]
fn a_host_that_is_killed_loses_and_doubles_nothing() {
    let toll = run(env!("CARGO_BIN_EXE_torture"), &["crash", "--rounds", "5"]);
    assert_eq!((&toll["lost"], &toll["doubled"]), (&0.into(), &0.into()), "{toll}");
    assert!(toll["acknowledged"].as_u64().unwrap() > 0, "{toll}");
}

#[test]
fn a_host_that_is_killed_while_releases_come_and_go_has_the_old_or_the_new() {
    let toll = run(env!("CARGO_BIN_EXE_torture"), &["install", "--rounds", "5"]);
    assert_eq!((&toll["broken"], &toll["lost"]), (&0.into(), &0.into()), "{toll}");
    assert!(toll["acknowledged"].as_u64().unwrap() > 0, "{toll}");
}

#[test]
fn a_host_that_is_killed_over_a_renewal_keeps_its_sign_in() {
    let toll = run(env!("CARGO_BIN_EXE_torture"), &["tokens", "--rounds", "8"]);
    assert_eq!(toll["violations"], 0, "{toll}");
    assert!(toll["calls"].as_u64().unwrap() > 0, "{toll}");
    assert!(toll["renewed"].as_u64().unwrap() > 0, "{toll}");
}

#[test]
fn an_intention_has_one_effect_however_answers_are_lost_and_hosts_are_killed() {
    let toll = run(env!("CARGO_BIN_EXE_torture"), &["effects", "--rounds", "200"]);
    assert_eq!((&toll["lost"], &toll["doubled"]), (&0.into(), &0.into()), "{toll}");
    assert_eq!(toll["strays"], 0, "{toll}");
    assert!(toll["at_the_desk"].as_u64().unwrap() > 0, "{toll}");
    assert!(toll["naive_doubled"].as_u64().unwrap() > 0, "{toll}");
}

#[test]
fn every_measure_tells_its_figures() {
    let short = ["--seconds", "1", "--rounds", "1"];
    let names =
        ["ingest", "call", "pipeline", "swap", "rotate", "kill", "cycles", "growth", "sleepers"];
    for name in names {
        let few: &[&str] = match name {
            "cycles" => &["--cycles", "3"],
            "growth" => &["--kept", "3000"],
            "sleepers" => &["--runs", "2000"],
            "rotate" => &["--secrets", "1000"],
            _ => &[],
        };
        let told = run(env!("CARGO_BIN_EXE_measure"), &[&[name], &short[..], few].concat());
        assert!(told["ratio"].as_f64().unwrap() > 0.0, "{told}");
        assert!(told["yardstick"].is_object() && told["durability"].is_string(), "{told}");
        assert!(told["failed_calls"].is_null() || told["failed_calls"] == 0, "{told}");
    }
}

#[test]
fn the_demo_ends_with_an_invoice() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).arg("--once").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("\"InvoiceNumber\": \"INV-0001\""), "{printed}");
}
