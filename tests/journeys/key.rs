//! The master key: rotated while the host works, moved elsewhere, and never guessed.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use jackfield::{
    keys::{Environment, Place},
    store::{self, Options},
    vault::{MasterKey, Vault},
};
use jackfield_tests::{
    house::{House, until},
    won_deal::WonDealScene,
};

/// When each file of a directory was written.
fn written(dir: &Path) -> BTreeMap<String, SystemTime> {
    let files = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let written = files.map(|file| {
        let at = file.metadata().unwrap().modified().unwrap();
        (file.file_name().to_string_lossy().into_owned(), at)
    });
    written.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_key_is_rotated_while_the_host_works() {
    let mut scene = WonDealScene::set_up().await;
    let key = scene.house.key_file();
    let before = scene.house.told(&["key", "show"]).await;
    assert_eq!(before["place"], key);
    let old = before["id"].as_str().unwrap().to_owned();

    let working = async {
        for number in 0..4 {
            let title = format!("Oven {number}");
            assert_eq!(scene.send(&scene.win(&title)).await.status, 200);
            scene.house.does(&["connection", "test", "books"]).await;
            let key = scene.house.file("again", &scene.books.account().webhook_key);
            let key = format!("webhook_key=@{key}");
            scene.house.does(&["connection", "set", "books", "--secret", &key]).await;
        }
    };
    let rotating = async {
        let mut told = serde_json::Value::Null;
        for _ in 0..3 {
            told = scene.house.told(&["key", "rotate"]).await;
        }
        told
    };
    let ((), told) = tokio::join!(working, rotating);
    until("the invoices are there", || scene.books.invoice_count() == 4).await;
    assert_eq!(scene.house.dead_letters(), 0);

    let new = told["to"].as_str().unwrap().to_owned();
    assert_eq!((&told["state"], &told["place"]), (&"done".into(), &key.as_str().into()));
    let show = scene.house.told(&["key", "show"]).await;
    assert_eq!((&show["id"], &show["secrets"]), (&new.as_str().into(), &before["secrets"]));
    let trail = scene.house.told(&["audit", "list", "--subject", &new]).await;
    assert_eq!(
        (&trail[0]["what"], &trail[0]["details"]["from"]),
        (&"key.rotated".into(), &told["from"])
    );

    let compiled = scene.house.dir().join("data/compiled");
    let cache = written(&compiled);
    scene.house.stop().await;
    scene.house.start().await;
    assert_eq!(written(&compiled), cache, "nothing is compiled again because of another key");
    scene.house.does(&["connection", "test", "books"]).await;
    scene.house.stop().await;

    let kept = format!("{key}.old-{old}");
    scene.house.keep_key_at(Place::File(kept.into()), Environment::default());
    let error = scene.house.try_start().await.unwrap_err().to_string();
    assert!(error.contains(&format!("the master key {old} does not open this vault")), "{error}");
    assert!(error.contains(&format!("sealed under {new}")), "{error}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_environment_moves_into_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let environment =
        Environment { key: Some(MasterKey::generate().to_text()), ..Environment::default() };
    let nowhere = || Place::File(dir.path().join("none"));
    let mut house = House::with_key_at(nowhere(), environment.clone()).await;
    let (code, _, err) = house.types(&["key", "rotate"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("hint: `jackfield key rotate --to FILE`"), "{err}");

    let file = dir.path().join("new.key").display().to_string();
    let said = house.does(&["key", "rotate", "--to", &file]).await;
    assert!(said.contains(&format!("--master-key {file}")), "{said}");
    let (code, _, err) = house.types(&["key", "rotate", "--to", &house.key_file()]).await;
    assert_eq!(code, 0, "{err}");
    let (_, _, err) = house.types(&["key", "rotate", "--to", &file]).await;
    assert!(err.contains("there is something at"), "{err}");
    // Without a place, the next one stands where the last one went.
    let told = house.told(&["key", "rotate"]).await;
    assert_eq!(told["place"], house.key_file());

    house.stop().await;
    let error = house.try_start().await.unwrap_err().to_string();
    assert!(error.contains(told["to"].as_str().unwrap()), "{error}");
    assert!(error.contains(&format!("it was written to `{}`", house.key_file())), "{error}");
    house.keep_key_at(Place::File(house.key_file().into()), Environment::default());
    house.start().await;
    assert_eq!(house.told(&["key", "show"]).await["id"], told["to"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_cut_off_is_ended_after_the_next_start() {
    let mut scene = WonDealScene::set_up().await;
    let old = scene.house.told(&["key", "show"]).await["id"].clone();
    scene.house.stop().await;
    let new = {
        let store = store::open(&scene.house.dir().join("data"), Options::default()).unwrap();
        let current = scene.house.keys().current().await.unwrap();
        let vault = Vault::open(store, current).await.unwrap();
        let (next, home) = scene.house.keys().prepare(None).await.unwrap();
        vault.begin(next, home.clone()).await.unwrap();
        vault.reseal(|_| false).await.unwrap_err();
        home.id
    };
    // Without the new key it does not start, and says where that was.
    let beside = format!("{}.next", scene.house.key_file());
    let away = format!("{beside}.away");
    fs::rename(&beside, &away).unwrap();
    let error = scene.house.try_start().await.unwrap_err().to_string();
    assert!(error.contains(&format!("a rotation to the master key {new} did not end")), "{error}");
    fs::rename(&away, &beside).unwrap();

    scene.house.start().await;
    let in_use = || scene.house.rooms().keeper.id();
    until("the rotation has ended", || in_use() == new).await;
    until("the new key is in place", || !Path::new(&beside).exists()).await;
    assert_ne!(old, new);
    scene.house.does(&["connection", "test", "books"]).await;
    scene.house.stop().await;
    scene.house.start().await;
    scene.strike().await;
}
