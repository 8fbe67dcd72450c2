//! Memory: linear memory, tables, handles, and what one call of a host function takes.

use jackfield::fault::Blame;
use serde_json::json;

use super::{raw, stage::Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_bomb_ends_at_its_limit() {
    let stage = Stage::set_up().await;
    let fault = stage.fails(json!({ "attack": "memory" }), Blame::Guest, "limit").await;
    assert!(fault.message.contains("memory"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_bomb_ends_at_its_limit() {
    let stage = Stage::set_up().await;
    let grow = "(loop $again
        (br_if $again (i32.ne (i32.const -1)
          (table.grow $t (ref.null func) (i32.const 5000)))))
      unreachable";
    stage.connect_raw("tables", &raw::core(grow, "(table $t 1 funcref)")).await;
    let fault = stage.called("tables", json!({})).await.result.unwrap_err();
    assert_eq!((fault.blame, fault.code.as_ref()), (Blame::Guest, "limit"), "{fault}");
    assert!(fault.message.contains("table"), "{fault}");
    stage.stands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_run_out_for_the_guest_and_not_for_the_host() {
    let stage = Stage::set_up().await;
    for attack in ["streams", "pollables"] {
        let fault = stage.fails(json!({ "attack": attack }), Blame::Guest, "trap").await;
        assert!(fault.message.contains("table has no free keys"), "{attack}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_for_one_host_call_traps() {
    let stage = Stage::set_up().await;
    for attack in ["random", "zeroes", "poll"] {
        let called = stage.called("bad", json!({ "attack": attack })).await;
        let fault = called.result.expect_err(attack);
        assert_eq!(fault.blame, Blame::Guest, "{attack}: {fault}");
        stage.stands().await;
    }
}

/// A megabyte that a million fields point to, each of them: a terabyte for whoever copies it.
#[tokio::test(flavor = "multi_thread")]
async fn one_text_in_a_million_places_is_not_copied_a_million_times() {
    let stage = Stage::set_up().await;
    let fill = "
      (drop (memory.grow (i32.const 500)))
      (memory.fill (i32.const 131072) (i32.const 0x78) (i32.const 1048576))
      (local.set $i (i32.const 2097152))
      (loop $again
        (i32.store (local.get $i) (i32.const 131072))
        (i32.store offset=4 (local.get $i) (i32.const 1))
        (i32.store offset=8 (local.get $i) (i32.const 131072))
        (i32.store offset=12 (local.get $i) (i32.const 1048576))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 18874368))))
      (call $log (i32.const 2) (i32.const 131072) (i32.const 4)
                 (i32.const 2097152) (i32.const 1048576))
      unreachable";
    stage.connect_raw("aliases", &raw::core(fill, "")).await;
    let fault = stage.called("aliases", json!({})).await.result.unwrap_err();
    assert_eq!((fault.blame, fault.code.as_ref()), (Blame::Guest, "trap"), "{fault}");
    assert!(!fault.message.contains("unreachable"), "the host took it all: {fault}");
    stage.stands().await;
}
