//! One sign-in that opens several organisations: which of them a connection is for.

use jackfield_tests::{
    house::{House, until},
    releases,
    won_deal::WonDealScene,
};
use serde_json::Value;

const OTHER: (&str, &str) = ("0b6a2f1e-55aa-4c1f-8f2b-7c0a9a3d1e42", "Other Ltd");

/// The main job with books at which nobody has signed in yet, and a deal that waits for them.
async fn waiting() -> WonDealScene {
    let scene = WonDealScene::bare(House::open().await).await;
    scene.crm.check_requests();
    scene.books.check_requests();
    scene.install().await;
    scene.connect_crm().await;
    scene.add_books(&[]).await;
    scene.apply_flow().await;
    scene.send(&scene.win("Oven")).await;
    let has_come =
        || scene.house.rooms().queue.waiting(9).unwrap().iter().any(|w| w.lane == "books");
    until("a step waits for the books", has_come).await;
    scene
}

/// The organisation whose books the twin has.
fn own(scene: &WonDealScene) -> (&str, &str) {
    let account = scene.books.account();
    (&account.tenant_id, &account.tenant_name)
}

async fn books(scene: &WonDealScene) -> Value {
    let told = scene.house.told(&["connection", "list"]).await;
    told.as_array().unwrap().iter().find(|one| one["name"] == "books").unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_organisation_is_taken_and_what_waited_is_done() {
    let scene = waiting().await;
    let page = scene.sign_in_at_books().await;
    assert!(page.text.contains("`books` is connected to Harbour Street Joinery."), "{page:?}");
    let told = books(&scene).await;
    assert_eq!(told["settings"]["tenant_id"], own(&scene).0);
    assert_eq!(
        (&told["choice"], &told["sign_ins"][0]["account"]),
        (&Value::Null, &own(&scene).1.into())
    );
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    let trail = scene.house.told(&["audit", "list", "--subject", "books"]).await;
    let mut lines = trail.as_array().unwrap().iter();
    let line = lines.find(|line| line["what"] == "tenant.chosen").expect("it is in the trail");
    assert_eq!(line["details"]["tenant"], own(&scene).0);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_organisations_a_person_chooses_and_work_waits_until_then() {
    let mut scene = waiting().await;
    scene.books.vendor().open(&[OTHER, own(&scene)]);
    let page = scene.sign_in_at_books().await;
    for said in [
        "opens 2 tenants, and `tenant_id` is not set",
        "Other Ltd (0b6a2f1e-55aa-4c1f-8f2b-7c0a9a3d1e42)",
        "`jackfield connection set books --set tenant_id=ID`",
    ] {
        assert!(page.text.contains(said), "{said}: {page:?}");
    }
    // It is so after a start, too.
    scene.house.stop().await;
    scene.house.start().await;
    let told = books(&scene).await;
    assert_eq!(told["sign_ins"][0]["state"], "healthy");
    assert_eq!(told["settings"].get("tenant_id"), None);
    assert_eq!(told["choice"]["tenants"][0]["label"], "Other Ltd");
    let list = scene.house.does(&["connection", "list"]).await;
    for said in [
        "needs a person: this sign-in opens 2 tenants, and `tenant_id` is not set",
        "jackfield connection set books --set tenant_id=ID",
        OTHER.0,
        "Harbour Street Joinery",
    ] {
        assert!(list.contains(said), "{said}: {list}");
    }
    assert_eq!((scene.books.invoice_count(), scene.house.dead_letters()), (0, 0), "it waits");

    let chosen = format!("tenant_id={}", own(&scene).0);
    scene.house.does(&["connection", "set", "books", "--set", &chosen]).await;
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    scene.house.does(&["connection", "test", "books"]).await;
    assert_eq!(books(&scene).await["choice"], Value::Null);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_does_not_open_the_chosen_one_is_told_and_overwrites_nothing() {
    let scene = WonDealScene::set_up().await;
    let endpoint = scene.house.endpoint("books");
    scene.books.vendor().open(&[OTHER]);
    let page = scene.sign_in_at_books().await;
    let said = format!("this sign-in does not open the tenant `{}`", own(&scene).0);
    assert!(page.text.contains(&said) && page.text.contains("Other Ltd"), "{page:?}");
    let told = books(&scene).await;
    assert_eq!(told["settings"]["tenant_id"], own(&scene).0, "nothing is overwritten");
    assert!(told["health"].as_str().unwrap().contains(&said), "{told}");
    scene.send(&scene.win("Oven")).await;
    let waits = || scene.house.rooms().queue.waiting(9).unwrap().iter().any(|w| w.lane == "books");
    until("a step waits for the books", waits).await;
    assert_eq!(scene.house.dead_letters(), 0);

    // Somebody signs in again, as one who has it.
    scene.books.vendor().open(&[OTHER, own(&scene)]);
    let page = scene.sign_in_at_books().await;
    assert!(page.text.contains("connected to Harbour Street Joinery."), "{page:?}");
    until("the invoice is there", || scene.books.invoice_count() == 1).await;
    assert_eq!(scene.house.endpoint("books"), endpoint, "the endpoint stays");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_another_account_is_told() {
    let scene = WonDealScene::set_up().await;
    scene.books.vendor().open(&[OTHER, own(&scene)]);
    let chosen = format!("tenant_id={}", OTHER.0);
    scene.house.does(&["connection", "set", "books", "--set", &chosen]).await;
    let authorize = async {
        let waited = scene.house.types(&["connection", "authorize", "books"]).await;
        assert_eq!(waited.0, 0, "{waited:?}");
        waited.1
    };
    let page = async {
        // The command has begun a sign-in; this one takes its place, and ends both.
        jackfield_tests::house::pause_ms(500).await;
        scene.sign_in_at_books().await
    };
    let (said, page) = tokio::join!(authorize, page);
    let was = "Before it was Harbour Street Joinery.";
    assert!(page.text.contains("connected to Other Ltd") && page.text.contains(was), "{page:?}");
    assert!(said.contains("it was Harbour Street Joinery, now is Other Ltd"), "{said}");
    let trail = scene.house.told(&["audit", "list", "--subject", "books"]).await;
    let lines = trail.as_array().unwrap().iter();
    let changed: Vec<&Value> =
        lines.filter(|line| line["what"] == "sign-in.account-changed").collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0]["details"]["was"], "Harbour Street Joinery");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_come_leaves_what_was_chosen_and_says_why_otherwise() {
    let scene = WonDealScene::bare(House::open().await).await;
    scene.house.install("xero", &releases::connector("xero")).await;
    scene.add_books(&[]).await;
    let list = scene.house.does(&["connection", "list"]).await;
    assert!(list.contains("nobody has signed in yet") && !list.contains("choose"), "{list}");
    scene.books.aim(http::Method::GET, "/connections");
    scene.books.fail_next(1, 503);
    let page = scene.sign_in_at_books().await;
    assert!(page.text.contains("does not work yet") && page.text.contains("503"), "{page:?}");
    let list = scene.house.does(&["connection", "list"]).await;
    assert!(list.contains("opens nobody knows what"), "{list}");
    let why = books(&scene).await["health"].as_str().unwrap().to_owned();
    assert!(why.contains("what this sign-in opens is not known"), "{why}");

    scene.sign_in_at_books().await;
    scene.books.fail_next(1, 503);
    let page = scene.sign_in_at_books().await;
    assert!(page.text.contains("connected to Harbour Street Joinery."), "{page:?}");
    assert_eq!(books(&scene).await["settings"]["tenant_id"], own(&scene).0);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_whose_sign_in_is_gone_wait_for_a_person_and_go_on_in_order() {
    let scene = WonDealScene::set_up().await;
    scene.books.vendor().authority.revoke();
    for title in ["Oven", "Table", "Door"] {
        scene.send(&scene.win(title)).await;
    }
    let is_gone = || scene.house.rooms().connections.get("books").unwrap().needs_person().is_some();
    until("the sign-in is known to be gone", is_gone).await;
    assert_eq!((scene.books.invoice_count(), scene.house.dead_letters()), (0, 0));
    scene.sign_in_at_books().await;
    until("the invoices are there", || scene.books.invoice_count() == 3).await;
    assert_eq!(scene.house.dead_letters(), 0);
    scene.strike().await;
}
