//! Planted bugs: the shop with one thing broken, each time another. Each bug is caught by the
//! property that names it, so that a property which says nothing would be noticed.

use std::fs;

use jackfield::conformance::{Plan, fixture};
use jackfield_registry::package::Release;
use jackfield_tests::{orders::MANIFEST, releases};

use crate::bench::{Trial, failed, shop_cases, shop_with};

/// A bug: what it is, the property that catches it, the cases on which it shows, the text of the
/// manifest and what stands there instead.
type Bug = (&'static str, &'static str, &'static str, &'static str, &'static str);

const BUGS: [Bug; 42] = [
    (
        "what the role promises is given in a form of its own",
        "role.actions",
        "key of its intention",
        "roles = []",
        "roles = [\"messaging\"]",
    ),
    (
        "no fixture does what the role promises",
        "role.plain-input",
        "account is called",
        "roles = []",
        "roles = [\"messaging\"]",
    ),
    (
        "what the role tells of is not told",
        "role.events",
        "key of its intention",
        "roles = []",
        "roles = [\"messaging\"]",
    ),
    (
        "the key hangs on the time of parsing",
        "delivery.later",
        "paid invoice",
        r#"key = '"\(.invoice.uid):\(.at)"'"#,
        r#"key = '"\(.invoice.uid):\($now)"'"#,
    ),
    (
        "the key hangs on the host's name for the delivery",
        "delivery.later",
        "paid invoice",
        r#"key = '"\(.invoice.uid):\(.at)"'"#,
        r#"key = '"\(.invoice.uid):\($delivery.id)"'"#,
    ),
    (
        "the key is the same for every change",
        "event.keys-differ",
        "invoice",
        r#"key = '"\(.invoice.uid):\(.at)"'"#,
        r#"key = '"paid"'"#,
    ),
    (
        "the key hangs on everything that is said",
        "delivery.unknown-members",
        "paid invoice",
        r#"key = '"\(.invoice.uid):\(.at)"'"#,
        r#"key = 'keys | join(",")'"#,
    ),
    (
        "the key hangs on the order of members",
        "delivery.member-order",
        "paid invoice",
        r#"key = '"\(.invoice.uid):\(.at)"'"#,
        r#"key = 'to_entries[0].key + .invoice.uid'"#,
    ),
    (
        "the key hangs on the place in the delivery",
        "delivery.disorder",
        "two invoices",
        "items = \".events\"",
        "items = '[.events | to_entries[]? | .value + { at: (.key | tostring) }]'",
    ),
    (
        "a repeat within a delivery gets a key of its own",
        "delivery.duplicates",
        "two invoices",
        "items = \".events\"",
        "items = '[.events | to_entries[]? | .value + { at: (.key | tostring) }]'",
    ),
    (
        "a test of the endpoint is taken for an event",
        "delivery.nothing-known",
        "two invoices",
        "items = \".events\"\n",
        "items = '.events // [{ type: \"invoice.paid\", at: \"now\", invoice: { uid: \"i0\", \
         customer: \"c0\", lines: [] } }]'\n",
    ),
    (
        "the time is from another century",
        "event.time",
        "paid invoice",
        "at = \".at\"\nraw",
        "at = '\"1970-01-21T10:00:00Z\"'\nraw",
    ),
    (
        "a required member of the record is left out",
        "record.schema",
        "found by its address",
        "record = '{ id: .uid, name, email",
        "record = '{ id: .uid, email",
    ),
    (
        "money is a float",
        "record.money",
        "money as text",
        "  total, lines",
        "  total: (.total | tonumber), lines",
    ),
    (
        "the id is a number",
        "record.id",
        "found by its address",
        "record = '{ id: .uid, name",
        "record = '{ id: (.uid | length), name",
    ),
    (
        "a time is in the local time of the system",
        "record.times",
        "page by page",
        "updated_at: .changed }",
        "updated_at: ((.changed // \"2026-01-01T00:00:00Z\")[:19] + \"+01:00\") }",
    ),
    (
        "nothing becomes a text",
        "record.texts",
        "page by page",
        "email: .mail,",
        "email: (.mail | tostring),",
    ),
    (
        "an output lacks what its schema requires",
        "output.schema",
        "money as text",
        "  id: .uid, contact: .customer, number",
        "  id: .uid, number",
    ),
    (
        "a window of a year for signed times",
        "signature.stale",
        "paid invoice",
        "timestamp = { header = \"x-shop-time\" }",
        "timestamp = { header = \"x-shop-time\", tolerance_s = 31536000 }",
    ),
    (
        "the handshake waits for a word that no challenge is",
        "handshake.answered",
        "hello",
        "when = { json = \"/type\", equals = \"hello\" }",
        "when = { json = \"/challenge\", equals = \"hello\" }",
    ),
    (
        "the vendor's id is looked for where it is not",
        "delivery.vendors-id",
        "paid invoice",
        "items = \".events\"",
        "items = \".events\"\ndelivery_id = { header = \"x-shop-id\" }",
    ),
    (
        "the vendor's id is looked for in a member that no delivery has",
        "delivery.vendors-id",
        "paid invoice",
        "items = \".events\"",
        "items = \".events\"\ndelivery_id = { json = \"/delivery\" }",
    ),
    (
        "what nobody knows becomes a part of the record",
        "reply.unknown-members",
        "found by its address",
        "record = '{ id: .uid, name, email",
        "record = '. + { id: .uid, name, email",
    ),
    (
        "a search that finds nothing is a failure",
        "find.none",
        "found by its address",
        "request = \"GET /contacts?mail={.email}\"\nitems = \".data\"",
        "request = \"GET /contacts?mail={.email}\"\nitems = '.data | if . == [] then error(\"none\") \
         else . end'",
    ),
    (
        "a contact is looked for only after it was made",
        "action.looks-first",
        "is not there is made",
        "idempotency = { kind = \"search-first\" }\n\n[actions.\"contact.create\"]",
        "idempotency = { kind = \"search-first\" }\n\n[[actions.\"contact.upsert\".step]]\nid = \
         \"made\"\nrequest = { send = \"POST /contacts\", body = \"{ name, mail: .email }\" }\n\n\
         [[actions.\"contact.upsert\".step]]\nid = \"looked\"\nrequest = \"GET \
         /contacts?mail={.email}\"\n\n[actions.\"contact.create\"]",
    ),
    (
        "an action that says that it only reads sends a mutation",
        "action.reads-only",
        "money as text",
        "output = \"invoice\"\nmutates = false\n",
        "output = \"invoice\"\nmutates = false\n\n[actions.\"invoice.get\".request]\nsend = \"POST \
         /graphql\"\ngraphql = \"query { a } mutation { b }\"\n",
    ),
    (
        "a recall that asks elsewhere and failed is taken for `it did not happen`",
        "action.recall-doubt",
        "is not there is made",
        "[actions.\"contact.create\"]",
        "[actions.\"contact.upsert\".recall]\nrequest = \"GET /contacts/by-mail/{.email}\"\nabsent = \
         [404, 503]\n\n[actions.\"contact.create\"]",
    ),
    (
        "a limit of requests is taken for a refusal",
        "reply.429",
        "account is called",
        "[webhook]\n",
        "[[http.error]]\nstatus = [429]\ncode = \"rejected\"\n\n[webhook]\n",
    ),
    (
        "the wait that the system asks for is forgotten",
        "reply.503-wait",
        "account is called",
        "[webhook]\n",
        "[[http.error]]\nstatus = [503]\ncode = \"unavailable\"\nretry_after_ms = \"null\"\n\n\
         [webhook]\n",
    ),
    (
        "a failure of the system is taken for a refusal",
        "reply.500",
        "account is called",
        "[webhook]\n",
        "[[http.error]]\nstatus = [500]\ncode = \"rejected\"\n\n[webhook]\n",
    ),
    (
        "a refused credential is taken for a thing that is not there",
        "reply.401",
        "account is called",
        "[webhook]\n",
        "[[http.error]]\nstatus = [401]\ncode = \"not-found\"\n\n[webhook]\n",
    ),
    (
        "a failed search is taken for `there is none`",
        "find.failure",
        "found by its address",
        "by = [\"email\"]",
        "by = [\"email\"]\nabsent = [404, 500]",
    ),
    (
        "after a failed search a second contact is made",
        "action.failed-lookup",
        "is not there is made",
        "by = [\"email\"]",
        "by = [\"email\"]\nabsent = [401, 404]",
    ),
    (
        "a recall that failed is taken for `it did not happen`",
        "action.recall-doubt",
        "is not there is made",
        "by = [\"email\"]",
        "by = [\"email\"]\nabsent = [404, 503]",
    ),
    (
        "the body of a message hangs on the time",
        "action.same-requests",
        "key of its intention",
        "body = \"{ to: .to, text: .text }\"",
        "body = \"{ to: .to, text: .text, sent: $now }\"",
    ),
    (
        "the key that was promised is not sent",
        "action.key-field",
        "key in the body",
        ", intent: $key }",
        " }",
    ),
    (
        "every intention has the same key",
        "action.other-key",
        "key in the body",
        "intent: $key }",
        "intent: 7 }",
    ),
    (
        "an action that says that it only reads writes",
        "action.reads-only",
        "key of its intention",
        "idempotency = { kind = \"header\", name = \"idempotency-key\" }",
        "mutates = false",
    ),
    (
        "a write with an unknown outcome is sent again",
        "action.no-blind-retry",
        "key in the body",
        "[actions.\"order.book\".request]\nsend = \"POST /orders\"\nbody = \"{ customer: \
         .customer, total: .total, intent: $key }\"",
        "[[actions.\"order.book\".step]]\nid = \"first\"\nabsent = [503]\nrequest = { send = \
         \"POST /orders\", body = \"{ intent: $key }\" }\n\n[[actions.\"order.book\".step]]\nid = \
         \"second\"\nwhen = \"$steps.first == null\"\nrequest = { send = \"POST /orders\", body = \
         \"{ intent: $key }\" }",
    ),
    (
        "the second page is the first one again",
        "list.pages-differ",
        "page by page",
        "GET /contacts?after={$page.cursor}&limit",
        "GET /contacts?limit",
    ),
    (
        "what the output says hangs on members that nobody knows",
        "reply.unknown-members",
        "key of its intention",
        "name = \"idempotency-key\" }\nresult = \"{ id: (.id | tostring) }\"",
        "name = \"idempotency-key\" }\nresult = \"{ id: (length | tostring) }\"",
    ),
    (
        "a long id goes through a float",
        "reply.long-numbers",
        "key of its intention",
        "name = \"idempotency-key\" }\nresult = \"{ id: (.id | tostring) }\"",
        "name = \"idempotency-key\" }\nresult = \"{ id: (.id / 1 | tostring) }\"",
    ),
];

#[tokio::test]
async fn each_planted_bug_is_caught_by_the_property_that_names_it() {
    let trial = Trial::open().await;
    let mut missed = Vec::new();
    for (bug, property, cases, text, instead) in BUGS {
        let broken: Release = shop_with(text, instead);
        let cases: Vec<_> =
            shop_cases().into_iter().filter(|case| case.name.contains(cases)).collect();
        assert!(!cases.is_empty(), "{bug}: no case");
        let report = trial.on(&broken, &cases, &Plan { seed: 1, ..Plan::default() }).await;
        let caught = failed(&report.properties);
        if !caught.iter().any(|(id, _)| id == property) {
            let ids: Vec<_> = caught.iter().map(|(id, _)| id.as_str()).collect();
            let stories = failed(&report.fixtures);
            missed.push(format!("{bug}: not {property}, but {ids:?}; {stories:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A connector in code, whose two writes to its storage are one to it.
#[tokio::test]
async fn what_is_lost_between_two_writes_to_the_storage_is_caught() {
    let manifest = MANIFEST.split("[webhook").next().unwrap().to_owned()
        + "[actions.\"receipt.create\"]\ntitle = \"Write a receipt\"\n\
           idempotency = { kind = \"header\", name = \"idempotency-key\" }\n";
    let forgetful = Release::read(releases::guest("forgetful", &manifest)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let story = r#"
[[case]]
name = "a receipt is written"
key = "intent-1"
call = { action = "receipt.create", input = { total = "1.50" } }

[[case.exchange]]
request.method = "POST"
request.url = "https://api.orders.example/v1/receipts"
request.json = { total = "1.50" }
reply = { status = 201, json = { id = "1" } }

[case.expect]
output = { id = "1" }
"#;
    fs::write(folder.path().join("receipts.toml"), story).unwrap();
    let cases = fixture::in_folder(folder.path()).unwrap();
    let report = Trial::open().await.on(&forgetful, &cases, &Plan::default()).await;
    assert_eq!(failed(&report.fixtures), []);
    let crash = failed(&report.properties).into_iter().find(|(id, _)| id == "action.crash");
    let (_, why) = crash.expect("it is caught");
    assert!(why.contains("after a crash before write 2 to the storage"), "{why}");
    assert!(!why.contains("request"), "at no other place: {why}");
}
