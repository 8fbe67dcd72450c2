//! Sign-ins at a real authorisation server: the certified `oidc-provider`, where Node is there.
//!
//! Where it is not, the kit says so in one line and these pass.

use futures_util::future::join_all;
use http::StatusCode;
use jackfield::clock::{Clock as _, SystemClock};
use jackfield_tests::{
    house::{House, pause_ms, until},
    oidc::{Oidc, SECRET},
    orders,
    sender::Lane,
    signed::{self, AUTH, signs_in, standing},
};

/// How long a token lives of which many are wanted.
const SHORT_S: u32 = 1;
/// The same in milliseconds.
const SHORT_MS: u64 = 1_000;
/// How long a token lives that outlasts the test.
const LONG_S: u32 = 3_600;

/// How its tokens are had: by OpenID Connect, refresh tokens come of `offline_access`, which must
/// be agreed to each time (OpenID Connect Core 1.0, section 11).
fn auth() -> String {
    let scopes = "scopes = [\"openid\", \"receipts\", \"offline_access\"]";
    let auth = AUTH.replace("scopes = [\"receipts\", \"offline_access\"]", scopes);
    assert!(auth.contains(scopes));
    auth + "authorize_params = { prompt = \"consent\" }\n"
}

/// A host with a connection to it, at which nobody has signed in yet.
async fn connected(life_s: u32) -> Option<(House, Oidc)> {
    let server = Oidc::start(life_s).await?;
    let house = House::open().await;
    signed::add_at(&house, server.origin(), SECRET, &auth()).await;
    Some((house, server))
}

async fn types_secret(house: &House, secret: &str) {
    let secret = format!("client_secret=@{}", house.file("client-secret", secret));
    house.does(&["connection", "set", "orders", "--secret", &secret]).await;
}

