//! What each scheme takes and refuses beyond the vendors' vectors.

use hmac::whole_number;
use jackfield_registry::manifest::webhook::Encoding;

use super::*;
use crate::verify::{
    hmac,
    mac::{self, Hash},
};

const TOKEN: &str = "[verify]\nkind = \"token\"\nsecret = \"token\"\n";

fn token(place: &str) -> Webhook {
    webhook(&format!("{TOKEN}{place}"))
}

fn check(webhook: &Webhook, incoming: Incoming, drawer: &Drawer) -> Verdict {
    verify(webhook, incoming, drawer, NOW_MS)
}

#[test]
fn a_token_may_stand_in_a_header_the_query_json_or_a_form() {
    let drawer = Drawer::with("token", "open sesame");
    let bearer = token("header = \"authorization\"\nprefix = \"Bearer \"");
    genuine_one(check(&bearer, post(&[("authorization", "Bearer open sesame")], ""), &drawer));
    let bare = check(&bearer, post(&[("authorization", "open sesame")], ""), &drawer);
    assert_eq!(forged(bare), Reason::MalformedCredential);

    let json = token("json = \"/auth/token\"");
    genuine_one(check(&json, post(&[], r#"{"auth":{"token":"open sesame"}}"#), &drawer));
    let empty = check(&json, post(&[], r#"{"auth":{"token":""}}"#), &drawer);
    assert_eq!(forged(empty), Reason::WrongCredential);
    assert_eq!(forged(check(&json, post(&[], "{"), &drawer)), Reason::MissingCredential);

    let form = token("form = \"token\"");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    genuine_one(check(&form, post(&kind, "a=b&token=open+sesame"), &drawer));
    let twice = check(&form, post(&kind, "token=x&token=open+sesame"), &drawer);
    assert_eq!(forged(twice), Reason::Repeated);
    let no_form = check(&form, post(&[], "token=open+sesame"), &drawer);
    assert_eq!(forged(no_form), Reason::MissingCredential);
}

#[test]
fn a_token_in_the_query_is_gone_from_what_is_kept() {
    let webhook = token("query = \"key\"");
    let url = "https://hooks.example/in/1?a=1&key=s%65cret&b=2";
    let verdict = check(&webhook, request("POST", url, &[], ""), &Drawer::with("token", "secret"));
    let incoming = genuine_one(verdict).into_incoming();
    assert_eq!(incoming.query, "a=1&b=2");
    assert_eq!(incoming.url, "https://hooks.example/in/1?a=1&b=2");
}

#[test]
fn basic_wants_both_name_and_password() {
    let webhook = webhook(
        "[verify]\nkind = \"basic\"\nusername_secret = \"user\"\npassword_secret = \"password\"",
    );
    let drawer = Drawer::with("user", "hook").and("password", "a:b");
    let sent = |value: &str| check(&webhook, post(&[("authorization", value)], ""), &drawer);
    let basic = |pair: &str| format!("basic {}", mac::encode(Encoding::Base64, pair.as_bytes()));
    genuine_one(sent(&basic("hook:a:b")));
    for pair in ["hook:a", "hook:", "hoo:a:b", ":a:b", ":"] {
        assert_eq!(forged(sent(&basic(pair))), Reason::WrongCredential, "{pair}");
    }
    for value in ["Basic", "Basic hook:a:b", "Bearer aG9vazphOmI=", &basic("hook")] {
        assert_eq!(forged(sent(value)), Reason::MalformedCredential, "{value}");
    }
    let no_password = check(&webhook, post(&[], ""), &Drawer::with("user", "hook"));
    let Verdict::AwaitsSecret(waiting) = no_password else { panic!("{no_password:?}") };
    assert_eq!(waiting.secret(), "password");
}

#[test]
fn any_one_of_several_signatures_is_enough() {
    let webhook = webhook(
        "[verify]\nkind = \"hmac\"\nalgorithm = \"sha512\"\nencoding = \"base64url\"\n\
         header = \"x-s\"\nsecret = \"key\"\nitems = { separator = \",\", signature = [\"v1\"] }",
    );
    let right = mac::encode(
        Encoding::Base64url,
        &mac::mac(Hash::Sha512, &Secret::new(b"k".to_vec()), &[b"body".as_slice().into()]),
    );
    let sent =
        |value: &str| check(&webhook, post(&[("x-s", value)], "body"), &Drawer::with("key", "k"));
    genuine_one(sent(&format!("v1=AAAA, v0=zzz ,v1={right}, v1=???")));
    assert_eq!(forged(sent(&format!("v0={right}"))), Reason::MalformedSignature);
    assert_eq!(forged(sent(&format!("v1={}", &right[..40]))), Reason::WrongSignature);
    assert_eq!(forged(sent("v1=AAAA")), Reason::WrongSignature);
    // The seventeenth is not tried.
    let many = format!("{}v1={right}", "v1=AAAA,".repeat(16));
    assert_eq!(forged(sent(&many)), Reason::WrongSignature);
}

#[test]
fn a_signature_in_the_body_may_cover_parts_of_the_body() {
    let webhook = webhook(
        "[verify]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\n\
         json = \"/signature/signature\"\nsecret = \"key\"\n\
         timestamp = { json = \"/signature/timestamp\" }\n\
         message = \"{timestamp}{json:/signature/token}\"",
    );
    let proof = hex::encode(mac::mac(
        Hash::Sha256,
        &Secret::new(b"k".to_vec()),
        &[b"1700000000tok".as_slice().into()],
    ));
    let body = |token: &str| {
        format!(
            r#"{{"signature":{{"timestamp":1700000000,"token":"{token}","signature":"{proof}"}}}}"#
        )
    };
    let drawer = Drawer::with("key", "k");
    genuine_one(check(&webhook, post(&[], &body("tok")), &drawer));
    assert_eq!(forged(check(&webhook, post(&[], &body("tik")), &drawer)), Reason::WrongSignature);
}

#[test]
fn every_part_of_a_message_is_what_arrived() {
    let webhook = webhook(
        "methods = [\"PUT\"]\n[verify]\nkind = \"hmac\"\nalgorithm = \"sha1\"\nencoding = \"hex\"\n\
         header = \"x-s\"\nsecret = \"key\"\n\
         message = \"{method} {path}|{query}|{endpoint}|{decoded_url}|{header:x-a}\"",
    );
    let url = "https://hooks.example/in/1?a=%2F%2f%41%";
    let message = "PUT /in/1|a=%2F%2f%41%|https://hooks.example/in/1|\
                   https://hooks.example/in/1?a=//%41%|v";
    let proof = hex::encode_upper(mac::mac(
        Hash::Sha1,
        &Secret::new(b"k".to_vec()),
        &[message.as_bytes().into()],
    ));
    let drawer = Drawer::with("key", "k");
    genuine_one(check(
        &webhook,
        request("PUT", url, &[("x-s", &proof), ("x-a", "v")], ""),
        &drawer,
    ));
    let without = request("PUT", url, &[("x-s", &proof)], "");
    assert_eq!(forged(check(&webhook, without, &drawer)), Reason::MissingPart);
    let posted = request("POST", url, &[("x-s", &proof), ("x-a", "v")], "");
    assert_eq!(forged(check(&webhook, posted, &drawer)), Reason::Method);
}

#[test]
fn a_signed_time_is_plain_digits() {
    assert_eq!(whole_number("1700000000"), Ok(1_700_000_000));
    for bad in ["", "+1", "-1", "1.5", " 1", "1e9", "99999999999999999", "１"] {
        assert_eq!(whole_number(bad), Err(Reason::MalformedTimestamp), "{bad:?}");
    }
}

#[test]
fn a_secret_that_is_no_key_awaits_a_better_one() {
    let webhook = webhook(
        "[verify]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\n\
         header = \"x-s\"\nsecret = \"key\"\nsecret_encoding = \"hex\"",
    );
    let verdict = check(&webhook, post(&[("x-s", "00")], ""), &Drawer::with("key", "no hex"));
    assert!(matches!(verdict, Verdict::AwaitsSecret(_)), "{verdict:?}");
}

/// A token with these claims, signed with `k` as the head says nothing about.
fn jwt(head: &str, claims: &str) -> String {
    let part = |text: &str| {
        mac::encode(Encoding::Base64url, text.as_bytes()).trim_end_matches('=').to_owned()
    };
    let signed = format!("{}.{}", part(head), part(claims));
    let mac = mac::mac(Hash::Sha384, &Secret::new(b"k".to_vec()), &[signed.as_bytes().into()]);
    format!("{signed}.{}", mac::encode(Encoding::Base64url, &mac))
}

#[test]
fn a_token_is_taken_for_its_time_its_audience_and_its_body() {
    let webhook = webhook(
        "[verify]\nkind = \"jwt\"\nalgorithm = \"HS384\"\nheader = \"x-jwt\"\nprefix = \"JWT \"\n\
         secret = \"key\"\naudience = \"us\"\nbody_digest_claim = \"payload_hash\"",
    );
    let head = r#"{"alg":"HS384"}"#;
    let sent = |head: &str, claims: &str| {
        let token = format!("JWT {}", jwt(head, claims));
        check(&webhook, post(&[("x-jwt", &token)], ""), &Drawer::with("key", "k"))
    };
    // SHA-256 of nothing.
    let hash =
        r#""payload_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
    let good = format!(r#"{{"exp":1700000000,"nbf":1699999999,"aud":["them","us"],{hash}}}"#);
    genuine_one(sent(head, &good));
    let with = |from: &str, to: &str| forged(sent(head, &good.replace(from, to)));
    assert_eq!(with("1700000000", "1699999940"), Reason::TokenTime);
    assert_eq!(with(r#""exp":1700000000,"#, ""), Reason::TokenTime);
    assert_eq!(with("1700000000", "null"), Reason::TokenTime);
    assert_eq!(with("1699999999", "1700000061"), Reason::TokenTime);
    assert_eq!(with(r#""us""#, r#""uk""#), Reason::TokenAudience);
    assert_eq!(with("e3b0", "e3b1"), Reason::TokenBody);
    assert_eq!(with("payload_hash", "payload"), Reason::TokenBody);
    assert_eq!(forged(sent(r#"{"alg":"none"}"#, &good)), Reason::TokenAlgorithm);
    assert_eq!(forged(sent(r#"{"alg":"HS256"}"#, &good)), Reason::TokenAlgorithm);
    let extended = r#"{"alg":"HS384","crit":["b64"]}"#;
    assert_eq!(forged(sent(extended, &good)), Reason::MalformedCredential);
    for bad in ["JWT ", "JWT a.b", "JWT a.b.c", "a.b.c", "JWT ....", "JWT ???.???.???"] {
        let verdict = check(&webhook, post(&[("x-jwt", bad)], ""), &Drawer::with("key", "k"));
        assert_eq!(forged(verdict), Reason::MalformedCredential, "{bad}");
    }
}

#[test]
fn a_component_is_asked_and_its_word_counts_for_its_own_webhook_alone() {
    let asks =
        webhook("[verify]\nkind = \"component\"\nsecrets = [\"key\"]\nhide = [\"X-Signature\"]");
    let sent = || post(&[("x-signature", "s"), ("x-other", "o"), ("authorization", "a")], "b");
    let early = check(&asks, sent(), &Drawer::default());
    assert!(matches!(early, Verdict::AwaitsSecret(_)), "{early:?}");
    let verdict = check(&asks, sent(), &Drawer::with("key", "k"));
    let Verdict::AskComponent(incoming) = verdict else { panic!("{verdict:?}") };
    assert!(incoming.headers.contains_key("x-signature"));
    let drawer = Drawer::with("key", "k");
    let verified = genuine_one(verified_by_component(&asks, incoming, &drawer));
    assert_eq!(verified.headers_for_connector(), [("x-other".to_owned(), "o".to_owned())]);

    let other = token("header = \"x-token\"");
    let no_say = verified_by_component(&other, sent(), &drawer);
    assert_eq!(forged(no_say), Reason::NotTheComponentsSay);
}

#[test]
fn nothing_is_asked_of_a_webhook_that_nothing_verifies() {
    let open = webhook("[verify]\nkind = \"none\"\nwhy = \"the vendor signs nothing\"");
    genuine_one(check(&open, post(&[], "b"), &Drawer::default()));
}
