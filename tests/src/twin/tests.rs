//! The twins themselves, over real sockets.

use http::{HeaderMap, Method};
use jackfield::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{
    Change, Outcome, PipedriveTwin, WonDeal, XeroEvent, XeroTwin, intent_to_receive, sign,
};
use crate::sender::{Answer, Delivery, Lane, SendError, Sender};

/// Asks the Xero twin as a connector does.
async fn xero(
    twin: &XeroTwin,
    method: Method,
    target: &str,
    body: Option<&Value>,
    key: Option<&str>,
) -> Result<Answer, SendError> {
    let account = twin.account();
    let mut ask = Delivery::new(body.map(Value::to_string).unwrap_or_default())
        .by(method)
        .with_text(
            "authorization",
            &format!("Bearer {}", twin.vendor().authority.issue(SystemClock.now_ms())),
        )
        .with_text("xero-tenant-id", &account.tenant_id);
    if body.is_some() {
        ask = ask.with_text("content-type", "application/json");
    }
    if let Some(key) = key {
        ask = ask.with_text("idempotency-key", key);
    }
    Lane::new(&format!("{}{target}", twin.origin())).unwrap().send(&ask).await
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn invoice(contact_id: &str, reference: &str) -> Value {
    json!({ "Invoices": [{
        "Type": "ACCREC",
        "Contact": { "ContactID": contact_id },
        "Reference": reference,
        "DueDate": "2026-02-28",
        "Status": "AUTHORISED",
        "LineItems": [{
            "Description": "Kitchen fit-out", "Quantity": 3, "UnitAmount": 33.35,
            "AccountCode": "200"
        }],
    }] })
}

const INVOICES: &str = "/api.xro/2.0/Invoices";
const CONTACTS: &str = "/api.xro/2.0/Contacts";

#[tokio::test]
async fn an_invoice_is_made_once_for_a_key() {
    let twin = XeroTwin::start().await;
    twin.check_requests();
    let contact = twin.add_contact("Acme Pty Ltd", "ada@acme.example");
    let body = invoice(&contact, "deal-1");
    let first = xero(&twin, Method::PUT, INVOICES, Some(&body), Some("key-1")).await.unwrap();
    let again = xero(&twin, Method::PUT, INVOICES, Some(&body), Some("key-1")).await.unwrap();
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(twin.invoice_counts_by_reference().get("deal-1"), Some(&1));
    let other = invoice(&contact, "deal-2");
    let refused = xero(&twin, Method::PUT, INVOICES, Some(&other), Some("key-1")).await.unwrap();
    assert_eq!((refused.status, twin.invoice_count()), (400, 1));
    let made = &twin.invoices()[0];
    assert_eq!(made["SubTotal"], json!(100.05));
    assert_eq!(made["TotalTax"], json!(10.01));
    assert_eq!(made["Total"], json!(110.06));
    assert_eq!(made["InvoiceNumber"], "INV-0001");
    assert_eq!(made["DueDate"], "/Date(1772236800000+0000)/");
    twin.assert_no_unexpected();
    twin.assert_no_violations();
}

#[tokio::test]
async fn a_dropped_answer_leaves_the_invoice_made() {
    let twin = XeroTwin::start().await;
    let body = invoice(&twin.add_contact("Acme", ""), "deal-1");
    twin.aim(Method::PUT, INVOICES);
    twin.drop_answers(1);
    let listed = xero(&twin, Method::GET, INVOICES, None, None).await.unwrap();
    assert_eq!(listed.status, 200, "the fault is aimed at writes");
    let cut = xero(&twin, Method::PUT, INVOICES, Some(&body), Some("k")).await;
    assert!(matches!(cut, Err(SendError::Broken(_))), "{cut:?}");
    assert_eq!(twin.invoice_count(), 1);
    assert_eq!(twin.requests().last().unwrap().outcome, Outcome::Cut);
    let again = xero(&twin, Method::PUT, INVOICES, Some(&body), Some("k")).await.unwrap();
    assert_eq!((again.status, twin.invoice_count()), (200, 1));
}

#[tokio::test]
async fn planned_failures_change_nothing_and_end() {
    let twin = XeroTwin::start().await;
    let body = invoice(&twin.add_contact("Acme", ""), "deal-1");
    twin.fail_next(1, 429);
    let limited = xero(&twin, Method::PUT, INVOICES, Some(&body), None).await.unwrap();
    assert_eq!((limited.status, twin.invoice_count()), (429, 0));
    assert!(limited.headers.contains_key("retry-after"));
    twin.garbage(1);
    let garbage = xero(&twin, Method::PUT, INVOICES, Some(&body), None).await.unwrap();
    assert_eq!((garbage.status, twin.invoice_count()), (200, 1));
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
    let good = xero(&twin, Method::PUT, INVOICES, Some(&body), None).await.unwrap();
    assert_eq!((good.status, twin.invoice_count()), (200, 2));
}

#[tokio::test]
async fn a_twin_that_was_down_comes_up_at_the_same_port_with_what_it_held() {
    let twin = XeroTwin::start().await;
    twin.add_contact("Acme", "");
    let mut kept = Lane::new(&format!("{}/connections", twin.origin())).unwrap();
    kept.send(&Delivery::new("").by(Method::GET)).await.unwrap();
    twin.down().await;
    assert!(kept.send(&Delivery::new("")).await.is_err(), "the kept connection was cut");
    let refused = xero(&twin, Method::GET, CONTACTS, None, None).await;
    assert!(matches!(refused, Err(SendError::Connect(_))), "{refused:?}");
    twin.up().await;
    twin.up().await;
    let listed = xero(&twin, Method::GET, CONTACTS, None, None).await.unwrap();
    assert_eq!(parsed(&listed)["Contacts"][0]["Name"], "Acme");
}

#[tokio::test]
async fn contacts_are_found_by_filter_term_and_ids() {
    let twin = XeroTwin::start().await;
    twin.check_requests();
    let acme = twin.add_contact("Acme \"East\" & Co", "ada@acme.example");
    let bolt = twin.add_contact("Bolt", "bo@bolt.example");
    let encode =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let by = |name: &str, value: &str| format!("{CONTACTS}?{name}={}", encode(value));
    for (target, expected) in [
        (by("where", r#"Name=="Acme \"East\" & Co""#), vec![&acme]),
        (
            by("where", r#"EmailAddress=="bo@bolt.example" AND ContactStatus=="ACTIVE""#),
            vec![&bolt],
        ),
        (by("where", r#"Name=="Bolt" && EmailAddress=="no""#), vec![]),
        (
            by("where", r#"Name.ToLower().Contains("acme") OR Name.StartsWith("B")"#),
            vec![&acme, &bolt],
        ),
        (by("where", &format!(r#"ContactID==guid("{acme}")"#)), vec![&acme]),
        (by("searchTerm", "BOLT.ex"), vec![&bolt]),
        (by("IDs", &format!("{bolt},{acme}")), vec![&bolt, &acme]),
        (format!("{CONTACTS}?summaryOnly=true&page=2&pageSize=1"), vec![&bolt]),
    ] {
        let answer = xero(&twin, Method::GET, &target, None, None).await.unwrap();
        let found = parsed(&answer)["Contacts"].clone();
        let ids: Vec<_> = found.as_array().unwrap().iter().map(|c| &c["ContactID"]).collect();
        assert_eq!(json!(ids), json!(expected), "{target}");
    }
    let nonsense = xero(&twin, Method::GET, &by("where", "Name LIKE x"), None, None).await.unwrap();
    assert_eq!((nonsense.status, &parsed(&nonsense)["Type"]), (400, &json!("QueryParseException")));
    twin.assert_no_violations();
}

#[tokio::test]
async fn a_name_is_held_by_one_contact_and_post_updates_it() {
    let twin = XeroTwin::start().await;
    let acme = json!({ "Contacts": [{ "Name": "Acme", "EmailAddress": "new@acme.example" }] });
    let made = xero(&twin, Method::PUT, CONTACTS, Some(&acme), None).await.unwrap();
    let taken = xero(&twin, Method::PUT, CONTACTS, Some(&acme), None).await.unwrap();
    assert_eq!((made.status, taken.status), (200, 400));
    let problem = &parsed(&taken)["Elements"][0]["ValidationErrors"][0]["Message"];
    assert!(problem.as_str().unwrap().contains("already assigned"), "{problem}");
    let mixed = json!({ "Contacts": [{ "Name": "" }, { "Name": "Acme", "FirstName": "Ada" }] });
    let target = format!("{CONTACTS}?summarizeErrors=false");
    let partly = xero(&twin, Method::POST, &target, Some(&mixed), None).await.unwrap();
    let partly = parsed(&partly)["Contacts"].clone();
    assert_eq!(partly[0]["StatusAttributeString"], "ERROR");
    assert_eq!(partly[1]["ContactID"], parsed(&made)["Contacts"][0]["ContactID"]);
    assert_eq!((twin.contacts().len(), &twin.contacts()[0]["FirstName"]), (1, &json!("Ada")));
}

#[tokio::test]
async fn bad_credentials_and_bad_invoices_are_refused() {
    let twin = XeroTwin::start().await;
    let stranger = Delivery::new("").by(Method::GET).with_text("authorization", "Bearer wrong");
    let mut lane = Lane::new(&format!("{}{CONTACTS}", twin.origin())).unwrap();
    assert_eq!(lane.send(&stranger).await.unwrap().status, 401);
    let good_token = format!("Bearer {}", twin.vendor().authority.issue(SystemClock.now_ms()));
    let no_tenant = stranger.with_text("authorization", &good_token);
    assert_eq!(lane.send(&no_tenant).await.unwrap().status, 403);
    let mut bad = invoice("00000000-0000-0000-0000-000000000000", "r");
    bad["Invoices"][0]["CurrencyCode"] = "ZZZ".into();
    bad["Invoices"][0]["LineItems"][0]["UnitAmount"] = "33.35".into();
    let refused = xero(&twin, Method::PUT, INVOICES, Some(&bad), None).await.unwrap();
    let problems = parsed(&refused)["Elements"][0]["ValidationErrors"].to_string();
    for part in ["ContactID", "ZZZ", "UnitAmount must be a number"] {
        assert!(problems.contains(part), "{problems}");
    }
    assert_eq!((refused.status, twin.invoice_count()), (400, 0));
}

#[tokio::test]
async fn what_the_description_does_not_know_is_a_violation() {
    let twin = XeroTwin::start().await;
    if !twin.check_requests() {
        return;
    }
    let mut body = invoice(&twin.add_contact("Acme", ""), "deal-1");
    body["Invoices"][0]["Refrence"] = "typo".into();
    body["Invoices"][0]["CurrencyCode"] = "AUS".into();
    xero(&twin, Method::PUT, &format!("{INVOICES}?unitpd=4"), Some(&body), None).await.unwrap();
    let said = twin.violations().join("\n");
    for part in ["Refrence", "AUS", "`unitpd`"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    xero(&twin, Method::DELETE, CONTACTS, None, None).await.unwrap();
    assert_eq!(twin.unexpected(), [format!("DELETE {CONTACTS}")]);
}

#[tokio::test]
async fn an_enforced_limit_refuses_what_is_beyond_it() {
    let twin = XeroTwin::start().await;
    twin.limit_per_minute(Some(0));
    let refused = xero(&twin, Method::GET, CONTACTS, None, None).await.unwrap();
    assert_eq!(
        (refused.status, &refused.headers["x-rate-limit-problem"]),
        (429, &"minute".parse().unwrap())
    );
    twin.limit_per_minute(None);
    assert_eq!(xero(&twin, Method::GET, CONTACTS, None, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_paid_invoice_is_read_as_paid() {
    let twin = XeroTwin::start().await;
    twin.check_requests();
    let body = invoice(&twin.add_contact("Acme", "ada@acme.example"), "deal-1");
    let made = xero(&twin, Method::POST, INVOICES, Some(&body), None).await.unwrap();
    let id = parsed(&made)["Invoices"][0]["InvoiceID"].as_str().unwrap().to_owned();
    twin.pay_invoice(&id);
    for target in [
        format!("{INVOICES}/{id}"),
        format!("{INVOICES}?IDs={id}"),
        format!("{INVOICES}?IDs={id}&page=1&pageSize=40&unitdp=4"),
        format!("{INVOICES}?where=Reference%3D%3D%22deal-1%22&Statuses=PAID"),
    ] {
        let read = xero(&twin, Method::GET, &target, None, None).await.unwrap();
        let read = parsed(&read);
        assert_eq!(read["Invoices"][0]["Status"], "PAID", "{target}");
        assert_eq!(read["Invoices"][0]["AmountDue"], 0, "{target}");
        let whole = target.ends_with(&id) && !target.contains('?') || target.contains("page=1");
        assert_eq!(read["Invoices"][0].get("LineItems").is_some(), whole, "{target}");
    }
    let listed = xero(&twin, Method::GET, "/connections", None, None).await.unwrap();
    assert_eq!(parsed(&listed)[0]["tenantId"], twin.account().tenant_id.as_str());
    twin.assert_no_violations();
}

#[tokio::test]
async fn xero_webhooks_are_signed_and_numbered() {
    let twin = XeroTwin::start().await;
    let events = [XeroEvent::invoice("a", Change::Update), XeroEvent::contact("b", Change::Create)];
    let first = twin.webhook(&events);
    let next = twin.webhook(&events[..1]);
    let key = &twin.account().webhook_key;
    assert_eq!(first.headers()["x-xero-signature"], sign(key, first.body()).as_str());
    let sequence = |delivery: &Delivery| {
        let body: Value = serde_json::from_slice(delivery.body()).unwrap();
        (body["firstEventSequence"].as_u64().unwrap(), body["lastEventSequence"].as_u64().unwrap())
    };
    assert_eq!((sequence(&first), sequence(&next)), ((1, 2), (3, 3)));
    for (delivery, expected) in intent_to_receive(key) {
        let right = delivery.headers()["x-xero-signature"] == sign(key, delivery.body()).as_str();
        assert_eq!(right, expected == 200);
    }
}

#[tokio::test]
async fn a_won_deal_is_read_with_its_person_and_organisation() {
    let twin = PipedriveTwin::start().await;
    twin.check_requests();
    let won = WonDeal::new("Kitchen fit-out")
        .worth("12500.50", "AUD")
        .with_organisation("Acme Pty Ltd")
        .with_person("Ada Lovelace", "ada@acme.example");
    let notice = twin.won_deal(&won);
    let token = &twin.account().api_token;
    let read = async |target: &str| {
        let ask = Delivery::new("").by(Method::GET).with_text("x-api-token", token);
        let url = format!("{}{target}", twin.origin());
        let answer = Lane::new(&url).unwrap().send(&ask).await.unwrap();
        (answer.status, parsed(&answer)["data"].clone())
    };
    let (status, deal) = read(&format!("/api/v2/deals/{}", notice.deal_id)).await;
    assert_eq!((status, &deal), (200, &notice.payload()["data"]));
    assert_eq!(deal["value"].to_string(), "12500.5");
    let (_, person) = read(&format!("/api/v2/persons/{}", deal["person_id"])).await;
    assert_eq!(person["emails"][0]["value"], "ada@acme.example");
    let (_, organisation) = read(&format!("/api/v2/organizations/{}", deal["org_id"])).await;
    assert_eq!(organisation["name"], "Acme Pty Ltd");
    assert_eq!(read("/api/v2/deals/999").await.0, 404);
    assert_eq!(read("/api/v1/users/me").await.1["company_domain"], "harbourstreet");
    twin.assert_no_unexpected();
    twin.assert_no_violations();
    let retry: Value = serde_json::from_slice(notice.delivery(2).body()).unwrap();
    assert_eq!((&retry["meta"]["attempt"], &retry["meta"]["id"]), (&json!(2), &json!(notice.id)));
    assert_eq!(
        notice.delivery(1).headers()["authorization"].to_str().unwrap().split(' ').next(),
        Some("Basic")
    );
}

#[tokio::test]
async fn a_sender_tries_again_until_it_is_taken() {
    let twin = PipedriveTwin::start().await;
    let notice = twin.won_deal(&WonDeal::new("Deck"));
    let sender = Sender::new(&format!("{}/api/v1/users/me", twin.origin()), 2).unwrap();
    twin.fail_next(2, 503);
    let token = &twin.account().api_token;
    let make = |attempt| notice.delivery(attempt).by(Method::GET).with_text("x-api-token", token);
    let (outcome, tries) = sender.send_until_taken(make, &[1, 1, 1, 1]).await;
    assert_eq!((outcome.unwrap().status, tries), (200, 3));
    let attempts: Vec<_> =
        twin.requests().iter().map(|asked| asked.json()["meta"]["attempt"].clone()).collect();
    assert_eq!(attempts, [1, 2, 3]);
}

#[tokio::test]
async fn a_sender_gives_up_at_its_deadline() {
    let twin = PipedriveTwin::start().await;
    twin.delay(60_000);
    let mut lane = Lane::new(&twin.origin()).unwrap().within(20);
    let late = lane.send(&Delivery::new("")).await;
    assert!(matches!(late, Err(SendError::Late { deadline_ms: 20 })), "{late:?}");
    twin.delay(0);
    let answer = lane.within(10_000).send(&Delivery::new("")).await.unwrap();
    assert_eq!((answer.status, answer.headers == HeaderMap::new()), (401, false));
}
