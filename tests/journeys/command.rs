//! The command, as a person types it: what is wrong is said with its place and the way out.

use jackfield_registry::package::embed;
use jackfield_tests::{house::House, releases, won_deal::WonDealScene};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_release_is_refused_with_the_reason() {
    let house = House::open().await;
    let install = async |name: &str, bytes: &[u8]| {
        let err = house.refuses("install", bytes, &["--unsigned", "--yes"]).await;
        assert!(err.starts_with("error: ") && err.contains("hint: "), "{name}: {err}");
        err
    };
    let component = releases::component("trapping");
    let err = install("text", b"(component)").await;
    assert!(err.contains("component"), "{err}");
    let err = install("bare", &component).await;
    assert!(err.contains("manifest"), "{err}");
    let unknown = "[connector]\nid = \"x\"\nversoin = \"1.0.0\"\n";
    let err = install("unknown-key", &embed(&component, unknown).unwrap()).await;
    assert!(err.contains("connector.toml:3:1"), "{err}");
    assert!(err.contains("did you mean `version`?"), "{err}");
    let manifest = releases::trapping_manifest("0.1.0");
    let err = install("files", &releases::guest("files", &manifest)).await;
    assert!(err.contains("wasi:filesystem"), "{err}");
    assert_eq!(house.told(&["connector", "list"]).await.as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_with_mistakes_is_refused_with_their_places() {
    let scene = WonDealScene::set_up().await;
    let right =
        std::fs::read_to_string(releases::root().join("tests/flows/won-deal.toml")).unwrap();
    let wrong = right
        .replace("connection = \"crm\"", "connection = \"crn\"")
        .replace("\"contact.upsert\"", "\"contact.upsret\"")
        .replace(".steps.customer.id,", ".steps.customer.id,,");
    let file = scene.house.file("wrong.toml", &wrong);
    let (code, _, err) = scene.house.types(&["flow", "apply", &file]).await;
    assert_eq!(code, 1);
    assert!(err.contains("wrong.toml:5:14: there is no connection `crn`"), "{err}");
    assert!(err.contains("did you mean `crm`?"), "{err}");
    assert!(err.contains("has no action `contact.upsret`"), "{err}");
    assert!(err.contains("did you mean `contact.upsert`?"), "{err}");
    assert_eq!(err.matches("hint: ").count(), 3, "{err}");
    let wrong = right
        .replace(".event.record.organisation.name", ".event.record.organisation.nam")
        .replace(".steps.customer.id,", ".steps.custmer.id,");
    let file = scene.house.file("fields.toml", &wrong);
    let (code, _, err) = scene.house.types(&["flow", "check", &file]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`.event.record.organisation.nam` has no `nam`"), "{err}");
    assert!(err.contains("`.steps.custmer.id` has no `custmer`"), "{err}");
    assert!(err.contains("did you mean `customer`?"), "{err}");
    let flows = scene.house.told(&["flow", "list"]).await;
    assert_eq!(flows.as_array().unwrap().len(), 1, "the one that was there is untouched");
    let (code, _, err) = scene.house.types(&["flow", "check", "/nowhere.toml"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`/nowhere.toml` cannot be read"), "{err}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_fit_is_refused_with_every_reason() {
    let house = House::open().await;
    house.install("xero", &releases::connector("xero")).await;
    let (code, _, err) = house
        .types(&["connection", "add", "Books", "--connector", "xero", "--set", "client=1"])
        .await;
    assert_eq!(code, 1);
    for part in [
        "`Books` is no name",
        "`client_id` is missing",
        "did you mean `client_id`?",
        "--secret client_secret=@FILE",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let typed = ["connection", "add", "b", "--connector", "xero", "--secret", "client_secret=abc"];
    let (_, _, err) = house.types(&typed).await;
    assert!(err.contains("stands on the command line"), "{err}");
    let (_, _, err) = house.types(&["connection", "test", "books"]).await;
    assert!(err.contains("there is no connection `books`"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_token_opens_the_api_and_no_other() {
    let house = House::open().await;
    let made = house.told(&["token", "create", "ci"]).await;
    assert!(made["token"].as_str().unwrap().starts_with("jf_"));
    assert_eq!(house.told(&["token", "list"]).await.as_array().unwrap().len(), 2);
    house.does(&["token", "revoke", "ci"]).await;
    let token = house.dir().join("data/admin.token");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&token).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(&token, "jf_guessed").unwrap();
    let (code, _, err) = house.types(&["status"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("the token is not valid"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_directory_is_made_and_examined() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("jf").display().to_string();
    let run = async |args: &[&str]| {
        let words = [&["jackfield", "--data", &data], args].concat();
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        tokio::task::spawn_blocking(|| jackfield::cli::captured(words)).await.unwrap()
    };
    let (code, out, err) = run(&["init"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("jf.key (new; keep a copy in a safe place)"), "{out}");
    assert!(!dir.path().join("jf/jf.key").exists(), "no key in the data directory");
    let mode = |name: &str| {
        let file = std::fs::metadata(dir.path().join(name)).unwrap();
        std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777
    };
    assert_eq!((mode("jf"), mode("jf.key"), mode("jf/admin.token")), (0o700, 0o600, 0o600));
    let (code, out, _) = run(&["init"]).await;
    assert_eq!(code, 0);
    assert!(out.contains("was there already"), "{out}");
    std::fs::rename(dir.path().join("jf.key"), dir.path().join("away.key")).unwrap();
    let (code, _, err) = run(&["init"]).await;
    assert_eq!(code, 1, "another key would not open what is sealed");
    assert!(err.contains("there is no master key at"), "{err}");
    assert!(!dir.path().join("jf.key").exists());
    std::fs::rename(dir.path().join("away.key"), dir.path().join("jf.key")).unwrap();
    let (code, out, _) = run(&["doctor"]).await;
    assert_eq!(code, 1);
    assert!(out.contains("wrong host: no jackfield answers"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_cannot_share_a_directory() {
    let house = House::open().await;
    let data = house.dir().join("data").display().to_string();
    let key = house.file("key", jackfield::vault::MasterKey::generate().to_text().expose());
    let words = ["jackfield", "--data", &data, "init", "--master-key", &key].map(String::from);
    let said = tokio::task::spawn_blocking(|| jackfield::cli::captured(words)).await.unwrap();
    assert_eq!(said.0, 1);
    assert!(said.2.contains("is in use by another jackfield"), "{}", said.2);
}
