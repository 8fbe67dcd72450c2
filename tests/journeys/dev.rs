//! `connector dev`: a connector under its author's hands, beside a running host.

use std::fs;

use jackfield_tests::{
    club,
    house::{House, until},
    sender::Sender,
};
use serde_json::{Deserializer, Value};

/// The folder of a connector that may be changed, a copy of the club's.
fn folder(house: &House) -> String {
    let folder = house.dir().join("hands");
    fs::create_dir(&folder).unwrap();
    let manifest = club::folder().join("connector.toml");
    fs::copy(manifest, folder.join("connector.toml")).unwrap();
    folder.display().to_string()
}

/// Changes the connector's manifest.
fn changes(folder: &str, from: &str, to: &str) {
    let file = format!("{folder}/connector.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

/// The rounds that a command told of.
fn rounds(out: &str) -> Vec<Value> {
    Deserializer::from_str(out).into_iter::<Value>().map(Result::unwrap).collect()
}

/// Which of the connections try a release.
async fn trials(house: &House) -> Value {
    house.told(&["connector", "list"]).await[0]["trials"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_tried_on_one_connection_and_shown_on_the_last_delivery() {
    let (house, club) = club::set_up(House::open().await).await;
    for chapter in ["north", "south"] {
        club::connect(&house, &club, chapter).await;
    }
    let ada = club.vendor().enter("north", "Ada");
    let sender = Sender::new(&house.endpoint("north"), 1).unwrap();
    assert_eq!(sender.send(&club::joined(&[("north", ada)])).await.unwrap().status, 200);
    until("it is parsed", || house.is_settled()).await;
    let folder = folder(&house);
    let dev = ["connector", "dev", &folder, "--yes"];
    let (code, out, err) = house.types(&[&dev[..], &["--rounds", "1"]].concat()).await;
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("north, south\n  hint: choose one with --connection"), "{err}");
    let watching = [&dev[..], &["--connection", "north", "--rounds", "3", "--json"]].concat();
    let watch = house.does(&watching);
    let hands = async {
        let tries = async || while trials(&house).await["north"].is_null() {};
        tries().await;
        changes(&folder, "name, email: .mail", "name: (.name | ascii_upcase)");
        // What does not read is told, and the connection goes through what it had.
        let changed = async |n| while times_upgraded(&house).await < n {};
        changed(2).await;
        assert_eq!(trials(&house).await.as_object().unwrap().len(), 1, "south is left alone");
        changes(&folder, "ascii_upcase", "no_such_word");
    };
    let (out, ()) = tokio::join!(watch, hands);
    let rounds = rounds(&out);
    assert_eq!(rounds.len(), 2, "the third does not build: {out}");
    assert_eq!(rounds[0]["again"]["same"], true, "{out}");
    let [was, is] = ["expected \"Ada\"", "got \"ADA\""];
    let differences = rounds[1]["again"]["differences"].to_string().replace('\\', "");
    assert!(differences.contains(was) && differences.contains(is), "{differences}");
    assert_eq!(trials(&house).await, serde_json::json!({}), "it gave the connection back");
    club.assert_no_unexpected();
}

/// How often a release was tried.
async fn times_upgraded(house: &House) -> usize {
    let trail = house.told(&["audit", "list", "--subject", "club"]).await;
    trail.as_array().unwrap().iter().filter(|line| line["what"] == "connector.tried").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_nobody_installed_is_installed_first() {
    let house = House::open().await;
    let folder = folder(&house);
    let dev = ["connector", "dev", &folder, "--yes", "--rounds", "1"];
    let (code, _, err) = house.types(&dev).await;
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("jackfield connection add NAME --connector club"), "{err}");
    let (_, out, _) = house.types(&["connector", "list"]).await;
    assert!(out.contains("club"), "{out}");
}
