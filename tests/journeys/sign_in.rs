//! Signing in at a vendor, and what becomes of it.

use std::{sync::Arc, time::Duration};

use jackfield::clock::{Clock as _, SystemClock, VirtualClock};
use jackfield_tests::{
    browser,
    house::{House, QUICK, pause_ms, until},
    orders,
    sender::Lane,
    signed::{self, AUTH, goes_to_the_vendor, signs_in, standing},
    twin::{
        Twin,
        identity::{Habits, Identity},
    },
};

async fn connected(habits: Habits, auth: &str) -> (House, Twin<Identity>) {
    let house = House::open().await;
    let vendor = Twin::launch(Identity::with(habits), 0).await.unwrap();
    signed::add(&house, &vendor, auth).await;
    (house, vendor)
}

async fn sends(house: &House, number: u64) {
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    assert_eq!(lane.send(&orders::delivery(number, 500)).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_once_and_what_waited_is_done_in_order() {
    let (house, vendor) = connected(Habits::default(), AUTH).await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    assert_eq!(standing(&house).await["state"], "needs-person");
    for number in 1..=3 {
        sends(&house, number).await;
    }
    assert_eq!(house.dead_letters(), 0, "what comes before the sign-in waits for it");

    let page = signs_in(&house).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("`orders` is connected to Mill Lane."), "{page:?}");
    until("the receipts are written", || vendor.vendor().receipts() == 3).await;
    let asked = vendor.requests();
    let numbers = asked.iter().filter(|asked| asked.target == "/v1/receipts");
    let numbers: Vec<String> = numbers
        .map(|asked| serde_json::from_slice::<serde_json::Value>(&asked.body).unwrap())
        .map(|body| body["order"].as_str().unwrap().to_owned())
        .collect();
    assert!(numbers.is_sorted(), "in the order in which they came: {numbers:?}");
    let told = standing(&house).await;
    assert_eq!(told["state"], "healthy");
    assert_eq!(told["account"], "Mill Lane");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_foreign_or_used_changes_nothing() {
    let (house, _vendor) = connected(Habits::default(), AUTH).await;
    let back = goes_to_the_vendor(&house).await;
    let foreign = back.replace("state=", "state=x");
    let page = browser::open(&foreign).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("this sign-in is not known"), "{page:?}");
    assert_eq!(standing(&house).await["state"], "needs-person");

    assert_eq!(browser::open(&back).await.status, 200);
    let again = browser::open(&back).await;
    assert_eq!(again.status, 400, "a state is good once");
    assert_eq!(standing(&house).await["state"], "healthy", "and nothing is overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_says_no_is_told_how_to_begin_anew() {
    let habits = Habits { person_agrees: false, ..Habits::default() };
    let (house, _vendor) = connected(habits, AUTH).await;
    let page = signs_in(&house).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("access_denied"), "{page:?}");
    assert_eq!(standing(&house).await["state"], "needs-person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_is_not_well_leaves_what_is_there() {
    let (house, vendor) = connected(Habits::default(), AUTH).await;
    assert_eq!(signs_in(&house).await.status, 200);
    vendor.aim(http::Method::POST, "/token");
    for (fault, said) in [
        ("html", "something that is not JSON"),
        ("500", "500"),
        ("redirect", "it redirects"),
        ("old code", "invalid_grant"),
        ("none", ""),
    ] {
        let mut back = goes_to_the_vendor(&house).await;
        match fault {
            "redirect" => vendor.fail_next(1, 307),
            "old code" => back = back.replace("code=code", "code=old"),
            "html" => vendor.garbage(1),
            "500" => vendor.fail_next(1, 500),
            _ => vendor.drop_answers(1),
        }
        let page = browser::open(&back).await;
        assert_eq!(page.status, 400, "{fault}");
        assert!(page.text.contains(said) && page.text.contains("begin again"), "{fault}: {page:?}");
        assert_eq!(standing(&house).await["state"], "healthy", "{fault}: as it was");
    }
    house.does(&["connection", "test", "orders"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_runs_out_and_after_it_was_turned_away() {
    let habits = Habits { life_ms: 2_000, ..Habits::default() };
    let (house, vendor) = connected(habits, AUTH).await;
    signs_in(&house).await;
    for _ in 0..30 {
        house.does(&["connection", "test", "orders"]).await;
        pause_ms(100).await;
    }
    let tally = vendor.vendor().authority.tally();
    assert!(tally.renewed >= 1, "{tally:?}");
    assert_eq!((tally.turned_away, tally.revoked, tally.at_once_max), (0, 0, 1), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_gone_parks_the_work_and_says_so_once() {
    let habits = Habits { life_ms: 1_000, ..Habits::default() };
    let (house, vendor) = connected(habits, AUTH).await;
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    signs_in(&house).await;
    let endpoint = house.endpoint("orders");
    vendor.vendor().authority.revoke();
    pause_ms(1_000).await;
    for number in 1..=5 {
        sends(&house, number).await;
    }
    let is_parked = || {
        let live = house.rooms().connections.get("orders").unwrap();
        live.needs_person().is_some()
    };
    until("the sign-in is known to be gone", is_parked).await;
    sends(&house, 6).await;
    let told = standing(&house).await;
    assert!(told["why"].as_str().unwrap().contains("invalid_grant"), "{told}");
    assert_eq!(house.dead_letters(), 0, "the work waits");
    let (_, doctor, _) = house.types(&["doctor"]).await;
    assert!(doctor.contains("jackfield connection authorize orders"), "{doctor}");
    assert!(house.does(&["status"]).await.contains("needs a person       orders"));
    let trail = house.told(&["audit", "list", "--subject", "orders"]).await;
    let lines = trail.as_array().unwrap().iter();
    assert_eq!(lines.filter(|line| line["what"] == "sign-in.lost").count(), 1, "one notice");

    assert_eq!(signs_in(&house).await.status, 200);
    assert_eq!(house.endpoint("orders"), endpoint, "the endpoint stays");
    until("all are done", || vendor.vendor().receipts() == 6).await;
    assert_eq!(house.dead_letters(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_says_at_the_sign_in_becomes_a_setting() {
    let auth = format!(
        "{AUTH}capture.realm = {{ redirect = \"realmId\" }}\n\
         capture.instance = {{ answer = \"/instance_url\", like = \"https://{{}}.orders.example\" }}\n\n\
         [[param]]\nname = \"realm\"\ntitle = \"Realm\"\n\n\
         [[param]]\nname = \"instance\"\ntitle = \"Instance\"\n"
    );
    let redirect = [("realmId".to_owned(), "9341452".to_owned())].into();
    let answer = [("instance_url".to_owned(), "https://acme.orders.example".to_owned())];
    let habits = Habits { redirect, answer: answer.into(), ..Habits::default() };
    let (house, vendor) = connected(habits, &auth).await;
    assert_eq!(signs_in(&house).await.status, 200);
    let told = house.told(&["connection", "list"]).await;
    assert_eq!(told[0]["settings"]["realm"], "9341452");
    assert_eq!(told[0]["settings"]["instance"], "acme");

    vendor.vendor().authority.change(|habits| {
        habits.answer.insert("instance_url".into(), "https://evil.example/.orders.example".into());
    });
    let page = signs_in(&house).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("did not say `instance`"), "{page:?}");
    let told = house.told(&["connection", "list"]).await;
    assert_eq!(told[0]["settings"]["instance"], "acme", "nothing is overwritten");

    vendor.vendor().authority.change(|habits| {
        habits.answer.insert("instance_url".into(), "https://other.orders.example".into());
    });
    let page = signs_in(&house).await;
    assert_eq!(page.status, 400);
    assert!(
        page.text.contains("at another account: `instance` is other, and was acme"),
        "{page:?}"
    );
    house.does(&["connection", "set", "orders", "--set", "instance=other"]).await;
    assert_eq!(signs_in(&house).await.status, 200, "a person has said so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_asks_in_its_own_name_where_nobody_signs_in() {
    let auth = AUTH
        .replace("grant = \"code\"", "grant = \"client-credentials\"\nclient_auth = \"body\"")
        .replace("authorize_url = \"https://identity.orders.example/authorize\"\n", "");
    let (house, vendor) = connected(Habits::default(), &auth).await;
    house.does(&["connection", "test", "orders"]).await;
    assert_eq!(vendor.vendor().authority.tally().renewed, 1);
    let (code, _, err) = house.types(&["connection", "authorize", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("needs no sign-in"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_answer_was_lost_is_made_good_within_the_grace() {
    for (grace_ms, wanted) in [(60_000, "healthy"), (0, "needs-person")] {
        let habits = Habits { life_ms: 1_000, grace_ms, ..Habits::default() };
        let (house, vendor) = connected(habits, &format!("{AUTH}grace = \"1m\"\n")).await;
        signs_in(&house).await;
        vendor.aim(http::Method::POST, "/token");
        vendor.drop_answers(1);
        pause_ms(1_000).await;
        let (code, _, err) = house.types(&["connection", "test", "orders"]).await;
        assert_eq!(code, u8::from(grace_ms == 0), "{err}");
        assert_eq!(standing(&house).await["state"], wanted, "grace {grace_ms}");
        assert_eq!(vendor.vendor().authority.tally().revoked, u64::from(grace_ms == 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_gives_no_token_so_soon_is_not_asked_for_one() {
    // Exact Online: a token lives for 600 s, and another is given after 570 s.
    let habits = Habits { life_ms: 600_000, refresh_after_ms: 570_000, ..Habits::default() };
    let (house, vendor) = connected(habits, &format!("{AUTH}refresh_after = \"570s\"\n")).await;
    signs_in(&house).await;
    vendor.vendor().authority.expire();
    let (code, _, err) = house.types(&["connection", "test", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("gives another in 5"), "{err}");
    let tally = vendor.vendor().authority.tally();
    assert_eq!((tally.renewed, tally.early), (0, 0), "{tally:?}");
    assert_eq!(standing(&house).await["state"], "healthy", "it is a matter of minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_to_renew_that_is_not_used_is_used_before_it_is_lost() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let house = House::with(Arc::new(clock.clone()), QUICK).await;
    let vendor = Twin::launch(Identity::with(Habits::default()), 0).await.unwrap();
    signed::add(&house, &vendor, &format!("{AUTH}idle_limit = \"60d\"\n")).await;
    signs_in(&house).await;
    let told = house.told(&["connection", "list"]).await;
    assert_eq!(told[0]["health"], "healthy, expiring in 60 days");
    clock.advance(Duration::from_secs(29 * 86_400));
    pause_ms(300).await;
    assert_eq!(vendor.vendor().authority.tally().renewed, 0);
    clock.advance(Duration::from_secs(2 * 86_400));
    until("it is used", || vendor.vendor().authority.tally().renewed == 1).await;
    until("and lasts again", || {
        let live = house.rooms().connections.get("orders").unwrap();
        let until_ms = live.sign_ins().next().unwrap().1.idle_until_ms().unwrap();
        until_ms > clock.now_ms() + 59 * 86_400_000
    })
    .await;
}
