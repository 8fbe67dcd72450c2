//! Nonsense: answers that are no UTF-8, no JSON, nowhere in memory, or far too long.

use jackfield::fault::Blame;
use jackfield_tests::{
    house::until,
    sender::{Delivery, Sender},
};
use serde_json::json;

use super::{raw, stage::Stage};

/// Text at 4096 as a data segment.
fn at_4096(text: &str) -> String {
    format!("(data (i32.const 4096) \"{text}\")")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_the_contract_is_a_trap() {
    let stage = Stage::set_up().await;
    let wrong_case = "(i32.store8 (i32.const 16) (i32.const 7)) (i32.const 16)";
    for (name, core) in [
        ("utf8-overlong", raw::core(&raw::answers(4096, 2), &at_4096("\\c0\\80"))),
        ("utf8-surrogate", raw::core(&raw::answers(4096, 3), &at_4096("\\ed\\a0\\80"))),
        ("utf8-cut", raw::core(&raw::answers(4096, 1), &at_4096("\\e2"))),
        ("utf8-no-start", raw::core(&raw::answers(4096, 2), &at_4096("\\ff\\fe"))),
        ("beyond-memory", raw::core(&raw::answers(131_000, 4096), "")),
        ("over-the-end", raw::core(&raw::answers(0xffff_fff0, 0x7fff_ffff), "")),
        ("no-such-case", raw::core(wrong_case, "")),
        ("unaligned", raw::core("(i32.const 17)", "")),
        ("nowhere", raw::core("(i32.const -8)", "")),
    ] {
        stage.connect_raw(name, &core).await;
        let fault = stage.called(name, json!({})).await.result.expect_err(name);
        assert_eq!((fault.blame, fault.code.as_ref()), (Blame::Guest, "trap"), "{name}: {fault}");
        stage.stands().await;
    }
}

/// Answers an array of so many bytes, `[0,0,…,0]`: small in the guest, dozens of times as large
/// in whoever makes values of it.
fn many_values(bytes: u32) -> String {
    let pages = bytes / 65536 + 1;
    let last = 131_072 + bytes - 2;
    raw::core(
        &format!(
            "(drop (memory.grow (i32.const {pages})))
             (local.set $i (i32.const 131072))
             (loop $again
               (i32.store16 (local.get $i) (i32.const 0x302c))
               (local.set $i (i32.add (local.get $i) (i32.const 2)))
               (br_if $again (i32.lt_u (local.get $i) (i32.const {last}))))
             (i32.store8 (i32.const 131072) (i32.const 0x5b))
             (i32.store8 (i32.const {last}) (i32.const 0x5d))
             {}",
            raw::answers(131_072, last + 1 - 131_072)
        ),
        "",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_is_no_json_or_too_much_of_it_is_a_dead_letter() {
    let stage = Stage::set_up().await;
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    for (name, core, code) in [
        ("half", raw::core(&raw::answers(4096, 5), &at_4096("[1,2,")), "bad-output"),
        ("deep", raw::core(&raw::answers(4096, 8000), &at_4096(&deep)), "bad-output"),
        ("wide", many_values(16 << 20), "bad-output"),
    ] {
        stage.connect_raw(name, &core).await;
        stage.apply_flow(name, "attack.act").await;
        let sender = Sender::new(&stage.scene.house.endpoint("bad"), 1).unwrap();
        let body = json!({ "event": { "attack": name } }).to_string();
        assert_eq!(sender.send(&Delivery::new(body)).await.unwrap().status, 200);
        until("a dead letter waits", || stage.scene.house.dead_letters() == 1).await;
        let told = stage.scene.house.told(&["dead-letter", "list", "--all"]).await;
        assert_eq!(told[0]["blame"], "guest", "{name}: {told}");
        assert_eq!(told[0]["code"], code, "{name}: {told}");
        let id = told[0]["id"].as_str().unwrap();
        stage.scene.house.does(&["dead-letter", "discard", id]).await;
        stage.stands().await;
    }
}
