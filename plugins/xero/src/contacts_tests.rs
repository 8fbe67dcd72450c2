//! Contacts: found, made, changed, and left alone.

use jackfield_sdk::{FakeHost, Reply, serde_json::Value};

use super::*;
use crate::testing::{good, host, url};

const ONE: &str = include_str!("../fixtures/contact.json");
const TWO: &str = include_str!("../fixtures/contacts.json");
const NONE: &str = include_str!("../fixtures/contacts_none.json");
const ID: &str = "5cc8cf28-567e-4d43-b287-687cfcaec47c";

fn wanted(input: Value) -> Contact {
    serde_json::from_value(input).unwrap()
}

fn ada() -> Contact {
    wanted(json!({"name": "Example Works Ltd", "email": "ada@example.com"}))
}

fn searching(host: FakeHost, page: &str) -> FakeHost {
    host.on_reply("GET", &url("Contacts"), good(page))
}

fn methods(host: &FakeHost) -> Vec<String> {
    host.sent().into_iter().map(|request| request.method).collect()
}

/// A page of active contacts of these names and e-mails.
fn page(contacts: &[(&str, &str, &str)]) -> String {
    let contact = |(id, name, email): &(&str, &str, &str)| {
        json!({
            "ContactID": id, "Name": name, "EmailAddress": email, "ContactStatus": "ACTIVE"
        })
    };
    json!({ "Contacts": contacts.iter().map(contact).collect::<Vec<_>>() }).to_string()
}

#[test]
fn a_contact_that_is_there_as_wanted_is_not_written() {
    let host = searching(host(), TWO);
    let contact = upsert(&host, &ada()).unwrap();
    assert_eq!(contact.id.as_deref(), Some(ID));
    assert_eq!(methods(&host), ["GET"]);
    assert!(host.sent()[0].url.contains("searchTerm=ada%40example.com"));
}

#[test]
fn a_contact_that_is_nowhere_is_created() {
    let host = searching(host(), NONE).on_reply("PUT", &url("Contacts"), good(ONE));
    let contact = upsert(&host, &ada()).unwrap();
    assert_eq!(contact.id.as_deref(), Some(ID));
    assert_eq!(methods(&host), ["GET", "GET", "PUT"]);
    assert_eq!(
        host.sent()[2].body_json(),
        json!({"Contacts": [{"Name": "Example Works Ltd", "EmailAddress": "ada@example.com"}]})
    );
}

#[test]
fn an_archived_contact_is_not_used() {
    let old = wanted(json!({"name": "Old Works Ltd"}));
    let host = searching(host(), TWO).on_reply("PUT", &url("Contacts"), good(ONE));
    upsert(&host, &old).unwrap();
    assert_eq!(methods(&host), ["GET", "PUT"]);
}

#[test]
fn case_and_space_do_not_make_another_contact() {
    let host = searching(host(), TWO);
    let shouted = wanted(json!({"name": " example WORKS ltd ", "email": "ADA@example.com"}));
    assert_eq!(upsert(&host, &shouted).unwrap().id.as_deref(), Some(ID));
}

#[test]
fn a_match_by_email_keeps_its_name_and_gets_the_rest() {
    let found = page(&[("c1", "Ada Lovelace", "ada@example.com")]);
    let host = searching(host(), &found).on_reply("POST", &url("Contacts/c1"), good(ONE));
    let input = wanted(json!({
        "name": "Example Works Ltd", "email": "ada@example.com", "tax_number": "GB123"
    }));
    upsert(&host, &input).unwrap();
    let sent = host.sent().pop().unwrap();
    assert_eq!(sent.body_json(), json!({"Contacts": [{"TaxNumber": "GB123"}]}));
}

#[test]
fn a_match_by_name_gets_an_email_only_where_it_has_none() {
    let found = page(&[("c1", "Example Works Ltd", "")]);
    let first = searching(host(), &found).on_reply("POST", &url("Contacts/c1"), good(ONE));
    upsert(&first, &ada()).unwrap();
    let sent = first.sent().pop().unwrap();
    assert_eq!(sent.body_json(), json!({"Contacts": [{"EmailAddress": "ada@example.com"}]}));

    let found = page(&[("c1", "Example Works Ltd", "accounts@example.com")]);
    let second = searching(host(), &found);
    let contact = upsert(&second, &ada()).unwrap();
    assert_eq!(contact.email.as_deref(), Some("accounts@example.com"));
    assert_eq!(methods(&second), ["GET", "GET"]);
}