async fn works(house: &House) {
    house.does(&["connection", "test", "orders"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_a_certified_server() {
    let Some((house, server)) = connected(LONG_S).await else { return };
    let page = signs_in(&house).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("`orders` is connected to ann at Mill Lane."), "{page:?}");
    let told = house.told(&["connection", "test", "orders"]).await;
    assert_eq!(told["account"], "ann at Mill Lane");
    let tally = server.tally().await;
    assert_eq!((tally.count("signed_in"), tally.count("renewed")), (1, 0), "{tally:?}");
    assert!(tally.list("refused").is_empty(), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certified_server_turns_away_who_brings_no_proof_key() {
    let Some(server) = Oidc::start(LONG_S).await else { return };
    let house = House::open().await;
    let auth = auth() + "pkce = false\n";
    signed::add_at(&house, server.origin(), SECRET, &auth).await;
    let page = signs_in(&house).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("invalid_request"), "{page:?}");
    assert_eq!(standing(&house).await["state"], "needs-person");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_callers_renew_a_token_once_at_a_time() {
    let Some((house, server)) = connected(SHORT_S).await else { return };
    assert_eq!(signs_in(&house).await.status, 200);
    let end_ms = SystemClock.now_ms() + 8 * SHORT_MS;
    let callers = (0..20).map(|_| async {
        while SystemClock.now_ms() < end_ms {
            works(&house).await;
        }
    });
    join_all(callers).await;
    let tally = server.tally().await;
    let renewed = tally.count("renewed");
    assert!(renewed >= 4, "{tally:?}");
    assert_eq!(tally.count("at_once_max"), 1, "{tally:?}");
    assert_eq!((tally.count("turned_away"), tally.count("revoked")), (0, 0), "{tally:?}");
    assert!(tally.list("refused").is_empty(), "no token came twice: {tally:?}");
    assert_eq!(tally.list("refresh_tokens").len() as u64, renewed + 1, "each gave a new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_again_ends_its_family_until_a_person_signs_in() {
    let Some((house, server)) = connected(SHORT_S).await else { return };
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    signs_in(&house).await;
    let endpoint = house.endpoint("orders");
    pause_ms(SHORT_MS).await;
    works(&house).await;
    let first = &server.tally().await.list("refresh_tokens")[0];
    let (status, answer) = server.refresh(first).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
    let tally = server.tally().await;
    assert_eq!(tally.count("revoked"), 1, "{tally:?}");
    assert_eq!(tally.list("refused"), ["invalid_grant: refresh token already used"]);

    pause_ms(SHORT_MS).await;
    let mut lane = Lane::new(&endpoint).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 500)).await.unwrap().status, 200);
    let live = || house.rooms().connections.get("orders").unwrap();
    until("the sign-in is known to be gone", || live().needs_person().is_some()).await;
    for number in 2..=5 {
        assert_eq!(lane.send(&orders::delivery(number, 500)).await.unwrap().status, 200);
    }
    let told = standing(&house).await;
    assert!(told["why"].as_str().unwrap().contains("invalid_grant"), "{told}");
    assert!(!house.is_idle(), "the work waits");
    assert_eq!(house.dead_letters(), 0);

    assert_eq!(signs_in(&house).await.status, 200);
    until("all are done", || house.is_idle()).await;
    let tally = server.tally().await;
    let receipts = tally.list("receipts");
    assert!(receipts.len() == 5 && receipts.is_sorted(), "in order: {tally:?}");
    assert_eq!((tally.count("signed_in"), house.dead_letters()), (2, 0), "{tally:?}");
    assert_eq!(house.endpoint("orders"), endpoint, "the endpoint stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_refresh_token_is_worth_nothing_once_the_host_has_used_its_own() {
    let Some((house, server)) = connected(SHORT_S).await else { return };
    assert_eq!(signs_in(&house).await.status, 200);
    let stolen = &server.tally().await.list("refresh_tokens")[0];
    let (status, answer) = server.refresh(stolen).await;
    assert_eq!(status, 200, "{answer}");

    pause_ms(SHORT_MS).await;
    let (code, _, err) = house.types(&["connection", "test", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("needs a person") && err.contains("invalid_grant"), "{err}");
    assert!(err.contains("hint: sign in with `jackfield connection authorize`"), "{err}");
    let (status, _) = server.refresh(answer["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "the thief's own is gone with the family");
    assert_eq!(server.tally().await.count("revoked"), 1);
    assert_eq!(signs_in(&house).await.status, 200);
    works(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_before_its_time_is_found_out_and_the_work_waits() {
    let Some((house, server)) = connected(LONG_S).await else { return };
    house.does(&["flow", "apply", &house.file("flow.toml", orders::FLOW)]).await;
    signs_in(&house).await;
    let stolen = &server.tally().await.list("refresh_tokens")[0];
    server.refresh(stolen).await;
    server.refresh(stolen).await;
    assert_eq!(server.tally().await.count("revoked"), 1);
    let mut lane = Lane::new(&house.endpoint("orders")).unwrap();
    assert_eq!(lane.send(&orders::delivery(1, 500)).await.unwrap().status, 200);
    let live = || house.rooms().connections.get("orders").unwrap();
    until("the sign-in is known to be gone", || live().needs_person().is_some()).await;
    assert_eq!(house.dead_letters(), 0);
    assert_eq!(signs_in(&house).await.status, 200);
    until("it is done", || house.is_idle()).await;
    assert_eq!(server.tally().await.list("receipts").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_client_secret_is_told_in_words_and_mended_by_the_right_one() {
    let Some((house, server)) = connected(SHORT_S).await else { return };
    types_secret(&house, "another").await;
    let page = signs_in(&house).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("invalid_client"), "{page:?}");
    types_secret(&house, SECRET).await;
    assert_eq!(signs_in(&house).await.status, 200);

    // The same while it is in use: the sign-in itself is not lost by it.
    types_secret(&house, "another").await;
    pause_ms(SHORT_MS).await;
    let (code, _, err) = house.types(&["connection", "test", "orders"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("invalid_client"), "{err}");
    assert!(err.contains("mend what is wrong with `jackfield connection set`"), "{err}");
    let told = standing(&house).await;
    assert!(told["why"].as_str().unwrap().contains("invalid_client"), "{told}");
    types_secret(&house, SECRET).await;
    works(&house).await;
    assert_eq!(standing(&house).await["state"], "healthy");
    let tally = server.tally().await;
    assert_eq!((tally.count("signed_in"), tally.count("revoked")), (1, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_outlasts_the_host() {
    let Some((mut house, server)) = connected(SHORT_S).await else { return };
    assert_eq!(signs_in(&house).await.status, 200);
    for _ in 0..3 {
        house.stop().await;
        house.start().await;
        works(&house).await;
        // Its token has run out by the next start, and is renewed by what was kept.
        pause_ms(SHORT_MS).await;
    }
    works(&house).await;
    let tally = server.tally().await;
    assert_eq!(tally.count("signed_in"), 1, "{tally:?}");
    assert!(tally.count("renewed") >= 3, "{tally:?}");
    assert!(tally.list("refused").is_empty(), "{tally:?}");
}
