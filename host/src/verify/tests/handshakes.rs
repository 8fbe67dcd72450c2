//! The questions that vendors ask, and what a stranger does not get by asking them.

use super::*;

const SIGNED: &str = "[verify]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\n\
                      header = \"x-hook-signature\"\nsecret = \"hook\"\n";

fn with(handshake: &str) -> Webhook {
    webhook(&format!("handshake = [{handshake}]\n{SIGNED}"))
}

fn ask(webhook: &Webhook, incoming: Incoming, drawer: &Drawer) -> Verdict {
    verify(webhook, incoming, drawer, NOW_MS)
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
}

#[test]
fn slack_is_sent_its_challenge_back() {
    let webhook = with(
        r#"{ kind = "echo", method = "POST", from = { json = "/challenge" }, when = { json = "/type", equals = "url_verification" }, reply = { json = "challenge" } }"#,
    );
    let asked = r#"{"type":"url_verification","challenge":"3eZbrw1a\"B"}"#;
    let answer = answered(ask(&webhook, post(&[], asked), &Drawer::default()));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, r#"{"challenge":"3eZbrw1a\"B"}"#);
    assert_eq!(header(&answer, "content-type"), Some("application/json"));
    // A delivery that merely has such a field is no question.
    let other = r#"{"type":"event_callback","challenge":"x"}"#;
    assert!(matches!(
        ask(&webhook, post(&[], other), &Drawer::default()),
        Verdict::AwaitsSecret(_)
    ));
}

#[test]
fn graph_is_sent_its_token_back_as_plain_text_that_no_browser_takes_for_a_page() {
    let webhook = with(
        r#"{ kind = "echo", method = "POST", from = { query = "validationToken" }, reply = "text" }"#,
    );
    let url = "https://hooks.example/in/1?validationToken=Validation%3A+%3Cb%3E";
    let answer = answered(ask(&webhook, request("POST", url, &[], ""), &Drawer::default()));
    assert_eq!(answer.body, "Validation: <b>");
    assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
}

#[test]
fn asana_brings_its_secret_once() {
    let webhook = with(
        r#"{ kind = "echo", method = "POST", from = { header = "X-Hook-Secret" }, reply = { header = "X-Hook-Secret" }, keep_as_secret = "hook" }"#,
    );
    let asked = || post(&[("X-Hook-Secret", "b537")], "{}");
    let answer = answered(ask(&webhook, asked(), &Drawer::default()));
    assert_eq!(header(&answer, "x-hook-secret"), Some("b537"));
    let (name, secret) = answer.keep_secret.expect("a secret");
    assert_eq!((name.as_str(), secret.expose().as_slice()), ("hook", &b"b537"[..]));

    // Sent again, it is answered and nothing changes.
    let again = answered(ask(&webhook, asked(), &Drawer::with("hook", "b537")));
    assert!(again.keep_secret.is_none());

    // A stranger does not get to choose the secret.
    let stolen = ask(&webhook, asked(), &Drawer::with("hook", "another"));
    assert_eq!(forged(stolen), Reason::SecretKept);
}

#[test]
fn a_brought_secret_is_not_printed() {
    let webhook = with(
        r#"{ kind = "echo", method = "POST", from = { header = "X-Hook-Secret" }, reply = { header = "X-Hook-Secret" }, keep_as_secret = "hook" }"#,
    );
    let incoming = post(&[("X-Hook-Secret", "b537207f")], "b537207f");
    assert!(!format!("{incoming:?}").contains("b537207f"));
    let verdict = ask(&webhook, incoming, &Drawer::default());
    assert!(!format!("{verdict:?}").contains("b537207f"));
}

