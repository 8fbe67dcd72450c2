//! Alerts that go through a connection's action: as every action does, once, and only while the
//! connection is in order.

use std::{sync::Arc, time::Duration};

use http::Method;
use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    fault::Fault,
    queue::{DeadLetter, Task, Work},
    store::Batch,
};
use jackfield_tests::{
    house::{House, QUICK, until},
    patterns::Patterns,
    won_deal::WonDealScene,
};

const SECOND: Duration = Duration::from_secs(1);
/// What makes a mail of a notice.
const MAIL: &str = r#"{ to: "ops@milllane.example", subject: .title, text: .text }"#;

/// A business by a clock that is moved by hand, whose alerts go out by mail.
async fn scene() -> (Patterns, VirtualClock) {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let house = House::with(Arc::new(clock.clone()), QUICK).await;
    let scene = Patterns::set_up(house, &[]).await;
    let set = ["alert", "set", "--connection", "mail", "--action", "message.send"];
    scene.house.does(&[&set[..], &["--input", MAIL]].concat()).await;
    (scene, clock)
}

/// Lets a step at a connection stop.
async fn fail(house: &House) {
    let rooms = house.rooms();
    let now_ms = rooms.clock.now_ms();
    let work = Work::new("chat", Task::Step { run: format!("{:032}", 1) }, now_ms);
    let fault = Fault::operator("rejected", "the channel is archived".to_owned());
    let mut batch = Batch::new();
    rooms.queue.bury(&mut batch, &DeadLetter::of(&work, &fault, None, now_ms));
    rooms.store.commit(batch).await.unwrap();
}

fn why(house: &House) -> Option<String> {
    house.rooms().desk.alerts()?.trouble.map(|trouble| trouble.why)
}

/// Lets time go by until something is so.
async fn in_time(clock: &VirtualClock, what: &str, is_so: impl Fn() -> bool) {
    until(what, || {
        clock.advance(SECOND);
        is_so()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_tells_of_what_stopped_and_is_sent_once_though_its_answer_is_lost() {
    let (scene, clock) = scene().await;
    scene.twin.aim(Method::POST, "/message.send");
    scene.twin.drop_answers(2);
    fail(&scene.house).await;
    let taken = || {
        let alerts = scene.house.rooms().desk.alerts();
        alerts.is_some_and(|alerts| alerts.delivered_at_ms.is_some())
    };
    in_time(&clock, "the notice is taken", taken).await;
    let mails = scene.twin.done("mail", "message.send");
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0]["subject"], "jackfield: work stopped, for 1 new cause");
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains("chat: rejected: the channel is archived"), "{text}");
    assert!(text.contains("jackfield dead-letter show "), "{text}");
    assert_eq!(scene.house.dead_letters(), 1, "an alert makes no dead letter");
    let (code, _, err) = scene
        .house
        .types(&["alert", "set", "--connection", "mail", "--action", "message.shout"])
        .await;
    assert_eq!(code, 1);
    assert!(err.contains("it has no action `message.shout`"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_waits_for_a_paused_connection_and_says_so() {
    let (scene, clock) = scene().await;
    scene.house.does(&["connection", "pause", "mail"]).await;
    fail(&scene.house).await;
    in_time(&clock, "it was tried", || why(&scene.house).is_some()).await;
    assert_eq!(
        why(&scene.house).unwrap(),
        "the connection `mail` is paused; `jackfield connection resume mail` ends that"
    );
    let (code, out, _) = scene.house.types(&["doctor"]).await;
    assert_eq!(code, 1);
    assert!(out.contains("alerts: not taken by") && out.contains("`mail` is paused"), "{out}");
    assert_eq!(scene.twin.done("mail", "message.send").len(), 0);
    scene.house.does(&["connection", "resume", "mail"]).await;
    in_time(&clock, "it is sent", || scene.twin.done("mail", "message.send").len() == 1).await;
    in_time(&clock, "all is well", || why(&scene.house).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_waits_for_the_person_whom_its_connection_needs() {
    let scene = WonDealScene::bare(House::open().await).await;
    scene.install().await;
    scene.connect_crm().await;
    scene.add_books(&[]).await;
    let set = ["alert", "set", "--connection", "books", "--action", "contact.upsert"];
    scene.house.does(&[&set[..], &["--input", "{ name: .title }"]].concat()).await;
    let (code, _, err) = scene.house.types(&["alert", "test"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`books` needs a person: "), "{err}");
    fail(&scene.house).await;
    until("it was tried", || why(&scene.house).is_some()).await;
    assert_eq!(scene.house.dead_letters(), 1, "an alert makes no dead letter");
    scene.sign_in_at_books().await;
    until("it is told", || scene.books.contacts().len() == 1).await;
    assert_eq!(scene.books.contacts()[0]["Name"], "jackfield: work stopped, for 1 new cause");
}
