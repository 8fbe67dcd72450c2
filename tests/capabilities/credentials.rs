//! Each kind of `[auth.NAME]`: attached by the host, and never seen by the guest.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use jackfield_tests::{releases, twin::Asked};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::probe::{ASKS, OWN, SESSION, Scene, TOKEN};

/// Installs the probe as a connector of its own, with this in the place of its `[auth.token]`, and
/// connects it under the same name.
async fn connect_by(scene: &Scene, name: &str, auth: &str, more: &[&str]) {
    let bearer = "[auth.token]\nkind = \"bearer\"\nsecret = \"token\"\n";
    let asks = ASKS.replace(bearer, auth);
    assert_ne!(asks, ASKS, "the block is where it was");
    let manifest = releases::head(name, "A probe") + &asks + OWN;
    scene.house.install(name, &releases::guest("probe", &manifest)).await;
    scene.connect(name, name, more).await;
}

/// What the last request of a connection was.
async fn asked(scene: &Scene, name: &str, ask: Value) -> Asked {
    scene.ask(name, ask).await.unwrap();
    scene.mirror.requests().pop().unwrap()
}

fn get() -> Value {
    json!({ "ask": "send", "url": "https://api.example.com/v1/things?page=2" })
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_are_signed_for_the_host_and_their_echo_is_scrubbed() {
    let scene = Scene::set_up().await;
    let auth = "[auth.token]\nkind = \"jwt\"\nalgorithm = \"HS256\"\nkey = \"token\"\n\
                claims = { iss = \"{param:word}\" }\n";
    connect_by(&scene, "jwt", auth, &[]).await;
    let asked = asked(&scene, "jwt", get()).await;
    let token = asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    let mac = mac.chain_update(message).finalize().into_bytes();
    assert_eq!(signature, URL_SAFE_NO_PAD.encode(mac));
    let claims = URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().1).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], "lantern");
    let seen = scene.ask("jwt", get()).await.unwrap();
    assert!(!seen.to_string().contains(signature), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_signed_by_oauth_1_and_by_a_text_of_the_vendors_own() {
    let scene = Scene::set_up().await;
    let auth = "[auth.token]\nkind = \"oauth1\"\nconsumer_key = \"pin\"\n\
                consumer_secret = \"signing\"\ntoken = \"token\"\ntoken_secret = \"token\"\n";
    connect_by(&scene, "magento", auth, &[]).await;
    let signed = asked(&scene, "magento", get()).await;
    let header = signed.header("authorization").unwrap();
    assert!(header.starts_with("OAuth oauth_consumer_key=\"4711\""), "{header}");
    assert!(header.contains("oauth_signature_method=\"HMAC-SHA256\""), "{header}");

    let auth = "[auth.token]\nkind = \"signature\"\nalgorithm = \"sha256\"\n\
                secret = \"token\"\nencoding = \"hex\"\n\
                message = \"{timestamp}{method}{path}?{query}{body_sha256_hex}\"\n\
                headers = { x-time = \"{timestamp}\", x-sign = \"{signature}\" }\n";
    connect_by(&scene, "signed", auth, &[]).await;
    let signed = asked(&scene, "signed", get()).await;
    let message = format!(
        "{}GET/v1/things?page=2{}",
        signed.header("x-time").unwrap(),
        hex::encode(Sha256::digest(b""))
    );
    let mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    let mac = hex::encode(mac.chain_update(message).finalize().into_bytes());
    assert_eq!(signed.header("x-sign"), Some(mac.as_str()));
    let own = json!({ "ask": "send", "url": "https://api.example.com/v1/things",
                      "headers": [["X-Sign", "mine"]] });
    let fault = scene.ask("signed", own).await.unwrap_err();
    assert!(fault.message.contains("`x-sign` is the host's"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_had_once_and_sent_as_a_header_or_as_a_cookie() {
    let scene = Scene::set_up().await;
    for (name, token, sent, wanted) in [
        ("by-json", "{ json = \"/session/token\" }", "", format!("Bearer {SESSION}")),
        (
            "by-cookie",
            "{ cookie = \"sid\" }",
            "header = \"cookie\"\nprefix = \"sid=\"\n",
            format!("sid={SESSION}"),
        ),
    ] {
        let auth = format!(
            "[auth.token]\nkind = \"session\"\nurl = \"https://api.example.com/sign-in\"\n\
             body = '{{\"user\":\"{{param:word}}\",\"password\":\"{{secret:token}}\"}}'\n\
             token = {token}\n{sent}"
        );
        connect_by(&scene, name, &auth, &["--set", "word=a\"b"]).await;
        scene.mirror.forget_requests();
        let first = asked(&scene, name, get()).await;
        let header = if sent.is_empty() { "authorization" } else { "cookie" };
        assert_eq!(first.header(header), Some(wanted.as_str()));
        asked(&scene, name, get()).await;
        let all = scene.mirror.requests();
        let sign_ins: Vec<_> = all.iter().filter(|one| one.target == "/sign-in").collect();
        assert_eq!(sign_ins.len(), 1, "it is had once");
        let body: Value = serde_json::from_slice(&sign_ins[0].body).unwrap();
        assert_eq!(body, json!({ "user": "a\"b", "password": TOKEN }));
        let seen = scene.ask(name, get()).await.unwrap();
        assert!(!seen.to_string().contains(SESSION), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_claims_are_exchanged_for_a_token() {
    let scene = Scene::set_up().await;
    let auth = "[auth.token]\nkind = \"oauth2\"\ngrant = \"jwt-bearer\"\n\
                token_url = \"https://api.example.com/sign-in\"\nclient_id = \"robot\"\n\
                assertion = { algorithm = \"HS256\", key = \"token\" }\n";
    connect_by(&scene, "robot", auth, &[]).await;
    scene.mirror.forget_requests();
    let last = asked(&scene, "robot", get()).await;
    assert_eq!(last.header("authorization"), Some(format!("Bearer {SESSION}").as_str()));
    let exchange = scene.mirror.requests().remove(0);
    let body = String::from_utf8(exchange.body.to_vec()).unwrap();
    assert!(
        body.contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"),
        "{body}"
    );
    assert!(body.contains("assertion=ey"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_writes_for_a_secret_is_filled_in_where_it_was_granted() {
    let scene = Scene::set_up().await;
    let auth = "[auth.token]\nkind = \"placeholder\"\nsecrets = [\"token\"]\ntoken = \"soap\"\n\n\
                [auth.soap]\nkind = \"session\"\nurl = \"https://api.example.com/sign-in\"\n\
                body = \"{}\"\ntoken = { json = \"/session/token\" }\n";
    connect_by(&scene, "soap", auth, &[]).await;
    let ask = json!({
        "ask": "send", "method": "POST", "url": "https://api.example.com/v1/soap",
        "headers": [["content-type", "text/xml"], ["x-odd", "k={secret:token}"]],
        "body": "<a>{token:soap}</a><b>{secret:token}</b><c>{secret:signing}</c>",
    });
    let asked = asked(&scene, "soap", ask).await;
    let body = String::from_utf8(asked.body.to_vec()).unwrap();
    let wanted = format!("<a>{SESSION}</a><b>{TOKEN}</b><c>{{secret:signing}}</c>");
    assert_eq!(body, wanted, "and what was not granted stays a name");
    assert_eq!(asked.header("x-odd"), Some(format!("k={TOKEN}").as_str()));
}