#[test]
fn trello_and_mailchimp_find_somebody_there() {
    let webhook = with(r#"{ kind = "ping", method = "HEAD" }, { kind = "ping", method = "GET" }"#);
    for method in ["HEAD", "GET"] {
        let incoming = request(method, "https://hooks.example/in/1", &[], "");
        let answer = answered(ask(&webhook, incoming, &Drawer::default()));
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    let put = request("PUT", "https://hooks.example/in/1", &[], "");
    assert_eq!(forged(ask(&webhook, put, &Drawer::default())), Reason::Method);
}

#[test]
fn dropbox_is_sent_its_challenge_back() {
    let webhook = with(
        r#"{ kind = "echo", method = "GET", from = { query = "challenge" }, reply = "text" }"#,
    );
    let url = "https://hooks.example/in/1?challenge=abc";
    let answer = answered(ask(&webhook, request("GET", url, &[], ""), &Drawer::default()));
    assert_eq!(answer.body, "abc");
    // The same method without the question carries no delivery.
    let without = request("GET", "https://hooks.example/in/1", &[], "");
    assert!(!matches!(
        ask(&webhook, without, &Drawer::with("hook", "k")),
        Verdict::Verified(_) | Verdict::Handshake(_)
    ));
}

/// The vector of event-notification-nodejs-sdk, `validateEndpoint`.
#[test]
fn ebay_is_proven_that_the_secret_is_known() {
    let webhook = with(
        r#"{ kind = "hash-challenge", method = "GET", from = { query = "challenge_code" }, secret = "token", reply_field = "challengeResponse" }"#,
    );
    let url = "https://ex.com/ebay?challenge_code=a8628072-3d33-45ee-9004-bee86830a22d";
    let asked = || request("GET", url, &[], "");
    let drawer = Drawer::with("token", "71745723-d031-455c-bfa5-f90d11b4f20axxxx");
    let answer = answered(ask(&webhook, asked(), &drawer));
    assert_eq!(
        answer.body,
        r#"{"challengeResponse":"c30d080ec62a85987ea3ba6e5b409c30c3d57186e8644b6f5a5a64f4e81baf10"}"#
    );
    assert_eq!(forged(ask(&webhook, asked(), &Drawer::default())), Reason::HandshakeSecret);
}

#[test]
fn a_stranger_has_no_delivery_signed_for_him() {
    let webhook = with(
        r#"{ kind = "mac-challenge", method = "GET", from = { query = "crc_token" }, secret = "hook", algorithm = "sha256", encoding = "base64", prefix = "sha256=", reply_field = "response_token", verified = false }"#,
    );
    let asked = |token: &str| {
        let url = format!("https://hooks.example/in/1?crc_token={token}");
        ask(&webhook, request("GET", &url, &[], ""), &Drawer::with("hook", "key"))
    };
    let answer = answered(asked("MTY5"));
    // printf MTY5 | openssl dgst -sha256 -hmac key -binary | base64
    assert_eq!(
        answer.body,
        concat!(
            r#"{"response_token":"sha256="#,
            "2jYeNeAtvbPTREhRtxeZMNC/PxYc37CH/Ta+3hvHAik=",
            r#""}"#
        )
    );
    for message in ["%7B%22id%22:1%7D", "v0:1700000000:x", "a=b", "[]"] {
        assert_eq!(forged(asked(message)), Reason::Challenge, "{message}");
    }
}

#[test]
fn zoom_must_sign_its_question() {
    let webhook = with(
        r#"{ kind = "mac-challenge", method = "POST", from = { json = "/payload/plainToken" }, when = { json = "/event", equals = "endpoint.url_validation" }, secret = "hook", algorithm = "sha256", encoding = "hex", reply_field = "encryptedToken", echo_field = "plainToken" }"#,
    );
    let drawer = Drawer::with("hook", "key");
    let body = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZ"}}"#;
    let unsigned = post(&[("x-hook-signature", "00")], body);
    assert_eq!(forged(ask(&webhook, unsigned, &drawer)), Reason::WrongSignature);
    // printf '%s' BODY | openssl dgst -sha256 -hmac key; the same for the token.
    let signed = post(
        &[("x-hook-signature", "89185ecf626789c4c9685396ac48986b76e92e2b529d6d4cfeff823d618fef00")],
        body,
    );
    let answer = answered(ask(&webhook, signed, &drawer));
    assert_eq!(
        answer.body,
        r#"{"plainToken":"qgg8vlvZ","encryptedToken":"f2dfae26951ae84dbce12756b1bd6a133421b1bd979c439147739859c98324a3"}"#
    );
}

#[test]
fn a_challenge_that_cannot_be_sent_back_is_refused() {
    let webhook = with(
        r#"{ kind = "echo", method = "GET", from = { query = "c" }, reply = { header = "x-c" } }"#,
    );
    let asked = |challenge: &str| {
        let url = format!("https://hooks.example/in/1?c={challenge}");
        forged(ask(&webhook, request("GET", &url, &[], ""), &Drawer::default()))
    };
    assert_eq!(asked("a%0d%0aset-cookie:b"), Reason::Challenge);
    assert_eq!(asked(&"a".repeat(5000)), Reason::Challenge);
    assert_eq!(asked(""), Reason::Challenge);
    assert_eq!(asked("a&c=b"), Reason::Repeated);
}

#[test]
fn xeros_intent_to_receive_is_a_delivery_like_any_other() {
    let webhook = webhook(
        "[verify]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nencoding = \"base64\"\n\
         header = \"x-xero-signature\"\nsecret = \"webhook_key\"\nmessage = \"{body}\"\n",
    );
    let drawer = Drawer::with("webhook_key", "xero-key");
    let body = r#"{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S"}"#;
    // printf '%s' BODY | openssl dgst -sha256 -hmac xero-key -binary | base64
    let right = post(&[("x-xero-signature", "R9GmbW2DxqXQksIIR+4TWLIFZcM5sjb1wM7g4bpJu5k=")], body);
    genuine_one(ask(&webhook, right, &drawer));
    let wrong = post(&[("x-xero-signature", "AAAA")], body);
    assert_eq!(forged(ask(&webhook, wrong, &drawer)), Reason::WrongSignature);
    assert_eq!((webhook.reply.status, webhook.refuse.status), (200, 401));
}