#[test]
fn an_email_of_one_and_the_name_of_another_are_left_to_a_person() {
    let found = page(&[
        ("c1", "Ada Lovelace", "ada@example.com"),
        ("c2", "Example Works Ltd", "accounts@example.com"),
    ]);
    let problem = upsert(&searching(host(), &found), &ada()).unwrap_err();
    assert!(problem.is(code::CONFLICT));
    assert_eq!(problem.details.unwrap()["candidates"][1]["id"], "c2");
}

#[test]
fn an_email_that_several_have_is_decided_by_the_name_or_by_a_person() {
    let shared = [("c1", "Ada", "ada@example.com"), ("c2", "Grace", "ada@example.com")];
    let named = wanted(json!({"name": "Grace", "email": "ada@example.com"}));
    let contact = upsert(&searching(host(), &page(&shared)), &named).unwrap();
    assert_eq!(contact.id.as_deref(), Some("c2"));
    let problem = upsert(&searching(host(), &page(&shared)), &ada()).unwrap_err();
    assert!(problem.is(code::CONFLICT));
}

#[test]
fn a_contact_named_by_its_id_is_renamed() {
    let host = host().on_reply("GET", &url(&format!("Contacts/{ID}")), good(ONE)).on_reply(
        "POST",
        &url(&format!("Contacts/{ID}")),
        good(ONE),
    );
    let input = wanted(json!({"id": ID, "name": "New Works Ltd", "email": "new@example.com"}));
    upsert(&host, &input).unwrap();
    assert_eq!(
        host.sent()[1].body_json(),
        json!({"Contacts": [{"Name": "New Works Ltd", "EmailAddress": "new@example.com"}]})
    );
}

#[test]
fn an_id_that_xero_does_not_have_is_said_so() {
    let host = host().on_reply("GET", &url("Contacts/nope"), Reply::new(404));
    let problem = upsert(&host, &wanted(json!({"id": "nope", "name": "A"}))).unwrap_err();
    assert!(problem.is(code::NOT_FOUND));
    assert!(problem.message.contains("`nope`"));
}

#[test]
fn a_merged_contact_names_the_one_that_took_its_place() {
    let merged = json!({"Contacts": [{"ContactID": "c1", "Name": "A", "MergedToContactID": "c2"}]});
    let host = host().on("GET", &url("Contacts/c1"), merged);
    let problem = upsert(&host, &wanted(json!({"id": "c1", "name": "A"}))).unwrap_err();
    assert!(problem.is(code::CONFLICT) && problem.message.contains("`c2`"), "{problem}");
}

#[test]
fn a_name_that_xero_refuses_is_a_rejection_with_its_words() {
    let said = json!({"Elements": [{"ValidationErrors": [{"Message": "The name is taken"}]}]});
    let host = searching(host(), NONE).on_status("PUT", &url("Contacts"), 400, said);
    let problem = upsert(&host, &ada()).unwrap_err();
    assert!(problem.is(code::REJECTED));
    assert_eq!(problem.message, "xero refused it: The name is taken");
}

#[test]
fn a_contact_that_another_call_created_meanwhile_is_taken() {
    let refusal = Reply::new(400).body(include_str!("../fixtures/validation_error.json"));
    let mut host = host();
    for found in [NONE, NONE, TWO] {
        host = searching(host, found);
    }
    let host = host.on_reply("PUT", &url("Contacts"), refusal);
    assert_eq!(upsert(&host, &ada()).unwrap().id.as_deref(), Some(ID));
    assert_eq!(methods(&host), ["GET", "GET", "PUT", "GET"]);
}

#[test]
fn a_search_that_never_ends_is_given_up_and_nothing_is_created() {
    let full: Vec<_> = (0..PAGE_RECORDS).map(|_| ("c", "Smithson", "s@example.com")).collect();
    let host = searching(host(), &page(&full));
    let problem = upsert(&host, &wanted(json!({"name": "Smith"}))).unwrap_err();
    assert!(problem.is(code::REJECTED));
    assert_eq!(methods(&host).len(), PAGES_MAX);
}

#[test]
fn a_contact_without_a_name_is_refused_before_anything_is_sent() {
    let host = host();
    assert!(upsert(&host, &wanted(json!({"name": " "}))).unwrap_err().is(code::INVALID));
    assert!(host.sent().is_empty());
}

#[test]
fn recall_tells_what_took_effect_and_writes_nothing() {
    let there = searching(host(), TWO);
    assert_eq!(recall(&there, &ada()).unwrap().unwrap().id.as_deref(), Some(ID));
    let absent = searching(host(), NONE);
    assert_eq!(recall(&absent, &ada()).unwrap(), None);
    let different = searching(host(), TWO);
    let input = Contact { tax_number: Some("GB123".into()), ..ada() };
    assert_eq!(recall(&different, &input).unwrap(), None);
    for host in [there, absent, different] {
        assert!(methods(&host).iter().all(|method| method == "GET"));
    }
}
