//! The master key at AWS Secrets Manager, for which moto stands in.

use std::process::Command;

use jackfield::{
    keys::{AwsSettings, Environment, Place},
    secret::Secret,
    store::{self, Options},
    vault::Vault,
};
use jackfield_tests::{
    house::{House, until},
    moto::Moto,
    won_deal::WonDealScene,
};

const PLACE: &str = "aws-secrets-manager:jackfield/books";

fn environment(moto: &Moto) -> Environment {
    let aws = AwsSettings {
        region: Some("eu-west-2".into()),
        access_key_id: Some("testing".into()),
        secret_access_key: Some(Secret::new("testing".into())),
        session_token: None,
        endpoint: Some(moto.url()),
    };
    Environment { key: None, aws }
}

fn place() -> Place {
    PLACE.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_key_is_kept_and_rotated_at_aws() {
    let Some(moto) = Moto::start().await else { return };
    let house = House::with_key_at(place(), environment(&moto)).await;
    assert!(!house.keys().create().await.unwrap(), "a key that is there is not overwritten");
    let mut scene = WonDealScene::bare(house).await;
    scene.install().await;
    scene.connect().await;
    scene.apply_flow().await;
    assert_eq!(scene.send(&scene.win("Oven")).await.status, 200);
    let old = scene.house.told(&["key", "show"]).await["id"].clone();

    let told = scene.house.told(&["key", "rotate"]).await;
    assert_eq!((&told["from"], &told["place"]), (&old, &PLACE.into()));
    assert_eq!(told["kept"], format!("{PLACE}, stage AWSPREVIOUS"));
    let again = scene.house.told(&["key", "rotate"]).await;
    assert_eq!(again["from"], told["to"]);
    assert_eq!(scene.house.keys().current().await.unwrap().id(), again["to"]);
    scene.house.stop().await;

    // A rotation that is cut off: the new key is there as AWSPENDING, and something is sealed
    // under it.
    let new = {
        let store = store::open(&scene.house.dir().join("data"), Options::default()).unwrap();
        let current = scene.house.keys().current().await.unwrap();
        let vault = Vault::open(store, current).await.unwrap();
        let (next, home) = scene.house.keys().prepare(None).await.unwrap();
        let (left, _) = scene.house.keys().prepare(None).await.unwrap();
        assert_eq!(next.id(), left.id(), "what is pending is used");
        vault.begin(next, home.clone()).await.unwrap();
        vault.reseal(|_| false).await.unwrap_err();
        home.id
    };
    assert_eq!(scene.house.keys().current().await.unwrap().id(), again["to"]);
    scene.house.start().await;
    let kept = || scene.house.rooms().keeper.progress().kept;
    until("the rotation has ended", || kept().contains("AWSPREVIOUS")).await;
    assert_eq!(scene.house.keys().current().await.unwrap().id(), new);
    scene.house.does(&["connection", "test", "books"]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_file_moves_to_aws() {
    let Some(moto) = Moto::start().await else { return };
    let mut house = House::open().await;
    house.stop().await;
    house.keep_key_at(Place::File(house.key_file().into()), environment(&moto));
    house.start().await;
    let told = house.told(&["key", "rotate", "--to", PLACE]).await;
    assert_eq!((&told["moved"], &told["kept"]), (&true.into(), &house.key_file().into()));
    house.stop().await;
    let error = house.try_start().await.unwrap_err().to_string();
    assert!(error.contains(&format!("it was written to `{PLACE}`")), "{error}");
    house.keep_key_at(place(), environment(&moto));
    house.start().await;
    assert_eq!(house.told(&["key", "show"]).await["id"], told["to"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_reads_from_the_environment_how_aws_is_reached() {
    let Some(moto) = Moto::start().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    let run = |words: &[&str], endpoint: &str, region: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_torture"))
            .args(["host", "jackfield", "--data", &data])
            .args(words)
            .current_dir(dir.path())
            .env_remove("AWS_SESSION_TOKEN")
            .env("AWS_REGION", region)
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let key = ["--master-key", PLACE];
    let (code, out, err) = run(&[&["init"], &key[..]].concat(), &moto.url(), "eu-west-2");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains(&format!("master key:     {PLACE} (new")), "{out}");
    let (_, out, _) = run(&[&["init"], &key[..]].concat(), &moto.url(), "eu-west-2");
    assert!(out.contains("was there already"), "{out}");
    assert!(!dir.path().join("data.key").exists());

    let serve = [&["serve"], &key[..]].concat();
    let (code, _, err) = run(&serve, &moto.url(), "us-east-1");
    assert_eq!(code, Some(1));
    assert!(err.contains("has no secret `jackfield/books`"), "{err}");
    assert!(err.contains("is it in another region?"), "{err}");
    let (_, _, err) = run(&serve, "http://127.0.0.1:9", "eu-west-2");
    assert!(err.contains("was not reached at http://127.0.0.1:9"), "{err}");
    let (_, _, err) = run(&serve, &moto.url(), "");
    assert!(err.contains("AWS_REGION is not set"), "{err}");
}
