//! Connectors without code: one TOML file takes webhooks, reads, writes, and registers itself.

use std::sync::Arc;

use jackfield::clock::{Clock as _, SystemClock, VirtualClock};
use jackfield_tests::{
    club,
    house::{House, QUICK, until},
    sender::Sender,
};

/// Noon of a day, in milliseconds since 1970.
const NOON_MS: u64 = 1_767_268_800_000;

/// Whoever joins at one chapter becomes a guest of another.
fn flow(from: &str, to: &str) -> String {
    format!(
        r#"
name = "{from}-to-{to}"

[on]
connection = "{from}"
event = "member.joined"

[[step]]
id = "guest"
connection = "{to}"
action = "contact.upsert"
input = '{{ name: .event.record.name, email: "guest-\(.event.record.id)@{from}.example" }}'
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn one_toml_file_takes_a_webhook_reads_the_record_and_writes_it_elsewhere() {
    let (house, club) = club::set_up(House::open().await).await;
    for chapter in ["north", "south"] {
        club::connect(&house, &club, chapter).await;
    }
    assert!(house.does(&["connection", "test", "north"]).await.contains("Chapter north"));
    let file = house.file("flow.toml", &flow("north", "south"));
    house.does(&["flow", "apply", &file]).await;
    let ada = club.vendor().enter("north", "Ada");
    let sender = Sender::new(&house.endpoint("north"), 1).unwrap();
    let delivery = club::joined(&[("north", ada)]);
    assert_eq!(sender.send(&delivery).await.unwrap().status, 200);
    until("Ada is a guest", || club.vendor().chapter("south").members.len() == 1).await;
    assert_eq!(sender.send(&delivery).await.unwrap().status, 200);
    until("nothing is left to do", || house.is_idle()).await;
    let guests = club.vendor().chapter("south").members;
    let guest = guests.values().next().unwrap();
    assert_eq!((&guest["name"], guests.len()), (&"Ada".into(), 1), "{guests:?}");
    assert_eq!(house.dead_letters(), 0);
    club.assert_no_unexpected();
}

/// The vendor knows one URL; each chapter's part goes to the connection of that chapter.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_url_gets_for_several_accounts_goes_to_each_and_is_never_broadcast() {
    let (house, club) = club::set_up(House::open().await).await;
    for chapter in ["north", "south", "guests"] {
        club::connect(&house, &club, chapter).await;
    }
    for from in ["north", "south"] {
        let file = house.file("flow.toml", &flow(from, "guests"));
        house.does(&["flow", "apply", &file]).await;
    }
    let ada = club.vendor().enter("north", "Ada");
    let bob = club.vendor().enter("south", "Bob");
    let eve = club.vendor().enter("west", "Eve");
    let sender = Sender::new(&house.endpoint("north"), 1).unwrap();
    let delivery = club::joined(&[("north", ada), ("south", bob), ("west", eve)]);
    assert_eq!(sender.send(&delivery).await.unwrap().status, 200);
    until("two are guests", || club.vendor().chapter("guests").members.len() == 2).await;
    until("the third waits for a person", || house.dead_letters() == 1).await;
    let letters = house.does(&["dead-letter", "list"]).await;
    assert!(letters.contains("no connection of `club` has the chapter `west`"), "{letters}");

    club::connect(&house, &club, "west").await;
    let file = house.file("flow.toml", &flow("west", "guests"));
    house.does(&["flow", "apply", &file]).await;
    house.does(&["dead-letter", "retry", "--all"]).await;
    until("all three are guests", || club.vendor().chapter("guests").members.len() == 3).await;
    until("nothing is left to do", || house.is_idle()).await;
    let named = |name: &str| {
        let guests = club.vendor().chapter("guests").members;
        guests.values().filter(|guest| guest["name"] == name).count()
    };
    assert_eq!((named("Ada"), named("Bob"), named("Eve")), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_registered_and_made_anew_where_the_vendor_lost_them() {
    let clock = VirtualClock::at(NOON_MS);
    let house = House::with(Arc::new(clock.clone()), QUICK).await;
    let (house, club) = club::set_up(house).await;
    club::connect(&house, &club, "north").await;
    let (code, _, err) = house.types(&["connection", "subscribe", "north", "member.left"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("no event `member.left`"), "{err}");
    let hooks = || club.vendor().chapter("north").hooks;
    let told = house.told(&["connection", "subscribe", "north"]).await;
    assert_eq!(told["subscriptions"][0]["events"], serde_json::json!(["member.joined"]));
    house.does(&["connection", "subscribe", "north"]).await;
    assert_eq!(hooks().len(), 1, "doing it twice leaves one");
    let url = house.endpoint("north");
    assert!(hooks().values().all(|hook| hook["url"] == url.as_str()));

    club.vendor().lose_hooks("north");
    until("it is there again", || {
        clock.advance(std::time::Duration::from_secs(3600));
        hooks().len() == 1
    })
    .await;
    house.does(&["connection", "unsubscribe", "north"]).await;
    assert!(hooks().is_empty());
    let trail = house.told(&["audit", "list", "--subject", "north"]).await.to_string();
    for word in ["connection.subscribed", "connection.unsubscribed"] {
        assert!(trail.contains(word), "{word}: {trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_without_code_is_built_in_a_moment_and_shares_its_code() {
    let house = House::open().await;
    club::install(&house).await;
    let compiled = || std::fs::read_dir(house.dir().join("data/compiled")).unwrap().count();
    let of_the_first = compiled();
    let manifest = std::fs::read_to_string(club::folder().join("connector.toml")).unwrap();
    let mut longest_ms = 0;
    for number in 0..5 {
        let id = format!("club-{number}");
        let folder = house.dir().join(&id);
        std::fs::create_dir(&folder).unwrap();
        let text = manifest.replace("id = \"club\"", &format!("id = \"{id}\""));
        std::fs::write(folder.join("connector.toml"), text).unwrap();
        let file = folder.join("release.wasm").display().to_string();
        let begun_ms = SystemClock.now_ms();
        house.does(&["connector", "build", &folder.display().to_string(), "-o", &file]).await;
        longest_ms = longest_ms.max(SystemClock.now_ms() - begun_ms);
        house.does(&["connector", "install", &file, "--unsigned", "--yes"]).await;
    }
    assert!(longest_ms < 1_000, "{longest_ms} ms");
    assert_eq!(compiled(), of_the_first, "all of them are one compiled component");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_does_is_told_when_it_is_built() {
    let house = House::open().await;
    let folder = house.dir().join("broken");
    std::fs::create_dir(&folder).unwrap();
    let manifest = std::fs::read_to_string(club::folder().join("connector.toml")).unwrap();
    let broken =
        manifest.replace("[entities.contact.update]\nrequest = \"PATCH /members/{.id}\"", "");
    std::fs::write(folder.join("connector.toml"), broken).unwrap();
    let (code, _, err) = house.types(&["connector", "build", &folder.display().to_string()]).await;
    assert_eq!(code, 1);
    assert!(err.contains("nothing says how the action `contact.upsert` is done"), "{err}");
    assert!(err.contains("connector.toml:"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_removed_is_called_no_more() {
    let (house, club) = club::set_up(House::open().await).await;
    for chapter in ["north", "south"] {
        club::connect(&house, &club, chapter).await;
        house.does(&["connection", "subscribe", chapter]).await;
    }
    let hooks = |chapter: &str| club.vendor().chapter(chapter).hooks.len();
    assert_eq!((hooks("north"), hooks("south")), (1, 1));
    house.does(&["connection", "remove", "north"]).await;
    assert_eq!((hooks("north"), hooks("south")), (0, 1));
    club.fail_next(100, 500);
    let (code, _, err) = house.types(&["connection", "remove", "south"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("cannot be removed at the vendor") && err.contains("--discard"), "{err}");
    assert!(house.does(&["connection", "list"]).await.contains("south"), "nothing has changed");
    house.does(&["connection", "remove", "south", "--discard"]).await;
    club.calm();
    assert_eq!(hooks("south"), 1, "the vendor was not to be had");
    assert!(!house.does(&["connection", "list"]).await.contains("south"));
}
