//! What a manifest may say about webhooks, and what it is told when it says something else.

use super::*;

fn read(text: &str) -> Result<Webhook, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

/// `[webhook.verify]` with further lines.
fn hmac(lines: &str) -> Result<Webhook, String> {
    read(&format!(
        "[verify]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\nsecret = \"key\"\n\
         {lines}"
    ))
}

fn refused(result: Result<Webhook, String>, why: &str) {
    let message = result.expect_err("a mistake");
    assert!(message.contains(why), "{message:?} does not say {why:?}");
}

#[test]
fn what_is_left_out_has_the_usual_value() {
    let webhook = hmac("header = \"X-Signature\"").unwrap();
    assert_eq!(webhook.methods, [Method::Post]);
    assert_eq!((webhook.reply.status, webhook.refuse.status), (200, 401));
    let Verify::Hmac(hmac) = webhook.verify else { panic!("another scheme") };
    assert_eq!(hmac.message.parts(), [Part::Body]);
    let Field::Header(name) = hmac.signature else { panic!("another place") };
    assert_eq!(name.as_str(), "x-signature");
}

#[test]
fn all_secrets_of_a_webhook_are_known_by_name() {
    let webhook = read(
        r#"
        handshake = [
            { kind = "echo", method = "POST", from = { header = "X-Hook-Secret" }, reply = { header = "X-Hook-Secret" }, keep_as_secret = "hook" },
            { kind = "hash-challenge", method = "GET", from = { query = "challenge_code" }, secret = "token", reply_field = "challengeResponse" },
            { kind = "ping", method = "HEAD" },
        ]
        [verify]
        kind = "basic"
        username_secret = "user"
        password_secret = "password"
        "#,
    )
    .unwrap();
    let names: Vec<_> = webhook.secret_names().into_iter().collect();
    assert_eq!(names, ["hook", "password", "token", "user"]);
    assert!(webhook.takes("GET") && webhook.takes("HEAD") && webhook.takes("POST"));
    assert!(!webhook.takes("PUT"));
}

#[test]
fn a_signature_stands_in_one_place() {
    refused(hmac(""), "nothing says where the signature stands");
    refused(hmac("header = \"a\"\nquery = \"b\""), "two places");
}

#[test]
fn a_signed_time_has_a_source_and_is_signed() {
    let message = "header = \"a\"\nmessage = \"{timestamp}.{body}\"\n";
    refused(hmac(message), "belong together");
    refused(hmac("header = \"a\"\ntimestamp = { header = \"t\" }"), "belong together");
    refused(hmac(&format!("{message}timestamp = {{ item = \"t\" }}")), "the items have no keys");
    refused(
        hmac(&format!("{message}timestamp = {{ item = \"t\", header = \"t\" }}")),
        "the time stands in two places",
    );
    let stripe = "items = { separator = \",\", signature = [\"v1\"] }\n\
                  timestamp = { item = \"t\" }";
    let webhook = hmac(&format!("{message}{stripe}")).unwrap();
    let Verify::Hmac(hmac) = webhook.verify else { panic!("another scheme") };
    assert_eq!(hmac.timestamp.map(|time| time.tolerance_s), Some(TOLERANCE_S));
}

#[test]
fn a_signed_id_has_a_source() {
    let message = "header = \"a\"\nmessage = \"{id}.{body}\"";
    refused(hmac(message), "nothing says where it stands");
    hmac(&format!("{message}\n[delivery_id]\nheader = \"x-id\"")).unwrap();
}

#[test]
fn a_message_says_something_about_the_request() {
    refused(hmac("header = \"a\"\nmessage = \"hello\""), "says nothing");
    refused(hmac("header = \"a\"\nmessage = \"\""), "a template has 1 to");
}

#[test]
fn a_template_is_taken_apart() {
    let parts = |text: &str| Template::try_from(text.to_owned()).map(|t| t.parts().to_vec());
    assert_eq!(
        parts("v0:{timestamp}:{body}").unwrap(),
        [Part::Literal("v0:".into()), Part::Timestamp, Part::Literal(":".into()), Part::Body]
    );
    assert_eq!(parts("{{a}}").unwrap(), [Part::Literal("{a}".into())]);
    let header = HeaderName::try_from("X-Id".to_owned()).unwrap();
    assert_eq!(parts("{header:x-id}").unwrap(), [Part::Header(header)]);
    for bad in ["{body", "body}", "{bodies}", "{}", "{header:}", "{json:id}", "{header:a b}"] {
        assert!(parts(bad).is_err(), "{bad} was taken");
    }
}

#[test]
fn an_unverified_webhook_says_why() {
    refused(read("[verify]\nkind = \"none\"\nwhy = \" \""), "`why` is empty");
    refused(read("[verify]\nkind = \"none\""), "missing field `why`");
    read("[verify]\nkind = \"none\"\nwhy = \"the vendor signs nothing\"").unwrap();
}

#[test]
fn an_answer_has_a_sensible_status_and_size() {
    let with = |lines: &str| {
        read(&format!("{lines}\n[verify]\nkind = \"none\"\nwhy = \"nothing is signed\""))
    };
    refused(with("reply = { status = 404 }"), "from 200 to 299");
    refused(with("refuse = { status = 200 }"), "from 400 to 499");
    refused(with("reply = { headers = { \"x-a\" = \"a\\nb\" } }"), "control");
    refused(with("methods = []"), "`methods` is empty");
    refused(with("methods = [\"BREW\"]"), "unknown variant `BREW`");
    refused(with("body_limit_bytes = 0"), "`body_limit_bytes`");
    refused(with("mehtods = [\"POST\"]"), "unknown field `mehtods`");
}

#[test]
fn an_unknown_scheme_or_key_is_refused() {
    refused(read("[verify]\nkind = \"rsa\""), "unknown variant `rsa`");
    refused(hmac("header = \"a\"\nsalt = \"b\""), "unknown field `salt`");
}
